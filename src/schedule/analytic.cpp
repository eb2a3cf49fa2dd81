// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/analytic.hpp>

#include <algorithm>
#include <functional>

#include <h2h/base/error.hpp>

namespace h2h {
namespace {

/// Calls @p run with each layer and its earliest start, in an order in which starts are known; run returns
/// the end.
void in_time_order(const Problem& problem, const Mapping& mapping,
                   const std::function<double(LayerIndex, double)>& run) {
  const auto sequence = execution_sequence(problem, mapping);
  if (sequence.size() != problem.layers()) {
    throw Error(ErrorKind::input, "the orders of the mapping contradict the dependencies of the workload",
                "some layer would wait for itself");
  }
  std::vector<double> free_s(problem.accelerators());
  std::vector<double> end_s(problem.layers());
  for (const LayerIndex layer : sequence) {
    double start_s = free_s[mapping.accelerator[layer]];
    for (const TensorIndex tensor : problem.inputs(layer)) {
      const LayerIndex producer = problem.tensor(tensor).producer;
      if (producer != Tensor::kNetworkInput) start_s = std::max(start_s, end_s[producer]);
    }
    end_s[layer] = run(layer, start_s);
    free_s[mapping.accelerator[layer]] = end_s[layer];
  }
}

}  // namespace

double layer_s(const Problem& problem, const Mapping& mapping, LayerIndex layer) {
  const AcceleratorIndex accelerator = mapping.accelerator[layer];
  const Problem::LayerCost& cost = problem.cost(layer, accelerator);
  double seconds = mapping.pinned[layer] != 0 ? 0 : cost.weights_s;
  for (const TensorIndex tensor : problem.inputs(layer)) {
    if (mapping.fused[tensor] == 0) seconds += problem.input_s(tensor, accelerator);
  }
  seconds += cost.compute_s;
  return is_stored(problem, mapping, layer) ? seconds + cost.output_s : seconds;
}

double analytic_latency_s(const Problem& problem, const Mapping& mapping) {
  double latency_s = 0;
  in_time_order(problem, mapping, [&](LayerIndex layer, double start_s) {
    const double end_s = start_s + layer_s(problem, mapping, layer);
    latency_s = std::max(latency_s, end_s);
    return end_s;
  });
  return latency_s;
}

Schedule analytic_schedule(const Problem& problem, const Mapping& mapping) {
  Schedule schedule(problem, mapping);
  in_time_order(problem, mapping, [&](LayerIndex layer, double start_s) {
    const AcceleratorIndex accelerator = mapping.accelerator[layer];
    const Problem::LayerCost& cost = problem.cost(layer, accelerator);
    // Offsets from the start are summed in the order of layer_s(), so that the ends agree to the last bit.
    double offset_s = 0;
    for (Activity& activity : schedule.of(layer)) {
      activity.start_s = start_s + offset_s;
      switch (activity.stage) {
        case Stage::weights:
          offset_s += cost.weights_s;
          break;
        case Stage::input:
          offset_s += problem.input_s(activity.tensor, accelerator);
          break;
        case Stage::compute:
          offset_s += cost.compute_s;
          break;
        case Stage::output:
          offset_s += cost.output_s;
          break;
      }
      activity.end_s = start_s + offset_s;
    }
    return start_s + offset_s;
  });
  return schedule;
}

}  // namespace h2h
