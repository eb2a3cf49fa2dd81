// SPDX-License-Identifier: Apache-2.0
//
// Step `lns`: large-neighbourhood search (Shaw, CP 1998; Ropke and Pisinger, Transportation Science 40,
// 2006). Destroy: the layers of a window of the sequence, of a piece of a path, or of a modality within a
// window go to random accelerators. Repair: one after the other each goes where the objective is least with
// the rest as it is; where very many accelerators run it, the accelerators of its neighbours and the least
// loaded of each kind are tried. At the limit a repair ends where it is: every layer has a place by then. A
// repaired plan is kept if it is at most a little worse than the one before, a little that shrinks to nothing
// over the limit (record-to-record travel, Dueck, 1993).
//
// The search is analytic under every evaluator; under another the result is left out where that finds it
// worse.

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <h2h/plugin/plugin.hpp>
#include <h2h/search/annealing.hpp>
#include <h2h/search/moves/layer_move.hpp>

#include "search_options.hpp"

namespace h2h {
namespace {

/// Where a layer is tried.
class Places {
 public:
  explicit Places(const PlanSchedule& schedule)
      : schedule_(schedule), problem_(schedule.problem()), load_s_(problem_.accelerators()) {
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer)
      load_s_[schedule.accelerator(layer)] += seconds(layer, schedule.accelerator(layer));
  }

  /// @returns accelerators in their order, valid until the next call
  std::span<const AcceleratorIndex> list(LayerIndex layer) {
    constexpr std::size_t kMost = 32;
    const auto candidates = problem_.candidates(layer);
    if (candidates.size() <= kMost) return candidates;
    least_loaded_.assign(problem_.kinds(), Mapping::kUnmapped);
    for (const AcceleratorIndex a : candidates) {
      AcceleratorIndex& least = least_loaded_[problem_.kind(a)];
      if (least == Mapping::kUnmapped || load_s_[a] < load_s_[least]) least = a;
    }
    some_.clear();
    for (const AcceleratorIndex a : least_loaded_) {
      if (a != Mapping::kUnmapped) some_.push_back(a);
    }
    const auto add_that_of = [&](LayerIndex neighbour) {
      if (neighbour != Tensor::kNetworkInput && problem_.runs(layer, schedule_.accelerator(neighbour)))
        some_.push_back(schedule_.accelerator(neighbour));
    };
    for (const TensorIndex tensor : problem_.inputs(layer)) add_that_of(problem_.tensor(tensor).producer);
    for (const TensorIndex tensor : problem_.outputs(layer)) add_that_of(problem_.tensor(tensor).consumer);
    std::sort(some_.begin(), some_.end());
    some_.erase(std::unique(some_.begin(), some_.end()), some_.end());
    return some_;
  }

  /// Says that a layer moves. @pre the schedule still has it where it was
  void move(LayerIndex layer, AcceleratorIndex to) {
    load_s_[schedule_.accelerator(layer)] -= seconds(layer, schedule_.accelerator(layer));
    load_s_[to] += seconds(layer, to);
  }

 private:
  double seconds(LayerIndex layer, AcceleratorIndex accelerator) const {
    return problem_.zero_locality_s(layer, accelerator);
  }

  const PlanSchedule& schedule_;
  const Problem& problem_;
  std::vector<double> load_s_;  ///< by accelerator: all transfers paid
  std::vector<AcceleratorIndex> least_loaded_;
  std::vector<AcceleratorIndex> some_;
};

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
      const std::uint64_t considered = progress.evaluations();
      destroy(schedule, destroyed, neighbourhood.random());
      const double value = repair(schedule, destroyed, progress);
      // Layers that can run in one place only offer nothing to consider: the round itself counts then.
      if (progress.evaluations() == considered) progress.advance();
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

  /// Puts each layer where the objective is least, until the limit is reached. @returns its value
  static double repair(PlanSchedule& schedule, const std::vector<LayerIndex>& layers, Progress& progress) {
    double value = schedule.value();
    Places places(schedule);
    for (const LayerIndex layer : layers) {
      if (progress.done()) break;
      double least = value;
      AcceleratorIndex best = schedule.accelerator(layer);
      for (const AcceleratorIndex to : places.list(layer)) {
        const LayerMove move{layer, to};
        if (!move.valid(schedule)) continue;
        if (progress.done()) break;
        progress.advance();
        move.apply(schedule);
        const double there = schedule.value(least);
        schedule.rollback();
        if (there >= least) continue;
        least = there;
        best = to;
      }
      if (best == schedule.accelerator(layer)) continue;
      places.move(layer, best);
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
