// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <h2h/schedule/schedule.hpp>

namespace h2h {

/// A quantity over time that changes in steps: each value holds until the next step, the last one for good.
struct Curve {
  struct Step {
    double time_s = 0;
    double value = 0;
    friend bool operator==(const Step&, const Step&) = default;
  };

  /// In order of time, the first at 0. Two may stand at one time: then the first is a peak of no duration.
  std::vector<Step> steps;

  double peak() const;
  /// Value times time from 0 to @p end_s.
  double integral(double end_s) const;
  /// Whether it never changes.
  bool is_flat() const { return steps.size() < 2; }

  /// The same steps with other values.
  Curve mapped(const std::function<double(double)>& value) const;

  friend bool operator==(const Curve&, const Curve&) = default;
};

/// Bandwidth in use on every link of the system, in bytes per second: each transfer's bytes spread evenly
/// over its duration, latency included, as a schedule says no more. So the integral is the bytes that crossed
/// the link, and the time above 0 is the time that the link is busy (`link_use()`).
std::vector<Curve> link_rate_curves(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

/// DRAM in use on every accelerator, in bytes: pinned weights, and fused tensors from their producer's start
/// to their last fused consumer's end; of an overlapped schedule, from computation to computation. The peak
/// is `AcceleratorUse::dram_peak_bytes`.
std::vector<Curve> dram_curves(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

/// Power of every accelerator in watts: the active one while anything of its layers runs or is transferred,
/// the idle one otherwise.
std::vector<Curve> power_curves(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

/// Power of the whole system in watts, links included: of a serial schedule, the integral up to the latency
/// is `Energy::total_J()`.
/// @param accelerators what power_curves() gave
/// @param link_rates what link_rate_curves() gave
Curve system_power_curve(const Problem& problem, const std::vector<Curve>& accelerators,
                         const std::vector<Curve>& link_rates);

}  // namespace h2h
