// SPDX-License-Identifier: Apache-2.0
#include "stream.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <h2h/base/words.hpp>

#include "progress.hpp"
#include "search.hpp"
#include "views.hpp"

namespace h2h::cli {
namespace {

/// What shows one run of one frame, or changes one.
void refuse_rest(const Options& options) {
  const std::vector<Output> unfit = {{"--mapping", options.mapping},
                                     {"--save-mapping", options.save_mapping},
                                     {"--chrome", options.chrome},
                                     {"--svg", options.svg},
                                     {"--dot", options.dot},
                                     {"--report", options.report},
                                     {"--bound", options.bound == "quick" ? "" : options.bound}};
  for (const auto& [option, target] : unfit) {
    if (target.empty()) continue;
    throw Error(ErrorKind::usage, fmt::format("{} is about a single frame, and there is a stream", option),
                "leave it out; --json, --csv and --trace show streams");
  }
}

/// Of each mapper the run that was asked for, which alone has kept its schedules.
void write_trace_of(const Options& options, const ScenarioReport& report) {
  std::vector<Timeline> timelines;
  for (const ScenarioRun& run : report.runs) {
    if (!run.schedules.empty()) timelines.push_back(make_timeline(run));
  }
  const std::string& what = report.scenario.empty() ? report.workload->name() : report.scenario;
  write_trace(options, timelines, fmt::format("{} on {}", what, report.system->name));
}

}  // namespace

void add_stream_options(CLI::App& app, Options& options, StreamRequest& request) {
  const std::string group = "Stream of frames";
  const auto add = [&](const std::string& name, std::string& value, const std::string& help,
                       const std::string& type) {
    return app.add_option(name, value, help)->type_name(type)->group(group);
  };
  add("--scenario", options.scenario, "Modalities that come and go (YAML)", "FILE");
  app.add_option("--frames", request.frames, "Inferences to run [1, or the scenario's]")
      ->check(whole_number_from_1_to(static_cast<std::int64_t>(kMostFrames)))
      ->type_name("N")
      ->group(group);
  add("--period", request.period, "From one arrival to the next, on average: 40ms", "TIME");
  add("--arrivals", request.arrivals, "periodic, or poisson by --seed [periodic]", "NAME")
      ->check(one_of(words_of(kArrivals)));
  add("--deadline", request.deadline, "Count frames that take longer", "TIME");
  add("--remap", request.remap, "When modalities switch: warm, cold or keep [warm]", "NAME")
      ->check(one_of(words_of(kRemaps)));
  add("--evict", request.evict, "What goes first: lru, largest, least-valuable [lru]", "NAME")
      ->check(one_of(words_of(kEvictions)));
}

bool is_stream(const Options& options, const StreamRequest& request) {
  if (!options.scenario.empty() || request.frames > 0) return true;
  for (const auto& [option, value] :
       {Output{"--period", request.period}, Output{"--arrivals", request.arrivals},
        Output{"--deadline", request.deadline}, Output{"--remap", request.remap},
        Output{"--evict", request.evict}}) {
    if (!value.empty())
      throw Error(ErrorKind::usage, fmt::format("{} without a stream", option),
                  "give --frames or --scenario");
  }
  return false;
}

StreamSession::StreamSession(Options options, const StreamRequest& request, const Registry& registry)
    : options_(std::move(options)),
      scenario_(options_.scenario.empty()
                    ? std::nullopt
                    : std::optional<Scenario>(read_scenario_of(options_, scenario_file_))),
      inputs_(read(options_, registry)) {
  if (scenario_) inputs_.files.push_back(scenario_file_);
  set_up(request);
  evaluator_ = make_evaluator(options_, inputs_);
}

void StreamSession::set_up(const StreamRequest& request) {
  Scenario scenario = scenario_.value_or(Scenario{});
  if (request.frames > 0) scenario.frames = static_cast<std::size_t>(request.frames);
  if (!request.period.empty()) scenario.period_s = parse_period(request.period, "--period", ErrorKind::usage);
  if (!request.deadline.empty())
    scenario.deadline_s = parse_period(request.deadline, "--deadline", ErrorKind::usage);
  scenario.arrivals = value_of(request.arrivals, kArrivals).value_or(scenario.arrivals);
  period_s_ = scenario.period_s;
  arrivals_ = scenario.arrivals;
  sequence_options_.deadline_s = scenario.deadline_s;
  sequence_options_.remap = value_of(request.remap, kRemaps).value_or(sequence_options_.remap);
  sequence_options_.eviction = value_of(request.evict, kEvictions).value_or(sequence_options_.eviction);
  sequence_options_.cold = options_.cold;
  sequence_options_.keep_schedules = !options_.trace.empty();
  if (lacks_period(scenario)) {
    throw Error(ErrorKind::usage, fmt::format("{} frames without a period", frames_of(scenario)),
                "give --period, the time from one to the next, such as --period 40ms");
  }
  sequence_ =
      sequence_of(scenario, inputs_.workload, inputs_.system, activations_of(options_), options_.seed);
  for (const ScenarioEvent* event : events_without_frame(scenario, sequence_.arrivals_s))
    spdlog::warn("{}: the event comes after the last frame", event->where.to_string());
}

ScenarioRun StreamSession::run(const Mapper& mapper) {
  return run(mapper, sequence_options_);
}

ScenarioRun StreamSession::run(const Mapper& mapper, Remap remap) {
  SequenceOptions options = sequence_options_;
  options.remap = remap;
  return run(mapper, options);
}

ScenarioRun StreamSession::run(const Mapper& mapper, const SequenceOptions& options) {
  StepContext context{*evaluator_, options_.seed, jobs_of(options_)};
  const ProgressLine progress;
  progress.say(fmt::format("{}: {} frames, remapped {} ...", mapper.name, sequence_.arrivals_s.size(),
                           to_string(options.remap)));
  SequenceJudge judge{judging_of(options_, inputs_.simulator), analytic_stream, execution_of(options_)};
  if (!options_.no_replay) {
    judge.run = [this](const Stream& stream, const FrameVisitor& visit) {
      replay_stream(stream, inputs_.simulator, visit);
    };
  }
  return run_sequence(sequence_, mapper, context, judge, options);
}

std::vector<ScenarioRun> StreamSession::run_every_way(const Mapper& mapper) {
  std::vector<ScenarioRun> runs;
  runs.push_back(run(mapper));
  if (sequence_.phases.size() == 1) return runs;
  for (const Remap remap : kRemaps) {
    if (remap == sequence_options_.remap) continue;
    SequenceOptions other = sequence_options_;
    other.remap = remap;
    other.find_rate = other.keep_schedules = false;
    runs.push_back(run(mapper, other));
  }
  return runs;
}

ScenarioReport StreamSession::report() const {
  ScenarioReport report;
  report.workload = &inputs_.workload;
  report.system = &inputs_.system;
  report.activations = sequence_.activations;
  if (scenario_) report.scenario = scenario_->name;
  report.arrivals = arrivals_;
  report.period_s = period_s_;
  report.seed = options_.seed;
  report.simgrid_version = inputs_.simulator.platform().simgrid_version;
  report.files = inputs_.files;
  if (!options_.no_timing) report.command = options_.command;
  return report;
}

void run_stream(const Options& options, const StreamRequest& request, const Registry& registry) {
  refuse_rest(options);
  check_evaluator(options);
  const std::vector<Output> outputs = {
      {"--json", options.json}, {"--csv", options.csv}, {"--trace", options.trace}};
  refuse_shared_output(outputs);
  std::vector<Mapper> mappers;
  for (const std::string& text : options.mappers.empty() ? std::vector<std::string>{"h2h"} : options.mappers)
    mappers.push_back(make_mapper(text, registry));
  StreamSession session(options, request, registry);
  check_outputs(outputs, session.inputs().files);
  ScenarioReport report = session.report();
  for (const Mapper& mapper : mappers) {
    for (ScenarioRun& run : session.run_every_way(mapper)) report.runs.push_back(std::move(run));
  }
  if (!options.json.empty())
    write_to(options.json, [&](std::ostream& out) { write_scenario_json(out, report); });
  if (!options.csv.empty())
    write_to(options.csv, [&](std::ostream& out) { write_scenario_csv(out, report); });
  if (!options.trace.empty()) write_trace_of(options, report);
  if (!takes_standard_output(outputs))
    write_to("-", [&](std::ostream& out) { write_scenario_table(out, report); });
}

}  // namespace h2h::cli
