// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <h2h/mapping/mapping_file.hpp>

#include "commands.hpp"
#include "front.hpp"
#include "search.hpp"
#include "stream.hpp"
#include "views.hpp"

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

void save_mapping(const Options& options, const Problem& problem, const Mapping& mapping) {
  if (options.save_mapping.empty()) return;
  write_to(options.save_mapping, [&](std::ostream& out) { write_mapping(out, problem, mapping); });
}

void run(const Options& options, const FrontRequest& front, const Registry& registry) {
  std::vector<Output> outputs = result_outputs(options);
  for (const Output& output : front.outputs()) outputs.push_back(output);
  refuse_shared_output(outputs);
  check_front(front);
  const BoundOptions bound = bound_options(options);
  check_evaluator(options);
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
  if (mappers.size() > 1) refuse_views_of_several(options);
  Search search(options, registry);
  const Problem& problem = search.problem();
  if (!options.mapping.empty()) search.start_from(search.read_saved());
  check_outputs(outputs, search.inputs().files);

  Report report = report_on(options, search.inputs(), problem);
  for (const Mapper& mapper : mappers) report.runs.push_back(search.run(mapper));
  save_mapping(options, problem, report.runs.back().result().mapping);
  tighten(problem, report.runs, bound);
  write_front(front, options, report, search);
  write_views(options, report, search);
  write_results(options, report, outputs);
}

void replay_saved(const Options& options, const Registry& registry) {
  const std::vector<Output> outputs = result_outputs(options);
  refuse_shared_output(outputs);
  const BoundOptions bound = bound_options(options);
  execution_of(options);  // what is wrong with it is better said at once
  if (options.mapping.empty())
    throw Error(ErrorKind::usage, "--mapping is missing", "give a mapping that --save-mapping wrote");
  Search search(options, registry);
  const Problem& problem = search.problem();
  const Mapping mapping = search.read_saved();
  check_outputs(outputs, search.inputs().files);
  Report report = report_on(options, search.inputs(), problem);
  report.runs.push_back(search.run(mapping));
  save_mapping(options, problem, mapping);
  tighten(problem, report.runs, bound);
  write_views(options, report, search);
  write_results(options, report, outputs);
}

}  // namespace

void add_run(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  // The bare command is `run`: both take the same options.
  CLI::App* subcommand = app.add_subcommand("run", "Map a workload and replay the result (default)");
  const auto front = std::make_shared<FrontRequest>();
  const auto stream = std::make_shared<StreamRequest>();
  for (CLI::App* place : {&app, subcommand}) {
    add_input_options(*place, options);
    add_search_options(*place, options);
    add_model_options(*place, options);
    add_cold_option(*place, options);
    add_result_options(*place, options);
    add_front_options(*place, *front);
    add_stream_options(*place, options, *stream);
    add_view_options(*place, options);
  }
  const Command run_mappers = [&options, &registry, front, stream] {
    if (!is_stream(options, *stream)) return run(options, *front, registry);
    refuse_front(*front);
    run_stream(options, *stream, registry);
  };
  subcommand->callback([&command, run_mappers] { command = run_mappers; });
  command = run_mappers;
}

void add_replay(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("replay", "Replay a saved mapping");
  add_input_options(*subcommand, options);
  add_mapping_option(*subcommand, options, "The mapping (YAML)");
  add_model_options(*subcommand, options);
  add_cold_option(*subcommand, options);
  add_result_options(*subcommand, options);
  add_view_options(*subcommand, options);
  subcommand->callback([&] { command = [&] { replay_saved(options, registry); }; });
}

}  // namespace h2h::cli
