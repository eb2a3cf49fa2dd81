// SPDX-License-Identifier: Apache-2.0
#include <h2h/base/error.hpp>

#include <utility>

#include <fmt/format.h>

namespace h2h {
namespace {

std::string full_text(const Location& where, const std::string& message, const std::string& hint) {
  const std::string place = where.to_string();
  return fmt::format("{}{}{}{}{}", place, place.empty() ? "" : ": ", message, hint.empty() ? "" : "; ", hint);
}

}  // namespace

std::string Location::to_string() const {
  if (line == 0) return file;
  if (column == 0) return fmt::format("{}:{}", file, line);
  return fmt::format("{}:{}:{}", file, line, column);
}

Error::Error(ErrorKind kind, Location where, std::string message, std::string hint)
    : std::runtime_error(full_text(where, message, hint)),
      kind_(kind),
      where_(std::move(where)),
      message_(std::move(message)),
      hint_(std::move(hint)) {}

Error::Error(ErrorKind kind, std::string_view message, std::string_view hint)
    : Error(kind, Location{}, std::string(message), std::string(hint)) {}

}  // namespace h2h
