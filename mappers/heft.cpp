// SPDX-License-Identifier: Apache-2.0
//
// Step `heft`: heterogeneous earliest finish time (Topcuoglu, Hariri, Wu, "Performance-effective and
// low-complexity task scheduling for heterogeneous computing", IEEE TPDS 13(3):260-274, 2002). Layers by
// falling upward rank, each where it ends first, gaps included.
//
// Adapted: list_scheduling.cpp says what is common to all list schedulers. HEFT's communication cost of an
// edge, a mean over all pairs of processors, is here the mean of the producer's store and of the consumer's
// load, each a part of its layer's own time.

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {
namespace {

class EarliestFinish : public ChoiceRule {
 public:
  double value_s(PartialSchedule& /*schedule*/, const Placement& place) override { return place.end_s; }
};

}  // namespace

std::unique_ptr<const PriorityRule> upward_priority(const ExpectedCosts& costs) {
  return std::make_unique<const StaticPriority>(upward_ranks_s(costs));
}

std::unique_ptr<ChoiceRule> earliest_finish(const ExpectedCosts& /*costs*/) {
  return std::make_unique<EarliestFinish>();
}

}  // namespace h2h

H2H_PLUGIN(heft) {
  registry.add_step({"heft",
                     "layers by upward rank, each where it ends first",
                     "Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::upward_priority,
                                                                          h2h::earliest_finish, true);
                     },
                     true});
}
