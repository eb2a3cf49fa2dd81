// SPDX-License-Identifier: Apache-2.0
#include <h2h/run/run.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include <h2h/schedule/analytic.hpp>

namespace h2h {
namespace {

bool is_excess(const Violation& violation) {
  return violation.rule == Violation::Rule::weights || violation.rule == Violation::Rule::dram;
}

/// Adds the quick bound of schedules like a run's to it.
void add_bound(QuickBounds& bounds, bool replayed, Run& run) {
  const Contention contention = contention_of(bounds.problem(), replayed);
  run.bound = bounds.of(contention, run.result().schedule.execution());
  run.bound_holds = contention != Contention::other;
}

void add_bound(const Problem& problem, bool replayed, Run& run) {
  QuickBounds bounds(problem);
  add_bound(bounds, replayed, run);
}

/// Refuses what the checker finds. @returns the excesses of DRAM, where they are only to be reported
std::vector<std::string> only_excesses(const std::vector<Violation>& violations, Excess excess) {
  std::vector<std::string> excesses;
  for (const Violation& violation : violations) {
    if (!is_excess(violation) || excess == Excess::refused) {
      throw Error(ErrorKind::internal,
                  fmt::format("a result breaks rule '{}': {}", to_string(violation.rule), violation.message),
                  "this is a defect of the mapper or of h2h-sim; please report it");
    }
    excesses.push_back(violation.message);
  }
  return excesses;
}

/// A run without steps as yet.
Run empty_run(std::string_view mapper, std::string_view evaluator) {
  Run run;
  run.mapper = mapper;
  run.evaluator = evaluator;
  return run;
}

/// A result and how long it took to find.
struct Found {
  StepResult result;
  double search_s = 0;
};

template <typename Find>
Found timed(const Find& find) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  StepResult result = find();
  return {std::move(result), std::chrono::duration<double>(Clock::now() - begin).count()};
}

StepOutcome judged(const Problem& problem, const std::string& name, const Found& found,
                   const Judging& judging, Excess excess) {
  const StepResult& result = found.result;
  return {name,           judge(problem, result.mapping, judging, excess),
          found.search_s, result.evaluations,
          result.exact,   result.note};
}

}  // namespace

Contention contention_of(const Problem& problem, bool replayed) {
  if (!replayed) return Contention::none;
  return problem.system().model_settings.empty() ? Contention::possible : Contention::other;
}

void refuse(const std::string& file, const std::vector<Violation>& violations) {
  std::string rest;
  for (std::size_t i = 1; i < violations.size(); ++i)
    rest += fmt::format("{}{}", i == 1 ? "also: " : "; ", violations[i].message);
  throw Error(ErrorKind::input, {file},
              fmt::format("breaks rule '{}': {}", to_string(violations[0].rule), violations[0].message),
              rest);
}

void refuse_invalid(const Problem& problem, const Mapping& mapping, const std::string& file) {
  const std::vector<Violation> violations = check_mapping(problem, mapping);
  if (!violations.empty()) refuse(file, violations);
}

Judgement judge(const Problem& problem, const Mapping& mapping, const Judging& judging, Excess excess) {
  std::vector<std::string> excesses = only_excesses(check_mapping(problem, mapping), excess);
  // What the run loads is not there when it begins; what it holds of the DRAM has been checked.
  const Mapping found = judging.cold ? while_loading(mapping, all_loads(problem, mapping)) : mapping;
  Schedule schedule = judging.scheduler(problem, found);
  const double latency_s = schedule.latency_s();
  only_excesses(check_schedule(problem, found, schedule, latency_s, contention_of(problem, judging.replayed)),
                excess);
  std::optional<double> analytic_s;
  if (schedule.execution() == Execution::serial) analytic_s = analytic_latency_s(problem, found);
  Judgement judgement{mapping, std::move(schedule), judging.replayed, judging.cold, latency_s, analytic_s, {},
                      {},      std::move(excesses)};
  judgement.energy = energy_of(problem, mapping, judgement.schedule);
  judgement.chain = critical_chain(problem, mapping, judgement.schedule);
  return judgement;
}

const Bound& QuickBounds::of(Contention contention, Execution execution) {
  const std::pair key(contention, execution);
  const auto known = bounds_.find(key);
  return known != bounds_.end()
             ? known->second
             : bounds_.emplace(key, best_bound(*problem_, contention, execution)).first->second;
}

Run run_to_result(QuickBounds& bounds, const Mapper& mapper, StepContext& context, const Judging& judging) {
  const Problem& problem = bounds.problem();
  Run run = empty_run(mapper.name, context.evaluator.name());
  const Found found = timed([&] { return run_chain(problem, mapper, Mapping::none(problem), context); });
  const Excess excess = may_exceed_dram(mapper) ? Excess::reported : Excess::refused;
  run.steps.push_back(judged(problem, mapper.name, found, judging, excess));
  add_bound(bounds, judging.replayed, run);
  return run;
}

Run run_mapper(const Problem& problem, const Mapper& mapper, const Mapping& start, StepContext& context,
               const Judging& judging, const std::function<void(const std::string&)>& begins) {
  Run run = empty_run(mapper.name, context.evaluator.name());
  Mapping mapping = start;
  Excess excess = Excess::refused;
  for (const Mapper::Step& step : mapper.steps) {
    if (begins) begins(step.name);
    const Found found = timed([&] { return run_step(problem, step, mapping, context); });
    mapping = found.result.mapping;
    // A later step may keep what an earlier one was allowed.
    if (step.step->may_exceed_dram()) excess = Excess::reported;
    run.steps.push_back(judged(problem, step.name, found, judging, excess));
  }
  add_bound(problem, judging.replayed, run);
  return run;
}

Run run_saved(const Problem& problem, const Mapping& mapping, const Judging& judging) {
  Run run = empty_run("saved mapping", "none");
  run.steps.push_back({"saved mapping", judge(problem, mapping, judging), 0, 0, true, {}});
  add_bound(problem, judging.replayed, run);
  return run;
}

std::vector<Judgement> judge_front(const Problem& problem, const ParetoFront& front,
                                   LocalityRules::Scope scope, const Judging& judging,
                                   std::vector<Judgement> known) {
  std::vector<Judgement> judged = std::move(known);
  std::erase_if(judged, [](const Judgement& one) { return !one.excesses.empty(); });
  for (const FrontPoint& point : front.points())
    judged.push_back(judge(problem, mapping_of(problem, point.plan, scope), judging));
  std::stable_sort(judged.begin(), judged.end(), [](const Judgement& a, const Judgement& b) {
    return std::pair(a.latency_s, a.energy.paper_J()) < std::pair(b.latency_s, b.energy.paper_J());
  });
  std::vector<Judgement> kept;
  for (Judgement& one : judged) {
    if (kept.empty() || one.energy.paper_J() < kept.back().energy.paper_J()) kept.push_back(std::move(one));
  }
  return kept;
}

void tighten_bounds(const Problem& problem, std::span<Run> runs, const BoundOptions& options) {
  if (runs.empty() || options.method == BoundMethod::quick) return;
  std::optional<double> incumbent_s;
  bool replayed = true;
  Execution execution = Execution::serial;
  for (const Run& run : runs) {
    execution = run.result().schedule.execution();
    for (const StepOutcome& step : run.steps) {
      const Judgement& judgement = step.judgement;
      replayed = replayed && judgement.is_replay;
      if (!judgement.excesses.empty() || !judgement.analytic_latency_s) continue;
      incumbent_s =
          std::min(incumbent_s.value_or(*judgement.analytic_latency_s), *judgement.analytic_latency_s);
    }
  }
  const Bound bound = find_bound(problem, contention_of(problem, replayed), incumbent_s, options, execution);
  for (Run& run : runs) {
    if (bound.latency_s >= run.bound.latency_s) run.bound = bound;
  }
}

}  // namespace h2h
