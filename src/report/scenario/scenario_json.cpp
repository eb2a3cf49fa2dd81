// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <h2h/report/scenario.hpp>
#include <h2h/version.hpp>

#include "../json_parts.hpp"

namespace h2h {
namespace {

using nlohmann::ordered_json;

ordered_json latencies_json(const Latencies& latencies) {
  return {{"mean_s", latencies.mean_s},
          {"median_s", latencies.median_s},
          {"p95_s", latencies.p95_s},
          {"p99_s", latencies.p99_s},
          {"max_s", latencies.max_s}};
}

ordered_json weights_json(const PhaseRun& phase, const System& system) {
  const WeightStore::Change& change = phase.weights;
  ordered_json loads = ordered_json::array();
  for (LayerIndex layer = 0; layer < phase.problem->layers(); ++layer) {
    if (change.loads[layer] != 0) loads.push_back(phase.workload->layer(layer).name);
  }
  ordered_json buffered = ordered_json::object();
  for (std::size_t a = 0; a < phase.buffered_bytes.size(); ++a)
    buffered[system.accelerators[a].name] = phase.buffered_bytes[a];
  return {{"loaded_bytes", change.loaded_bytes},   {"loaded_s", change.loaded_s},
          {"loaded_J", change.loaded_J},           {"loaded_layers", std::move(loads)},
          {"reused_bytes", change.reused_bytes},   {"idle_bytes", change.idle_bytes},
          {"evicted_bytes", change.evicted_bytes}, {"buffered_bytes", std::move(buffered)}};
}

/// A run; phases in which the same runs in the same places share a mapping.
class RunWriter {
 public:
  RunWriter(const ScenarioReport& report, const ScenarioRun& run) : report_(report), run_(run) {}

  ordered_json json() {
    const SequenceOptions& options = run_.options;
    ordered_json json = {{"mapper", run_.mapper},
                         {"evaluator", run_.evaluator},
                         {"execution", to_string(run_.execution)},
                         {"activations", to_string(report_.activations)},
                         {"replayed", run_.is_replay},
                         {"cold", options.cold},
                         {"remap", to_string(options.remap)},
                         {"evict", to_string(options.eviction)},
                         {"latency", latencies_json(run_.latencies)}};
    json["end_s"] = run_.end_s;
    json["throughput_Hz"] = run_.throughput_Hz;
    json["sustainable_period_s"] = or_null(run_.sustainable_period_s());
    json["energy_J"] = run_.energy.paper_J();
    json["energy_per_frame_J"] = run_.energy_per_frame_J();
    json["energy"] = energy_json(run_.energy);
    json["deadline_misses"] = misses(run_.deadline_misses());
    json["lost_s"] = run_.lost_s();
    json["loaded_bytes"] = run_.loaded_bytes();
    json["layers_moved"] = run_.layers_moved();
    json["arrivals_s"] = run_.arrivals_s;
    json["latencies_s"] = run_.latencies_s;
    json["phases"] = ordered_json::array();
    for (std::size_t i = 0; i < run_.phases.size(); ++i) json["phases"].push_back(phase_json(i));
    json["mappings"] = ordered_json::array();
    for (const PhaseRun* phase : mapped_) json["mappings"].push_back(mapping_json(*phase));
    json["accelerators"] = accelerators_json(*report_.system, run_.accelerators);
    json["links"] = links_json(*report_.system, run_.links);
    return json;
  }

 private:
  ordered_json phase_json(std::size_t i) {
    const PhaseRun& phase = run_.phases[i];
    ordered_json json = {{"first_frame", phase.phase.first_frame + 1},
                         {"frames", phase.frames},
                         {"begins_s", phase.begins_s},
                         {"modalities", phase.phase.modalities}};
    const Switching change = switching(run_.phases[i > 0 ? i - 1 : 0].phase, phase.phase);
    json["on"] = change.on;
    json["off"] = change.off;
    json["note"] = phase.phase.note;
    json["mapping"] = place_of_mapping(phase);
    json["alone_s"] = phase.judgement->latency_s;
    json["alone_energy_J"] = phase.judgement->energy.paper_J();
    json["weights"] = weights_json(phase, *report_.system);
    json["layers_moved"] = phase.layers_moved;
    json["latency"] = latencies_json(phase.latencies);
    json["first_s"] = phase.first_s;
    json["steady_s"] = or_null(phase.steady_s);
    json["lost_s"] = phase.lost_s;
    json["deadline_misses"] = misses(phase.deadline_misses);
    json["sustainable_period_s"] = or_null(phase.sustainable_period_s);
    if (report_.command) json["search_s"] = phase.search_s;
    json["evaluations"] = phase.evaluations;
    if (!phase.note.empty()) json["mapper_note"] = phase.note;
    return json;
  }

  static ordered_json mapping_json(const PhaseRun& phase) {
    const Judgement& alone = *phase.judgement;
    return {{"modalities", phase.phase.modalities},
            {"latency_s", alone.latency_s},
            {"energy_J", alone.energy.paper_J()},
            {"analytic_latency_s", or_null(alone.analytic_latency_s)},
            {"layers", layers_json(*phase.problem, alone)}};
  }

  std::size_t place_of_mapping(const PhaseRun& phase) {
    const auto known = std::find_if(mapped_.begin(), mapped_.end(), [&](const PhaseRun* other) {
      return other->judgement == phase.judgement;
    });
    const auto place = static_cast<std::size_t>(known - mapped_.begin());
    if (known == mapped_.end()) mapped_.push_back(&phase);
    return place;
  }

  /// Nothing is missed where there is no deadline.
  ordered_json misses(std::size_t count) const {
    return run_.options.deadline_s ? ordered_json(count) : ordered_json();
  }

  const ScenarioReport& report_;
  const ScenarioRun& run_;
  std::vector<const PhaseRun*> mapped_;  ///< the first phase with each mapping
};

}  // namespace

void write_scenario_json(std::ostream& out, const ScenarioReport& report) {
  ordered_json json = {
      {"schema", "h2h-sim/scenario/1"}, {"version", kVersion}, {"simgrid", report.simgrid_version}};
  if (report.command) json["command"] = *report.command;
  json["inputs"] = inputs_json(report.files);
  json["platform"] = platform_json(*report.system);
  json["workload"] = workload_json(*report.workload);
  json["scenario"] = report.scenario.empty() ? ordered_json() : ordered_json(report.scenario);
  const ScenarioRun& first = report.runs.front();
  json["frames"] = first.arrivals_s.size();
  json["arrivals"] = to_string(report.arrivals);
  json["period_s"] = or_null(report.period_s);
  json["seed"] = report.seed;
  json["deadline_s"] = or_null(first.options.deadline_s);
  json["runs"] = ordered_json::array();
  for (const ScenarioRun& run : report.runs) json["runs"].push_back(RunWriter(report, run).json());
  write_document(out, json);
}

}  // namespace h2h
