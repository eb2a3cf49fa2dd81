// SPDX-License-Identifier: Apache-2.0
//
// Step `list`: the parametric list scheduler, priority x choice x insertion, of which heft, cpop, peft,
// heft-lookahead, dls, min-min, max-min and sufferage are named points (the idea of one scheduler of
// exchangeable parts: Coleman, Agrawal, Hirani, Krishnamachari, "Parameterized task graph scheduling
// algorithm for comparing algorithmic components", arXiv 2403.07112, 2024).
//
// What is common to all of them, and how list scheduling is adapted to this cost structure:
// - Time is local to the accelerator: a layer's transfers are part of its time there, and edges cost nothing.
//   An earliest finish time is priced with the weights pinned where the budget has room left, and with the
//   tensor of the layer right before it fused, which may save that layer's store (PartialSchedule).
// - Ranks are paths of expected times with every transfer paid (ExpectedCosts).
// - Accelerators of one kind share costs, so that of each kind only those that are free first are tried, and
//   those that could fuse.
// - Pins are those chosen on the way, the most urgent layers first. The knapsack of step 2 afterwards
//   (`heft+weight-locality+activation-transfer`) keeps the most bytes, not the most urgent ones, and is no
//   better where budgets are tight (figures in mappers/README.md).
// - The result is valid as it is: orders, pins and fusions together. Steps 2 to 4 may follow.

#include "list_scheduling.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include <h2h/plugin/plugin.hpp>

namespace h2h {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

class ListScheduler {
 public:
  ListScheduler(const Problem& problem, const ListRules& rules)
      : problem_(problem), rules_(rules), schedule_(problem, rules.fills_gaps), waiting_(problem.layers()) {
    for (TensorIndex tensor = 0; tensor < problem.tensors(); ++tensor) {
      if (!problem.tensor(tensor).is_network_input()) ++waiting_[problem.tensor(tensor).consumer];
    }
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      if (waiting_[layer] == 0) ready_.push_back(Ready{layer});
    }
  }

  StepResult run() {
    while (!ready_.empty()) {
      if (rules_.priority->is_dynamic()) renew_choices();
      auto next = ready_.begin();
      double highest = priority_of(*next);
      for (auto one = next + 1; one != ready_.end(); ++one) {
        const double priority = priority_of(*one);
        if (priority < highest || (priority == highest && one->layer > next->layer)) continue;
        next = one;
        highest = priority;
      }
      if (!rules_.priority->is_dynamic()) next->choice = choose(next->layer);
      const Placement place = next->choice.best;
      *next = ready_.back();
      ready_.pop_back();
      schedule_.place(place);
      forget(place.accelerator);
      release_consumers(place.layer);
    }
    return {schedule_.mapping(), evaluations_};
  }

 private:
  struct Ready {
    LayerIndex layer;
    Choice choice = {};
    bool is_known = false;  ///< the choice is as of now
  };

  double priority_of(const Ready& one) const { return rules_.priority->priority(one.layer, one.choice); }

  void renew_choices() {
    for (Ready& one : ready_) {
      if (one.is_known) continue;
      one.choice = choose(one.layer);
      one.is_known = true;
    }
  }

  /// A placement makes its accelerator later for all others and changes no other, so that choices which do
  /// not name it stand.
  void forget(AcceleratorIndex accelerator) {
    for (Ready& one : ready_) {
      if (rules_.choice->looks_elsewhere() || one.choice.best.accelerator == accelerator ||
          one.choice.runner_up == accelerator) {
        one.is_known = false;
      }
    }
  }

  void release_consumers(LayerIndex layer) {
    for (const TensorIndex tensor : problem_.outputs(layer)) {
      const LayerIndex consumer = problem_.tensor(tensor).consumer;
      if (--waiting_[consumer] == 0) ready_.push_back(Ready{consumer});
    }
  }

  Choice choose(LayerIndex layer) {
    if (const AcceleratorIndex only = rules_.choice->only(layer); only != Mapping::kUnmapped) {
      places_.assign(1, schedule_.earliest(layer, only));
    } else {
      schedule_.list_placements(layer, rules_.priority->is_dynamic() ? 2 : 1, places_);
    }
    evaluations_ += places_.size();
    Choice choice{{}, kNever, kNever};
    for (const Placement& place : places_) {
      const double value_s = rules_.choice->value_s(schedule_, place);
      const AcceleratorIndex a = place.accelerator;
      if (value_s < choice.value_s || (value_s == choice.value_s && a < choice.best.accelerator)) {
        if (a != choice.best.accelerator) {
          choice.runner_up_s = choice.value_s;
          choice.runner_up = choice.best.accelerator;
        }
        choice.value_s = value_s;
        choice.best = place;
      } else if (a != choice.best.accelerator && value_s < choice.runner_up_s) {
        choice.runner_up_s = value_s;
        choice.runner_up = a;
      }
    }
    return choice;
  }

  const Problem& problem_;
  const ListRules& rules_;
  PartialSchedule schedule_;
  std::vector<std::uint32_t> waiting_;  ///< by layer: tensors whose producer is not placed
  std::vector<Ready> ready_;
  std::vector<Placement> places_;
  std::uint64_t evaluations_ = 0;
};

template <typename Make>
struct Named {
  const char* name;
  Make make;
};

constexpr std::array<Named<ListScheduling::MakePriority>, 7> kPriorities = {
    {{"upward", upward_priority},
     {"path", path_priority},
     {"optimistic", optimistic_priority},
     {"level", level_priority},
     {"min-min", min_min_priority},
     {"max-min", max_min_priority},
     {"sufferage", sufferage_priority}}};
constexpr std::array<Named<ListScheduling::MakeChoice>, 4> kChoices = {{{"finish", earliest_finish},
                                                                        {"critical", critical_choice},
                                                                        {"optimistic", optimistic_finish},
                                                                        {"lookahead", lookahead_finish}}};

/// The entry that an option names; the first by default.
template <typename Table>
auto named_option(const Section& options, const std::string& key, const Table& table) {
  std::vector<std::string> names;
  names.reserve(table.size());
  for (const auto& entry : table) names.emplace_back(entry.name);
  const std::string name = options.choice(key, names, names.front());
  return std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.name == name; })
      ->make;
}

}  // namespace

StepResult list_schedule(const Problem& problem, const ListRules& rules) {
  return ListScheduler(problem, rules).run();
}

}  // namespace h2h

H2H_PLUGIN(list_scheduling) {
  registry.add_step(
      {"list",
       "list scheduling of any priority, choice and insertion",
       "Coleman et al., arXiv 2403.07112, 2024",
       {{"priority", "upward", "upward, path, optimistic, level, min-min, max-min or sufferage"},
        {"choice", "finish", "finish, critical (CPOP), optimistic (PEFT) or lookahead"},
        {"insertion", "on", "layers fill gaps in which an accelerator waits"}},
       [](const h2h::Section& options) {
         return std::make_shared<const h2h::ListScheduling>(
             h2h::named_option(options, "priority", h2h::kPriorities),
             h2h::named_option(options, "choice", h2h::kChoices), options.flag("insertion", true));
       },
       true});
}
