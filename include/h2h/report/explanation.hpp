// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <ostream>
#include <span>
#include <string>

#include <h2h/run/explanation.hpp>
#include <h2h/run/feasibility.hpp>
#include <h2h/run/inputs.hpp>

namespace h2h {

/// How much of an explanation a table shows.
struct ExplanationView {
  std::size_t top = 10;   ///< changes that help
  bool is_whole = false;  ///< every activity of the critical path, every accelerator and every link
};

/// For people, 80 columns wide while names are short. Of the critical path, activities one after the other on
/// one accelerator are a row.
void write_explanation_table(std::ostream& out, const Problem& problem, const Explanation& explanation,
                             const ExplanationView& view = {});

/// What the changed platforms came to, one row a candidate that was judged; scripts/README.md names the
/// columns.
void write_explanation_csv(std::ostream& out, const Problem& problem, const Explanation& explanation);

/// Everything, schema h2h-sim/explanation/1 (explanation.schema.json is shipped with it).
void write_explanation_json(std::ostream& out, const Problem& problem, const Explanation& explanation,
                            std::span<const InputFile> files, const std::string& simgrid_version);

/// Why nothing maps.
void write_infeasibility_table(std::ostream& out, const Workload& workload, const System& system,
                               const Infeasibility& infeasibility);
/// The same under the schema of explanations: `feasible` is false.
void write_infeasibility_json(std::ostream& out, const Workload& workload, const System& system,
                              const Infeasibility& infeasibility, std::span<const InputFile> files,
                              const std::string& simgrid_version);

}  // namespace h2h
