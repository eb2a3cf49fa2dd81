// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/plan.hpp>

#include <algorithm>

#include <h2h/schedule/analytic.hpp>

namespace h2h {

void fit_pins(const Problem& problem, Plan& plan) {
  std::vector<std::int64_t> room;
  for (const Accelerator& accelerator : problem.system().accelerators)
    room.push_back(std::min(accelerator.weight_budget_bytes, accelerator.dram_bytes));
  for (const LayerIndex layer : plan.sequence) {
    if (plan.pinned[layer] == 0) continue;
    const AcceleratorIndex a = plan.accelerator[layer];
    const std::int64_t bytes = problem.cost(layer, a).weight_bytes;
    if (bytes == 0 || bytes > room[a]) {
      plan.pinned[layer] = 0;
    } else {
      room[a] -= bytes;
    }
  }
}

Plan plan_of(const Problem& problem, const Mapping& mapping) {
  const Schedule schedule = analytic_schedule(problem, mapping);
  // Layers that take no time start together with their consumers: a stable sort keeps them in front.
  Plan plan{execution_sequence(problem, mapping), mapping.accelerator, mapping.pinned};
  std::stable_sort(plan.sequence.begin(), plan.sequence.end(),
                   [&](LayerIndex a, LayerIndex b) { return schedule.start_s(a) < schedule.start_s(b); });
  fit_pins(problem, plan);
  return plan;
}

Mapping mapping_of(const Problem& problem, const Plan& plan, LocalityRules::Scope scope) {
  Mapping mapping = Mapping::none(problem);
  for (const LayerIndex layer : plan.sequence) mapping.append(layer, plan.accelerator[layer]);
  mapping.pinned = plan.pinned;
  using Rules = LocalityRules;
  DramAllocator resident(problem, {Rules::Weights::exact, Rules::Scope::resident});
  DramAllocator adjacent(problem, {Rules::Weights::exact, Rules::Scope::adjacent});
  std::vector<char> pinned;
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    const std::vector<LayerIndex>& order = mapping.order[a];
    std::int64_t bytes = 0;
    pinned.clear();
    for (const LayerIndex layer : order) {
      const Problem::LayerCost& cost = problem.cost(layer, a);
      pinned.push_back(plan.pinned[layer]);
      bytes += cost.output_bytes + (plan.pinned[layer] != 0 ? cost.weight_bytes : 0);
    }
    const bool roomy = bytes <= problem.system().accelerators[a].dram_bytes;
    DramAllocator& allocator = scope == Rules::Scope::resident && roomy ? resident : adjacent;
    for (const TensorIndex tensor : allocator.fuse(a, order, pinned)) mapping.fused[tensor] = 1;
  }
  return mapping;
}

}  // namespace h2h
