// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <h2h/base/units.hpp>
#include <h2h/schedule/schedule.hpp>

namespace h2h {

// How figures are written.

constexpr double kPercent = 100;
constexpr double kMillisecondsPerSecond = 1e3;

/// Execution and activations where they are not the paper's; empty where they are.
inline std::string describe_model(Execution execution, Activations activations) {
  std::string text = execution == Execution::overlap ? "overlapped execution" : "";
  if (activations == Activations::direct)
    text += text.empty() ? "direct activations" : ", direct activations";
  return text;
}

/// `141 layers, 62.0 M parameters, 10.9 G MACs; 12 FPGAs`
inline std::string describe_size(const Workload& workload, const System& system) {
  return fmt::format("{} layers, {} parameters, {} MACs; {} FPGAs", workload.size(),
                     with_si_prefix(static_cast<double>(workload.weights())),
                     with_si_prefix(static_cast<double>(workload.macs())), system.accelerators.size());
}

/// From a million on powers of ten keep columns narrow: 1.23e9.
constexpr double kScientific = 999999.5;
inline std::string scientific(double value) {
  const std::string text = fmt::format("{:.2e}", value);
  const std::size_t digits = text.find_first_of("123456789", text.find('e'));
  return text.substr(0, text.find('e') + 1) + text.substr(digits);
}

/// Four significant digits, and no more than three behind the point; 0 for what rounds to nothing.
inline std::string significant(double value) {
  const double size = std::abs(value);
  constexpr double kSmallest = 0.0005;
  if (size < kSmallest) return "0";
  if (size >= kScientific) return scientific(value);
  const int decimals = size < 9.9995 ? 3 : size < 99.995 ? 2 : size < 999.95 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

/// Percent with one digit behind the point, none from a thousand on.
inline std::string percent(double value) {
  if (std::abs(value) >= kScientific) return scientific(value);
  return fmt::format("{:.{}f}", value, std::abs(value) < 999.5 ? 1 : 0);
}

/// A distance from a bound, as a fraction; rounding does not make it negative.
inline std::string gap_percent(std::optional<double> gap) {
  return gap ? percent(kPercent * std::max(0.0, *gap)) : "-";
}

/// A unit of time that suits the longest value of a table.
struct TimeUnit {
  std::string_view name;
  double per_second;

  static TimeUnit for_longest(double seconds) {
    // Results of some 10 ms often stand below a first step of some seconds.
    constexpr double kSeconds = 10;
    if (seconds >= kSeconds) return {"s", 1};
    if (seconds >= 1e-3) return {"ms", 1e3};
    return {"us", 1e6};
  }
  std::string format(double seconds) const { return significant(seconds * per_second); }
};

}  // namespace h2h
