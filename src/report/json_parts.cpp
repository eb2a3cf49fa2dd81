// SPDX-License-Identifier: Apache-2.0
#include "json_parts.hpp"

#include <ostream>

namespace h2h {

using nlohmann::ordered_json;

namespace {

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

}  // namespace

ordered_json or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json inputs_json(std::span<const InputFile> files) {
  ordered_json json = ordered_json::array();
  for (const InputFile& file : files) json.push_back({{"path", file.path}, {"sha256", file.sha256}});
  return json;
}

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

ordered_json workload_json(const Workload& workload) {
  return {{"name", workload.name()},
          {"layers", workload.size()},
          {"parameters", workload.weights()},
          {"macs", workload.macs()}};
}

ordered_json energy_json(const Energy& energy) {
  return {{"compute_J", energy.compute_J},
          {"transfer_J", energy.transfer_J},
          {"idle_J", energy.idle_J},
          {"network_J", energy.network_J},
          {"total_J", energy.total_J()}};
}

ordered_json layers_json(const Problem& problem, const Judgement& judgement) {
  ordered_json json = ordered_json::array();
  for (const auto& order : judgement.mapping.order) {
    for (const LayerIndex layer : order) json.push_back(layer_json(problem, judgement, layer));
  }
  return json;
}

ordered_json accelerators_json(const System& system, std::span<const AcceleratorUse> use) {
  ordered_json json = ordered_json::array();
  for (std::size_t a = 0; a < use.size(); ++a) {
    json.push_back({{"name", system.accelerators[a].name},
                    {"busy_s", use[a].busy_s()},
                    {"compute_s", use[a].compute_s},
                    {"transfer_s", use[a].transfer_s},
                    {"idle_s", use[a].idle_s},
                    {"dram_peak_bytes", use[a].dram_peak_bytes}});
  }
  return json;
}

ordered_json links_json(const System& system, std::span<const LinkUse> use) {
  ordered_json json = ordered_json::array();
  for (std::size_t i = 0; i < use.size(); ++i)
    json.push_back({{"name", system.links[i].name}, {"bytes", use[i].bytes}, {"busy_s", use[i].busy_s}});
  return json;
}

void write_document(std::ostream& out, const ordered_json& json) {
  out << json.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace h2h
