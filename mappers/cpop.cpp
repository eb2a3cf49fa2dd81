// SPDX-License-Identifier: Apache-2.0
//
// Step `cpop`: critical path on a processor (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3):260-274, 2002). Layers by
// falling sum of upward and downward rank; those of the critical path all on the accelerator that runs it in
// the least time, the others where they end first.
//
// Adapted: accelerators run some types of layers only, so that seldom one runs the whole path. The critical
// accelerator is the one that runs the most of the path's layers, and of those the one that takes the least
// time for them with their tensors kept local; the path's other layers go where they end first.

#include <algorithm>
#include <limits>
#include <tuple>

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {
namespace {

std::vector<double> path_ranks_s(const ExpectedCosts& costs) {
  std::vector<double> ranks = upward_ranks_s(costs);
  const std::vector<double> downward = downward_ranks_s(costs);
  for (std::size_t layer = 0; layer < ranks.size(); ++layer) ranks[layer] += downward[layer];
  return ranks;
}

/// From the first layer that has the highest rank along the consumers of the highest rank.
std::vector<LayerIndex> critical_path(const Problem& problem, const std::vector<double>& upward_s) {
  std::vector<LayerIndex> path;
  auto next = static_cast<LayerIndex>(std::max_element(upward_s.begin(), upward_s.end()) - upward_s.begin());
  for (;;) {
    path.push_back(next);
    const auto outputs = problem.outputs(next);
    if (outputs.empty()) return path;
    next = problem.tensor(outputs.front()).consumer;
    for (const TensorIndex tensor : outputs) {
      const LayerIndex consumer = problem.tensor(tensor).consumer;
      if (upward_s[consumer] > upward_s[next]) next = consumer;
    }
  }
}

class CriticalChoice : public ChoiceRule {
 public:
  explicit CriticalChoice(const ExpectedCosts& costs) : only_(costs.problem().layers(), Mapping::kUnmapped) {
    const Problem& problem = costs.problem();
    const std::vector<LayerIndex> path = critical_path(problem, upward_ranks_s(costs));
    // The fewest layers left out, then the least time, then catalogue order.
    auto best = std::tuple(std::numeric_limits<std::size_t>::max(), 0.0, AcceleratorIndex{0});
    for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
      const AcceleratorIndex a = problem.representative(kind);
      std::size_t left_out = 0;
      double seconds = 0;
      for (const LayerIndex layer : path) {
        if (problem.runs(layer, a)) {
          seconds += problem.cost(layer, a).compute_s;
        } else {
          ++left_out;
        }
      }
      best = std::min(best, std::tuple(left_out, seconds, a));
    }
    for (const LayerIndex layer : path) {
      if (problem.runs(layer, std::get<AcceleratorIndex>(best)))
        only_[layer] = std::get<AcceleratorIndex>(best);
    }
  }

  AcceleratorIndex only(LayerIndex layer) const override { return only_[layer]; }
  double value_s(PartialSchedule& /*schedule*/, const Placement& place) override { return place.end_s; }

 private:
  std::vector<AcceleratorIndex> only_;  ///< by layer
};

}  // namespace

std::unique_ptr<const PriorityRule> path_priority(const ExpectedCosts& costs) {
  return std::make_unique<const StaticPriority>(path_ranks_s(costs));
}

std::unique_ptr<ChoiceRule> critical_choice(const ExpectedCosts& costs) {
  return std::make_unique<CriticalChoice>(costs);
}

}  // namespace h2h

H2H_PLUGIN(cpop) {
  registry.add_step({"cpop",
                     "the critical path on one accelerator, the rest where it ends first",
                     "Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::path_priority,
                                                                          h2h::critical_choice, true);
                     }});
}
