// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace h2h
