// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <h2h/report/csv.hpp>
#include <h2h/report/scenario.hpp>

namespace h2h {
namespace {

using Fields = std::vector<std::string>;

Fields columns() {
  return {"scenario",      "workload",     "platform",
          "mapper",        "evaluator",    "execution",
          "activations",   "cold",         "remap",
          "evict",         "phase",        "first_frame",
          "frames",        "begins_s",     "modalities",
          "note",          "alone_s",      "alone_energy_J",
          "before_s",      "first_s",      "steady_s",
          "mean_s",        "median_s",     "p95_s",
          "p99_s",         "max_s",        "deadline_misses",
          "lost_s",        "loaded_bytes", "loaded_s",
          "loaded_J",      "reused_bytes", "idle_bytes",
          "evicted_bytes", "layers_moved", "sustainable_period_s",
          "throughput_Hz", "energy_J",     "energy_per_frame_J",
          "evaluations"};
}

/// Rows of one run.
class Rows {
 public:
  Rows(std::ostream& out, const ScenarioReport& report, const ScenarioRun& run)
      : out_(out), report_(report), run_(run) {}

  void write() {
    for (std::size_t i = 0; i < run_.phases.size(); ++i) write_phase(i);
    write_whole();
  }

 private:
  void write_phase(std::size_t i) {
    const PhaseRun& phase = run_.phases[i];
    const std::optional<double> before_s =
        i > 0 ? std::optional<double>(run_.phases[i - 1].judgement->latency_s) : std::nullopt;
    write_row(
        {std::to_string(i + 1), std::to_string(phase.phase.first_frame + 1), std::to_string(phase.frames),
         csv_number(phase.begins_s), fmt::format("{}", fmt::join(phase.phase.modalities, "+")),
         phase.phase.note, csv_number(phase.judgement->latency_s),
         csv_number(phase.judgement->energy.paper_J()), csv_number(before_s), csv_number(phase.first_s),
         csv_number(phase.steady_s)},
        phase.latencies,
        {misses(phase.deadline_misses), csv_number(phase.lost_s), std::to_string(phase.weights.loaded_bytes),
         csv_number(phase.weights.loaded_s), csv_number(phase.weights.loaded_J),
         std::to_string(phase.weights.reused_bytes), std::to_string(phase.weights.idle_bytes),
         std::to_string(phase.weights.evicted_bytes), std::to_string(phase.layers_moved),
         csv_number(phase.sustainable_period_s), "", "", "", std::to_string(phase.evaluations)},
        phase.search_s);
  }

  void write_whole() {
    WeightStore::Change all;
    std::uint64_t evaluations = 0;
    double search_s = 0;
    for (const PhaseRun& phase : run_.phases) {
      all.loaded_s += phase.weights.loaded_s;
      all.loaded_J += phase.weights.loaded_J;
      all.reused_bytes += phase.weights.reused_bytes;
      all.evicted_bytes += phase.weights.evicted_bytes;
      evaluations += phase.evaluations;
      search_s += phase.search_s;
    }
    write_row({"all", "", std::to_string(run_.latencies_s.size()), "", "", "", "", "", "", "", ""},
              run_.latencies,
              {misses(run_.deadline_misses()), csv_number(run_.lost_s()), std::to_string(run_.loaded_bytes()),
               csv_number(all.loaded_s), csv_number(all.loaded_J), std::to_string(all.reused_bytes), "",
               std::to_string(all.evicted_bytes), std::to_string(run_.layers_moved()),
               csv_number(run_.sustainable_period_s()), csv_number(run_.throughput_Hz),
               csv_number(run_.energy.paper_J()), csv_number(run_.energy_per_frame_J()),
               std::to_string(evaluations)},
              search_s);
  }

  /// Nothing is missed where there is no deadline.
  std::string misses(std::size_t count) const { return run_.options.deadline_s ? std::to_string(count) : ""; }

  void write_row(const Fields& before, const Latencies& latencies, const Fields& behind, double search_s) {
    Fields row = {report_.scenario,
                  report_.workload->name(),
                  report_.system->name,
                  run_.mapper,
                  run_.evaluator,
                  std::string(to_string(run_.execution)),
                  std::string(to_string(report_.activations)),
                  run_.options.cold ? "true" : "false",
                  std::string(to_string(run_.options.remap)),
                  std::string(to_string(run_.options.eviction))};
    const Fields middle = {csv_number(latencies.mean_s), csv_number(latencies.median_s),
                           csv_number(latencies.p95_s), csv_number(latencies.p99_s),
                           csv_number(latencies.max_s)};
    for (const Fields* part : {&before, &middle, &behind}) row.insert(row.end(), part->begin(), part->end());
    if (report_.command) row.push_back(csv_number(search_s));
    write_csv_row(out_, row);
  }

  std::ostream& out_;
  const ScenarioReport& report_;
  const ScenarioRun& run_;
};

}  // namespace

void write_scenario_csv(std::ostream& out, const ScenarioReport& report) {
  Fields header = columns();
  if (report.command) header.emplace_back("search_s");
  write_csv_row(out, header);
  for (const ScenarioRun& run : report.runs) Rows(out, report, run).write();
}

}  // namespace h2h
