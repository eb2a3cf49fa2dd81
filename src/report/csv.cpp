// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/csv.hpp>

#include <boost/algorithm/string/replace.hpp>
#include <fmt/format.h>

#include <h2h/report/report.hpp>

#include "figures.hpp"

namespace h2h {
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
                                      exactly(judgement.latency_s),
                                      exactly(judgement.analytic_latency_s),
                                      exactly(percent_of_step_2(run, step)),
                                      exactly(judgement.energy.paper_J()),
                                      exactly(judgement.energy.compute_J),
                                      exactly(judgement.energy.transfer_J),
                                      exactly(judgement.energy.idle_J),
                                      exactly(judgement.energy.network_J),
                                      exactly(judgement.energy.total_J()),
                                      exactly(run.bound.latency_s),
                                      run.bound.kind,
                                      exactly(run.gap(judgement)),
                                      exactly(judgement.chain.compute_s),
                                      exactly(judgement.chain.weights_s),
                                      exactly(judgement.chain.inputs_s),
                                      exactly(judgement.chain.outputs_s),
                                      exactly(judgement.chain.waiting_s),
                                      fmt::format("{}", step.evaluations),
                                      step.exact ? "true" : "false",
                                      judgement.excesses.empty() ? "false" : "true",
                                      std::string(to_string(judgement.schedule.execution())),
                                      std::string(to_string(report.problem->activations()))};
      if (timing) row.push_back(exactly(step.search_s));
      write_csv_row(out, row);
    }
  }
}

}  // namespace h2h
