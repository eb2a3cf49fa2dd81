// SPDX-License-Identifier: Apache-2.0
//
// Step `peft`: predict earliest finish time (Arabnejad, Barbosa, "List scheduling algorithm for heterogeneous
// systems by an optimistic cost table", IEEE TPDS 25(3):682-694, 2014). Layers by falling mean of their
// optimistic costs, each where its end plus the optimistic cost of what follows is least, gaps included.
//
// Adapted: the table has a column a kind of accelerator. Staying on an accelerator saves the load, and where
// nobody else reads the tensor the store, which the layer's end has in it; an entry may thus be negative.

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {
namespace {

class OptimisticFinish : public ChoiceRule {
 public:
  explicit OptimisticFinish(const ExpectedCosts& costs) : problem_(&costs.problem()), rest_(costs) {}
  double value_s(PartialSchedule& /*schedule*/, const Placement& place) override {
    return place.end_s + rest_.seconds(place.layer, problem_->kind(place.accelerator));
  }

 private:
  const Problem* problem_;
  OptimisticCosts rest_;
};

}  // namespace

std::unique_ptr<const PriorityRule> optimistic_priority(const ExpectedCosts& costs) {
  const OptimisticCosts rest(costs);
  std::vector<double> ranks;
  for (LayerIndex layer = 0; layer < costs.problem().layers(); ++layer) ranks.push_back(rest.rank_s(layer));
  return std::make_unique<const StaticPriority>(std::move(ranks));
}

std::unique_ptr<ChoiceRule> optimistic_finish(const ExpectedCosts& costs) {
  return std::make_unique<OptimisticFinish>(costs);
}

}  // namespace h2h

H2H_PLUGIN(peft) {
  registry.add_step({"peft",
                     "HEFT with a table of what must follow at the least",
                     "Arabnejad, Barbosa, IEEE TPDS 25(3), 2014",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::optimistic_priority,
                                                                          h2h::optimistic_finish, true);
                     },
                     true});
}
