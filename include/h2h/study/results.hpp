// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/base/error.hpp>
#include <h2h/run/run.hpp>
#include <h2h/scenario/scenario_run.hpp>
#include <h2h/study/inputs.hpp>

namespace h2h {

/// A point's line of the results: fields as they stand in the CSV.
using StudyRow = std::vector<std::string>;

/// Results of a study, or of a part of it: what its CSV holds.
struct StudyTable {
  std::vector<std::string> columns;
  std::string digest;                          ///< of the study
  std::size_t points = 0;                      ///< of the whole study
  std::map<Study::PointIndex, StudyRow> rows;  ///< those that there are
};

/// The columns of a study without rows. scripts/sweep/README.md has their meaning.
StudyTable empty_table(const StudyInputs& inputs);

/// @param stream of which the run is the last phase; given where the study has streams
StudyRow row_of(const StudyInputs& inputs, Study::PointIndex point, const Run& run,
                const ScenarioRun* stream = nullptr);
StudyRow infeasible_row(const StudyInputs& inputs, Study::PointIndex point, const Error& error);
bool is_infeasible(const StudyTable& table, const StudyRow& row);

/// Rows in the order of points. There is no wall time in them: equal studies give equal bytes.
void write_study_csv(std::ostream& out, const StudyTable& table);
/// The same, schema h2h-sim/sweep/1: numbers are numbers, and what a point has not is null.
void write_study_json(std::ostream& out, const StudyTable& table);

/// Reads what `write_study_csv()` wrote. @throws Error (input)
StudyTable parse_study_csv(std::string_view text, const std::string& file);

/// Joins the parts of a study, each with the name of its file.
/// @throws Error (input) for parts of different studies, and for points that are missing or there twice
StudyTable merge(const std::vector<std::pair<std::string, StudyTable>>& parts);

}  // namespace h2h
