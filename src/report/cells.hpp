// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace h2h {

/// A table as rows of cells: headings, units, then the body.
struct Cells {
  std::vector<std::string> headings;
  std::vector<std::string> units;
  std::vector<std::vector<std::string>> rows;
};

/// For people.
void write_text(std::ostream& out, const Cells& cells);
/// GitHub's markdown.
void write_markdown(std::ostream& out, const Cells& cells);

}  // namespace h2h
