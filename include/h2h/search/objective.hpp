// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace h2h {

/// What a search makes small.
enum class Objective : std::uint8_t {
  latency,              ///< seconds
  energy,               ///< joules, the paper's: active power x busy time
  energy_delay_product  ///< joule seconds
};

std::string_view to_string(Objective objective);

/// The value of an objective, in its unit.
double value_of(Objective objective, double latency_s, double energy_J);

}  // namespace h2h
