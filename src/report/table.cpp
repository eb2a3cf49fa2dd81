// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <h2h/base/units.hpp>
#include <h2h/report/report.hpp>
#include <h2h/report/text_table.hpp>

#include "figures.hpp"

namespace h2h {
namespace {

void write_head(std::ostream& out, const Report& report) {
  const Workload& workload = report.problem->workload();
  const System& system = report.problem->system();
  fmt::print(out, "{} on {}\n{}\n", workload.name(), system.name, describe_size(workload, system));
}

/// What is not the paper's model, in front of the first table.
void write_model(std::ostream& out, const Report& report) {
  if (report.runs.empty()) return;
  const std::string model =
      describe_model(report.runs.front().result().schedule.execution(), report.problem->activations());
  if (!model.empty()) fmt::print(out, "{}\n", model);
}

void write_steps(std::ostream& out, const Run& run, const TimeUnit& unit, bool timing) {
  const bool replayed = run.result().is_replay;
  std::vector<std::string> headings = {"step", replayed ? "replay" : "analytic"};
  std::vector<std::string> units = {"", std::string(unit.name)};
  const auto add_column = [&](const char* heading, std::string_view of) {
    headings.emplace_back(heading);
    units.emplace_back(of);
  };
  const bool compares = replayed && run.result().analytic_latency_s;
  if (compares) add_column("analytic", unit.name);
  add_column("energy", "J");
  add_column("of step 2", "%");
  add_column("gap", "%");
  if (timing) add_column("search", "ms");
  TextTable table(std::move(headings), std::move(units));
  for (const StepOutcome& step : run.steps) {
    const Judgement& judgement = step.judgement;
    std::vector<std::string> row = {step.name, unit.format(judgement.latency_s)};
    if (compares) row.push_back(unit.format(judgement.analytic_latency_s.value()));
    row.push_back(significant(judgement.energy.paper_J()));
    row.push_back(percent(percent_of_step_2(run, step)));
    row.push_back(gap_percent(run.gap(judgement)));
    if (timing) row.push_back(significant(kMillisecondsPerSecond * step.search_s));
    table.add(std::move(row));
  }
  out << '\n';
  table.write(out);
}

void write_parts(std::ostream& out, const Run& run, const TimeUnit& unit) {
  const std::string name(unit.name);
  TextTable table({"where the time goes", "compute", "weights", "inputs", "outputs", "waiting"},
                  {"", name, name, name, name, name});
  for (const StepOutcome& step : run.steps) {
    const CriticalChain& chain = step.judgement.chain;
    table.add({step.name, unit.format(chain.compute_s), unit.format(chain.weights_s),
               unit.format(chain.inputs_s), unit.format(chain.outputs_s), unit.format(chain.waiting_s)});
  }
  out << '\n';
  table.write(out);
}

void write_foot(std::ostream& out, const Report& report, const Run& run, const TimeUnit& unit) {
  const Judgement& result = run.result();
  const Setup setup = setup_of(*report.problem, result.mapping);
  fmt::print(out, "\n  lower bound {} {} ({})\n  {}B of weights {}\n", unit.format(run.bound.latency_s),
             unit.name, run.bound.kind, with_si_prefix(static_cast<double>(setup.bytes)),
             result.is_cold ? "loaded in the run, then pinned" : "pinned beforehand");
  for (const StepOutcome& step : run.steps) {
    if (!step.note.empty()) write_wrapped(out, fmt::format("{}: {}", step.name, step.note), 2);
  }
  for (const std::string& excess : result.excesses) write_wrapped(out, "excess: " + excess, 2);
}

}  // namespace

double percent_of_step_2(const Run& run, const StepOutcome& step) {
  const auto second = std::find_if(run.steps.begin(), run.steps.end(),
                                   [](const auto& s) { return s.name == "weight-locality"; });
  const StepOutcome& reference = second == run.steps.end() ? run.steps.front() : *second;
  return kPercent * step.judgement.latency_s / reference.judgement.latency_s;
}

void write_table(std::ostream& out, const Report& report) {
  write_head(out, report);
  write_model(out, report);
  for (const Run& run : report.runs) {
    double longest_s = 0;
    for (const StepOutcome& step : run.steps) longest_s = std::max(longest_s, step.judgement.latency_s);
    const TimeUnit unit = TimeUnit::for_longest(longest_s);
    out << '\n';
    write_wrapped(
        out,
        run.mapper +
            (run.evaluator == "none" ? "" : fmt::format(", searched by the {} evaluator", run.evaluator)),
        0);
    write_steps(out, run, unit, report.command.has_value() && run.evaluator != "none");
    write_parts(out, run, unit);
    write_foot(out, report, run, unit);
  }
}

}  // namespace h2h
