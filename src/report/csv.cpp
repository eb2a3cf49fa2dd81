// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/csv.hpp>

#include <algorithm>

#include <boost/algorithm/string/replace.hpp>
#include <boost/spirit/home/x3.hpp>
#include <fmt/format.h>

#include <h2h/report/report.hpp>

namespace h2h {
namespace {

namespace x3 = boost::spirit::x3;

using Fields = std::vector<std::string>;

const auto kQuoted = x3::rule<class QuotedTag, std::string>{} = '"' >> *((x3::lit("\"\"") >> x3::attr('"')) |
                                                                         ~x3::char_('"')) >>
                                                                '"';
const auto kBare = x3::rule<class BareTag, std::string>{} = *(~x3::char_(",\"\r\n"));
const auto kRow = x3::rule<class RowTag, Fields>{} = (kQuoted | kBare) % ',';
const auto kRows = x3::rule<class RowsTag, std::vector<Fields>>{} =
    *(!x3::eoi >> kRow >> (x3::eol | x3::eoi));

void append(Fields& fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
}

}  // namespace

std::string csv_number(std::optional<double> value) {
  return value ? fmt::format("{}", *value) : "";
}

void write_csv_row(std::ostream& out, const std::vector<std::string>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out << ',';
    if (fields[i].find_first_of(",\"\r\n") == std::string::npos) {
      out << fields[i];
    } else {
      out << '"' << boost::replace_all_copy(fields[i], "\"", "\"\"") << '"';
    }
  }
  out << '\n';
}

std::vector<Fields> parse_csv(std::string_view text, const std::string& file) {
  std::vector<Fields> rows;
  auto at = text.begin();
  if (!x3::parse(at, text.end(), kRows, rows) || at != text.end()) {
    const auto line = std::count(text.begin(), at, '\n') + 1;
    throw Error(ErrorKind::input, {file, static_cast<int>(line)}, "is no row of comma-separated values",
                "quote fields that hold quotes, commas or ends of lines");
  }
  return rows;
}

std::vector<std::string> outcome_columns() {
  return {"energy_J",        "compute_J",       "transfer_J",
          "idle_J",          "network_J",       "total_J",
          "bound_s",         "bound_kind",      "gap",
          "chain_compute_s", "chain_weights_s", "chain_inputs_s",
          "chain_outputs_s", "chain_waiting_s", "evaluations",
          "exact",           "exceeds_dram"};
}

std::vector<std::string> outcome_fields(const Run& run, const StepOutcome& step) {
  const Judgement& judgement = step.judgement;
  return {csv_number(judgement.energy.paper_J()),
          csv_number(judgement.energy.compute_J),
          csv_number(judgement.energy.transfer_J),
          csv_number(judgement.energy.idle_J),
          csv_number(judgement.energy.network_J),
          csv_number(judgement.energy.total_J()),
          csv_number(run.bound.latency_s),
          run.bound.kind,
          csv_number(run.gap(judgement)),
          csv_number(judgement.chain.compute_s),
          csv_number(judgement.chain.weights_s),
          csv_number(judgement.chain.inputs_s),
          csv_number(judgement.chain.outputs_s),
          csv_number(judgement.chain.waiting_s),
          fmt::format("{}", step.evaluations),
          step.exact ? "true" : "false",
          judgement.excesses.empty() ? "false" : "true"};
}

void write_csv(std::ostream& out, const Report& report) {
  const bool timing = report.command.has_value();
  Fields header = {"workload",  "platform",           "mapper",           "evaluator", "step",
                   "latency_s", "analytic_latency_s", "percent_of_step_2"};
  append(header, outcome_columns());
  append(header, {"execution", "activations", "cold"});
  if (timing) header.emplace_back("search_s");
  write_csv_row(out, header);
  for (const Run& run : report.runs) {
    for (const StepOutcome& step : run.steps) {
      Fields row = {report.problem->workload().name(),
                    report.problem->system().name,
                    run.mapper,
                    run.evaluator,
                    step.name,
                    csv_number(step.judgement.latency_s),
                    csv_number(step.judgement.analytic_latency_s),
                    csv_number(percent_of_step_2(run, step))};
      append(row, outcome_fields(run, step));
      append(row, {std::string(to_string(step.judgement.schedule.execution())),
                   std::string(to_string(report.problem->activations())),
                   step.judgement.is_cold ? "true" : "false"});
      if (timing) row.push_back(csv_number(step.search_s));
      write_csv_row(out, row);
    }
  }
}

}  // namespace h2h
