// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include <h2h/report/scenario.hpp>

namespace h2h {

/// What one mapper came to on one stream, remapped in one way.
struct ScenarioEntry {
  std::string mapper;
  Remap remap = Remap::warm;
  Latencies latencies;
  std::size_t deadline_misses = 0;
  double lost_s = 0;  ///< by how much changes lengthened latencies, all frames together
  std::int64_t loaded_bytes = 0;
  std::size_t layers_moved = 0;
  std::optional<double> sustainable_period_s;
  double throughput_Hz = 0;
  double energy_per_frame_J = 0;
  double search_s = 0;  ///< wall time of the mapper in all phases
  std::uint64_t evaluations = 0;
};

/// Several mappers, remapped in one or several ways, on one stream.
struct ScenarioContest {
  std::string workload;
  std::string platform;
  std::string bandwidth;  ///< as given; empty: the platform's own
  std::string scenario;   ///< its name; empty: a stream without events
  std::string evaluator;  ///< by which the mappers searched
  Execution execution = Execution::serial;
  Activations activations = Activations::host;
  bool cold = false;
  Eviction eviction = Eviction::lru;
  std::optional<double> deadline_s;
  std::size_t frames = 0;
  std::size_t changes = 0;
  /// By median latency, the shortest first, then by what was lost; equal ones in the order given.
  std::vector<ScenarioEntry> entries;

  /// `health-monitoring (cnn_lstm) on cloud at 1.25GBps`
  std::string title() const;
};

/// A contest without entries as yet. @param report its runs are left alone
ScenarioContest contest_of(const ScenarioReport& report, const std::string& bandwidth);

/// Adds a run to a contest. @pre all of a contest's runs are of one stream
void add_run(ScenarioContest& contest, const ScenarioRun& run);

// A table a contest.
/// For people, at most 80 columns wide while names are short.
void write_scenario_comparison_table(std::ostream& out, std::span<const ScenarioContest> contests);
/// For papers: GitHub's markdown.
void write_scenario_comparison_markdown(std::ostream& out, std::span<const ScenarioContest> contests);

// Without timing, wall times are left out.
/// One row a contest and entry; scripts/README.md names the columns.
void write_scenario_comparison_csv(std::ostream& out, std::span<const ScenarioContest> contests, bool timing);
/// The same, schema h2h-sim/scenario-comparison/1.
void write_scenario_comparison_json(std::ostream& out, std::span<const ScenarioContest> contests,
                                    bool timing);

}  // namespace h2h
