// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/analytic.hpp>

#include <algorithm>
#include <span>

#include <h2h/base/error.hpp>

namespace h2h {
namespace {

/// All layers in an order in which starts are known.
std::vector<LayerIndex> time_order(const Problem& problem, const Mapping& mapping) {
  std::vector<LayerIndex> sequence = execution_sequence(problem, mapping);
  if (sequence.size() != problem.layers()) {
    throw Error(ErrorKind::input, "the orders of the mapping contradict the dependencies of the workload",
                "some layer would wait for itself");
  }
  return sequence;
}

/// Calls @p run with each layer and its earliest start; it returns how long the layer takes.
/// @param sequence as of time_order()
/// @param arrival_s of the network's inputs
/// @param free_s of each accelerator, before and after
/// @param output_s for each layer when its output exists; only written
template <typename Run>
void in_time_order(const Problem& problem, const Mapping& mapping, std::span<const LayerIndex> sequence,
                   double arrival_s, std::span<double> free_s, std::span<double> output_s, const Run& run) {
  for (const LayerIndex layer : sequence) {
    double start_s = free_s[mapping.accelerator[layer]];
    for (const TensorIndex tensor : problem.inputs(layer)) {
      const Tensor& read = problem.tensor(tensor);
      start_s = std::max(start_s, read.is_network_input() ? arrival_s : output_s[read.producer]);
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
  std::vector<double> free_s(problem.accelerators());
  std::vector<double> output_s(problem.layers());
  in_time_order(problem, mapping, time_order(problem, mapping), 0, free_s, output_s,
                [&](LayerIndex layer, double start_s) {
                  const LayerSeconds seconds = layer_seconds(problem, mapping, layer);
                  latency_s = std::max(latency_s, start_s + seconds.to_end);
                  return seconds;
                });
  return latency_s;
}

Schedule analytic_schedule(const Problem& problem, const Mapping& mapping) {
  Schedule schedule(problem, mapping);
  AnalyticFrames frames;
  frames.run_by(problem, mapping);
  frames.run(0, schedule);
  return schedule;
}

void AnalyticFrames::run_by(const Problem& problem, const Mapping& mapping) {
  problem_ = &problem;
  mapping_ = &mapping;
  sequence_ = time_order(problem, mapping);
  free_s_.resize(problem.accelerators());
  output_s_.resize(problem.layers());
}

void AnalyticFrames::run(double arrival_s, Schedule& schedule) {
  const auto run_layer = [&](LayerIndex layer, double start_s) {
    // Offsets from the start are summed in the order of layer_seconds(), so that the ends agree to the last
    // bit.
    double offset_s = 0;
    double computed_s = 0;
    for (Activity& activity : schedule.of(layer)) {
      activity.start_s = start_s + offset_s;
      offset_s += alone_s(*problem_, *mapping_, activity);
      activity.end_s = start_s + offset_s;
      if (activity.stage == Stage::compute) computed_s = offset_s;
    }
    return LayerSeconds{problem_->is_direct() ? computed_s : offset_s, offset_s};
  };
  in_time_order(*problem_, *mapping_, sequence_, arrival_s, free_s_, output_s_, run_layer);
}

}  // namespace h2h
