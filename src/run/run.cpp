// SPDX-License-Identifier: Apache-2.0
#include <h2h/run/run.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include <h2h/schedule/analytic.hpp>

namespace h2h {
namespace {

/// Refuses what is never allowed; returns the excesses of DRAM, which the released rules do not prevent.
std::vector<std::string> only_excesses(const std::vector<Violation>& violations) {
  std::vector<std::string> excesses;
  for (const Violation& violation : violations) {
    if (violation.rule != Violation::Rule::weights && violation.rule != Violation::Rule::dram) {
      throw Error(ErrorKind::internal,
                  fmt::format("a result breaks rule '{}': {}", to_string(violation.rule), violation.message),
                  "this is a defect of the mapper or of h2h-sim; please report it");
    }
    excesses.push_back(violation.message);
  }
  return excesses;
}

Contention contention_of(bool replayed) {
  return replayed ? Contention::possible : Contention::none;
}

}  // namespace

Judgement judge(const Problem& problem, const Mapping& mapping, const Scheduler& scheduler, bool replayed) {
  std::vector<std::string> excesses = only_excesses(check_mapping(problem, mapping));
  Schedule schedule = scheduler(problem, mapping);
  const double latency_s = schedule.latency_s();
  only_excesses(check_schedule(problem, mapping, schedule, latency_s, contention_of(replayed)));
  Judgement judgement{
      mapping, std::move(schedule), replayed, latency_s, analytic_latency_s(problem, mapping), {},
      {},      std::move(excesses)};
  judgement.energy = energy_of(problem, mapping, judgement.schedule);
  judgement.chain = critical_chain(problem, mapping, judgement.schedule);
  return judgement;
}

Run run_mapper(const Problem& problem, const Mapper& mapper, const Mapping& start, StepContext& context,
               const Scheduler& scheduler, bool replayed) {
  using Clock = std::chrono::steady_clock;
  Run run;
  run.mapper = mapper.name;
  run.evaluator = context.evaluator.name();
  run.bound = best_bound(problem, contention_of(replayed));
  Mapping mapping = start;
  for (const Mapper::Step& step : mapper.steps) {
    const auto begin = Clock::now();
    StepResult result = step.step->run(problem, mapping, context);
    const double search_s = std::chrono::duration<double>(Clock::now() - begin).count();
    mapping = std::move(result.mapping);
    if (!mapping.is_complete()) {
      throw Error(ErrorKind::internal, fmt::format("step '{}' leaves layers unmapped", step.name));
    }
    run.steps.push_back({step.name, judge(problem, mapping, scheduler, replayed), search_s,
                         result.evaluations, result.exact, std::move(result.note)});
  }
  return run;
}

Run run_saved(const Problem& problem, const Mapping& mapping, const Scheduler& scheduler, bool replayed) {
  Run run;
  run.mapper = "saved mapping";
  run.evaluator = "none";
  run.bound = best_bound(problem, contention_of(replayed));
  run.steps.push_back({"saved mapping", judge(problem, mapping, scheduler, replayed), 0, 0, true, {}});
  return run;
}

void tighten_bounds(const Problem& problem, std::span<Run> runs, const BoundOptions& options) {
  if (runs.empty() || options.method == BoundMethod::quick) return;
  std::optional<double> incumbent_s;
  bool replayed = true;
  for (const Run& run : runs) {
    for (const StepOutcome& step : run.steps) {
      const Judgement& judgement = step.judgement;
      replayed = replayed && judgement.is_replay;
      if (!judgement.excesses.empty()) continue;
      incumbent_s =
          std::min(incumbent_s.value_or(judgement.analytic_latency_s), judgement.analytic_latency_s);
    }
  }
  const Bound bound = find_bound(problem, contention_of(replayed), incumbent_s, options);
  for (Run& run : runs) {
    if (bound.latency_s >= run.bound.latency_s) run.bound = bound;
  }
}

}  // namespace h2h
