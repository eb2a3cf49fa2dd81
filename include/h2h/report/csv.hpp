// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/run/run.hpp>

namespace h2h {

/// One row of comma-separated values (RFC 4180), fields quoted where they must be.
void write_csv_row(std::ostream& out, const std::vector<std::string>& fields);

/// Rows of comma-separated values as `write_csv_row()` writes them, and as spreadsheets do.
/// @throws Error (input) that names @p file and the line
std::vector<std::vector<std::string>> parse_csv(std::string_view text, const std::string& file);

/// Columns that say what a step came to beyond its latencies, and the fields of one in them: energies, bound
/// and gap, where the time goes, and how the search went. scripts/README.md has their meaning.
std::vector<std::string> outcome_columns();
std::vector<std::string> outcome_fields(const Run& run, const StepOutcome& step);

/// A number as all of our CSV has it: the shortest text that reads back to the same bits.
std::string csv_number(std::optional<double> value);

}  // namespace h2h
