// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/critical_chain.hpp>

#include <h2h/schedule/critical_path.hpp>

namespace h2h {

CriticalChain critical_chain(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  const CriticalPath path = critical_path(problem, mapping, schedule);
  CriticalChain chain;
  for (const Stretch& stretch : path.stretches) {
    if (chain.layers.empty() || chain.layers.back() != stretch.activity.layer)
      chain.layers.push_back(stretch.activity.layer);
  }
  chain.compute_s = path.parts.compute_s;
  chain.weights_s = path.parts.weights_s;
  chain.inputs_s = path.parts.inputs_s;
  chain.outputs_s = path.parts.outputs_s;
  chain.waiting_s = path.parts.contention_s;
  return chain;
}

}  // namespace h2h
