// SPDX-License-Identifier: Apache-2.0
#include <h2h/base/files.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <h2h/base/error.hpp>
#include <h2h/base/text.hpp>

namespace h2h {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestFile = std::size_t{256} << 20U;

std::string system_message() {
  return std::generic_category().message(errno);
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw Error(ErrorKind::input, {path.string()}, "is a folder", "give a file");
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Error(ErrorKind::input, {path.string()}, fmt::format("cannot be read: {}", system_message()));
  }
  std::string content;
  std::array<char, 1U << 16U> block{};
  while (in.read(block.data(), block.size()), in.gcount() > 0) {
    content.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (content.size() > kLargestFile) {
      throw Error(ErrorKind::input, {path.string()}, "is larger than 256 MiB",
                  "no input of h2h-sim is that large");
    }
  }
  if (in.bad()) throw Error(ErrorKind::input, Location{path.string()}, "could not be read to its end");
  return content;
}

namespace {

/// Where a file is written, and the file beside it that takes its name when it is complete.
struct Place {
  fs::path file;
  fs::path beside;
  bool as_it_is;  ///< a device, a pipe or an open file (/dev/stdout), which cannot be replaced by a rename

  explicit Place(const fs::path& path) : file(path), as_it_is(false) {
    std::error_code ignored;
    const bool exists = fs::exists(path, ignored);
    as_it_is = exists && !fs::is_regular_file(path, ignored);
    constexpr int kMostLinks = 40;
    for (int i = 0; i < kMostLinks && fs::is_symlink(file, ignored); ++i) {
      const fs::path folder = file.parent_path();
      as_it_is = as_it_is || (exists && fs::canonical(folder, ignored).native().starts_with("/proc/"));
      const fs::path link = fs::read_symlink(file, ignored);
      file = link.is_absolute() ? link : folder / link;
    }
    if (as_it_is) file = path;
    beside = file.string() + fmt::format(".{}.part", ::getpid());
  }
};

[[noreturn]] void refuse_output(const fs::path& path, std::string_view what, std::string_view hint = {}) {
  throw Error(ErrorKind::input, {path.string()}, fmt::format("{}: {}", what, system_message()),
              std::string(hint));
}

[[noreturn]] void refuse_replacing(const fs::path& path, const Place& place, std::string_view what) {
  const int why = errno;
  std::error_code ignored;
  fs::remove(place.beside, ignored);
  errno = why;
  refuse_output(path, what, "give a path in a folder that can be written");
}

std::ofstream open_beside(const fs::path& path, const Place& place) {
  errno = 0;
  if (::access(place.file.c_str(), F_OK) == 0 && ::access(place.file.c_str(), W_OK) != 0)
    refuse_output(path, "cannot be written");
  errno = 0;
  std::ofstream out(place.beside, std::ios::binary | std::ios::trunc);
  if (!out) refuse_replacing(path, place, "cannot be written");
  return out;
}

}  // namespace

void require_writable(const fs::path& path) {
  const Place place(path);
  if (place.as_it_is) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      errno = EISDIR;
      refuse_output(path, "cannot be written");
    }
    if (::access(path.c_str(), W_OK) != 0) refuse_output(path, "cannot be written");
    return;
  }
  // Not kept open: whoever interrupts the work in between should find nothing left behind.
  open_beside(path, place);
  std::error_code ignored;
  fs::remove(place.beside, ignored);
}

void write_file(const fs::path& path, std::string_view content) {
  const Place place(path);
  if (place.as_it_is) {
    errno = 0;
    std::ofstream out(path, std::ios::binary | std::ios::app);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.flush();
    if (!out) refuse_output(path, "cannot be written");
    return;
  }
  std::ofstream out = open_beside(path, place);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) refuse_replacing(path, place, "could not be written to its end");
  std::error_code failure;
  if (const fs::file_status old = fs::status(place.file, failure); fs::exists(old)) {
    fs::permissions(place.beside, old.permissions(), failure);
  }
  fs::rename(place.beside, place.file, failure);
  if (failure) {
    errno = failure.value();
    refuse_replacing(path, place, "cannot be replaced");
  }
}

std::string sha256(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw Error(ErrorKind::internal, "SHA-256 is not available in this OpenSSL");
  }
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest.at(i));
  return text;
}

fs::path find_file(const fs::path& name, const std::vector<fs::path>& folders) {
  std::error_code ignored;
  if (fs::exists(name, ignored)) return name;
  std::vector<std::string> neighbours;
  std::vector<fs::path> looked;
  if (name.is_relative()) {
    for (const fs::path& folder : folders) {
      if (fs::exists(folder / name, ignored)) return folder / name;
      looked.push_back(folder);
    }
  }
  looked.push_back(name.has_parent_path() ? name.parent_path() : fs::path("."));
  for (const fs::path& folder : looked) {
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      neighbours.push_back(entry.path().filename().string());
    }
  }
  std::sort(neighbours.begin(), neighbours.end());
  const auto near = nearest(name.filename().string(), neighbours);
  throw Error(ErrorKind::input, {name.string()}, "no such file",
              near ? fmt::format("did you mean '{}'?", *near)
                   : "it is looked up as given, then in the installed data folders");
}

}  // namespace h2h
