// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/csv.hpp>

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <h2h/report/report.hpp>

namespace h2h {
namespace {

std::string number(double value) {
  return fmt::format("{}", value);
}

std::string number(const std::optional<double>& value) {
  return value ? number(*value) : "";
}

}  // namespace

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

void write_csv(std::ostream& out, const Report& report) {
  const bool timing = report.command.has_value();
  std::vector<std::string> header = {"workload",
                                     "platform",
                                     "mapper",
                                     "evaluator",
                                     "step",
                                     "latency_s",
                                     "analytic_latency_s",
                                     "percent_of_step_2",
                                     "energy_J",
                                     "compute_J",
                                     "transfer_J",
                                     "idle_J",
                                     "network_J",
                                     "total_J",
                                     "bound_s",
                                     "bound_kind",
                                     "gap",
                                     "chain_compute_s",
                                     "chain_weights_s",
                                     "chain_inputs_s",
                                     "chain_outputs_s",
                                     "chain_waiting_s",
                                     "evaluations",
                                     "exact",
                                     "exceeds_dram",
                                     "execution",
                                     "activations"};
  if (timing) header.emplace_back("search_s");
  write_csv_row(out, header);
  for (const Run& run : report.runs) {
    for (const StepOutcome& step : run.steps) {
      const Judgement& judgement = step.judgement;
      std::vector<std::string> row = {report.problem->workload().name(),
                                      report.problem->system().name,
                                      run.mapper,
                                      run.evaluator,
                                      step.name,
                                      number(judgement.latency_s),
                                      number(judgement.analytic_latency_s),
                                      number(percent_of_step_2(run, step)),
                                      number(judgement.energy.paper_J()),
                                      number(judgement.energy.compute_J),
                                      number(judgement.energy.transfer_J),
                                      number(judgement.energy.idle_J),
                                      number(judgement.energy.network_J),
                                      number(judgement.energy.total_J()),
                                      number(run.bound.latency_s),
                                      run.bound.kind,
                                      number(run.gap(judgement)),
                                      number(judgement.chain.compute_s),
                                      number(judgement.chain.weights_s),
                                      number(judgement.chain.inputs_s),
                                      number(judgement.chain.outputs_s),
                                      number(judgement.chain.waiting_s),
                                      fmt::format("{}", step.evaluations),
                                      step.exact ? "true" : "false",
                                      judgement.excesses.empty() ? "false" : "true",
                                      std::string(to_string(judgement.schedule.execution())),
                                      std::string(to_string(report.problem->activations()))};
      if (timing) row.push_back(number(step.search_s));
      write_csv_row(out, row);
    }
  }
}

}  // namespace h2h
