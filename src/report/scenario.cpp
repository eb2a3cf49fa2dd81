// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/scenario.hpp>

#include <fmt/format.h>

namespace h2h {
void write_scenario_table(std::ostream& out, const ScenarioReport& report) {
  for (const ScenarioRun& run : report.runs) {
    out << fmt::format("{} {} median {} max {} lost {} loaded {} moved {} rate {}\n", run.mapper, to_string(run.options.remap), run.latencies.median_s, run.latencies.max_s, run.lost_s(), run.loaded_bytes(), run.layers_moved(), run.sustainable_period_s().value_or(0));
    for (const PhaseRun& p : run.phases) out << fmt::format("   frame {} n {} alone {} first {} steady {} loaded {} reused {} idle {} evicted {} moved {} lost {} search {}\n", p.phase.first_frame, p.frames, p.judgement->latency_s, p.first_s, p.steady_s.value_or(0), p.weights.loaded_bytes, p.weights.reused_bytes, p.weights.idle_bytes, p.weights.evicted_bytes, p.layers_moved, p.lost_s, p.search_s);
  }
}
void write_scenario_csv(std::ostream&, const ScenarioReport&) {}
void write_scenario_json(std::ostream&, const ScenarioReport&) {}
}  // namespace h2h
