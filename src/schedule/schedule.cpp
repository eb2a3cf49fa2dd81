// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/schedule.hpp>

#include <algorithm>

namespace h2h {

std::string_view to_string(Execution execution) {
  return execution == Execution::serial ? "serial" : "overlap";
}

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::weights:
      return "weights";
    case Stage::input:
      return "inputs";
    case Stage::compute:
      return "compute";
    case Stage::output:
      return "outputs";
  }
  return "";
}

Schedule::Schedule(const Problem& problem, const Mapping& mapping, Execution execution)
    : execution_(execution) {
  first_.reserve(problem.layers() + 1);
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    first_.push_back(static_cast<std::uint32_t>(activities_.size()));
    const AcceleratorIndex accelerator = mapping.accelerator[layer];
    const auto add = [&](Stage stage, TensorIndex tensor, std::int64_t bytes,
                         AcceleratorIndex source = Problem::kHost) {
      activities_.push_back({layer, stage, tensor, bytes, source});
    };
    const Problem::LayerCost& cost = problem.cost(layer, accelerator);
    if (mapping.pinned[layer] == 0 && cost.weight_bytes > 0)
      add(Stage::weights, Activity::kNoTensor, cost.weight_bytes);
    for (const TensorIndex tensor : problem.inputs(layer)) {
      if (mapping.fused[tensor] != 0) continue;
      const AcceleratorIndex source = source_of(problem, mapping, tensor);
      add(Stage::input, tensor, problem.transfer_bytes(tensor, source, accelerator), source);
    }
    add(Stage::compute, Activity::kNoTensor, 0);
    if (is_stored(problem, mapping, layer)) add(Stage::output, Activity::kNoTensor, cost.output_bytes);
  }
  first_.push_back(static_cast<std::uint32_t>(activities_.size()));
}

double Schedule::stage_s(LayerIndex layer, Stage stage) const {
  double seconds = 0;
  for (const Activity& activity : of(layer)) {
    if (activity.stage == stage) seconds += activity.seconds();
  }
  return seconds;
}

double Schedule::latency_s() const {
  double latest = 0;
  for (const Activity& activity : activities_) latest = std::max(latest, activity.end_s);
  return latest;
}

double alone_s(const Problem& problem, const Mapping& mapping, const Activity& activity) {
  const AcceleratorIndex accelerator = mapping.accelerator[activity.layer];
  const Problem::LayerCost& cost = problem.cost(activity.layer, accelerator);
  switch (activity.stage) {
    case Stage::weights:
      return cost.weights_s;
    case Stage::input:
      return problem.transfer_s(activity.tensor, activity.source, accelerator);
    case Stage::compute:
      return cost.compute_s;
    case Stage::output:
      return cost.output_s;
  }
  return 0;
}

std::span<const LinkIndex> links_of(const Problem& problem, const Mapping& mapping,
                                    const Activity& activity) {
  const AcceleratorIndex a = mapping.accelerator[activity.layer];
  const Accelerator& accelerator = problem.system().accelerators[a];
  switch (activity.stage) {
    case Stage::weights:
      return accelerator.from_host.links;
    case Stage::input:
      return activity.source == Problem::kHost ? accelerator.from_host.links
                                               : problem.system().peers.links_of(activity.source, a);
    case Stage::compute:
      return {};
    case Stage::output:
      return accelerator.to_host.links;
  }
  return {};
}

}  // namespace h2h
