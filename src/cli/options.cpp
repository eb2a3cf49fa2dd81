// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <sstream>
#include <thread>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <h2h/base/files.hpp>
#include <h2h/base/text.hpp>
#include <h2h/plugin/loader.hpp>

namespace h2h::cli {
namespace fs = std::filesystem;

namespace {

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  return {[least, most](const std::string& text) -> std::string {
            std::int64_t value = 0;
            const bool valid =
                boost::conversion::try_lexical_convert(text, value) && value >= least && value <= most;
            return valid ? "" : fmt::format("'{}' is no whole number from {} to {}", text, least, most);
          },
          ""};
}

/// A day.
constexpr double kLongestBoundTime_s = 86400;

CLI::Validator positive_up_to(double most) {
  return {[most](const std::string& text) -> std::string {
            double value = 0;
            const bool valid =
                boost::conversion::try_lexical_convert(text, value) && value > 0 && value <= most;
            return valid ? "" : fmt::format("'{}' is no number above 0 and up to {}", text, most);
          },
          ""};
}

CLI::Option* add_file(CLI::App& app, const std::string& names, std::string& file, const std::string& help,
                      const std::string& group) {
  return app.add_option(names, file, help)->type_name("FILE")->group(group);
}

}  // namespace

CLI::Validator whole_number_from_1_to(std::int64_t most) {
  return whole_number(1, most);
}

CLI::Validator one_of(std::vector<std::string> words) {
  return {[words = std::move(words)](const std::string& text) -> std::string {
            if (std::find(words.begin(), words.end(), text) != words.end()) return "";
            return fmt::format("cannot be '{}'; {}", text, suggest(text, words));
          },
          ""};
}

void add_input_options(CLI::App& app, Options& options) {
  const std::string group = "Input";
  add_file(app, "-p,--platform", options.platform, "SimGrid platform (XML)", group);
  add_file(app, "-w,--workload", options.workload, "Layer graph (YAML)", group);
  app.add_option("--bandwidth", options.bandwidth, "Of each FPGA's own links: 0.125GBps")
      ->type_name("RATE")
      ->group(group);
  add_adjustment_options(app, options);
}

void add_adjustment_options(CLI::App& app, Options& options) {
  const std::string group = "Input";
  add_file(app, "--accelerators", options.catalogue, "Catalogue (YAML) instead of the platform's", group);
  app.add_option("-b,--batch", options.batch, "Batch instead of the workload's")
      ->check(whole_number_from_1_to(1 << 30))
      ->type_name("N")
      ->group(group);
  app.add_option("-m,--modalities", options.modalities, "Only these, or all but those with a '-'")
      ->type_name("A,B")
      ->group(group);
  add_simgrid_options(app, options);
  add_plugin_option(app, options);
}

void add_simgrid_options(CLI::App& app, Options& options) {
  const std::string group = "Input";
  app.add_option("--cfg", options.cfg, "SimGrid setting, as its own --cfg")
      ->type_name("KEY:VALUE")
      ->group(group)
      ->allow_extra_args(false);
  app.add_option("--log", options.log, "SimGrid logging, as its own --log")
      ->type_name("SETTING")
      ->group(group)
      ->allow_extra_args(false);
}

void add_plugin_option(CLI::App& app, Options& options) {
  app.add_option("--plugin", options.plugins, "Mappers or models to load; may be repeated")
      ->type_name("FILE")
      ->group("Input")
      ->allow_extra_args(false);
}

void add_scenario_option(CLI::App& app, Options& options) {
  add_file(app, "--scenario", options.scenario, "Modalities that come and go (YAML)", "Input");
}

void add_model_options(CLI::App& app, Options& options) {
  const std::string group = "Model";
  app.add_option("--execution", options.execution, "serial, or overlap: transfers while computing [serial]")
      ->check(one_of({"serial", "overlap"}))
      ->type_name("NAME")
      ->group(group);
  app.add_option("--activations", options.activations, "Over the host, or direct between FPGAs [host]")
      ->check(one_of({"host", "direct"}))
      ->type_name("NAME")
      ->group(group);
}

void add_cold_option(CLI::App& app, Options& options) {
  app.add_flag("--cold", options.cold, "Pinned weights are not there yet: the run loads them")
      ->group("Model");
}

void add_search_options(CLI::App& app, Options& options) {
  const std::string group = "Search";
  app.add_option("--mapper", options.mappers, "Mapper or chain of steps; may be repeated [h2h]")
      ->type_name("CHAIN")
      ->group(group)
      ->allow_extra_args(false);
  app.add_option("--evaluator", options.evaluator, "Judge of the search: analytic or replay")
      ->check(one_of({"analytic", "replay"}))
      ->type_name("NAME")
      ->group(group);
  add_mapping_option(app, options, "Start from this saved mapping (YAML)");
  app.add_option("--seed", options.seed, "Seed of mappers that draw random numbers [1]")
      ->check(whole_number(0, std::numeric_limits<std::int64_t>::max()))
      ->type_name("N")
      ->group(group);
  add_jobs_option(app, options, "Processes for replays [one a processor]");
}

void add_jobs_option(CLI::App& app, Options& options, const std::string& help) {
  app.add_option("-j,--jobs", options.jobs, help)
      ->check(whole_number_from_1_to(1024))
      ->type_name("N")
      ->group("Search");
}

void add_mapping_option(CLI::App& app, Options& options, const std::string& help) {
  add_file(app, "--mapping", options.mapping, help, "Input");
}

void add_table_options(CLI::App& app, Options& options) {
  add_file(app, "--json", options.json, "Write JSON; - is standard output", "Results");
  add_file(app, "--csv", options.csv, "Write CSV; - is standard output", "Results");
}

void add_result_options(CLI::App& app, Options& options) {
  add_table_options(app, options);
  add_file(app, "--save-mapping", options.save_mapping, "Write the mapping as YAML", "Results");
  add_judging_options(app, options);
}

void add_replay_option(CLI::App& app, Options& options) {
  app.add_flag("--no-replay", options.no_replay, "Report the analytic latency, replay nothing")
      ->group("Results");
}

void add_judging_options(CLI::App& app, Options& options) {
  app.add_option("--bound", options.bound, "Lower bound: quick, lp, milp or exact [quick]")
      ->check(one_of({"quick", "lp", "milp", "exact"}))
      ->type_name("METHOD")
      ->group("Results");
  app.add_option("--bound-time", options.bound_time_s, "Limit of --bound in seconds [60]")
      ->check(positive_up_to(kLongestBoundTime_s))
      ->type_name("SECONDS")
      ->group("Results");
  add_replay_option(app, options);
  app.add_flag("--no-timing", options.no_timing, "Leave out wall times and the command")->group("Results");
}

std::vector<fs::path> data_folders(const std::string& kind) {
  std::vector<fs::path> roots;
  if (const char* root = std::getenv("H2H_DATA_DIR")) roots.emplace_back(root);
  const fs::path tool = boost::dll::program_location();
  roots.push_back(tool.parent_path().parent_path() / "share" / "h2h-sim");
  for (fs::path folder = tool.parent_path(); folder.has_relative_path(); folder = folder.parent_path())
    roots.push_back(folder);
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const fs::path& root : roots) {
    // Both folders together are the mark of our data.
    if (fs::is_directory(root / "platforms", ignored) && fs::is_directory(root / "workloads", ignored)) {
      folders.push_back(root / kind);
    }
  }
  return folders;
}

BoundOptions bound_options(const Options& options) {
  BoundOptions result;
  result.time_s = options.bound_time_s;
  for (const BoundMethod method : {BoundMethod::lp, BoundMethod::milp, BoundMethod::exact}) {
    if (options.bound == to_string(method)) result.method = method;
  }
  require_method(result.method);
  return result;
}

void tighten(const Problem& problem, std::span<Run> runs, const BoundOptions& options) {
  tighten_bounds(problem, runs, options);
  if (!runs.empty() && !runs.front().bound.note.empty()) spdlog::warn("{}", runs.front().bound.note);
}

Execution execution_of(const Options& options) {
  if (options.execution != to_string(Execution::overlap)) return Execution::serial;
  if (options.no_replay) {
    throw Error(ErrorKind::usage,
                "--execution overlap with --no-replay: only replays know overlapped execution",
                "leave --no-replay out");
  }
  return Execution::overlap;
}

Activations activations_of(const Options& options) {
  return options.activations == to_string(Activations::direct) ? Activations::direct : Activations::host;
}

void check_evaluator(const Options& options) {
  if (execution_of(options) == Execution::serial || options.evaluator == "replay") return;
  throw Error(
      ErrorKind::usage,
      fmt::format("--execution overlap: the {} evaluator knows serial execution only", options.evaluator),
      "search by --evaluator replay");
}

SimulatorOptions simulator_options(const Options& options) {
  SimulatorOptions result{options.cfg, options.log, std::nullopt};
  if (!options.bandwidth.empty())
    result.bandwidth_Bps = parse_bandwidth(options.bandwidth, "--bandwidth", ErrorKind::usage);
  return result;
}

unsigned jobs_of(const Options& options) {
  return options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
}

InputRequest request_of(const Options& options) {
  InputRequest request;
  request.workload = options.workload;
  request.platform = options.platform;
  if (!options.catalogue.empty()) request.catalogue = options.catalogue;
  request.workload_folders = data_folders("workloads");
  request.platform_folders = data_folders("platforms");
  if (!options.modalities.empty())
    boost::split(request.modalities, options.modalities, boost::is_any_of(","));
  if (options.batch > 0) request.batch = options.batch;
  request.simulator = simulator_options(options);
  request.simulator.peer_routes = activations_of(options) == Activations::direct;
  return request;
}

Scenario read_scenario_of(Options& options, InputFile& file) {
  if (!options.modalities.empty()) {
    throw Error(ErrorKind::usage, "--modalities with --scenario: the scenario says which are on",
                "leave --modalities out");
  }
  const fs::path path = find_file(options.scenario, data_folders(kScenarios));
  const std::string content = read_file(path);
  file = {path, content};
  Scenario scenario = parse_scenario(content, path.string());
  if (options.workload.empty() && !scenario.workload.empty())
    options.workload = find_workload(scenario, data_folders("workloads")).string();
  return scenario;
}

Registry registry_of(const Options& options) {
  Registry registry = builtin_registry();
  if (const char* path = std::getenv("H2H_PLUGIN_PATH")) {
    std::vector<std::string> words;
    boost::split(words, path, boost::is_any_of(":"));
    std::erase(words, "");  // such as that of "$H2H_PLUGIN_PATH:more" where there was none
    load_plugins(registry, std::vector<fs::path>(words.begin(), words.end()));
  }
  for (const std::string& file : options.plugins) load_plugin(registry, file);
  return registry;
}

Inputs read(const Options& options, const Registry& registry) {
  if (options.platform.empty())
    throw Error(ErrorKind::usage, "--platform is missing", "such as --platform cloud.xml");
  if (options.workload.empty())
    throw Error(ErrorKind::usage, "--workload is missing", "such as --workload vlocnet.yaml");
  Inputs inputs = read_inputs(request_of(options), registry);
  warn(inputs.platform_file, inputs.warnings);
  return inputs;
}

std::vector<Output> result_outputs(const Options& options) {
  return {{"--json", options.json},   {"--csv", options.csv},       {"--save-mapping", options.save_mapping},
          {"--trace", options.trace}, {"--chrome", options.chrome}, {"--svg", options.svg},
          {"--dot", options.dot},     {"--report", options.report}};
}

void refuse_shared_output(const std::vector<Output>& outputs) {
  if (std::count_if(outputs.begin(), outputs.end(), [](const Output& one) { return one.target == "-"; }) >
      1) {
    throw Error(ErrorKind::usage, "only one result can go to standard output", "give the others a file");
  }
}

bool takes_standard_output(const std::vector<Output>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(), [](const Output& one) { return one.target == "-"; });
}

void warn(const PlatformFile& platform, std::span<const std::string> warnings) {
  for (const std::string& warning : warnings) spdlog::warn("{}: {}", platform.path.string(), warning);
}

void write_to(const std::string& target, const std::function<void(std::ostream&)>& write) {
  std::ostringstream text;
  write(text);
  if (target != "-") return write_file(target, text.str());
  std::cout << text.str() << std::flush;
  if (!std::cout) throw Error(ErrorKind::input, "standard output cannot be written");
}

void write_results(const Options& options, const Report& report, const std::vector<Output>& outputs) {
  if (!options.json.empty()) write_to(options.json, [&](std::ostream& out) { write_json(out, report); });
  if (!options.csv.empty()) write_to(options.csv, [&](std::ostream& out) { write_csv(out, report); });
  if (!takes_standard_output(outputs)) write_to("-", [&](std::ostream& out) { write_table(out, report); });
}

namespace {

bool is_same_file(const fs::path& a, const fs::path& b) {
  std::error_code ignored;
  if (fs::equivalent(a, b, ignored)) return true;
  return fs::weakly_canonical(fs::absolute(a), ignored) == fs::weakly_canonical(fs::absolute(b), ignored);
}

}  // namespace

void check_outputs(const std::vector<Output>& outputs, std::span<const InputFile> inputs) {
  for (const Output& output : outputs) {
    if (output.target.empty() || output.target == "-") continue;
    require_writable(output.target);
    std::error_code ignored;
    if (fs::exists(output.target, ignored) && !fs::is_regular_file(output.target, ignored)) continue;
    for (const InputFile& input : inputs) {
      if (is_same_file(output.target, input.path)) {
        throw Error(
            ErrorKind::usage,
            fmt::format("{} {} would overwrite what is read from there", output.option, output.target),
            "give another file");
      }
    }
    for (const Output* other = outputs.data(); other != &output; ++other) {
      if (other->target.empty() || other->target == "-" || !is_same_file(output.target, other->target))
        continue;
      throw Error(ErrorKind::usage,
                  fmt::format("{} and {} both write to {}", other->option, output.option, output.target),
                  "give each a file of its own");
    }
  }
}

}  // namespace h2h::cli
