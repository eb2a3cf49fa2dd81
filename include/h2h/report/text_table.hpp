// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace h2h {

/// A table of text: the first column to the left, the others to the right, each as wide as its widest cell.
class TextTable {
 public:
  /// @param units a second line of headings, in which units stand
  TextTable(std::vector<std::string> headings, std::vector<std::string> units)
      : rows_{std::move(headings), std::move(units)} {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// @param heads of each row a line to stand before it; empty: none. Columns take no notice of them
  void write(std::ostream& out, std::span<const std::string> heads = {}) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Breaks text at spaces, and chains behind a '+', so that no line passes 80 columns where that can be.
void write_wrapped(std::ostream& out, std::string_view text, std::size_t indent);

}  // namespace h2h
