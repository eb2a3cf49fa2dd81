// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/critical_chain.hpp>

#include <algorithm>

namespace h2h {
namespace {

/// Position of each layer in the order of its accelerator.
std::vector<LayerIndex> predecessors_on_accelerator(const Problem& problem, const Mapping& mapping) {
  std::vector<LayerIndex> before(problem.layers(), Tensor::kNetworkInput);
  for (const auto& order : mapping.order) {
    for (std::size_t i = 1; i < order.size(); ++i) before[order[i]] = order[i - 1];
  }
  return before;
}

}  // namespace

CriticalChain critical_chain(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  CriticalChain chain;
  const auto before = predecessors_on_accelerator(problem, mapping);
  LayerIndex layer = 0;
  for (LayerIndex other = 1; other < problem.layers(); ++other) {
    if (schedule.end_s(other) > schedule.end_s(layer)) layer = other;
  }
  // Each layer starts at the end of what it waited for last.
  for (;;) {
    chain.layers.push_back(layer);
    LayerIndex cause = before[layer];
    for (const TensorIndex tensor : problem.inputs(layer)) {
      const LayerIndex producer = problem.tensor(tensor).producer;
      if (producer == Tensor::kNetworkInput) continue;
      if (cause == Tensor::kNetworkInput || schedule.end_s(producer) >= schedule.end_s(cause))
        cause = producer;
    }
    if (cause == Tensor::kNetworkInput) break;
    layer = cause;
  }
  std::reverse(chain.layers.begin(), chain.layers.end());
  for (const LayerIndex member : chain.layers) {
    const AcceleratorIndex a = mapping.accelerator[member];
    const Problem::LayerCost& cost = problem.cost(member, a);
    for (const Activity& activity : schedule.of(member)) {
      double alone_s = activity.seconds();
      switch (activity.stage) {
        case Stage::compute:
          chain.compute_s += alone_s;
          break;
        case Stage::weights:
          alone_s = std::min(alone_s, cost.weights_s);
          chain.weights_s += alone_s;
          break;
        case Stage::input:
          alone_s = std::min(alone_s, problem.input_s(activity.tensor, a));
          chain.inputs_s += alone_s;
          break;
        case Stage::output:
          alone_s = std::min(alone_s, cost.output_s);
          chain.outputs_s += alone_s;
          break;
      }
      chain.waiting_s += activity.seconds() - alone_s;
    }
  }
  return chain;
}

}  // namespace h2h
