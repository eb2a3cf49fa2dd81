// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <h2h/plugin/registry.hpp>
#include <h2h/report/report.hpp>
#include <h2h/run/inputs.hpp>
#include <h2h/scenario/scenario.hpp>
#include <h2h/study/results.hpp>

namespace h2h::cli {

/// Options that every command knows, and what they say.
struct Options {
  // Inputs.
  std::string workload;
  std::string platform;
  std::string catalogue;
  std::string bandwidth;
  std::string modalities;
  std::string scenario;
  std::int64_t batch = 0;
  std::vector<std::string> cfg;
  std::vector<std::string> log;
  std::vector<std::string> plugins;

  // Search.
  std::vector<std::string> mappers;
  std::string evaluator = "analytic";
  std::uint64_t seed = 1;
  unsigned jobs = 0;  ///< 0: as many as there are processors

  // Model.
  std::string execution = "serial";
  std::string activations = "host";
  bool cold = false;

  // Results.
  std::string json;
  std::string csv;
  std::string mapping;
  std::string save_mapping;
  bool no_replay = false;
  bool no_timing = false;
  std::string bound = "quick";
  double bound_time_s = 60;

  // Views of the schedule.
  std::string trace;
  std::string trace_colours = "kind";
  std::string chrome;
  std::string svg;
  std::string dot;
  std::string report;

  /// The command line as given.
  std::string command;
};

/// A command runs after everything is parsed; nothing is chosen twice.
using Command = std::function<void()>;

/// Accepts one of some words, and proposes the nearest for others.
CLI::Validator one_of(std::vector<std::string> words);

CLI::Validator whole_number_from_1_to(std::int64_t most);

void add_input_options(CLI::App& app, Options& options);
void add_adjustment_options(CLI::App& app, Options& options);  ///< what changes the files that are read
void add_simgrid_options(CLI::App& app, Options& options);     ///< which are among those
void add_plugin_option(CLI::App& app, Options& options);       ///< likewise
void add_scenario_option(CLI::App& app, Options& options);
void add_model_options(CLI::App& app, Options& options);  ///< execution and activations
void add_cold_option(CLI::App& app, Options& options);    ///< whether pinned weights are to be loaded
void add_mapping_option(CLI::App& app, Options& options, const std::string& help);
void add_search_options(CLI::App& app, Options& options);
void add_jobs_option(CLI::App& app, Options& options, const std::string& help);
void add_table_options(CLI::App& app, Options& options);   ///< JSON and CSV
void add_result_options(CLI::App& app, Options& options);  ///< and what runs of mappers can write besides

void add_replay_option(CLI::App& app, Options& options);    ///< whether to replay at all
void add_judging_options(CLI::App& app, Options& options);  ///< how results are judged and shown
/// What is built in, then the plug-ins in the folders of H2H_PLUGIN_PATH, then those that the options name.
/// @throws Error (input) for one that does not fit
Registry registry_of(const Options& options);

/// Reads what the options name. @throws Error
Inputs read(const Options& options, const Registry& registry);
/// Logs what is odd about a platform.
void warn(const PlatformFile& platform, std::span<const std::string> warnings);
InputRequest request_of(const Options& options);

/// Reads the scenario that the options name, and where they name no workload has them name the scenario's.
/// @param file what was read, for the record
/// @throws Error
Scenario read_scenario_of(Options& options, InputFile& file);

/// The data folder of scenarios, below that of the workloads.
inline constexpr const char* kScenarios = "workloads/scenarios";
/// Folders in which the shipped workloads, scenarios and platforms are looked up: H2H_DATA_DIR, the installed
/// ones, and those of a source tree that the tool was built in.
std::vector<std::filesystem::path> data_folders(const std::string& kind);

/// How the bound is looked for. @throws Error (usage) if its solver is not there
BoundOptions bound_options(const Options& options);

/// Looks for that bound. Where none is found, the quick one stands and a warning says so: it spoils no
/// result.
void tighten(const Problem& problem, std::span<Run> runs, const BoundOptions& options);

/// How accelerators run their layers. @throws Error (usage) if that is only simulated and nothing is to be
Execution execution_of(const Options& options);
Activations activations_of(const Options& options);
/// Refuses a search whose evaluator does not know the execution. @throws Error (usage)
void check_evaluator(const Options& options);

SimulatorOptions simulator_options(const Options& options);
unsigned jobs_of(const Options& options);

/// A file that an option names for a result; "-" is standard output, empty none.
struct Output {
  std::string option;
  std::string target;
};

/// Every result that the options of `run` and `replay` name.
std::vector<Output> result_outputs(const Options& options);

/// Writes the results that the options ask for: JSON and CSV, and the table unless one of @p outputs takes
/// standard output.
void write_results(const Options& options, const Report& report, const std::vector<Output>& outputs);

/// Refuses more than one "-", which is standard output.
void refuse_shared_output(const std::vector<Output>& outputs);
/// Whether one is "-": then no table goes there.
bool takes_standard_output(const std::vector<Output>& outputs);

/// Writes to a file, or to standard output for "-".
void write_to(const std::string& target, const std::function<void(std::ostream&)>& write);

/// Writes results of a study to files or standard output; empty is nowhere.
void write_study_results(const std::string& csv, const std::string& json, const StudyTable& table);

/// Refuses results that could not be written, or would overwrite each other or what was read: before the work
/// rather than after it.
void check_outputs(const std::vector<Output>& outputs, std::span<const InputFile> inputs);

}  // namespace h2h::cli
