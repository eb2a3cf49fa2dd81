// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <h2h/report/csv.hpp>
#include <h2h/report/explanation.hpp>
#include <h2h/version.hpp>

#include "../json_parts.hpp"

namespace h2h {
namespace {

using nlohmann::ordered_json;

ordered_json head_json(const Workload& workload, const System& system, std::span<const InputFile> files,
                       const std::string& simgrid_version, bool feasible) {
  ordered_json json = {
      {"schema", "h2h-sim/explanation/1"}, {"version", kVersion}, {"simgrid", simgrid_version}};
  json["inputs"] = inputs_json(files);
  json["workload"] = workload.name();
  json["platform"] = system.name;
  json["feasible"] = feasible;
  return json;
}

ordered_json parts_json(const PathParts& parts) {
  return {{"compute_s", parts.compute_s},
          {"weights_s", parts.weights_s},
          {"inputs_s", parts.inputs_s},
          {"outputs_s", parts.outputs_s},
          {"contention_s", parts.contention_s}};
}

ordered_json stretch_json(const Problem& problem, const Stretch& stretch) {
  const auto layer_name = [&](LayerIndex layer) { return problem.workload().layer(layer).name; };
  const Activity& activity = stretch.activity;
  ordered_json json = {{"layer", layer_name(activity.layer)},
                       {"accelerator", problem.system().accelerators[stretch.accelerator].name},
                       {"stage", to_string(activity.stage)},
                       {"start_s", activity.start_s},
                       {"end_s", activity.end_s},
                       {"contention_s", stretch.contention_s()},
                       {"queued_s", stretch.queued_s},
                       {"after", to_string(stretch.after)},
                       {"ready_s", stretch.ready_s}};
  if (stretch.waited_for != Tensor::kNetworkInput) json["waited_for"] = layer_name(stretch.waited_for);
  if (activity.stage == Stage::input) {
    const Tensor& tensor = problem.tensor(activity.tensor);
    json["from"] = tensor.is_network_input() ? ordered_json() : ordered_json(layer_name(tensor.producer));
  }
  if (stretch.link != Stretch::kNoLink) {
    json["bytes"] = activity.bytes;
    json["link"] = problem.system().links[stretch.link].name;
  }
  return json;
}

ordered_json what_if_json(const WhatIf& what_if) {
  ordered_json json = {{"factor", what_if.factor},
                       {"idle", what_if.idle},
                       {"not_judged", what_if.not_judged},
                       {"upgrades", ordered_json::array()}};
  for (const Upgrade& upgrade : what_if.upgrades) {
    json["upgrades"].push_back({{"kind", to_string(upgrade.kind)},
                                {"name", upgrade.name},
                                {"latency_s", upgrade.latency_s},
                                {"reference_s", upgrade.reference_s},
                                {"saving_s", upgrade.saving_s()}});
  }
  return json;
}

}  // namespace

void write_explanation_csv(std::ostream& out, const Problem& problem, const Explanation& explanation) {
  write_csv_row(out, {"workload", "platform", "mapper", "rank", "kind", "name", "model", "factor",
                      "latency_s", "reference_s", "saving_s"});
  const auto number = [](double value) { return fmt::format("{}", value); };
  std::size_t rank = 0;
  for (const Upgrade& upgrade : explanation.what_if.upgrades) {
    write_csv_row(out, {problem.workload().name(), problem.system().name, explanation.mapper,
                        std::to_string(++rank), std::string(to_string(upgrade.kind)), upgrade.name,
                        upgrade.kind == Upgrade::Kind::link
                            ? ""
                            : problem.system().accelerators[upgrade.accelerator].type.name(),
                        number(explanation.what_if.factor), number(upgrade.latency_s),
                        number(upgrade.reference_s), number(upgrade.saving_s())});
  }
}

void write_explanation_json(std::ostream& out, const Problem& problem, const Explanation& explanation,
                            std::span<const InputFile> files, const std::string& simgrid_version) {
  const System& system = problem.system();
  ordered_json json = head_json(problem.workload(), system, files, simgrid_version, true);
  json["mapper"] = explanation.mapper;
  json["judge"] = explanation.is_replay ? "replay" : "analytic";
  json["execution"] = to_string(explanation.execution);
  json["activations"] = to_string(problem.activations());
  json["latency_s"] = explanation.latency_s;
  json["path"] = {{"parts", parts_json(explanation.path.parts)},
                  {"queued", parts_json(explanation.path.queued)},
                  {"waiting_for_accelerator_s", explanation.path.queued_s()},
                  {"stretches", ordered_json::array()}};
  for (const Stretch& stretch : explanation.path.stretches)
    json["path"]["stretches"].push_back(stretch_json(problem, stretch));
  json["accelerators"] = ordered_json::array();
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    const AcceleratorShare& share = explanation.accelerators[a];
    json["accelerators"].push_back({{"name", system.accelerators[a].name},
                                    {"model", system.accelerators[a].type.name()},
                                    {"layers", share.layers},
                                    {"busy_s", share.use.busy_s()},
                                    {"path_s", share.path_s}});
  }
  json["links"] = ordered_json::array();
  for (LinkIndex link = 0; link < system.links.size(); ++link) {
    const LinkShare& share = explanation.links[link];
    json["links"].push_back({{"name", system.links[link].name},
                             {"bytes", share.use.bytes},
                             {"busy_s", share.use.busy_s},
                             {"utilisation_s", share.use.utilisation_s},
                             {"path_s", share.path_s},
                             {"binding_s", share.binding_s}});
  }
  json["what_if"] = what_if_json(explanation.what_if);
  write_document(out, json);
}

void write_infeasibility_json(std::ostream& out, const Workload& workload, const System& system,
                              const Infeasibility& infeasibility, std::span<const InputFile> files,
                              const std::string& simgrid_version) {
  ordered_json json = head_json(workload, system, files, simgrid_version, false);
  const auto names_of = [&](const std::vector<LayerIndex>& layers) {
    ordered_json names = ordered_json::array();
    for (const LayerIndex layer : layers) names.push_back(workload.layer(layer).name);
    return names;
  };
  json["gaps"] = ordered_json::array();
  for (const Infeasibility::Gap& gap : infeasibility.gaps) {
    json["gaps"].push_back({{"type", to_string(gap.type)},
                            {"type_is_there", gap.type_is_there},
                            {"layers", names_of(gap.layers)},
                            {"remedies", gap.remedies}});
  }
  json["least_sets"] = infeasibility.least_sets;
  json["hopeless"] = names_of(infeasibility.hopeless);
  write_document(out, json);
}

}  // namespace h2h
