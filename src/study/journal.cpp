// SPDX-License-Identifier: Apache-2.0
#include <h2h/study/journal.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace h2h {
namespace {

constexpr std::string_view kSchema = "h2h-sim/journal/1";

[[noreturn]] void refuse_file(const std::filesystem::path& file, std::string_view what) {
  throw Error(ErrorKind::input, {file.string()},
              fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

std::string header_of(const StudyInputs& inputs, const std::string& shard) {
  const nlohmann::ordered_json header = {
      {"schema", kSchema}, {"study", inputs.digest}, {"shard", shard}, {"record", inputs.record}};
  return header.dump();
}

std::string read_all(int descriptor, const std::filesystem::path& file) {
  std::string text;
  std::array<char, 1U << 16U> block{};
  off_t at = 0;
  ssize_t got = 0;
  while ((got = ::pread(descriptor, block.data(), block.size(), at)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    // What cannot be read must not be taken for the end, behind which the journal is cut.
    if (got < 0) refuse_file(file, "cannot be read");
    text.append(block.data(), static_cast<std::size_t>(got));
    at += got;
  }
  return text;
}

/// Whether a line is what `append()` writes; a disk may lose some of it where the machine went down.
bool is_row(const nlohmann::json& line) {
  if (!line.is_object() || !line.contains("point") || !line.contains("row")) return false;
  const nlohmann::json& row = line["row"];
  return line["point"].is_number_unsigned() && row.is_array() &&
         std::all_of(row.begin(), row.end(), [](const auto& field) { return field.is_string(); });
}

/// What differs between the records of two studies, in the user's words.
std::string difference(const nlohmann::json& theirs, const nlohmann::json& ours) {
  for (const auto& [what, value] : ours.items()) {
    if (!theirs.contains(what) || theirs[what] != value) return what;
  }
  for (const auto& [what, _] : theirs.items()) {
    if (!ours.contains(what)) return what;
  }
  return "nothing";
}

}  // namespace

Journal::Journal(std::filesystem::path file, const StudyInputs& inputs, const std::string& shard, Start start)
    : file_(std::move(file)) {
  errno = 0;
  constexpr mode_t kMode = 0666;  // as of any file, less what the umask takes
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (descriptor_ < 0) refuse_file(file_, "cannot be written");
  try {
    // Of the process and not of its children: these may outlive one that was killed by a moment.
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(descriptor_, F_SETLK, &lock) != 0) {
      if (errno != EACCES && errno != EAGAIN) refuse_file(file_, "cannot be locked");
      throw Error(ErrorKind::input, {file_.string()}, "another sweep is at work on it",
                  "wait for it, or give another --csv");
    }
    if (start == Start::anew && ::ftruncate(descriptor_, 0) != 0) refuse_file(file_, "cannot be emptied");
    begin(inputs, shard);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

Journal::~Journal() {
  ::close(descriptor_);
}

void Journal::begin(const StudyInputs& inputs, const std::string& shard) {
  const std::string header = header_of(inputs, shard);
  const std::string text = read_all(descriptor_, file_);
  std::size_t good = text.find('\n') + 1;  // npos + 1 is 0
  if (good == 0) {
    if (!header.starts_with(text)) refuse(text, header);
    // Nothing, or a first line that was not finished.
    if (::ftruncate(descriptor_, 0) != 0) refuse_file(file_, "cannot be emptied");
    ::lseek(descriptor_, 0, SEEK_SET);
    write(header + '\n');
    return;
  }
  if (const std::string first_line = text.substr(0, good - 1); first_line != header)
    refuse(first_line, header);
  for (std::size_t end = 0; (end = text.find('\n', good)) != std::string::npos; good = end + 1) {
    const auto line = nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(good),
                                            text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (!is_row(line) || line["point"] >= inputs.study.size()) break;
    rows_[line["point"].get<Study::PointIndex>()] = line["row"].get<StudyRow>();
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(good)) != 0) refuse_file(file_, "cannot be cut");
  ::lseek(descriptor_, 0, SEEK_END);
}

void Journal::refuse(const std::string& first_line, const std::string& header) const {
  const auto theirs = nlohmann::json::parse(first_line, nullptr, false);
  if (!theirs.is_object() || theirs.value("schema", "") != kSchema) {
    throw Error(ErrorKind::input, {file_.string()}, "is no journal of h2h-sim sweep",
                "give another --csv, or move the file away");
  }
  const auto ours = nlohmann::json::parse(header);
  const std::string what =
      theirs["shard"] != ours["shard"] ? "--shard" : difference(theirs["record"], ours["record"]);
  throw Error(ErrorKind::input, {file_.string()},
              fmt::format("holds results of a sweep that was interrupted; since then {} has changed", what),
              "undo that, give another --csv, or discard the results by --restart");
}

void Journal::write(const std::string& line) {
  std::size_t done = 0;
  while (done < line.size()) {
    errno = 0;
    const ssize_t wrote = ::write(descriptor_, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) refuse_file(file_, "cannot be written");
    done += static_cast<std::size_t>(wrote);
  }
}

std::size_t Journal::read_into(StudyTable& table) const {
  for (const auto& [point, row] : rows_) table.rows[point] = row;
  return rows_.size();
}

void Journal::append(Study::PointIndex point, const StudyRow& row) {
  const nlohmann::ordered_json line = {{"point", point}, {"row", row}};
  write(line.dump() + '\n');
}

void Journal::remove() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace h2h
