// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include <h2h/run/run.hpp>

namespace h2h {

/// What one mapper came to on one problem.
struct Entry {
  std::string mapper;
  double latency_s = 0;
  std::optional<double> analytic_latency_s;  ///< of serial execution
  double energy_J = 0;                       ///< the paper's
  std::optional<double> gap;                 ///< as Run::gap()
  double search_s = 0;                       ///< wall time of all steps
  std::uint64_t evaluations = 0;
  bool exact = true;  ///< false where a limit cut an exact method short
};

/// Several mappers on one problem.
struct Contest {
  std::string workload;
  std::string platform;
  std::string bandwidth;  ///< as given; empty: the platform's own
  std::string evaluator;  ///< by which the mappers searched
  Execution execution = Execution::serial;
  Activations activations = Activations::host;
  Bound bound;
  std::vector<Entry> entries;  ///< by latency, the shortest first; equal ones in the order given

  /// `vlocnet on cloud at 1.25GBps`
  std::string title() const;
};

/// A mapper's standing over several contests.
struct Standing {
  std::string mapper;
  double mean_ratio = 1;  ///< geometric mean of its latency over the shortest of each contest
  double worst_ratio = 1;
  std::size_t wins = 0;  ///< contests in which nobody is faster by more than the decision margin
  double search_s = 0;
};

/// Adds the outcome of a mapper to a contest. @pre all of a contest's runs are of one problem
void add_run(Contest& contest, const Run& run);

/// Standings over contests, the lowest mean ratio first. @pre every contest has the same mappers, each once
std::vector<Standing> standings(std::span<const Contest> contests);

// A table a contest and, for several, one of the standings. Without timing, wall times are left out.
/// For people, at most 80 columns wide while names are short.
void write_comparison_table(std::ostream& out, std::span<const Contest> contests, bool timing);
/// For papers: GitHub's markdown.
void write_comparison_markdown(std::ostream& out, std::span<const Contest> contests, bool timing);

/// One row a contest and mapper; scripts/README.md names the columns.
void write_comparison_csv(std::ostream& out, std::span<const Contest> contests, bool timing);
/// The same, schema h2h-sim/comparison/1.
void write_comparison_json(std::ostream& out, std::span<const Contest> contests, bool timing);

}  // namespace h2h
