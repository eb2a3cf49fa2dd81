// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <h2h/base/files.hpp>
#include <h2h/mapping/mapping_file.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/simulation/replay.hpp>

#include "commands.hpp"

namespace h2h::cli {
namespace {

Report report_on(const Options& options, const Inputs& inputs, const Problem& problem) {
  Report report;
  report.problem = &problem;
  report.simgrid_version = inputs.simulator.platform().simgrid_version;
  report.files = inputs.files;
  if (!options.no_timing) report.command = options.command;
  return report;
}

Scheduler scheduler_of(const Options& options, Inputs& inputs) {
  if (options.no_replay) return analytic_schedule;
  return [&inputs](const Problem& problem, const Mapping& mapping) {
    return replay(problem, mapping, inputs.simulator);
  };
}

void save_mapping(const Options& options, const Problem& problem, const Mapping& mapping) {
  if (options.save_mapping.empty()) return;
  write_to(options.save_mapping, [&](std::ostream& out) { write_mapping(out, problem, mapping); });
}

void refuse_two_outputs(const Options& options) {
  const int dashes =
      (options.json == "-" ? 1 : 0) + (options.csv == "-" ? 1 : 0) + (options.save_mapping == "-" ? 1 : 0);
  if (dashes > 1)
    throw Error(ErrorKind::usage, "only one result can go to standard output", "give the others a file");
}

void check_result_files(const Options& options, const Inputs& inputs) {
  check_outputs({{"--json", options.json}, {"--csv", options.csv}, {"--save-mapping", options.save_mapping}},
                inputs.files);
}

/// Reads the saved mapping, and puts it on record beside the other inputs.
Mapping read_saved(const Options& options, const Problem& problem, Inputs& inputs) {
  const std::string content = read_file(options.mapping);
  inputs.files.emplace_back(options.mapping, content);
  Mapping mapping = parse_mapping(content, options.mapping, problem);
  refuse_invalid(problem, mapping, options.mapping);
  return mapping;
}

/// A mapping to start from is of no use to a step that begins with none.
void refuse_idle_mapping(const Options& options, const Mapper& mapper, const Registry& registry) {
  const auto first = registry.steps().find(mapper.steps.front().name);
  if (options.mapping.empty() || first == registry.steps().end() || !first->second.from_nothing) return;
  throw Error(ErrorKind::usage,
              fmt::format("mapper '{}' begins with step '{}', which maps from nothing and ignores --mapping",
                          mapper.name, first->first),
              "begin with a step that improves a mapping, such as --mapper data-locality-remapping");
}

/// What runs at the moment, on a terminal and without a log, in one line that goes when it is over.
class ProgressLine {
 public:
  ProgressLine() : shown_(::isatty(STDERR_FILENO) == 1 && spdlog::get_level() == spdlog::level::warn) {}
  ~ProgressLine() { put(""); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void say(const std::string& mapper, const std::string& step) const {
    constexpr std::size_t kColumns = 79;
    put(fmt::format("{}: {} ...", mapper, step).substr(0, kColumns));
  }

 private:
  void put(const std::string& text) const {
    if (!shown_) return;
    static_cast<void>(std::fputs(("\r\033[K" + text).c_str(), stderr));
    static_cast<void>(std::fflush(stderr));
  }

  bool shown_;
};

void run(const Options& options, const Registry& registry) {
  refuse_two_outputs(options);
  std::vector<Mapper> mappers;
  for (const std::string& text :
       options.mappers.empty() ? std::vector<std::string>{"h2h"} : options.mappers) {
    mappers.push_back(make_mapper(text, registry));
    refuse_idle_mapping(options, mappers.back(), registry);
  }
  if (mappers.size() > 1 && !options.save_mapping.empty()) {
    throw Error(ErrorKind::usage, "--save-mapping saves one mapping, and there are several mappers",
                "run them one by one");
  }
  Inputs inputs = read(options, registry);
  const Problem problem(inputs.workload, inputs.system);
  const Mapping start =
      options.mapping.empty() ? Mapping::none(problem) : read_saved(options, problem, inputs);
  check_result_files(options, inputs);

  std::unique_ptr<Evaluator> evaluator = std::make_unique<AnalyticEvaluator>();
  if (options.evaluator == "replay") {
    evaluator =
        std::make_unique<ReplayEvaluator>(inputs.platform_file, simulator_options(options), jobs_of(options));
  }
  StepContext context{*evaluator, options.seed, jobs_of(options)};
  Report report = report_on(options, inputs, problem);
  for (const Mapper& mapper : mappers) {
    spdlog::info("mapping {} by {}", inputs.workload.name(), mapper.name);
    const ProgressLine progress;
    report.runs.push_back(run_mapper(problem, mapper, start, context, scheduler_of(options, inputs),
                                     !options.no_replay,
                                     [&](const std::string& step) { progress.say(mapper.name, step); }));
  }
  save_mapping(options, problem, report.runs.back().result().mapping);
  write_results(options, report);
}

void replay_saved(const Options& options, const Registry& registry) {
  refuse_two_outputs(options);
  if (options.mapping.empty())
    throw Error(ErrorKind::usage, "--mapping is missing", "give a mapping that --save-mapping wrote");
  Inputs inputs = read(options, registry);
  const Problem problem(inputs.workload, inputs.system);
  const Mapping mapping = read_saved(options, problem, inputs);
  check_result_files(options, inputs);
  Report report = report_on(options, inputs, problem);
  report.runs.push_back(run_saved(problem, mapping, scheduler_of(options, inputs), !options.no_replay));
  save_mapping(options, problem, mapping);
  write_results(options, report);
}

}  // namespace

void add_run(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  // The bare command is `run`: both take the same options.
  CLI::App* subcommand = app.add_subcommand("run", "Map a workload and replay the result (default)");
  for (CLI::App* place : {&app, subcommand}) {
    add_input_options(*place, options);
    add_search_options(*place, options);
    add_result_options(*place, options);
  }
  subcommand->callback([&] { command = [&] { run(options, registry); }; });
  command = [&] { run(options, registry); };
}

void add_replay(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("replay", "Replay a saved mapping");
  add_input_options(*subcommand, options);
  add_mapping_option(*subcommand, options, "The mapping (YAML)");
  add_result_options(*subcommand, options);
  subcommand->callback([&] { command = [&] { replay_saved(options, registry); }; });
}

}  // namespace h2h::cli
