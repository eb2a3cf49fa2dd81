// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <h2h/mapper/partial_schedule.hpp>
#include <h2h/mapper/ranks.hpp>
#include <h2h/mapper/step.hpp>

namespace h2h {

// The list schedulers: one loop, in which a priority rule names the next layer and a choice rule its place.

/// The best places of a layer that is ready.
struct Choice {
  Placement best;
  double value_s = 0;      ///< what the choice rule made small
  double runner_up_s = 0;  ///< the same on the best other accelerator; infinite if there is none
  AcceleratorIndex runner_up = Mapping::kUnmapped;
};

/// Which of the ready layers is placed next.
class PriorityRule {
 public:
  virtual ~PriorityRule() = default;
  /// Whether priorities depend on what is placed so far.
  virtual bool is_dynamic() const = 0;
  /// The highest goes first. @param choice of a dynamic rule only
  virtual double priority(LayerIndex layer, const Choice& choice) const = 0;
};

/// Where a layer is placed.
class ChoiceRule {
 public:
  virtual ~ChoiceRule() = default;
  /// The only accelerator for a layer; kUnmapped: any.
  virtual AcceleratorIndex only(LayerIndex /*layer*/) const { return Mapping::kUnmapped; }
  /// What is made small. @param schedule is left as it was
  virtual double value_s(PartialSchedule& schedule, const Placement& place) = 0;
  /// Whether the value depends on more than the accelerator of the place.
  virtual bool looks_elsewhere() const { return false; }
};

struct ListRules {
  std::unique_ptr<const PriorityRule> priority;
  std::unique_ptr<ChoiceRule> choice;
  bool fills_gaps = false;
};

/// Places layers one by one: of those that are ready the one of the highest priority, where its choice rule
/// finds it best. Ties go to file order and catalogue order, within a kind to the accelerator that is free
/// first.
StepResult list_schedule(const Problem& problem, const ListRules& rules);

// The rules; each stands in the file of the mapper that it is from.

std::unique_ptr<const PriorityRule> upward_priority(const ExpectedCosts& costs);      // heft.cpp
std::unique_ptr<const PriorityRule> path_priority(const ExpectedCosts& costs);        // cpop.cpp
std::unique_ptr<const PriorityRule> optimistic_priority(const ExpectedCosts& costs);  // peft.cpp
std::unique_ptr<const PriorityRule> level_priority(const ExpectedCosts& costs);       // dls.cpp
std::unique_ptr<const PriorityRule> min_min_priority(const ExpectedCosts& costs);
std::unique_ptr<const PriorityRule> max_min_priority(const ExpectedCosts& costs);
std::unique_ptr<const PriorityRule> sufferage_priority(const ExpectedCosts& costs);

std::unique_ptr<ChoiceRule> earliest_finish(const ExpectedCosts& costs);    // heft.cpp
std::unique_ptr<ChoiceRule> critical_choice(const ExpectedCosts& costs);    // cpop.cpp
std::unique_ptr<ChoiceRule> optimistic_finish(const ExpectedCosts& costs);  // peft.cpp
std::unique_ptr<ChoiceRule> lookahead_finish(const ExpectedCosts& costs);   // heft_lookahead.cpp

/// The same priority throughout.
class StaticPriority : public PriorityRule {
 public:
  explicit StaticPriority(std::vector<double> priorities) : priorities_(std::move(priorities)) {}
  bool is_dynamic() const override { return false; }
  double priority(LayerIndex layer, const Choice& /*choice*/) const override { return priorities_[layer]; }

 private:
  std::vector<double> priorities_;
};

/// A priority that a function of layer and Choice gives.
template <typename Function>
class DynamicPriority : public PriorityRule {
 public:
  explicit DynamicPriority(Function function) : function_(std::move(function)) {}
  bool is_dynamic() const override { return true; }
  double priority(LayerIndex layer, const Choice& choice) const override { return function_(layer, choice); }

 private:
  Function function_;
};

template <typename Function>
std::unique_ptr<const PriorityRule> dynamic_priority(Function function) {
  return std::make_unique<const DynamicPriority<Function>>(std::move(function));
}

/// A list scheduler as a step. Analytic under every evaluator: it takes sums, not schedules.
class ListScheduling : public MappingStep {
 public:
  using MakePriority = std::unique_ptr<const PriorityRule> (*)(const ExpectedCosts&);
  using MakeChoice = std::unique_ptr<ChoiceRule> (*)(const ExpectedCosts&);

  ListScheduling(MakePriority priority, MakeChoice choice, bool fills_gaps)
      : priority_(priority), choice_(choice), fills_gaps_(fills_gaps) {}

  StepResult run(const Problem& problem, const Mapping& /*mapping*/,
                 StepContext& /*context*/) const override {
    const ExpectedCosts costs(problem);
    return list_schedule(problem, {priority_(costs), choice_(costs), fills_gaps_});
  }

 private:
  MakePriority priority_;
  MakeChoice choice_;
  bool fills_gaps_;
};

}  // namespace h2h
