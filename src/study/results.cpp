// SPDX-License-Identifier: Apache-2.0
#include <h2h/study/results.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include <boost/lexical_cast/try_lexical_convert.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <h2h/report/csv.hpp>

namespace h2h {
namespace {

using nlohmann::ordered_json;

/// What every row begins with, in this order: of which study it is, and which point of how many.
constexpr std::array<std::string_view, 3> kPlace = {"study", "points", "point"};
constexpr std::size_t kStudyColumn = 0;
constexpr std::size_t kPointsColumn = 1;
constexpr std::size_t kPointColumn = 2;

constexpr std::string_view kStatus = "status";
constexpr std::string_view kOk = "ok";
constexpr std::string_view kInfeasible = "infeasible";
constexpr std::string_view kMessage = "message";

void append(std::vector<std::string>& fields, const std::vector<std::string>& more) {
  fields.insert(fields.end(), more.begin(), more.end());
}

/// What frames that followed one another came to.
std::vector<std::string> stream_columns() {
  return {"frames_run",
          "phases",
          "first_s",
          "mean_s",
          "median_s",
          "p95_s",
          "p99_s",
          "max_s",
          "deadline_misses",
          "lost_s",
          "loaded_bytes",
          "layers_moved",
          "throughput_Hz",
          "sustainable_period_s",
          "energy_per_frame_J"};
}

std::vector<std::string> stream_fields(const ScenarioRun& run) {
  return {fmt::format("{}", run.latencies.frames),
          fmt::format("{}", run.phases.size()),
          csv_number(run.latencies_s.front()),
          csv_number(run.latencies.mean_s),
          csv_number(run.latencies.median_s),
          csv_number(run.latencies.p95_s),
          csv_number(run.latencies.p99_s),
          csv_number(run.latencies.max_s),
          run.options.deadline_s ? fmt::format("{}", run.deadline_misses()) : "",
          csv_number(run.lost_s()),
          fmt::format("{}", run.loaded_bytes()),
          fmt::format("{}", run.layers_moved()),
          csv_number(run.throughput_Hz),
          csv_number(run.sustainable_period_s()),
          csv_number(run.energy_per_frame_J())};
}

std::vector<std::string> result_columns(bool has_streams) {
  std::vector<std::string> columns = {"latency_s", "analytic_latency_s"};
  append(columns, outcome_columns());
  if (has_streams) append(columns, stream_columns());
  return columns;
}

std::size_t status_column(const StudyTable& table) {
  return std::find(table.columns.begin(), table.columns.end(), kStatus) - table.columns.begin();
}

StudyRow row_begin(const StudyInputs& inputs, Study::PointIndex point, std::string_view status,
                   std::string message) {
  StudyRow row = {inputs.digest, fmt::format("{}", inputs.study.size()), fmt::format("{}", point + 1)};
  append(row, inputs.study.row(point));
  row.emplace_back(status);
  row.push_back(std::move(message));
  return row;
}

std::size_t whole(const std::string& text, const Location& where) {
  std::size_t value = 0;
  if (!boost::conversion::try_lexical_convert(text, value) || value == 0)
    throw Error(ErrorKind::input, where, fmt::format("'{}' is no number of a point", text));
  return value;
}

/// A field of the results as the number, truth value or word that it is.
ordered_json typed(const std::string& text) {
  if (text.empty()) return {};
  if (text == "true" || text == "false") return text == "true";
  if (std::uint64_t whole_number = 0; boost::conversion::try_lexical_convert(text, whole_number))
    return whole_number;
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure == std::errc{} && end == text.data() + text.size()) return number;
  return text;
}

std::string numbers(const std::vector<std::size_t>& points) {
  constexpr std::size_t kMost = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(points.size(), kMost); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", points[i]);
  if (points.size() > kMost) text += fmt::format(" and {} more", points.size() - kMost);
  return text;
}

}  // namespace

StudyTable empty_table(const StudyInputs& inputs) {
  StudyTable table;
  table.columns.assign(kPlace.begin(), kPlace.end());
  append(table.columns, inputs.study.columns());
  table.columns.emplace_back(kStatus);
  table.columns.emplace_back(kMessage);
  append(table.columns, result_columns(inputs.study.has_streams()));
  table.digest = inputs.digest;
  table.points = inputs.study.size();
  return table;
}

StudyRow row_of(const StudyInputs& inputs, Study::PointIndex point, const Run& run,
                const ScenarioRun* stream) {
  assert((stream != nullptr) == inputs.study.has_streams());
  const StepOutcome& result = run.steps.back();
  StudyRow row = row_begin(inputs, point, kOk, result.note);
  row.push_back(csv_number(result.judgement.latency_s));
  row.push_back(csv_number(result.judgement.analytic_latency_s));
  append(row, outcome_fields(run, result));
  if (stream != nullptr) append(row, stream_fields(*stream));
  return row;
}

StudyRow infeasible_row(const StudyInputs& inputs, Study::PointIndex point, const Error& error) {
  // Without the place: where files are differs from machine to machine.
  StudyRow row = row_begin(
      inputs, point, kInfeasible,
      error.hint().empty() ? error.message() : fmt::format("{}; {}", error.message(), error.hint()));
  row.resize(row.size() + result_columns(inputs.study.has_streams()).size());
  return row;
}

bool is_infeasible(const StudyTable& table, const StudyRow& row) {
  return row[status_column(table)] == kInfeasible;
}

void write_study_csv(std::ostream& out, const StudyTable& table) {
  write_csv_row(out, table.columns);
  for (const auto& [_, row] : table.rows) write_csv_row(out, row);
}

void write_study_json(std::ostream& out, const StudyTable& table) {
  const std::size_t status = status_column(table);
  ordered_json points = ordered_json::array();
  for (const auto& [point, row] : table.rows) {
    ordered_json axes = ordered_json::object();
    for (std::size_t i = kPlace.size(); i < status; ++i) axes[table.columns[i]] = row[i];
    ordered_json json = {{"point", point + 1},
                         {"axes", std::move(axes)},
                         {"status", row[status]},
                         {"message", row[status + 1]}};
    for (std::size_t i = status + 2; i < row.size(); ++i) json[table.columns[i]] = typed(row[i]);
    points.push_back(std::move(json));
  }
  const ordered_json json = {{"schema", "h2h-sim/sweep/1"},
                             {"study", table.digest},
                             {"points", table.points},
                             {"results", std::move(points)}};
  constexpr int kIndent = 1;
  out << json.dump(kIndent) << '\n';
}

StudyTable parse_study_csv(std::string_view text, const std::string& file) {
  std::vector<StudyRow> rows = parse_csv(text, file);
  StudyTable table;
  if (!rows.empty()) table.columns = std::move(rows.front());
  const std::size_t status = status_column(table);
  const auto holds = [&](const std::vector<std::string>& results) {
    return table.columns.size() == status + 2 + results.size() &&
           std::equal(kPlace.begin(), kPlace.end(), table.columns.begin()) &&
           table.columns[status + 1] == kMessage &&
           std::equal(results.begin(), results.end(), table.columns.end() - results.size());
  };
  if (!holds(result_columns(false)) && !holds(result_columns(true)))
    throw Error(ErrorKind::input, {file, 1}, "holds no results of h2h-sim sweep");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    StudyRow& row = rows[i];
    const Location where{file, static_cast<int>(i + 1)};
    if (row.size() != table.columns.size()) {
      throw Error(ErrorKind::input, where,
                  fmt::format("{} fields under {} columns", row.size(), table.columns.size()));
    }
    const std::size_t points = whole(row[kPointsColumn], where);
    const std::size_t point = whole(row[kPointColumn], where);
    if (i == 1) {
      table.digest = row[kStudyColumn];
      table.points = points;
    }
    if (row[kStudyColumn] != table.digest || points != table.points)
      throw Error(ErrorKind::input, where, "is of another study than the rows above");
    if (point > points) throw Error(ErrorKind::input, where, fmt::format("point {} of {}", point, points));
    if (!table.rows.emplace(point - 1, std::move(row)).second)
      throw Error(ErrorKind::input, where, fmt::format("point {} is there twice", point));
  }
  return table;
}

StudyTable merge(const std::vector<std::pair<std::string, StudyTable>>& parts) {
  StudyTable whole;
  std::string first;  // the file whose study it is; a part without points says nothing of its study
  std::map<Study::PointIndex, std::string> source;
  for (const auto& [file, part] : parts) {
    if (whole.columns.empty()) whole.columns = part.columns;
    if (part.rows.empty()) continue;
    if (first.empty()) {
      first = file;
      whole.digest = part.digest;
      whole.points = part.points;
      whole.columns = part.columns;
    }
    if (part.digest != whole.digest || part.columns != whole.columns || part.points != whole.points) {
      throw Error(ErrorKind::input, {file},
                  fmt::format("is of study {}, and {} of study {}", part.digest, first, whole.digest),
                  "merge what one study file gave, by one version of h2h-sim and from unchanged inputs");
    }
    for (const auto& [point, row] : part.rows) {
      if (!source.emplace(point, file).second) {
        throw Error(ErrorKind::input, {file}, fmt::format("point {} is in {}, too", point + 1, source[point]),
                    "give every shard once");
      }
      whole.rows.emplace(point, row);
    }
  }
  std::vector<std::size_t> missing;
  for (Study::PointIndex point = 0; point < whole.points; ++point) {
    if (!whole.rows.contains(point)) missing.push_back(point + 1);
  }
  if (first.empty()) throw Error(ErrorKind::input, "no point is in these files", "give every shard");
  if (!missing.empty()) {
    throw Error(
        ErrorKind::input,
        fmt::format("{} of {} points are missing: {}", missing.size(), whole.points, numbers(missing)),
        "give every shard");
  }
  return whole;
}

}  // namespace h2h
