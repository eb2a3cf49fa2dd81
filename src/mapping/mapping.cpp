// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapping/mapping.hpp>

#include <algorithm>
#include <functional>
#include <queue>

namespace h2h {

Mapping Mapping::none(const Problem& problem) {
  Mapping mapping;
  mapping.accelerator.assign(problem.layers(), kUnmapped);
  mapping.order.resize(problem.accelerators());
  mapping.pinned.assign(problem.layers(), 0);
  mapping.fused.assign(problem.tensors(), 0);
  return mapping;
}

bool Mapping::is_complete() const {
  return std::find(accelerator.begin(), accelerator.end(), kUnmapped) == accelerator.end();
}

void Mapping::append(LayerIndex layer, AcceleratorIndex to) {
  accelerator[layer] = to;
  order[to].push_back(layer);
}

std::vector<LayerIndex> execution_sequence(const Problem& problem, const Mapping& mapping) {
  constexpr LayerIndex kNone = std::numeric_limits<LayerIndex>::max();
  std::vector<LayerIndex> next(problem.layers(), kNone);
  std::vector<std::uint32_t> waiting(problem.layers());
  for (const auto& order : mapping.order) {
    for (std::size_t i = 1; i < order.size(); ++i) {
      next[order[i - 1]] = order[i];
      ++waiting[order[i]];
    }
  }
  for (TensorIndex tensor = 0; tensor < problem.tensors(); ++tensor) {
    if (!problem.tensor(tensor).is_network_input()) ++waiting[problem.tensor(tensor).consumer];
  }
  std::priority_queue<LayerIndex, std::vector<LayerIndex>, std::greater<>> ready;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    if (waiting[layer] == 0) ready.push(layer);
  }
  std::vector<LayerIndex> sequence;
  sequence.reserve(problem.layers());
  const auto release = [&](LayerIndex layer) {
    if (--waiting[layer] == 0) ready.push(layer);
  };
  while (!ready.empty()) {
    const LayerIndex layer = ready.top();
    ready.pop();
    sequence.push_back(layer);
    if (next[layer] != kNone) release(next[layer]);
    for (const TensorIndex tensor : problem.outputs(layer)) release(problem.tensor(tensor).consumer);
  }
  return sequence;
}

bool is_stored(const Problem& problem, const Mapping& mapping, LayerIndex layer) {
  const auto outputs = problem.outputs(layer);
  return outputs.empty() || std::any_of(outputs.begin(), outputs.end(), [&](TensorIndex tensor) {
           return mapping.fused[tensor] == 0 && source_of(problem, mapping, tensor) == Problem::kHost;
         });
}

AcceleratorIndex source_of(const Problem& problem, const Mapping& mapping, TensorIndex tensor) {
  const auto& [producer, consumer, role] = problem.tensor(tensor);
  if (producer == Tensor::kNetworkInput) return Problem::kHost;
  return problem.source(mapping.accelerator[producer], mapping.accelerator[consumer]);
}

std::vector<char> all_loads(const Problem& problem, const Mapping& mapping) {
  std::vector<char> loads = mapping.pinned;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    if (problem.cost(layer, mapping.accelerator[layer]).weight_bytes == 0) loads[layer] = 0;
  }
  return loads;
}

Mapping while_loading(const Mapping& mapping, std::span<const char> loads) {
  Mapping found = mapping;
  for (LayerIndex layer = 0; layer < loads.size(); ++layer) {
    if (loads[layer] != 0) found.pinned[layer] = 0;
  }
  return found;
}

}  // namespace h2h
