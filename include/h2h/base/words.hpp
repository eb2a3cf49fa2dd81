// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace h2h {

// Enumerations in files and on the command line: values that have a to_string() and stand in a list.

/// The words of all values, in their order.
template <typename Values>
std::vector<std::string> words_of(const Values& values) {
  std::vector<std::string> words;
  for (const auto value : values) words.emplace_back(to_string(value));
  return words;
}

/// The value that a word stands for; nothing for any other word.
template <typename Values>
std::optional<typename Values::value_type> value_of(std::string_view word, const Values& values) {
  const auto found =
      std::find_if(values.begin(), values.end(), [&](const auto value) { return to_string(value) == word; });
  if (found == values.end()) return std::nullopt;
  return *found;
}

}  // namespace h2h
