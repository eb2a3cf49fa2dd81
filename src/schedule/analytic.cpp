// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/analytic.hpp>

#include <algorithm>
#include <functional>

#include <h2h/base/error.hpp>

namespace h2h {
namespace {

/// Calls @p run with each layer and its earliest start, in an order in which starts are known; run returns
/// how long it takes.
void in_time_order(const Problem& problem, const Mapping& mapping,
                   const std::function<LayerSeconds(LayerIndex, double)>& run) {
  const auto sequence = execution_sequence(problem, mapping);
  if (sequence.size() != problem.layers()) {
    throw Error(ErrorKind::input, "the orders of the mapping contradict the dependencies of the workload",
                "some layer would wait for itself");
  }
  std::vector<double> free_s(problem.accelerators());
  std::vector<double> output_s(problem.layers());
  for (const LayerIndex layer : sequence) {
    double start_s = free_s[mapping.accelerator[layer]];
    for (const TensorIndex tensor : problem.inputs(layer)) {
      const LayerIndex producer = problem.tensor(tensor).producer;
      if (producer != Tensor::kNetworkInput) start_s = std::max(start_s, output_s[producer]);
    }
    const LayerSeconds seconds = run(layer, start_s);
    output_s[layer] = start_s + seconds.to_output;
    free_s[mapping.accelerator[layer]] = start_s + seconds.to_end;
  }
}

}  // namespace

LayerSeconds layer_seconds(const Problem& problem, const Mapping& mapping, LayerIndex layer) {
  const AcceleratorIndex accelerator = mapping.accelerator[layer];
  const Problem::LayerCost& cost = problem.cost(layer, accelerator);
  double seconds = mapping.pinned[layer] != 0 ? 0 : cost.weights_s;
  for (const TensorIndex tensor : problem.inputs(layer)) {
    if (mapping.fused[tensor] == 0)
      seconds += problem.transfer_s(tensor, source_of(problem, mapping, tensor), accelerator);
  }
  seconds += cost.compute_s;
  const double to_end = is_stored(problem, mapping, layer) ? seconds + cost.output_s : seconds;
  return {problem.is_direct() ? seconds : to_end, to_end};
}

double analytic_latency_s(const Problem& problem, const Mapping& mapping) {
  double latency_s = 0;
  in_time_order(problem, mapping, [&](LayerIndex layer, double start_s) {
    const LayerSeconds seconds = layer_seconds(problem, mapping, layer);
    latency_s = std::max(latency_s, start_s + seconds.to_end);
    return seconds;
  });
  return latency_s;
}

Schedule analytic_schedule(const Problem& problem, const Mapping& mapping) {
  Schedule schedule(problem, mapping);
  in_time_order(problem, mapping, [&](LayerIndex layer, double start_s) {
    // Offsets from the start are summed in the order of layer_seconds(), so that the ends agree to the last
    // bit.
    double offset_s = 0;
    double computed_s = 0;
    for (Activity& activity : schedule.of(layer)) {
      activity.start_s = start_s + offset_s;
      offset_s += alone_s(problem, mapping, activity);
      activity.end_s = start_s + offset_s;
      if (activity.stage == Stage::compute) computed_s = offset_s;
    }
    return LayerSeconds{problem.is_direct() ? computed_s : offset_s, offset_s};
  });
  return schedule;
}

}  // namespace h2h
