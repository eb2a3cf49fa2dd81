// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <spdlog/spdlog.h>

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

void run(const Options& options, const Registry& registry) {
  refuse_two_outputs(options);
  const BoundOptions bound = bound_options(options);
  std::vector<Mapper> mappers;
  for (const std::string& text :
       options.mappers.empty() ? std::vector<std::string>{"h2h"} : options.mappers) {
    mappers.push_back(make_mapper(text, registry));
  }
  if (mappers.size() > 1 && !options.save_mapping.empty()) {
    throw Error(ErrorKind::usage, "--save-mapping saves one mapping, and there are several mappers",
                "run them one by one");
  }
  Inputs inputs = read(options, registry);
  const Problem problem(inputs.workload, inputs.system);
  const Mapping start =
      options.mapping.empty() ? Mapping::none(problem) : read_mapping(options.mapping, problem);

  std::unique_ptr<Evaluator> evaluator = std::make_unique<AnalyticEvaluator>();
  if (options.evaluator == "replay") {
    evaluator =
        std::make_unique<ReplayEvaluator>(inputs.platform_file, simulator_options(options), jobs_of(options));
  }
  StepContext context{*evaluator, options.seed, jobs_of(options)};
  Report report = report_on(options, inputs, problem);
  for (const Mapper& mapper : mappers) {
    spdlog::info("mapping {} by {}", inputs.workload.name(), mapper.name);
    report.runs.push_back(
        run_mapper(problem, mapper, start, context, scheduler_of(options, inputs), !options.no_replay));
  }
  save_mapping(options, problem, report.runs.back().result().mapping);
  tighten(problem, report.runs, bound);
  write_results(options, report);
}

void replay_saved(const Options& options, const Registry& registry) {
  refuse_two_outputs(options);
  const BoundOptions bound = bound_options(options);
  if (options.mapping.empty())
    throw Error(ErrorKind::usage, "--mapping is missing", "give a mapping that --save-mapping wrote");
  Inputs inputs = read(options, registry);
  const Problem problem(inputs.workload, inputs.system);
  const Mapping mapping = read_mapping(options.mapping, problem);
  Report report = report_on(options, inputs, problem);
  report.runs.push_back(run_saved(problem, mapping, scheduler_of(options, inputs), !options.no_replay));
  tighten(problem, report.runs, bound);
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
