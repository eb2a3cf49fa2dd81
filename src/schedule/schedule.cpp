// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/schedule.hpp>

#include <algorithm>

namespace h2h {

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

Schedule::Schedule(const Problem& problem, const Mapping& mapping) {
  first_.reserve(problem.layers() + 1);
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    first_.push_back(static_cast<std::uint32_t>(activities_.size()));
    const AcceleratorIndex accelerator = mapping.accelerator[layer];
    const auto add = [&](Stage stage, TensorIndex tensor, std::int64_t bytes) {
      activities_.push_back({layer, stage, tensor, bytes});
    };
    const Problem::LayerCost& cost = problem.cost(layer, accelerator);
    if (mapping.pinned[layer] == 0 && cost.weight_bytes > 0)
      add(Stage::weights, Activity::kNoTensor, cost.weight_bytes);
    for (const TensorIndex tensor : problem.inputs(layer)) {
      if (mapping.fused[tensor] == 0) add(Stage::input, tensor, problem.input_bytes(tensor, accelerator));
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

std::span<const LinkIndex> links_of(const Problem& problem, const Mapping& mapping,
                                    const Activity& activity) {
  const AcceleratorIndex a = mapping.accelerator[activity.layer];
  const Accelerator& accelerator = problem.system().accelerators[a];
  switch (activity.stage) {
    case Stage::weights:
    case Stage::input:
      return accelerator.from_host.links;
    case Stage::compute:
      return {};
    case Stage::output:
      return accelerator.to_host.links;
  }
  return {};
}

}  // namespace h2h
