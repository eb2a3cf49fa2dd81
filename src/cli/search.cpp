// SPDX-License-Identifier: Apache-2.0
#include "search.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <h2h/base/files.hpp>
#include <h2h/mapping/mapping_file.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/simulation/replay.hpp>

#include "progress.hpp"

namespace h2h::cli {

Search::Search(const Options& options, const Registry& registry) : Search(options, read(options, registry)) {}

Search::Search(const Options& options, Inputs inputs)
    : options_(options),
      inputs_(std::move(inputs)),
      problem_(make_problem(inputs_, activations_of(options))),
      start_(Mapping::none(problem_)) {}

std::unique_ptr<Evaluator> make_evaluator(const Options& options, const Inputs& inputs) {
  if (options.evaluator != "replay") return std::make_unique<AnalyticEvaluator>();
  return std::make_unique<ReplayEvaluator>(inputs.platform_file, simulator_options(options), jobs_of(options),
                                           execution_of(options));
}

Judging judging_of(const Options& options, Simulator& simulator) {
  if (options.no_replay) return {analytic_schedule, false, options.cold};
  const auto replayed = [&simulator, execution = execution_of(options)](const Problem& problem,
                                                                        const Mapping& mapping) {
    return replay(problem, mapping, simulator, execution);
  };
  return {replayed, true, options.cold};
}

Run Search::run(const Mapper& mapper) {
  if (!evaluator_) evaluator_ = make_evaluator(options_, inputs_);
  StepContext context{*evaluator_, options_.seed, jobs_of(options_)};
  spdlog::info("mapping {} on {} by {}", inputs_.workload.name(), inputs_.system.name, mapper.name);
  const ProgressLine progress;
  return run_mapper(problem_, mapper, start_, context, judging(), [&](const std::string& step) {
    progress.say(fmt::format("{}: {} ...", mapper.name, step));
  });
}

Run Search::run(const Mapping& mapping) {
  return run_saved(problem_, mapping, judging());
}

Mapping Search::read_saved() {
  const std::string content = read_file(options_.mapping);
  inputs_.files.emplace_back(options_.mapping, content);
  Mapping mapping = parse_mapping(content, options_.mapping, problem_);
  refuse_invalid(problem_, mapping, options_.mapping);
  return mapping;
}

Explanation Search::explain(const Run& run, const WhatIfOptions& wanted) const {
  std::vector<Simulator> simulators;
  const std::size_t jobs = std::min<std::size_t>(jobs_of(options_), wanted.most);
  while (!options_.no_replay && simulators.size() < jobs)
    simulators.emplace_back(inputs_.platform_file, request_of(options_).simulator);
  return h2h::explain(problem_, run, simulators, wanted);
}

std::vector<Judgement> Search::judge(const ParetoFront& front, LocalityRules::Scope scope,
                                     std::vector<Judgement> known) {
  return judge_front(problem_, front, scope, judging(), std::move(known));
}

void refuse_idle_mapping(const Options& options, const Mapper& mapper, const Registry& registry) {
  const auto first = registry.steps().find(mapper.steps.front().name);
  if (options.mapping.empty() || first == registry.steps().end() ||
      first->second.start != StepFamily::Start::nothing)
    return;
  throw Error(ErrorKind::usage,
              fmt::format("mapper '{}' begins with step '{}', which maps from nothing and ignores --mapping",
                          mapper.name, first->first),
              "begin with a step that improves a mapping, such as --mapper data-locality-remapping");
}

}  // namespace h2h::cli
