// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"
#include "search.hpp"

namespace h2h::cli {

/// What options ask about the front of latency and energy.
struct FrontRequest {
  std::string csv;
  std::string plot;
  std::string mappings;  ///< folder
  std::string scope = "adjacent";
  std::uint64_t evaluations = FrontOptions{}.evaluations;

  bool is_wanted() const { return !csv.empty() || !plot.empty() || !mappings.empty(); }
  std::vector<Output> outputs() const { return {{"--pareto", csv}, {"--pareto-plot", plot}}; }
};

void add_front_options(CLI::App& app, FrontRequest& request);

/// Refuses a front of streams. @throws Error (usage)
void refuse_front(const FrontRequest& request);

/// Refuses a folder for mappings that holds something. @throws Error
void check_front(const FrontRequest& request);

/// Looks for the front from the results of the report's runs, and writes what was asked for.
void write_front(const FrontRequest& request, const Options& options, const Report& report, Search& search);

}  // namespace h2h::cli
