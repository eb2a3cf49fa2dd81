// SPDX-License-Identifier: Apache-2.0
//
// Step `lns`: large-neighbourhood search (Shaw, CP 1998; Ropke and Pisinger, Transportation Science 40,
// 2006). Destroy: the layers of a window of the sequence, of a piece of a path, or of a modality within a
// window go to random accelerators. Repair: one after the other each goes where the objective is least with
// the rest as it is. A repaired plan is kept if it is at most a little worse than the one before, a little
// that shrinks to nothing over the limit (record-to-record travel, Dueck, 1993).
//
// The search is analytic under every evaluator; under another the result is left out where that finds it
// worse.

#include <utility>
#include <vector>

#include <h2h/plugin/plugin.hpp>
#include <h2h/search/annealing.hpp>
#include <h2h/search/moves/layer_move.hpp>

#include "search_options.hpp"

namespace h2h {
namespace {

class LargeNeighbourhood : public MappingStep {
 public:
  explicit LargeNeighbourhood(const Section& options)
      : limit_(limit_option(options, 1)),
        objective_(objective_option(options)),
        scope_(scope_option(options)),
        seed_(seed_option(options)),
        size_(static_cast<std::uint32_t>(options.integer("size", 8, {1, kMostLayers}))) {}

  bool is_timed() const override { return limit_.is_timed(); }

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    require_complete(mapping, "lns");
    PlanSchedule schedule(problem, plan_of(problem, mapping), objective_, scope_);
    Neighbourhood neighbourhood(problem, seed_.value_or(context.seed));
    Progress progress(limit_);
    const double before = schedule.value();
    AnnealingResult best{schedule.plan(), before};
    double current = before;
    std::vector<LayerIndex> destroyed;
    while (!progress.done()) {
      neighbourhood.draw_group(schedule, size_, destroyed);
      if (destroyed.empty()) break;
      constexpr double kTolerance = 0.01;
      const double allowed = best.value * (1 + kTolerance * (1 - progress.fraction()));
      const Plan plan = schedule.plan();
      destroy(schedule, destroyed, neighbourhood.random());
      const double value = repair(schedule, destroyed, progress);
      if (value <= allowed) {
        current = value;
        neighbourhood.accepted();
        if (current < best.value) best = {schedule.plan(), current};
      } else {
        schedule.replace(plan);
      }
    }
    StepResult result;
    result.evaluations = progress.evaluations();
    result.mapping = best.value < before ? mapping_of(problem, best.plan, scope_) : mapping;
    return objective_ == kLatency ? unless_worse(problem, mapping, std::move(result), context)
                                  : std::move(result);
  }

 private:
  static constexpr std::int64_t kMostLayers = 1000;

  /// Scatters layers at random.
  static void destroy(PlanSchedule& schedule, const std::vector<LayerIndex>& layers, Random& random) {
    for (const LayerIndex layer : layers) {
      reassign(schedule, layer, draw_one(random, schedule.problem().candidates(layer)));
    }
    schedule.value();
    schedule.commit();
  }

  /// Puts each layer where the objective is least. @returns its value
  static double repair(PlanSchedule& schedule, const std::vector<LayerIndex>& layers, Progress& progress) {
    double value = schedule.value();
    for (const LayerIndex layer : layers) {
      double least = value;
      AcceleratorIndex best = schedule.accelerator(layer);
      for (const AcceleratorIndex to : schedule.problem().candidates(layer)) {
        const LayerMove move{layer, to};
        if (!move.valid(schedule)) continue;
        progress.advance();
        move.apply(schedule);
        const double there = schedule.value(least);
        schedule.rollback();
        if (there >= least) continue;
        least = there;
        best = to;
      }
      if (best == schedule.accelerator(layer)) continue;
      LayerMove{layer, best}.apply(schedule);
      value = schedule.value();
      schedule.commit();
    }
    return value;
  }

  SearchLimit limit_;
  Objective objective_;
  LocalityRules::Scope scope_;
  std::optional<std::uint64_t> seed_;
  std::uint32_t size_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(large_neighbourhood) {
  registry.add_step(
      {"lns",
       "large-neighbourhood search: groups of layers lose their places and are put again",
       "Shaw, CP 1998; Ropke and Pisinger, Transportation Science 40, 2006",
       {h2h::describe_evals(),
        h2h::describe_time("1s"),
        {"size", "8", "layers that lose their places at a time, at most"},
        h2h::describe_objective(),
        h2h::describe_scope(),
        h2h::describe_seed()},
       [](const h2h::Section& options) { return std::make_shared<const h2h::LargeNeighbourhood>(options); }});
}
