// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <h2h/run/inputs.hpp>
#include <h2h/run/run.hpp>

namespace h2h {

/// What a command has to say: runs of mappers on one problem, and what they ran on.
struct Report {
  const Problem* problem = nullptr;
  std::string simgrid_version;
  std::vector<InputFile> files;
  std::vector<Run> runs;
  /// The command line; absent where wall-clock times are left out too, so that equal runs write equal bytes.
  std::optional<std::string> command;
};

/// The JSON result, schema h2h-sim/result/1 (platforms/../result.schema.json is shipped with it).
void write_json(std::ostream& out, const Report& report);

/// One row a run and step; scripts/README.md names the columns.
void write_csv(std::ostream& out, const Report& report);

/// The table of steps for people, at most 80 columns wide.
void write_table(std::ostream& out, const Report& report);

/// Percent of the latency of step 2 (of the first row where there is no `weight-locality`), as in Table 4.
double percent_of_step_2(const Run& run, const StepOutcome& step);

}  // namespace h2h
