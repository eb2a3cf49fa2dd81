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

namespace h2h::cli {

/// Options that every command knows, and what they say.
struct Options {
  // Inputs.
  std::string workload;
  std::string platform;
  std::string catalogue;
  std::string bandwidth;
  std::string modalities;
  std::int64_t batch = 0;
  std::vector<std::string> cfg;
  std::vector<std::string> log;

  // Search.
  std::vector<std::string> mappers;
  std::string evaluator = "analytic";
  std::uint64_t seed = 1;
  unsigned jobs = 0;  ///< 0: as many as there are processors

  // Results.
  std::string json;
  std::string csv;
  std::string mapping;
  std::string save_mapping;
  bool no_replay = false;
  bool no_timing = false;

  /// The command line as given.
  std::string command;
};

/// A command runs after everything is parsed; nothing is chosen twice.
using Command = std::function<void()>;

/// Accepts one of some words, and proposes the nearest for others.
CLI::Validator one_of(std::vector<std::string> words);

void add_input_options(CLI::App& app, Options& options);
void add_mapping_option(CLI::App& app, Options& options, const std::string& help);
void add_search_options(CLI::App& app, Options& options);
void add_table_options(CLI::App& app, Options& options);   ///< JSON and CSV
void add_result_options(CLI::App& app, Options& options);  ///< and what runs of mappers can write besides

/// Reads what the options name. @throws Error
Inputs read(const Options& options, const Registry& registry);
/// Logs what is odd about a platform.
void warn(const PlatformFile& platform, std::span<const std::string> warnings);
InputRequest request_of(const Options& options);

/// Folders in which the shipped workloads and platforms are looked up: H2H_DATA_DIR, the installed ones, and
/// those of a source tree that the tool was built in.
std::vector<std::filesystem::path> data_folders(const std::string& kind);

SimulatorOptions simulator_options(const Options& options);
unsigned jobs_of(const Options& options);

/// Writes the results that the options ask for: JSON and CSV to files or to standard output, otherwise the
/// table.
void write_results(const Options& options, const Report& report);

/// Writes to a file, or to standard output for "-".
void write_to(const std::string& target, const std::function<void(std::ostream&)>& write);

/// A file that an option names for a result; "-" is standard output, empty none.
struct Output {
  std::string option;
  std::string target;
};

/// Refuses results that could not be written, or would overwrite each other or what was read: before the work
/// rather than after it.
void check_outputs(const std::vector<Output>& outputs, std::span<const InputFile> inputs);

}  // namespace h2h::cli
