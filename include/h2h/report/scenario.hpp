// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <h2h/run/inputs.hpp>
#include <h2h/scenario/scenario_run.hpp>

namespace h2h {

/// What is to be said of frames that ran one after the other.
struct ScenarioReport {
  const Workload* workload = nullptr;  ///< with all modalities
  const System* system = nullptr;
  Activations activations = Activations::host;
  std::string scenario;  ///< its name; empty: a stream without events
  Arrivals arrivals = Arrivals::periodic;
  std::optional<double> period_s;  ///< nothing of a single frame
  std::uint64_t seed = 1;          ///< of Poisson arrivals and of mappers
  std::string simgrid_version;
  std::vector<InputFile> files;
  /// The command line; absent where wall-clock times are left out too, so that equal runs write equal bytes.
  std::optional<std::string> command;
  /// Of each mapper the run that was asked for, and behind it, where something switches, those by the other
  /// ways of remapping.
  std::vector<ScenarioRun> runs;
};

/// For people, at most 80 columns wide.
void write_scenario_table(std::ostream& out, const ScenarioReport& report);
/// One row a run and phase; scripts/README.md names the columns.
void write_scenario_csv(std::ostream& out, const ScenarioReport& report);
/// Schema h2h-sim/scenario/1 (scenario.schema.json).
void write_scenario_json(std::ostream& out, const ScenarioReport& report);

}  // namespace h2h
