// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapper/warm.hpp>

#include <fmt/format.h>

#include <h2h/base/error.hpp>

namespace h2h {
namespace {

/// The buffered layers that have weights at all.
std::vector<AcceleratorIndex> with_weights(const Problem& problem,
                                           std::span<const AcceleratorIndex> buffered) {
  std::vector<AcceleratorIndex> result(buffered.begin(), buffered.end());
  for (LayerIndex layer = 0; layer < result.size(); ++layer) {
    if (result[layer] != Problem::kHost && problem.cost(layer, result[layer]).weight_bytes == 0)
      result[layer] = Problem::kHost;
  }
  return result;
}

/// What is buffered now, beside what was before: that has no weights any more.
std::vector<AcceleratorIndex> joined(const Problem& problem, std::vector<AcceleratorIndex> buffered) {
  for (LayerIndex layer = 0; layer < problem.buffered().size(); ++layer) {
    if (problem.buffered()[layer] != Problem::kHost) buffered[layer] = problem.buffered()[layer];
  }
  return buffered;
}

System with_the_rest(const Problem& problem, std::span<const AcceleratorIndex> buffered) {
  System system = problem.system();
  for (LayerIndex layer = 0; layer < buffered.size(); ++layer) {
    if (buffered[layer] == Problem::kHost) continue;
    Accelerator& holder = system.accelerators[buffered[layer]];
    const std::int64_t bytes = problem.cost(layer, buffered[layer]).weight_bytes;
    holder.weight_budget_bytes -= bytes;
    holder.dram_bytes -= bytes;
  }
  return system;
}

}  // namespace

WarmProblem::WarmProblem(const Problem& cold, std::span<const AcceleratorIndex> buffered)
    : cold_(cold),
      buffered_(with_weights(cold, buffered)),
      system_(with_the_rest(cold, buffered_)),
      problem_(cold.workload(), system_, cold.activations(), joined(cold, buffered_)) {}

Mapping WarmProblem::as_cold(Mapping mapping) const {
  for (LayerIndex layer = 0; layer < buffered_.size(); ++layer) {
    if (buffered_[layer] == Problem::kHost) continue;
    if (mapping.accelerator[layer] != buffered_[layer]) {
      throw Error(ErrorKind::internal,
                  fmt::format("layer '{}' is mapped to '{}', which does not run it: its weights are buffered "
                              "on '{}'",
                              cold_.workload().layer(layer).name,
                              system_.accelerators[mapping.accelerator[layer]].name,
                              system_.accelerators[buffered_[layer]].name),
                  "this is a defect of the mapper; please report it");
    }
    mapping.pinned[layer] = 1;
  }
  return mapping;
}

}  // namespace h2h
