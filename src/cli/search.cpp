// SPDX-License-Identifier: Apache-2.0
#include "search.hpp"

#include <h2h/schedule/analytic.hpp>
#include <h2h/simulation/replay.hpp>

namespace h2h::cli {

Search::Search(const Options& options, const Registry& registry)
    : options_(options),
      inputs_(read(options, registry)),
      problem_(inputs_.workload, inputs_.system),
      start_(Mapping::none(problem_)) {}

Scheduler Search::scheduler() {
  if (options_.no_replay) return analytic_schedule;
  return [this](const Problem& problem, const Mapping& mapping) {
    return replay(problem, mapping, inputs_.simulator);
  };
}

Run Search::run(const Mapper& mapper) {
  if (!evaluator_) {
    if (options_.evaluator == "replay") {
      evaluator_ = std::make_unique<ReplayEvaluator>(inputs_.platform_file, simulator_options(options_),
                                                     jobs_of(options_));
    } else {
      evaluator_ = std::make_unique<AnalyticEvaluator>();
    }
  }
  StepContext context{*evaluator_, options_.seed, jobs_of(options_)};
  return run_mapper(problem_, mapper, start_, context, scheduler(), !options_.no_replay);
}

Run Search::run(const Mapping& mapping) {
  return run_saved(problem_, mapping, scheduler(), !options_.no_replay);
}

}  // namespace h2h::cli
