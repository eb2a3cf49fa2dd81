// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <h2h/report/report.hpp>
#include <h2h/version.hpp>

namespace h2h {
namespace {

using nlohmann::ordered_json;

ordered_json platform_json(const System& system) {
  ordered_json accelerators = ordered_json::array();
  for (const Accelerator& accelerator : system.accelerators) {
    accelerators.push_back({{"name", accelerator.name},
                            {"model", accelerator.type.name()},
                            {"bandwidth_Bps", accelerator.from_host.bandwidth_Bps},
                            {"dram_bytes", accelerator.dram_bytes},
                            {"weight_budget_bytes", accelerator.weight_budget_bytes},
                            {"active_W", accelerator.active_W}});
  }
  return {{"name", system.name}, {"accelerators", std::move(accelerators)}};
}

ordered_json or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

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

ordered_json layer_json(const Problem& problem, const Judgement& judgement, LayerIndex layer) {
  const Mapping& mapping = judgement.mapping;
  const Schedule& schedule = judgement.schedule;
  const Accelerator& accelerator = problem.system().accelerators[mapping.accelerator[layer]];
  ordered_json fused = ordered_json::array();
  for (const TensorIndex tensor : problem.inputs(layer)) {
    if (mapping.fused[tensor] != 0)
      fused.push_back(problem.workload().layer(problem.tensor(tensor).producer).name);
  }
  return {{"name", problem.workload().layer(layer).name},
          {"accelerator", accelerator.name},
          {"model", accelerator.type.name()},
          {"pinned", mapping.pinned[layer] != 0},
          {"fused_inputs", std::move(fused)},
          {"start_s", schedule.start_s(layer)},
          {"end_s", schedule.end_s(layer)},
          {"weights_s", schedule.stage_s(layer, Stage::weights)},
          {"inputs_s", schedule.stage_s(layer, Stage::input)},
          {"compute_s", schedule.stage_s(layer, Stage::compute)},
          {"output_s", schedule.stage_s(layer, Stage::output)}};
}

ordered_json run_json(const Problem& problem, const Run& run, bool timing) {
  const Judgement& result = run.result();
  const Energy& energy = result.energy;
  const Setup setup = setup_of(problem, result.mapping);
  ordered_json json = {{"mapper", run.mapper},
                       {"evaluator", run.evaluator},
                       {"execution", to_string(result.schedule.execution())},
                       {"activations", to_string(problem.activations())}};
  json["replayed"] = result.is_replay;
  if (result.is_cold) json["cold"] = true;
  for (const StepOutcome& step : run.steps) json["steps"].push_back(step_json(step, timing));
  json["latency_s"] = result.latency_s;
  json["energy_J"] = energy.paper_J();
  json["analytic_latency_s"] = or_null(result.analytic_latency_s);
  json["energy"] = {{"compute_J", energy.compute_J},
                    {"transfer_J", energy.transfer_J},
                    {"idle_J", energy.idle_J},
                    {"network_J", energy.network_J},
                    {"total_J", energy.total_J()}};
  json["chain"] = {{"compute_s", result.chain.compute_s},
                   {"weights_s", result.chain.weights_s},
                   {"inputs_s", result.chain.inputs_s},
                   {"outputs_s", result.chain.outputs_s},
                   {"waiting_s", result.chain.waiting_s}};
  json["setup"] = {{"bytes", setup.bytes}, {"seconds", setup.seconds}, {"energy_J", setup.energy_J}};
  json["bound"] = {{"latency_s", run.bound.latency_s}, {"kind", run.bound.kind}};
  json["gap"] = or_null(run.gap());
  if (!result.excesses.empty()) json["excesses"] = result.excesses;
  json["layers"] = ordered_json::array();
  for (const auto& order : result.mapping.order) {
    for (const LayerIndex layer : order) json["layers"].push_back(layer_json(problem, result, layer));
  }
  const auto accelerators = accelerator_use(problem, result.mapping, result.schedule);
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    json["accelerators"].push_back({{"name", problem.system().accelerators[a].name},
                                    {"busy_s", accelerators[a].busy_s()},
                                    {"compute_s", accelerators[a].compute_s},
                                    {"transfer_s", accelerators[a].transfer_s},
                                    {"idle_s", accelerators[a].idle_s},
                                    {"dram_peak_bytes", accelerators[a].dram_peak_bytes}});
  }
  json["links"] = ordered_json::array();
  const auto links = link_use(problem, result.mapping, result.schedule);
  for (std::size_t i = 0; i < links.size(); ++i) {
    json["links"].push_back(
        {{"name", problem.system().links[i].name}, {"bytes", links[i].bytes}, {"busy_s", links[i].busy_s}});
  }
  return json;
}

}  // namespace

void write_json(std::ostream& out, const Report& report) {
  const Workload& workload = report.problem->workload();
  ordered_json json = {
      {"schema", "h2h-sim/result/1"}, {"version", kVersion}, {"simgrid", report.simgrid_version}};
  if (report.command) json["command"] = *report.command;
  for (const InputFile& file : report.files)
    json["inputs"].push_back({{"path", file.path}, {"sha256", file.sha256}});
  json["platform"] = platform_json(report.problem->system());
  json["workload"] = {{"name", workload.name()},
                      {"layers", workload.size()},
                      {"parameters", workload.weights()},
                      {"macs", workload.macs()}};
  json["runs"] = ordered_json::array();
  for (const Run& run : report.runs)
    json["runs"].push_back(run_json(*report.problem, run, report.command.has_value()));
  // Paths and the command line may be in any encoding.
  out << json.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace h2h
