// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/text_table.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ostream.h>

namespace h2h {

void TextTable::write(std::ostream& out, std::span<const std::string> heads) const {
  constexpr std::size_t kHeadings = 2;
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (r >= kHeadings && r - kHeadings < heads.size() && !heads[r - kHeadings].empty())
      write_wrapped(out, heads[r - kHeadings], 2);
    const auto& row = rows_[r];
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line +=
          i == 0 ? fmt::format("  {:<{}}", row[i], widths[i]) : fmt::format("  {:>{}}", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) fmt::print(out, "{}\n", line);  // there may be no units
  }
}

void write_wrapped(std::ostream& out, std::string_view text, std::size_t indent) {
  constexpr std::size_t kColumns = 80;
  const std::size_t room = kColumns - indent;
  while (!text.empty()) {
    std::size_t length = text.size();
    if (length > room) {
      const std::size_t space = text.rfind(' ', room);
      const std::size_t plus = text.rfind('+', room - 1);
      // Not behind one that begins a word, such as +audio.
      const bool at_plus =
          plus != std::string_view::npos && (space == std::string_view::npos ? plus > 0 : plus > space + 1);
      length = at_plus                           ? plus + 1
               : space != std::string_view::npos ? space
                                                 : std::min(text.find(' '), text.size());
    }
    fmt::print(out, "{:{}}{}\n", "", indent, text.substr(0, length));
    text.remove_prefix(length);
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
}

}  // namespace h2h
