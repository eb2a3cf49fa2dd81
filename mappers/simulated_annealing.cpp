// SPDX-License-Identifier: Apache-2.0
//
// Step `sa`: simulated annealing over plans with moves of layers, segments of paths, whole modalities, swaps,
// optimal assignments of paths, places in the sequence and pins. Kirkpatrick, Gelatt and Vecchi, Science 220,
// 1983; that annealing with moves of segments suits layer graphs is known from SET (Cai et al., ISCA 2023).
//
// The search is analytic under every evaluator; under another the result is left out where that finds it
// worse.

#include <h2h/plugin/plugin.hpp>
#include <h2h/search/annealing.hpp>

#include "search_options.hpp"

namespace h2h {
namespace {

class SimulatedAnnealing : public MappingStep {
 public:
  explicit SimulatedAnnealing(const Section& options)
      : limit_(limit_option(options, 1)),
        objective_(objective_option(options)),
        scope_(scope_option(options)),
        seed_(seed_option(options)),
        cooling_(cooling_option(options)) {}

  bool is_timed() const override { return limit_.is_timed(); }

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    require_complete(mapping, "sa");
    PlanSchedule schedule(problem, plan_of(problem, mapping), objective_, scope_);
    Neighbourhood neighbourhood(problem, seed_.value_or(context.seed));
    Progress progress(limit_);
    const double before = schedule.value();
    const AnnealingResult best = anneal(schedule, neighbourhood, cooling_, progress);
    StepResult result;
    result.evaluations = progress.evaluations();
    result.mapping = best.value < before ? mapping_of(problem, best.plan, scope_) : mapping;
    // Of less energy a mapping may well take longer.
    return objective_ == kLatency ? unless_worse(problem, mapping, std::move(result), context)
                                  : std::move(result);
  }

 private:
  SearchLimit limit_;
  Objective objective_;
  LocalityRules::Scope scope_;
  std::optional<std::uint64_t> seed_;
  Cooling cooling_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(simulated_annealing) {
  registry.add_step(
      {"sa",
       "simulated annealing: layers, segments, modalities, paths and pins move at random",
       "Kirkpatrick et al., Science 220, 1983; Cai et al., ISCA 2023",
       {h2h::describe_evals(), h2h::describe_time("1s"), h2h::describe_from(), h2h::describe_to(),
        h2h::describe_objective(), h2h::describe_scope(), h2h::describe_seed()},
       [](const h2h::Section& options) { return std::make_shared<const h2h::SimulatedAnnealing>(options); }});
}
