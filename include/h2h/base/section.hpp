// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <h2h/base/error.hpp>
#include <h2h/base/units.hpp>

namespace h2h {

/// Bounds of a number in an input, both included.
template <typename Number>
struct Range {
  Number least = std::numeric_limits<Number>::lowest();
  Number most = std::numeric_limits<Number>::max();
  friend bool operator==(const Range&, const Range&) = default;
};

/// The smallest positive number and up.
template <typename Number>
constexpr Range<Number> kPositive{
    std::numeric_limits<Number>::is_integer ? Number{1} : std::numeric_limits<Number>::min()};

/// A part of a whole that is not nothing: more than 0, at most 1.
constexpr Range<double> kFraction{std::numeric_limits<double>::min(), 1};

/// A map of keys to values as a user wrote it: a YAML mapping, or the bracketed options of a mapper.
///
/// The one way in which every input is read. A reader asks for the keys that it knows and then calls
/// `finish()`, which refuses whatever was not asked for and proposes the nearest key that was; so a list of
/// valid keys is never kept twice. Every error carries file, line and column of the value.
///
///     const Section dram = entry.section("dram");
///     spec.capacity_bytes = dram.quantity("capacity", Dimension::bytes);
///     spec.weight_share = dram.number("weight_share", 0.5, {0, 1});
///     dram.finish();
class Section {
 public:
  /// Parses a YAML document whose root is a mapping. @p file appears in messages.
  static Section parse(std::string_view yaml, const std::string& file);

  /// The bracketed options of a mapper or step; errors are of kind usage. @p owner appears in messages.
  static Section from_options(std::span<const std::pair<std::string, std::string>> options,
                              const std::string& owner);

  Location where() const;  ///< of the mapping itself
  Location where(
      std::string_view key) const;  ///< of the value of @p key, or of the mapping where it has none

  bool has(std::string_view key) const;

  std::string text(std::string_view key) const;
  std::string text(std::string_view key, std::string_view otherwise) const;
  /// One of @p choices.
  std::string choice(std::string_view key, std::span<const std::string> choices,
                     std::string_view otherwise) const;

  std::int64_t integer(std::string_view key, Range<std::int64_t> range = {}) const;
  std::int64_t integer(std::string_view key, std::int64_t otherwise, Range<std::int64_t> range) const;
  double number(std::string_view key, Range<double> range = {}) const;
  double number(std::string_view key, double otherwise, Range<double> range) const;
  bool flag(std::string_view key, bool otherwise) const;

  /// A number with its unit, in the base unit of @p dimension. A bare number is an error.
  double quantity(std::string_view key, Dimension dimension, Range<double> range = {0}) const;

  Section section(std::string_view key) const;
  /// Calls @p visit with each element of a list of mappings, one at a time.
  void for_each(std::string_view key, const std::function<void(const Section&)>& visit) const;
  std::vector<std::string> texts(std::string_view key) const;  ///< a list of scalars
  std::vector<Location> places(std::string_view key) const;    ///< where each element of a list stands
  std::vector<std::vector<std::string>> text_lists(
      std::string_view key) const;  ///< a list of lists of scalars
  /// One integer, or a list of exactly two, such as a kernel `3` or `[3, 1]`.
  std::pair<std::int64_t, std::int64_t> pair(std::string_view key, Range<std::int64_t> range) const;
  std::pair<std::int64_t, std::int64_t> pair(std::string_view key, std::int64_t otherwise,
                                             Range<std::int64_t> range) const;
  bool is_section(std::string_view key) const;  ///< the value is a mapping

  /// Keys in file order, where they are the user's own names.
  std::vector<std::string> keys() const;

  /// Single values of the document below this mapping by their paths, such as `accelerators.C.Z.data_bits`,
  /// in file order. Keys may hold dots; elements of lists have no path.
  std::vector<std::string> value_paths() const;
  /// Gives the value at a path another text, as if the document had it: its place in messages stays.
  /// @returns false if no single value is there
  bool set_value(std::string_view path, const std::string& text) const;

  /// Refuses keys that nobody asked for.
  void finish() const;

  /// Reports the value of @p key as wrong.
  [[noreturn]] void fail(std::string_view key, const std::string& message,
                         const std::string& hint = {}) const;

 private:
  struct Content;
  explicit Section(std::shared_ptr<Content> content) : content_(std::move(content)) {}

  std::shared_ptr<Content> content_;
};

}  // namespace h2h
