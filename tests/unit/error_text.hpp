// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/base/error.hpp>

#include <exception>
#include <string>

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

}  // namespace h2h::test
