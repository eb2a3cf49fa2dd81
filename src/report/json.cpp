// SPDX-License-Identifier: Apache-2.0
#include <h2h/report/report.hpp>
#include <h2h/version.hpp>

#include "json_parts.hpp"

namespace h2h {
namespace {

using nlohmann::ordered_json;

ordered_json step_json(const StepOutcome& step, bool timing) {
  ordered_json json = {{"name", step.name},
                       {"latency_s", step.judgement.latency_s},
                       {"energy_J", step.judgement.energy.paper_J()},
                       {"analytic_latency_s", or_null(step.judgement.analytic_latency_s)}};
  if (timing) json["search_s"] = step.search_s;
  json["evaluations"] = step.evaluations;
  json["exact"] = step.exact;
  if (!step.note.empty()) json["note"] = step.note;
  if (!step.judgement.excesses.empty()) json["excesses"] = step.judgement.excesses;
  return json;
}

ordered_json run_json(const Problem& problem, const Run& run, bool timing) {
  const Judgement& result = run.result();
  const Setup setup = setup_of(problem, result.mapping);
  ordered_json json = {{"mapper", run.mapper},
                       {"evaluator", run.evaluator},
                       {"execution", to_string(result.schedule.execution())},
                       {"activations", to_string(problem.activations())}};
  json["replayed"] = result.is_replay;
  if (result.is_cold) json["cold"] = true;
  for (const StepOutcome& step : run.steps) json["steps"].push_back(step_json(step, timing));
  json["latency_s"] = result.latency_s;
  json["energy_J"] = result.energy.paper_J();
  json["analytic_latency_s"] = or_null(result.analytic_latency_s);
  json["energy"] = energy_json(result.energy);
  json["chain"] = {{"compute_s", result.chain.compute_s},
                   {"weights_s", result.chain.weights_s},
                   {"inputs_s", result.chain.inputs_s},
                   {"outputs_s", result.chain.outputs_s},
                   {"waiting_s", result.chain.waiting_s}};
  json["setup"] = {{"bytes", setup.bytes}, {"seconds", setup.seconds}, {"energy_J", setup.energy_J}};
  json["bound"] = {{"latency_s", run.bound.latency_s}, {"kind", run.bound.kind}};
  json["gap"] = or_null(run.gap());
  if (!result.excesses.empty()) json["excesses"] = result.excesses;
  json["layers"] = layers_json(problem, result);
  json["accelerators"] =
      accelerators_json(problem.system(), accelerator_use(problem, result.mapping, result.schedule));
  json["links"] = links_json(problem.system(), link_use(problem, result.mapping, result.schedule));
  return json;
}

}  // namespace

void write_json(std::ostream& out, const Report& report) {
  ordered_json json = {
      {"schema", "h2h-sim/result/1"}, {"version", kVersion}, {"simgrid", report.simgrid_version}};
  if (report.command) json["command"] = *report.command;
  json["inputs"] = inputs_json(report.files);
  json["platform"] = platform_json(report.problem->system());
  json["workload"] = workload_json(report.problem->workload());
  json["runs"] = ordered_json::array();
  for (const Run& run : report.runs)
    json["runs"].push_back(run_json(*report.problem, run, report.command.has_value()));
  write_document(out, json);
}

}  // namespace h2h
