// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <h2h/schedule/schedule.hpp>

namespace h2h {

/// Where the latency goes: the activities that wait for one another without a gap, from time 0 to the last
/// end. The parts add up to the latency.
struct CriticalChain {
  std::vector<LayerIndex> layers;  ///< whose activities they are, in time order
  double compute_s = 0;
  double weights_s = 0;
  double inputs_s = 0;
  double outputs_s = 0;
  double waiting_s = 0;  ///< what contention adds to the transfers above their time alone

  double total_s() const { return compute_s + weights_s + inputs_s + outputs_s + waiting_s; }
};

CriticalChain critical_chain(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

}  // namespace h2h
