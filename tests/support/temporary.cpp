// SPDX-License-Identifier: Apache-2.0
#include "support/temporary.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace h2h::test {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "h2h-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path TemporaryFolder::write(const std::string& name, std::string_view content) const {
  const fs::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

fs::path source_file(const std::string& name) {
  return fs::path(H2H_SOURCE_DIR) / name;
}

}  // namespace h2h::test
