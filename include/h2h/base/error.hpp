// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace h2h {

/// What kind of mistake an Error reports; the value is the exit code of the tool.
enum class ErrorKind {
  internal = 1,    ///< a defect of h2h-sim itself
  usage = 2,       ///< unknown option, mapper, bracket option or SimGrid configuration key
  input = 3,       ///< a file is unreadable, malformed or inconsistent
  infeasible = 4,  ///< well-formed, but no mapping exists
};

/// Place in a file. Lines and columns count from 1; 0 means unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  /// `file:line:column`, without the parts that are not known.
  std::string to_string() const;
};

/// The only exception that the library throws on purpose. It never prints; whoever catches it does.
///
/// `what()` reads `file:line:column: message; hint`. A message says what is wrong, a hint what would be
/// right.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, Location where, std::string message, std::string hint = {});
  /// Takes views so that `{file}` in the place of @p where is ambiguous instead of a message.
  Error(ErrorKind kind, std::string_view message, std::string_view hint = {});

  ErrorKind kind() const { return kind_; }
  const Location& where() const { return where_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorKind kind_;
  Location where_;
  std::string message_;
  std::string hint_;
};

/// Does something at the request of a file. An Error then bears the place @p where that asks for it, before
/// its own place if it has one, and where it is of usage it becomes one of input.
template <typename Act>
auto at_place(const Location& where, const Act& act) {
  try {
    return act();
  } catch (const Error& error) {
    const Location& own = error.where();
    throw Error(error.kind() == ErrorKind::usage ? ErrorKind::input : error.kind(), where,
                own.file.empty() ? error.message() : own.to_string() + ": " + error.message(), error.hint());
  }
}

}  // namespace h2h
