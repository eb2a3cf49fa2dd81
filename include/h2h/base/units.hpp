// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace h2h {

/// Dimension of a quantity in an input file. Inside the library every number is in the base unit named here,
/// and its identifier ends in it: `_bytes`, `_Bps`, `_s`, `_Hz`, `_W`.
enum class Dimension {
  bytes,             ///< B; `1GB` is 1e9, `1GiB` is 2^30, lower-case b is a bit
  bytes_per_second,  ///< Bps; `1Gbps` is 1.25e8
  seconds,           ///< s
  hertz,             ///< Hz
  watts,             ///< W
};

/// Parses a number with its unit, such as `1GB`, `0.125 GBps`, `50us` or `150MHz`.
/// @returns the value in the base unit, or nothing when the text is not a finite number with a unit of @p
/// dimension
std::optional<double> parse_quantity(std::string_view text, Dimension dimension);

/// Units of a dimension as a sentence for messages: "kB, MB, GB, KiB, MiB or GiB, such as 1GB".
std::string describe_units(Dimension dimension);

/// `62.0 M`, `1.25 G`: three significant digits and an SI prefix, for people.
std::string with_si_prefix(double value);

}  // namespace h2h
