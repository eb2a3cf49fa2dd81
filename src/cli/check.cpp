// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <h2h/base/files.hpp>
#include <h2h/base/units.hpp>
#include <h2h/mapping/mapping_file.hpp>
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

void check(const Options& options, const Registry& registry) {
  if (options.platform.empty() && options.workload.empty()) {
    throw Error(ErrorKind::usage, "nothing to check",
                "give --workload, --platform or both, and --mapping with both");
  }
  if (!options.mapping.empty() && (options.platform.empty() || options.workload.empty())) {
    throw Error(ErrorKind::usage, "--mapping needs --workload and --platform");
  }
  write_to("-", [&](std::ostream& out) {
    if (options.platform.empty()) {
      InputFile file;
      return describe(out, read_requested_workload(request_of(options), file));
    }
    if (options.workload.empty()) {
      const PlatformInputs inputs = read_platform(request_of(options), registry);
      warn(inputs.platform_file, inputs.warnings);
      return describe(out, inputs.system);
    }
    Inputs inputs = read(options, registry);
    const Problem problem = make_problem(inputs, activations_of(options));
    describe(out, inputs.workload);
    describe(out, inputs.system);
    fmt::print(out, "every layer runs on some accelerator\n");
    if (!options.mapping.empty()) check_saved(out, options, problem, inputs.simulator);
  });
}

}  // namespace

void add_check(CLI::App& app, Options& options, const Registry& registry, Command& command) {
  CLI::App* subcommand = app.add_subcommand("check", "Check workload, platform, mapping, schedule");
  add_input_options(*subcommand, options);
  add_mapping_option(*subcommand, options, "A saved mapping to check (YAML)");
  add_model_options(*subcommand, options);
  subcommand->callback([&] { command = [&] { check(options, registry); }; });
}

}  // namespace h2h::cli
