// SPDX-License-Identifier: Apache-2.0
#include "cells.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <h2h/report/text_table.hpp>

namespace h2h {

void write_text(std::ostream& out, const Cells& cells) {
  TextTable table(cells.headings, cells.units);
  for (const auto& row : cells.rows) table.add(row);
  table.write(out);
}

void write_markdown(std::ostream& out, const Cells& cells) {
  const auto line = [&](const std::vector<std::string>& row) {
    for (const std::string& cell : row) fmt::print(out, "| {} ", cell);
    out << "|\n";
  };
  std::vector<std::string> headings = cells.headings;
  for (std::size_t i = 0; i < headings.size(); ++i) {
    if (!cells.units[i].empty()) headings[i] += fmt::format(" [{}]", cells.units[i]);
  }
  line(headings);
  out << "| ---";
  for (std::size_t i = 1; i < headings.size(); ++i) out << " | ---:";
  out << " |\n";
  for (const auto& row : cells.rows) line(row);
}

}  // namespace h2h
