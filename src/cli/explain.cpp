// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <fmt/format.h>

#include <h2h/report/explanation.hpp>

#include "commands.hpp"
#include "search.hpp"

namespace h2h::cli {
namespace {

/// What the options say beside those of every command.
struct Wanted {
  ExplanationView view;
  WhatIfOptions what_if;
};

CLI::Validator above_1_up_to(double most) {
  return {[most](const std::string& text) -> std::string {
            double value = 0;
            const bool valid =
                boost::conversion::try_lexical_convert(text, value) && value > 1 && value <= most;
            return valid ? "" : fmt::format("'{}' is no number above 1 and up to {:g}", text, most);
          },
          ""};
}

using Writer = std::function<void(std::ostream&)>;

/// Writes JSON and CSV where the options want them, and the table unless one of them is on standard output.
/// @param csv empty: there is none
void write(const Options& options, const Writer& table, const Writer& csv, const Writer& json) {
  if (!options.json.empty()) write_to(options.json, json);
  if (!options.csv.empty() && csv) write_to(options.csv, csv);
  if (options.json != "-" && options.csv != "-") write_to("-", table);
}

/// Says why nothing maps, and then fails as every command does.
[[noreturn]] void explain_infeasible(const Options& options, const Inputs& inputs,
                                     const Infeasibility& infeasibility) {
  const auto table = [&](std::ostream& out) {
    write_infeasibility_table(out, inputs.workload, inputs.system, infeasibility);
  };
  const auto json = [&](std::ostream& out) {
    write_infeasibility_json(out, inputs.workload, inputs.system, infeasibility, inputs.files,
                             inputs.simulator.platform().simgrid_version);
  };
  write(options, table, {}, json);
  make_problem(inputs, activations_of(options));
  throw Error(ErrorKind::internal, "a layer that runs nowhere is missed by the problem");
}

void explain(const Options& options, const Wanted& wanted, const Registry& registry) {
  const std::vector<Output> outputs = {{"--json", options.json}, {"--csv", options.csv}};
  refuse_shared_output(outputs);
  if (options.mapping.empty() || !options.mappers.empty()) check_evaluator(options);
  execution_of(options);  // what is wrong with it is better said at once
  if (options.mappers.size() > 1) {
    throw Error(ErrorKind::usage, "one mapping is explained, and there are several mappers",
                "explain them one by one");
  }
  std::optional<Mapper> mapper;
  if (options.mapping.empty() || !options.mappers.empty()) {
    mapper = make_mapper(options.mappers.empty() ? "h2h" : options.mappers.front(), registry);
    refuse_idle_mapping(options, *mapper, registry);
  }
  Inputs inputs = read(options, registry);
  check_outputs(outputs, inputs.files);
  const Infeasibility infeasibility = find_infeasibility(inputs.workload, inputs.system, inputs.catalogue);
  if (!infeasibility.is_feasible()) explain_infeasible(options, inputs, infeasibility);

  Search search(options, std::move(inputs));
  const Problem& problem = search.problem();
  std::optional<Mapping> saved;
  if (!options.mapping.empty()) saved = search.read_saved();
  check_outputs(outputs, search.inputs().files);
  if (mapper && saved) search.start_from(*saved);
  const Run run = mapper ? search.run(*mapper) : search.run(*saved);
  const Explanation explanation = search.explain(run, wanted.what_if);
  write(
      options, [&](std::ostream& out) { write_explanation_table(out, problem, explanation, wanted.view); },
      [&](std::ostream& out) { write_explanation_csv(out, problem, explanation); },
      [&](std::ostream& out) {
        write_explanation_json(out, problem, explanation, search.inputs().files,
                               search.inputs().simulator.platform().simgrid_version);
      });
}

}  // namespace

void add_explain(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("explain", "Where the latency comes from, what would help");
  add_input_options(*subcommand, options);
  add_search_options(*subcommand, options);
  add_model_options(*subcommand, options);
  add_cold_option(*subcommand, options);
  add_table_options(*subcommand, options);
  add_replay_option(*subcommand, options);
  const auto wanted = std::make_shared<Wanted>();
  const std::string group = "Explanation";
  constexpr double kLargestFactor = 1e6;
  constexpr std::int64_t kMostRows = 1'000'000'000;
  subcommand->add_option("--factor", wanted->what_if.factor, "How much better to make each part [2]")
      ->check(above_1_up_to(kLargestFactor))
      ->type_name("X")
      ->group(group);
  subcommand->add_option("--top", wanted->view.top, "Changes to show in the table [10]")
      ->check(whole_number_from_1_to(kMostRows))
      ->type_name("N")
      ->group(group);
  subcommand->add_option("--candidates", wanted->what_if.most, "Changes to try, those of most promise [200]")
      ->check(whole_number_from_1_to(kMostRows))
      ->type_name("N")
      ->group(group);
  subcommand->add_flag("--all", wanted->view.is_whole, "Show the critical path activity by activity")
      ->group(group);
  subcommand->callback(
      [&, wanted] { command = [&options, &registry, wanted] { explain(options, *wanted, registry); }; });
}

}  // namespace h2h::cli
