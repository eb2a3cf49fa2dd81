// SPDX-License-Identifier: Apache-2.0
#include "mark.hpp"

#include <regex>

#include <h2h/plugin/plugin.hpp>

namespace h2h {

std::set<PluginMark> find_marks(std::string_view content) {
  constexpr std::string_view kBegin = H2H_PLUGIN_MARK;
  constexpr std::size_t kLongest = 512;  // the matcher needs stack in proportion
  static const std::regex kRest(R"((\w+) interface=(\d+) version=([\w.+-]+);)");
  std::set<PluginMark> marks;
  for (std::size_t at = content.find(kBegin); at != std::string_view::npos; at = content.find(kBegin, at)) {
    at += kBegin.size();
    const std::string_view rest = content.substr(at, kLongest);
    std::cmatch parts;
    if (std::regex_search(rest.data(), rest.data() + rest.size(), parts, kRest,
                          std::regex_constants::match_continuous)) {
      marks.insert({parts.str(1), parts.str(2), parts.str(3)});
    }
  }
  return marks;
}

}  // namespace h2h
