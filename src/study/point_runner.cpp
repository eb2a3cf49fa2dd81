// SPDX-License-Identifier: Apache-2.0
#include "point_runner.hpp"

#include <boost/lexical_cast.hpp>

#include <h2h/schedule/analytic.hpp>
#include <h2h/simulation/replay.hpp>
#include <h2h/workload/workload_file.hpp>

#include "documents.hpp"
#include "streams.hpp"

namespace h2h {

std::vector<std::string> platform_key(const Study& study, Study::PointIndex point) {
  std::vector<std::string> key = {study.setting(point, Setting::platform),
                                  study.setting(point, Setting::bandwidth),
                                  study.setting(point, Setting::activations)};
  for (const Parameter& parameter : study.parameters(point)) key.push_back(parameter.value);
  return key;
}

void PointRunner::load_platform(Study::PointIndex point, std::vector<Warning>& warnings) {
  const Study& study = inputs_.study;
  Key key = platform_key(study, point);
  if (key == platform_key_) return;
  platform_key_.clear();
  forget_problem();
  replay_evaluators_.clear();
  platform_.reset();

  const std::string& name = study.setting(point, Setting::platform);
  const std::string& bandwidth = study.setting(point, Setting::bandwidth);
  const StudyFile& original = inputs_.platforms.at(name);
  const StudyFile& catalogue = inputs_.catalogues.at(name);
  const std::vector<Parameter> parameters = study.parameters(point);
  PlatformFile file = platform_with({original.path, original.content}, parameters);
  SimulatorOptions options{inputs_.request.cfg, inputs_.request.log, std::nullopt,
                           study.activations(point) == Activations::direct};
  if (bandwidth != kOwnBandwidth) {
    options.bandwidth_Bps =
        parse_bandwidth(bandwidth, "bandwidth", ErrorKind::input, study.place(Setting::bandwidth, bandwidth));
  }
  Simulator simulator(file, options);
  System system = make_system(simulator.platform(), catalogue_with(catalogue.content, catalogue.path.string(),
                                                                   parameters, registry_.models()));
  const auto warn = [&](const std::string& kind, const std::string& text) {
    if (!text.empty()) warnings.push_back({kind + ' ' + name, original.path.string() + ": " + text});
  };
  warn("unequal latency", unequal_latency_warning(system));
  warn("changed model", changed_model_warning(system));
  platform_ = std::make_unique<Platform>(
      Platform{std::move(file), std::move(options), std::move(simulator), std::move(system)});
  platform_key_ = std::move(key);
}

void PointRunner::load_workload(Study::PointIndex point) {
  const Study& study = inputs_.study;
  const std::string& name = study.setting(point, Setting::workload);
  const std::string& modalities = study.setting(point, Setting::modalities);
  const std::string& batch = study.setting(point, Setting::batch);
  Key key = {name, modalities, batch};
  if (key == workload_key_) return;
  workload_key_.clear();
  forget_problem();
  const StudyFile& file = inputs_.workloads.at(name);
  Workload workload = with_modalities(parse_workload(file.content, file.path.string()), modalities);
  if (!batch.empty()) workload = workload.with_batch(boost::lexical_cast<std::int64_t>(batch));
  workload_ = std::make_unique<Workload>(std::move(workload));
  workload_key_ = std::move(key);
}

void PointRunner::load_problem(Study::PointIndex point) {
  if (problem_) return;
  problem_ = std::make_unique<Problem>(*workload_, platform_->system, inputs_.study.activations(point));
  bounds_ = std::make_unique<QuickBounds>(*problem_);
}

void PointRunner::forget_problem() {
  bounds_.reset();
  problem_.reset();
}

Evaluator& PointRunner::evaluator(Study::PointIndex point) {
  if (inputs_.study.setting(point, Setting::evaluator) != "replay") return analytic_evaluator_;
  const Execution execution = inputs_.study.execution(point);
  std::unique_ptr<Evaluator>& evaluator = replay_evaluators_[execution];
  // The points are what runs side by side.
  if (!evaluator)
    evaluator = std::make_unique<ReplayEvaluator>(platform_->file, platform_->options, 1, execution);
  return *evaluator;
}

Judging PointRunner::judging(Study::PointIndex point) {
  if (!inputs_.request.replay) return {analytic_schedule, false};
  const auto replayed = [this, execution = inputs_.study.execution(point)](const Problem& problem,
                                                                           const Mapping& mapping) {
    return replay(problem, mapping, platform_->simulator, execution);
  };
  return {replayed, true};
}

StudyRow PointRunner::run_frame(Study::PointIndex point) {
  load_problem(point);
  const Study& study = inputs_.study;
  StepContext context{evaluator(point), study.seed(point), 1};
  const Mapper& mapper = inputs_.mappers.at(study.setting(point, Setting::mapper));
  return row_of(inputs_, point, run_to_result(*bounds_, mapper, context, judging(point)));
}

StudyRow PointRunner::run_stream(Study::PointIndex point) {
  const Study& study = inputs_.study;
  const FrameSequence sequence = sequence_of(scenario_of(inputs_, point), *workload_, platform_->system,
                                             study.activations(point), study.seed(point));
  StepContext context{evaluator(point), study.seed(point), 1};
  SequenceJudge judge{judging(point), analytic_stream, study.execution(point)};
  if (inputs_.request.replay) {
    judge.run = [this](const Stream& stream, const FrameVisitor& visit) {
      replay_stream(stream, platform_->simulator, visit);
    };
  }
  const ScenarioRun run = run_sequence(sequence, inputs_.mappers.at(study.setting(point, Setting::mapper)),
                                       context, judge, sequence_options(inputs_, point));
  return row_of(inputs_, point, run_of_last_phase(run), &run);
}

PointRunner::Outcome PointRunner::run(Study::PointIndex point) {
  Outcome outcome;
  try {
    load_workload(point);
    load_platform(point, outcome.warnings);
    outcome.row = inputs_.study.has_streams() ? run_stream(point) : run_frame(point);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::infeasible) throw;
    outcome.row = infeasible_row(inputs_, point, error);
  }
  return outcome;
}

}  // namespace h2h
