// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <h2h/mapping/mapping.hpp>
#include <h2h/schedule/schedule.hpp>

namespace h2h {

// The contention-free evaluator: every transfer has its route for itself. Serial execution: a layer starts
// when its accelerator is free and every input exists, and then takes weights, inputs, computation and output
// one after the other (section 4.1 of the paper). Under direct activations an input exists when it is
// computed.
//
// Not modelled: shared links (see the replay), the host's memory, the time to decide, and overlapped
// execution.

/// How long a layer takes where it is mapped: what is neither pinned nor fused crosses the network.
struct LayerSeconds {
  double to_output = 0;  ///< from its start until other accelerators may read its output
  double to_end = 0;     ///< until its accelerator is free
};
LayerSeconds layer_seconds(const Problem& problem, const Mapping& mapping, LayerIndex layer);

/// Latency of a complete mapping. @throws Error (input) if its orders contradict the workload's dependencies
double analytic_latency_s(const Problem& problem, const Mapping& mapping);

/// The same with the times of every activity; its latency is that of `analytic_latency_s` to the last bit.
Schedule analytic_schedule(const Problem& problem, const Mapping& mapping);

/// The same of frames that follow one another: accelerators are busy with those before, and what reads an
/// input of the network starts when the frame has arrived. The first frame at 0 is `analytic_schedule()`.
class AnalyticFrames {
 public:
  /// Frames from now on run by this mapping, on the same accelerators as those before. Both must live as long
  /// as they do. @throws Error (input) if its orders contradict the workload's dependencies
  void run_by(const Problem& problem, const Mapping& mapping);

  /// Gives the next frame its times.
  /// @param schedule of the problem and mapping, serial
  void run(double arrival_s, Schedule& schedule);

 private:
  const Problem* problem_ = nullptr;
  const Mapping* mapping_ = nullptr;
  std::vector<LayerIndex> sequence_;
  std::vector<double> free_s_;    ///< by accelerator
  std::vector<double> output_s_;  ///< by layer
};

}  // namespace h2h
