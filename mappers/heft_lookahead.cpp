// SPDX-License-Identifier: Apache-2.0
//
// Step `heft-lookahead`: HEFT with lookahead (Bittencourt, Sakellariou, Madeira, "DAG scheduling using a
// lookahead variant of the heterogeneous earliest finish time algorithm", PDP 2010, pages 27-34). Each layer
// goes where the last of its consumers can end first: for each place the consumers are scheduled behind it by
// HEFT, for a trial.
//
// Adapted: of each kind only the accelerator that is free first is tried, and those that can fuse. On a
// trial, producers of a consumer that are not placed yet do not count, as in the original. The trial sees a
// fusion with the consumer, which HEFT does not.

#include <algorithm>
#include <limits>
#include <tuple>

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {
namespace {

class LookaheadFinish : public ChoiceRule {
 public:
  explicit LookaheadFinish(const ExpectedCosts& costs) : ranks_s_(upward_ranks_s(costs)) {}

  bool looks_elsewhere() const override { return true; }

  double value_s(PartialSchedule& schedule, const Placement& place) override {
    list_consumers(schedule.problem(), place.layer);
    if (consumers_.empty()) return place.end_s;
    schedule.place(place);
    double last_s = 0;
    for (const LayerIndex consumer : consumers_) {
      schedule.list_placements(consumer, 1, places_);
      const Placement& first =
          *std::min_element(places_.begin(), places_.end(), [](const Placement& a, const Placement& b) {
            return std::tuple(a.end_s, a.accelerator) < std::tuple(b.end_s, b.accelerator);
          });
      last_s = std::max(last_s, first.end_s);
      schedule.place(first);
    }
    for (std::size_t i = 0; i <= consumers_.size(); ++i) schedule.undo();
    return last_s;
  }

 private:
  /// The most urgent first.
  void list_consumers(const Problem& problem, LayerIndex layer) {
    consumers_.clear();
    for (const TensorIndex tensor : problem.outputs(layer)) {
      const LayerIndex consumer = problem.tensor(tensor).consumer;
      if (std::find(consumers_.begin(), consumers_.end(), consumer) == consumers_.end())
        consumers_.push_back(consumer);
    }
    std::sort(consumers_.begin(), consumers_.end(), [&](LayerIndex a, LayerIndex b) {
      return ranks_s_[a] != ranks_s_[b] ? ranks_s_[a] > ranks_s_[b] : a < b;
    });
  }

  std::vector<double> ranks_s_;
  std::vector<LayerIndex> consumers_;
  std::vector<Placement> places_;
};

}  // namespace

std::unique_ptr<ChoiceRule> lookahead_finish(const ExpectedCosts& costs) {
  return std::make_unique<LookaheadFinish>(costs);
}

}  // namespace h2h

H2H_PLUGIN(heft_lookahead) {
  registry.add_step({"heft-lookahead",
                     "HEFT, each layer where its consumers can end first",
                     "Bittencourt, Sakellariou, Madeira, PDP 2010",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::upward_priority,
                                                                          h2h::lookahead_finish, true);
                     },
                     true});
}
