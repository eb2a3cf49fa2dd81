// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace h2h {

/// What a search makes small: latency to a power times energy to a power. Powers between those of the named
/// objectives lie between them; whatever is best by one of them is on the front of latency and energy.
struct Objective {
  double latency_power = 1;
  double energy_power = 0;

  bool needs_energy() const { return energy_power != 0; }
  /// @param latency_s seconds
  /// @param energy_J joules, the paper's: active power x busy time
  double value(double latency_s, double energy_J) const {
    return power(latency_s, latency_power) * power(energy_J, energy_power);
  }

  friend bool operator==(const Objective&, const Objective&) = default;

 private:
  static double power(double base, double exponent) {
    if (exponent == 0) return 1;
    return exponent == 1 ? base : std::pow(base, exponent);
  }
};

constexpr Objective kLatency{1, 0};
constexpr Objective kEnergy{0, 1};
constexpr Objective kEnergyDelayProduct{1, 1};

}  // namespace h2h
