// SPDX-License-Identifier: Apache-2.0
//
// Step `best`: the mapper that we recommend. Several mappers give starts; from the best of them simulated
// annealing (see simulated_annealing.cpp) goes on in rounds, each of which starts from the best plan so far
// and heats it up again a little. A round consists of independent chains, which run side by side.
//
// Limited by evaluations the result depends on the seed alone, not on how many chains run at a time; limited
// by time it depends on the machine.

#include <future>
#include <vector>

#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/plugin.hpp>
#include <h2h/search/annealing.hpp>

#include "search_options.hpp"

namespace h2h {
namespace {

class Best : public MappingStep {
 public:
  explicit Best(const Section& options)
      : limit_(limit_option(options, {std::nullopt, 1})),
        objective_(objective_option(options)),
        scope_(scope_option(options)),
        seed_(seed_option(options)),
        rounds_(options.integer("rounds", 4, {1})),
        chains_(static_cast<std::size_t>(options.integer("chains", 2, {1}))) {
    cooling_.from = options.number("from", 0.01, kPositive<double>);
    cooling_.to = options.number("to", 0.0003, kPositive<double>);
  }

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    const std::uint64_t seed = seed_.value_or(context.seed);
    StepResult result;
    AnnealingResult best;
    const Registry registry = builtin_registry();
    AnalyticEvaluator analytic;
    StepContext starting{analytic, seed, 1};
    Progress total(limit_);
    for (const char* name : {"h2h-release", "h2h"}) {
      Mapping start = Mapping::none(problem);
      for (const Mapper::Step& step : make_mapper(name, registry).steps) {
        start = step.step->run(problem, start, starting).mapping;
      }
      PlanSchedule schedule(problem, plan_of(problem, start), objective_, scope_);
      if (best.plan.sequence.empty() || schedule.value() < best.value)
        best = {schedule.plan(), schedule.value()};
    }
    for (std::int64_t round = 0; round < rounds_; ++round) {
      std::vector<AnnealingResult> found(chains_);
      for (std::size_t first = 0; first < chains_; first += context.jobs) {
        std::vector<std::future<void>> running;
        for (std::size_t chain = first; chain < std::min(first + context.jobs, chains_); ++chain) {
          running.push_back(std::async(std::launch::async, [&, chain] {
            PlanSchedule schedule(problem, best.plan, objective_, scope_);
            Neighbourhood neighbourhood(problem,
                                        seed + 1000003 * static_cast<std::uint64_t>(round) + 7919 * chain);
            SearchLimit part = limit_;
            if (part.evaluations) *part.evaluations /= static_cast<std::uint64_t>(rounds_) * chains_;
            part.seconds /= static_cast<double>(rounds_) * static_cast<double>(chains_) / context.jobs;
            Progress progress(part);
            found[chain] = anneal(schedule, neighbourhood, cooling_, progress);
          }));
        }
        for (auto& one : running) one.get();
      }
      for (const AnnealingResult& one : found) {
        if (one.value < best.value) best = one;
      }
    }
    result.mapping = mapping_of(problem, best.plan, scope_);
    return unless_worse(problem, mapping, std::move(result), context);
  }

 private:
  SearchLimit limit_;
  Objective objective_;
  LocalityRules::Scope scope_;
  std::optional<std::uint64_t> seed_;
  std::int64_t rounds_;
  std::size_t chains_;
  Cooling cooling_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(best) {
  registry.add_step({"best",
                     "what we recommend: several mappers as starts, then annealing in rounds",
                     "h2h-sim",
                     {h2h::describe_evals(), h2h::describe_time("1s"), h2h::describe_objective(),
                      h2h::describe_scope(), h2h::describe_seed()},
                     [](const h2h::Section& options) { return std::make_shared<const h2h::Best>(options); }});
}
