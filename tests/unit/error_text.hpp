// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <exception>
#include <string>

#include <h2h/base/error.hpp>

namespace h2h::test {

/// What an Error says, its kind in front: "input: file:line:column: message; hint". Tests compare it as a
/// whole, so that one line states kind, place and wording.
template <typename Act>
std::string error_of(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    switch (error.kind()) {
      case ErrorKind::internal:
        return std::string("internal: ") + error.what();
      case ErrorKind::usage:
        return std::string("usage: ") + error.what();
      case ErrorKind::input:
        return std::string("input: ") + error.what();
      case ErrorKind::infeasible:
        return std::string("infeasible: ") + error.what();
    }
  } catch (const std::exception& other) {
    return std::string("not an h2h::Error: ") + other.what();
  }
  return "no error";
}

/// A text without its first '@', which marks the place that an error must name, and that place as
/// "line:column".
struct Marked {
  std::string text;
  std::string place;
};

inline Marked marked(std::string text) {
  const std::size_t at = text.find('@');
  if (at == std::string::npos) return {text, "no place is marked"};
  text.erase(at, 1);
  const std::size_t line_start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
  return {text, std::to_string(line) + ':' + std::to_string(at - line_start + 1)};
}

}  // namespace h2h::test
