// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
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

/// A frame as it ran. Curves are of frames in their order, whose times are on one axis; a single run is one.
struct RanFrame {
  const Problem* problem = nullptr;  ///< of all frames with the same system
  const Mapping* mapping = nullptr;
  const Schedule* schedule = nullptr;
};

/// Frames in a row with the same mapping, at least one, and the weights that lie in the DRAM meanwhile.
struct RanPhase {
  std::span<const RanFrame> frames;
  double begins_s = 0;                      ///< arrival of the first
  std::vector<std::int64_t> weights_bytes;  ///< by accelerator, those included that the first frame brings
};

/// By accelerator.
std::vector<std::int64_t> pinned_bytes(const Problem& problem, const Mapping& mapping);

/// Weights in the DRAM of an accelerator.
struct WeightCurves {
  Curve all_bytes;
  Curve idle_bytes;  ///< of these, what is kept although no layer uses it

  friend bool operator==(const WeightCurves&, const WeightCurves&) = default;
};

/// Of every accelerator. What a phase evicts goes, and what it no longer uses is idle, when its first
/// activity there begins, or, if there is none, when it has begun and what ran there before has ended.
/// Weights that a frame brings count from the beginning of their transfer.
std::vector<WeightCurves> weight_curves(std::span<const RanPhase> phases);

/// Frames that have arrived and not ended.
/// @param arrivals_s by frame
Curve frames_under_way_curve(std::span<const RanFrame> frames, std::span<const double> arrivals_s);

/// Bandwidth in use on every link of the system, in bytes per second: each transfer's bytes spread evenly
/// over its duration, latency included, as a schedule says no more. So the integral is the bytes that crossed
/// the link, and the time above 0 is the time that the link is busy (`link_use()`).
std::vector<Curve> link_rate_curves(std::span<const RanFrame> frames);

/// DRAM in use on every accelerator, in bytes: weights, and fused tensors from their producer's start to
/// their last fused consumer's end; of an overlapped schedule, from computation to computation. Of a single
/// run that brings no weights the peak is `AcceleratorUse::dram_peak_bytes`.
/// @param weights what weight_curves() gave
std::vector<Curve> dram_curves(std::span<const RanFrame> frames, std::span<const WeightCurves> weights);

/// Power of every accelerator in watts: the active one while anything of its layers runs or is transferred,
/// the idle one otherwise.
std::vector<Curve> power_curves(std::span<const RanFrame> frames);

/// Power of the whole system in watts, links included: of a serial schedule, the integral up to the latency
/// is `Energy::total_J()`.
/// @param accelerators what power_curves() gave
/// @param link_rates what link_rate_curves() gave
Curve system_power_curve(const System& system, const std::vector<Curve>& accelerators,
                         const std::vector<Curve>& link_rates);

}  // namespace h2h
