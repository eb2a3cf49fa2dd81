// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/moves/path_move.hpp>

#include <algorithm>
#include <limits>

namespace h2h {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Seconds of a layer on an accelerator but for the tensor that comes from the path.
double own_s(const PlanSchedule& schedule, LayerIndex layer, LayerIndex predecessor, AcceleratorIndex a) {
  const Problem& problem = schedule.problem();
  const Problem::LayerCost& cost = problem.cost(layer, a);
  const bool there = schedule.accelerator(layer) == a;
  const bool local = there ? schedule.is_pinned(layer) : cost.weight_bytes <= schedule.room_bytes(a);
  double seconds = cost.compute_s + (local ? 0 : cost.weights_s);
  for (const TensorIndex tensor : problem.inputs(layer)) {
    const LayerIndex producer = problem.tensor(tensor).producer;
    if (producer == predecessor && producer != Tensor::kNetworkInput) continue;
    if (producer == Tensor::kNetworkInput) {
      seconds += problem.input_s(tensor, a);
    } else if (const AcceleratorIndex made = schedule.accelerator(producer); made != a) {
      seconds += problem.transfer_s(tensor, problem.source(made, a), a);
    }
  }
  return seconds;
}

/// Whether a layer's output goes to the host even if the next of the path is on the same accelerator.
bool stored_anyway(const PlanSchedule& schedule, LayerIndex layer, LayerIndex successor) {
  const auto outputs = schedule.problem().outputs(layer);
  if (schedule.problem().is_direct()) return outputs.empty();
  return outputs.empty() || std::any_of(outputs.begin(), outputs.end(), [&](TensorIndex tensor) {
           return schedule.problem().tensor(tensor).consumer != successor;
         });
}

double tensor_s(const Problem& problem, LayerIndex from, LayerIndex to, AcceleratorIndex a) {
  double seconds = 0;
  for (const TensorIndex tensor : problem.inputs(to)) {
    if (problem.tensor(tensor).producer == from) seconds += problem.input_s(tensor, a);
  }
  return seconds;
}

}  // namespace

bool PathMove::valid(const PlanSchedule& schedule) const {
  bool moves = false;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!schedule.problem().runs(layers[i], to[i])) return false;
    moves = moves || schedule.accelerator(layers[i]) != to[i];
  }
  return moves;
}

void PathMove::apply(PlanSchedule& schedule) const {
  for (std::size_t i = 0; i < layers.size(); ++i) reassign(schedule, layers[i], to[i]);
  if (together) gather(schedule, layers);
}

std::span<const AcceleratorIndex> PathAssignment::solve(const PlanSchedule& schedule,
                                                        std::span<const LayerIndex> layers,
                                                        std::span<const AcceleratorIndex> accelerators,
                                                        std::span<const double> prices) {
  const Problem& problem = schedule.problem();
  const std::size_t count = accelerators.size();
  seconds_.assign(layers.size() * count, kNever);
  comes_.assign(layers.size() * count, 0);
  chosen_.clear();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerIndex predecessor = i == 0 ? Tensor::kNetworkInput : layers[i - 1];
    const bool last = i + 1 == layers.size();
    const bool stored = stored_anyway(schedule, layers[i], last ? Tensor::kNetworkInput : layers[i + 1]);
    // Cheapest way to have the predecessor's output in host memory.
    std::size_t cheapest = 0;
    double host_s = i == 0 ? 0 : kNever;
    // Under direct activations it is pulled from there; by which route, the rest of the path decides, so that
    // it is priced as if it came from the host.
    const bool predecessor_stored =
        i > 0 && (problem.is_direct() || stored_anyway(schedule, predecessor, layers[i]));
    for (std::size_t k = 0; i > 0 && k < count; ++k) {
      const double up_s = predecessor_stored || seconds_[(i - 1) * count + k] == kNever
                              ? 0
                              : prices[k] * problem.cost(predecessor, accelerators[k]).output_s;
      if (seconds_[(i - 1) * count + k] + up_s < host_s) {
        host_s = seconds_[(i - 1) * count + k] + up_s;
        cheapest = k;
      }
    }
    bool runs = false;
    for (std::size_t k = 0; k < count; ++k) {
      const AcceleratorIndex a = accelerators[k];
      if (!problem.runs(layers[i], a)) continue;
      runs = true;
      const double stays_s = i == 0 ? kNever : seconds_[(i - 1) * count + k];
      const double moves_s = host_s + (i == 0 ? 0 : prices[k] * tensor_s(problem, predecessor, layers[i], a));
      double own = own_s(schedule, layers[i], predecessor, a);
      if (stored) own += problem.cost(layers[i], a).output_s;
      seconds_[i * count + k] = std::min(stays_s, moves_s) + prices[k] * own;
      comes_[i * count + k] = stays_s <= moves_s ? k : cheapest;
    }
    if (!runs) return chosen_;
  }
  chosen_.resize(layers.size());
  const auto end = seconds_.end();
  const auto row = end - static_cast<std::ptrdiff_t>(count);
  auto at = static_cast<std::size_t>(std::min_element(row, end) - row);
  for (std::size_t i = layers.size(); i-- > 0;) {
    chosen_[i] = accelerators[at];
    at = comes_[i * count + at];
  }
  return chosen_;
}

}  // namespace h2h
