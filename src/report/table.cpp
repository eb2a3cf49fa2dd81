// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <h2h/base/units.hpp>
#include <h2h/report/report.hpp>

namespace h2h {
namespace {

/// A unit of time that suits the longest value of a table.
struct TimeUnit {
  std::string_view name;
  double per_second;

  static TimeUnit for_longest(double seconds) {
    if (seconds >= 1) return {"s", 1};
    if (seconds >= 1e-3) return {"ms", 1e3};
    return {"us", 1e6};
  }
  std::string format(double seconds) const { return significant(seconds * per_second); }

  /// Four significant digits, and no more than three behind the point.
  static std::string significant(double value) {
    const double size = std::abs(value);
    const int decimals = size < 9.9995 ? 3 : size < 99.995 ? 2 : size < 999.95 ? 1 : 0;
    return fmt::format("{:.{}f}", value, decimals);
  }
};

std::string wall_time(double seconds) {
  const TimeUnit unit = TimeUnit::for_longest(seconds);
  const double value = seconds * unit.per_second;
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, unit.name);
}

std::string percent(double ratio) {
  return fmt::format("{:.{}f} %", 100 * ratio, std::abs(ratio) < 9.995 ? 1 : 0);
}

constexpr std::string_view kNameColumn = "  {:<24}";

void write_head(std::ostream& out, const Report& report) {
  const Workload& workload = report.problem->workload();
  const System& system = report.problem->system();
  fmt::print(out, "{} on {}: {} layers, {} parameters, {} MACs, {} FPGAs\n", workload.name(), system.name, workload.size(),
             with_si_prefix(static_cast<double>(workload.weights())), with_si_prefix(static_cast<double>(workload.macs())),
             system.accelerators.size());
}

void write_steps(std::ostream& out, const Run& run, const TimeUnit& unit, bool timing) {
  const bool replayed = run.result().is_replay;
  fmt::print(out, "\n  {:<24}{:>9}{:>10}{:>9}{:>11}{:>8}{:>8}\n", "step",
             fmt::format("{} {}", replayed ? "replay" : "analytic", unit.name), replayed ? "analytic" : "", "energy J",
             "of step 2", "gap", timing ? "search" : "");
  for (const StepOutcome& step : run.steps) {
    const Judgement& judgement = step.judgement;
    fmt::print(out, "  {:<24}{:>9}{:>10}{:>9}{:>11}{:>8}{:>8}\n", step.name, unit.format(judgement.latency_s),
               replayed ? unit.format(judgement.analytic_latency_s) : "", TimeUnit::significant(judgement.energy.paper_J()),
               fmt::format("{:.1f} %", percent_of_step_2(run, step)), percent(judgement.latency_s / run.bound.latency_s - 1),
               timing ? wall_time(step.search_s) : "");
  }
}

void write_parts(std::ostream& out, const Run& run, const TimeUnit& unit) {
  fmt::print(out, "\n  {:<24}{:>9}{:>10}{:>9}{:>11}{:>10}\n", fmt::format("where it goes, {}", unit.name), "compute", "weights",
             "inputs", "outputs", "waiting");
  for (const StepOutcome& step : run.steps) {
    const CriticalChain& chain = step.judgement.chain;
    fmt::print(out, "  {:<24}{:>9}{:>10}{:>9}{:>11}{:>10}\n", step.name, unit.format(chain.compute_s), unit.format(chain.weights_s),
               unit.format(chain.inputs_s), unit.format(chain.outputs_s), unit.format(chain.waiting_s));
  }
}

void write_foot(std::ostream& out, const Report& report, const Run& run, const TimeUnit& unit) {
  const Judgement& result = run.result();
  const Setup setup = setup_of(*report.problem, result.mapping);
  fmt::print(out, "\n  lower bound {} {} ({}); {}B of weights pinned beforehand\n", unit.format(run.bound.latency_s), unit.name,
             run.bound.kind, with_si_prefix(static_cast<double>(setup.bytes)));
  for (const StepOutcome& step : run.steps) {
    if (!step.note.empty()) fmt::print(out, "  {}: {}\n", step.name, step.note);
  }
  for (const std::string& excess : result.excesses) fmt::print(out, "  excess: {}\n", excess);
}

}  // namespace

double percent_of_step_2(const Run& run, const StepOutcome& step) {
  const auto second = std::find_if(run.steps.begin(), run.steps.end(), [](const auto& s) { return s.name == "weight-locality"; });
  const StepOutcome& reference = second == run.steps.end() ? run.steps.front() : *second;
  constexpr double kPercent = 100;
  return kPercent * step.judgement.latency_s / reference.judgement.latency_s;
}

void write_table(std::ostream& out, const Report& report) {
  write_head(out, report);
  for (const Run& run : report.runs) {
    double longest_s = 0;
    for (const StepOutcome& step : run.steps) longest_s = std::max(longest_s, step.judgement.latency_s);
    const TimeUnit unit = TimeUnit::for_longest(longest_s);
    fmt::print(out, "\n{}{}\n", run.mapper, run.evaluator == "none" ? "" : fmt::format(", searched by the {} evaluator", run.evaluator));
    write_steps(out, run, unit, report.command.has_value() && run.evaluator != "none");
    write_parts(out, run, unit);
    write_foot(out, report, run, unit);
  }
}

}  // namespace h2h
