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

void write_file(const fs::path& path, std::string_view content) {
  const fs::path beside = path.string() + fmt::format(".{}.part", ::getpid());
  const auto refuse = [&](std::string_view what) {
    const std::string why = system_message();
    std::error_code ignored;
    fs::remove(beside, ignored);
    throw Error(ErrorKind::input, {path.string()}, fmt::format("{}: {}", what, why),
                "give a path in a folder that can be written");
  };
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) {
    // A device or a pipe (/dev/stdout, /dev/null) cannot be replaced by a rename.
    errno = 0;
    std::ofstream out(path, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.flush();
    if (!out) {
      throw Error(ErrorKind::input, {path.string()}, fmt::format("cannot be written: {}", system_message()));
    }
    return;
  }
  errno = 0;
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  if (!out) refuse("cannot be written");
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) refuse("could not be written to its end");
  std::error_code failure;
  fs::rename(beside, path, failure);
  if (failure) {
    errno = failure.value();
    refuse("cannot be replaced");
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
