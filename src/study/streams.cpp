// SPDX-License-Identifier: Apache-2.0
#include "streams.hpp"

#include <boost/lexical_cast.hpp>

#include <h2h/base/words.hpp>

namespace h2h {

Scenario scenario_of(const StudyInputs& inputs, Study::PointIndex point) {
  const Study& study = inputs.study;
  const auto value = [&](Setting setting) -> const std::string& { return study.setting(point, setting); };
  const auto seconds = [&](Setting setting, std::optional<double>& own) {
    if (!value(setting).empty()) own = parse_period(value(setting), "", ErrorKind::input);
  };
  const auto count = [&](Setting setting, std::optional<std::size_t>& own) {
    if (!value(setting).empty()) own = boost::lexical_cast<std::size_t>(value(setting));
  };
  Scenario scenario;
  if (const std::string& name = value(Setting::scenario); name != kNoScenario) {
    scenario = inputs.scenarios.at(name);
    count(Setting::every, scenario.every);
  }
  if (scenario.every) {
    for (ScenarioEvent& event : scenario.events) {
      event.frame.reset();
      event.time_s.reset();
    }
  }
  count(Setting::frames, scenario.frames);
  seconds(Setting::period, scenario.period_s);
  seconds(Setting::deadline, scenario.deadline_s);
  return scenario;
}

SequenceOptions sequence_options(const StudyInputs& inputs, Study::PointIndex point) {
  SequenceOptions options;
  options.remap = value_of(inputs.study.setting(point, Setting::remap), kRemaps).value();
  options.eviction = value_of(inputs.study.setting(point, Setting::evict), kEvictions).value();
  options.deadline_s = scenario_of(inputs, point).deadline_s;
  return options;
}

Run run_of_last_phase(const ScenarioRun& run) {
  const PhaseRun& last = run.phases.back();
  StepOutcome outcome{run.mapper, *last.judgement, last.search_s, 0, true, last.note};
  for (const PhaseRun& phase : run.phases) {
    outcome.evaluations += phase.evaluations;
    outcome.exact = outcome.exact && phase.exact;
  }
  Run result;
  result.mapper = run.mapper;
  result.evaluator = run.evaluator;
  result.steps.push_back(std::move(outcome));
  const Contention contention = contention_of(*last.problem, run.is_replay);
  result.bound = best_bound(*last.problem, contention, run.execution);
  result.bound_holds = contention != Contention::other;
  return result;
}

}  // namespace h2h
