// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <spdlog/spdlog.h>

#include <h2h/base/files.hpp>
#include <h2h/base/units.hpp>
#include <h2h/mapping/mapping_file.hpp>
#include <h2h/report/text_table.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/simulation/replay.hpp>
#include <h2h/workload/workload_file.hpp>

#include "commands.hpp"

namespace h2h::cli {
namespace {

void describe(std::ostream& out, const Workload& workload) {
  fmt::print(out, "workload {}: {} layers, {} parameters, {} MACs\n", workload.name(), workload.size(),
             with_si_prefix(static_cast<double>(workload.weights())),
             with_si_prefix(static_cast<double>(workload.macs())));
}

void describe(std::ostream& out, const System& system) {
  fmt::print(out, "platform {}: {} FPGAs, {} links, all reachable from '{}'\n", system.name,
             system.accelerators.size(), system.links.size(), system.host);
}

/// Of all frames; where the scenario does not say how many, of as many as its events need.
std::vector<double> arrivals_of(const Scenario& scenario) {
  constexpr double kAnyPeriod_s = 1;  // to events at frames it makes no difference
  constexpr std::uint64_t kSeed = 1;  // that of --seed, if it is not given
  if (!scenario.period_s) {
    const auto timed = std::find_if(scenario.events.begin(), scenario.events.end(),
                                    [](const ScenarioEvent& event) { return event.time_s.has_value(); });
    if (timed != scenario.events.end()) {
      throw Error(ErrorKind::input, timed->where, "an event at a time needs the scenario's 'period'",
                  "give one, such as period: 50ms, or say at which frame it is");
    }
  }
  const auto arrivals = [&](std::size_t count) {
    return arrival_times(scenario.arrivals, count, scenario.period_s.value_or(kAnyPeriod_s), kSeed);
  };
  if (scenario.frames) return arrivals(*scenario.frames);
  std::size_t count = 1;
  while (count < kMostFrames && !events_without_frame(scenario, arrivals(count)).empty())
    count = std::min(2 * count, kMostFrames);
  return arrivals(count);
}

void describe(std::ostream& out, const Scenario& scenario) {
  fmt::print(out, "scenario {}: {}{} events{}\n", scenario.name,
             scenario.frames ? fmt::format("{} frames, ", *scenario.frames) : "", scenario.events.size(),
             scenario.every ? fmt::format(", one every {} frames", *scenario.every) : "");
}

/// Every phase is a valid network.
void check_phases(std::ostream& out, const Scenario& scenario, const Workload& workload) {
  const std::vector<double> arrivals_s = arrivals_of(scenario);
  std::map<std::vector<std::string>, std::vector<std::string>> sizes;  // many phases may be alike
  const auto sizes_of = [&](const ScenarioPhase& phase) {
    const auto [found, is_new] = sizes.try_emplace(phase.modalities);
    if (is_new) {
      const Workload part = workload_of(workload, phase);
      found->second = {fmt::format("{}", part.size()), with_si_prefix(static_cast<double>(part.weights()))};
    }
    return found->second;
  };
  TextTable table({"phase", "from frame", "modalities", "layers", "params"}, {});
  std::size_t number = 0;
  for (const ScenarioPhase& phase : phases_of(scenario, workload.modalities(), arrivals_s)) {
    const std::vector<std::string> size = sizes_of(phase);
    table.add({fmt::format("{}", ++number), fmt::format("{}", phase.first_frame + 1),
               phase.modalities.empty() ? "none" : fmt::format("{}", fmt::join(phase.modalities, " ")),
               size[0], size[1]});
  }
  table.write(out);
  for (const ScenarioEvent* event : events_without_frame(scenario, arrivals_s))
    spdlog::warn("{}: the event concerns no frame, as the last arrives before", event->where.to_string());
}

void check_saved(std::ostream& out, const Options& options, const Problem& problem, Simulator& simulator) {
  const Mapping mapping = read_mapping(options.mapping, problem);
  refuse_invalid(problem, mapping, options.mapping);
  const Execution execution = execution_of(options);
  const Schedule analytic = analytic_schedule(problem, mapping);
  if (const auto violations =
          check_schedule(problem, mapping, analytic, analytic.latency_s(), Contention::none);
      !violations.empty()) {
    refuse(options.mapping, violations);
  }
  const Schedule replayed = replay(problem, mapping, simulator, execution);
  if (const auto violations =
          check_schedule(problem, mapping, replayed, replayed.latency_s(), contention_of(problem, true));
      !violations.empty()) {
    refuse(options.mapping, violations);
  }
  fmt::print(out, "mapping: valid; {:.6g} s analytic{}, {:.6g} s replayed\n", analytic.latency_s(),
             execution == Execution::serial ? "" : " and serial", replayed.latency_s());
}

void check_inputs(std::ostream& out, const Options& options, const Registry& registry,
                  const Scenario* scenario) {
  if (options.workload.empty()) {
    if (!options.platform.empty()) {
      const PlatformInputs inputs = read_platform(request_of(options), registry);
      warn(inputs.platform_file, inputs.warnings);
      describe(out, inputs.system);
    }
    if (scenario != nullptr) describe(out, *scenario);
    return;
  }
  const auto check_scenario = [&](const Workload& workload) {
    if (scenario == nullptr) return;
    describe(out, *scenario);
    check_phases(out, *scenario, workload);
  };
  if (options.platform.empty()) {
    InputFile file;
    const Workload workload = read_requested_workload(request_of(options), file);
    describe(out, workload);
    return check_scenario(workload);
  }
  Inputs inputs = read(options, registry);
  const Problem problem = make_problem(inputs, activations_of(options));
  describe(out, inputs.workload);
  describe(out, inputs.system);
  fmt::print(out, "every layer runs on some accelerator\n");
  if (!options.mapping.empty()) check_saved(out, options, problem, inputs.simulator);
  check_scenario(inputs.workload);
}

/// @param options a copy, to which the scenario may add its workload
void check(Options options, const Registry& registry) {
  std::optional<Scenario> scenario;
  InputFile file;
  if (!options.scenario.empty()) scenario = read_scenario_of(options, file);
  if (options.platform.empty() && options.workload.empty() && !scenario) {
    throw Error(ErrorKind::usage, "nothing to check",
                "give --workload, --platform, --scenario or several, and --mapping with the first two");
  }
  if (!options.mapping.empty() && (options.platform.empty() || options.workload.empty())) {
    throw Error(ErrorKind::usage, "--mapping needs --workload and --platform");
  }
  write_to("-",
           [&](std::ostream& out) { check_inputs(out, options, registry, scenario ? &*scenario : nullptr); });
}

}  // namespace

void add_check(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("check", "Check workload, platform, scenario, mapping");
  add_input_options(*subcommand, options);
  add_scenario_option(*subcommand, options);
  add_mapping_option(*subcommand, options, "A saved mapping to check (YAML)");
  add_model_options(*subcommand, options);
  subcommand->callback([&] { command = [&] { check(options, registry); }; });
}

}  // namespace h2h::cli
