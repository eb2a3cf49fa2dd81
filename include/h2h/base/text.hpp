// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace h2h {

/// The candidate that @p name was probably meant to be, by optimal string alignment distance (at most a third
/// of its length, and at least one edit, but never all of it, nor more than @p most_edits).
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates,
                                   std::size_t most_edits = 100);

/// Hint for an unknown name: "did you mean 'conv'?" if one is near, otherwise the list of what there is.
std::string suggest(std::string_view name, std::span<const std::string> candidates);

/// "a, b or c"; shortened after @p most names.
std::string enumerate(std::span<const std::string> names, std::string_view conjunction = "or",
                      std::size_t most = 24);

/// Where a text ceases to be UTF-8; nothing if all of it is.
std::optional<std::size_t> first_not_utf8(std::string_view text);

/// The text with spaces for control characters, which names may hold and many formats may not.
/// @param spared those that stay
std::string without_controls(std::string_view text, std::string_view spared = {});

}  // namespace h2h
