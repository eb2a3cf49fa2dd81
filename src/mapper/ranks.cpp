// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapper/ranks.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace h2h {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

template <typename CostOf>
std::vector<double> paths_to_the_end_s(const Problem& problem, const CostOf& cost_of) {
  std::vector<double> ranks(problem.layers());
  const auto order = problem.topological_order();
  for (auto layer = order.rbegin(); layer != order.rend(); ++layer) {
    double rest_s = 0;
    for (const TensorIndex tensor : problem.outputs(*layer))
      rest_s = std::max(rest_s, ranks[problem.tensor(tensor).consumer]);
    ranks[*layer] = cost_of(*layer) + rest_s;
  }
  return ranks;
}

}  // namespace

std::optional<LayerIndex> sole_consumer(const Problem& problem, LayerIndex layer) {
  const auto outputs = problem.outputs(layer);
  if (outputs.empty()) return std::nullopt;
  const LayerIndex first = problem.tensor(outputs.front()).consumer;
  for (const TensorIndex tensor : outputs) {
    if (problem.tensor(tensor).consumer != first) return std::nullopt;
  }
  return first;
}

double saved_by_fusion_s(const Problem& problem, LayerIndex producer, LayerIndex consumer,
                         std::uint32_t kind) {
  const bool saves_store = problem.is_stored_for_others(producer) && sole_consumer(problem, producer);
  double seconds = saves_store ? problem.cost_on_kind(producer, kind).output_s : 0;
  for (const TensorIndex tensor : problem.inputs(consumer)) {
    if (problem.tensor(tensor).producer == producer) seconds += problem.input_s_on_kind(tensor, kind);
  }
  return seconds;
}

ExpectedCosts::ExpectedCosts(const Problem& problem)
    : problem_(&problem), count_(problem.kinds()), budget_bytes_(problem.kinds()) {
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    const std::uint32_t kind = problem.kind(a);
    ++count_[kind];
    budget_bytes_[kind] = std::max(budget_bytes_[kind], problem.system().accelerators[a].weight_budget_bytes);
  }
  std::vector<std::pair<double, std::uint32_t>> costs;  // seconds on a kind, and how many there are of it
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    costs.clear();
    double sum_s = 0;
    std::uint32_t all = 0;
    for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
      const double cost_s = seconds(layer, kind);
      if (cost_s == kNever) continue;
      costs.emplace_back(cost_s, count_[kind]);
      sum_s += cost_s * count_[kind];
      all += count_[kind];
    }
    mean_s_.push_back(sum_s / all);
    // The upper of the two in the middle, where their number is even.
    std::sort(costs.begin(), costs.end());
    auto middle = costs.begin();
    for (std::uint32_t passed = middle->second; passed <= all / 2; passed += middle->second) ++middle;
    median_s_.push_back(middle->first);
  }
}

double ExpectedCosts::seconds(LayerIndex layer, std::uint32_t kind) const {
  const Problem::LayerCost& cost = problem_->cost_on_kind(layer, kind);
  double seconds = cost.weight_bytes > budget_bytes_[kind] ? cost.weights_s : 0;
  for (const TensorIndex tensor : problem_->inputs(layer)) seconds += problem_->input_s_on_kind(tensor, kind);
  seconds += cost.compute_s;
  return problem_->is_stored_for_others(layer) ? seconds + cost.output_s : seconds;
}

std::vector<double> upward_ranks_s(const ExpectedCosts& costs) {
  return paths_to_the_end_s(costs.problem(), [&](LayerIndex layer) { return costs.mean_s(layer); });
}

std::vector<double> static_levels_s(const ExpectedCosts& costs) {
  return paths_to_the_end_s(costs.problem(), [&](LayerIndex layer) { return costs.median_s(layer); });
}

std::vector<double> downward_ranks_s(const ExpectedCosts& costs) {
  const Problem& problem = costs.problem();
  std::vector<double> ranks(problem.layers());
  for (const LayerIndex layer : problem.topological_order()) {
    for (const TensorIndex tensor : problem.inputs(layer)) {
      const LayerIndex producer = problem.tensor(tensor).producer;
      if (producer != Tensor::kNetworkInput)
        ranks[layer] = std::max(ranks[layer], ranks[producer] + costs.mean_s(producer));
    }
  }
  return ranks;
}

std::vector<LayerIndex> depth_first_order(const Problem& problem, std::span<const double> ranks) {
  std::vector<std::uint32_t> waiting(problem.layers());
  std::vector<LayerIndex> stack;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    for (const TensorIndex tensor : problem.inputs(layer))
      waiting[layer] += problem.tensor(tensor).is_network_input() ? 0 : 1;
    if (waiting[layer] == 0) stack.push_back(layer);
  }
  // The last of the stack goes first.
  const auto sort_from = [&](std::size_t first) {
    std::sort(stack.begin() + static_cast<std::ptrdiff_t>(first), stack.end(),
              [&](LayerIndex a, LayerIndex b) { return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : a > b; });
  };
  sort_from(0);
  std::vector<LayerIndex> order;
  while (!stack.empty()) {
    const LayerIndex layer = stack.back();
    stack.pop_back();
    order.push_back(layer);
    const std::size_t first = stack.size();
    for (const TensorIndex tensor : problem.outputs(layer)) {
      if (--waiting[problem.tensor(tensor).consumer] == 0) stack.push_back(problem.tensor(tensor).consumer);
    }
    sort_from(first);
  }
  return order;
}

OptimisticCosts::OptimisticCosts(const ExpectedCosts& costs)
    : kinds_(costs.problem().kinds()), rank_s_(costs.problem().layers()) {
  const Problem& problem = costs.problem();
  seconds_.assign(static_cast<std::size_t>(problem.layers()) * kinds_, 0);
  const auto order = problem.topological_order();
  for (auto layer = order.rbegin(); layer != order.rend(); ++layer) {
    double* const row = seconds_.data() + static_cast<std::size_t>(*layer) * kinds_;
    const auto outputs = problem.outputs(*layer);
    // A saved store can be worth more than what follows, which leaves less than nothing.
    if (!outputs.empty()) std::fill(row, row + kinds_, -kNever);
    for (const TensorIndex tensor : outputs) {
      const LayerIndex consumer = problem.tensor(tensor).consumer;
      const auto after_s = [&](std::uint32_t kind) {
        return costs.seconds(consumer, kind) + seconds(consumer, kind);
      };
      double elsewhere_s = kNever;
      for (std::uint32_t kind = 0; kind < kinds_; ++kind) elsewhere_s = std::min(elsewhere_s, after_s(kind));
      for (std::uint32_t kind = 0; kind < kinds_; ++kind) {
        const double here_s = after_s(kind) - saved_by_fusion_s(problem, *layer, consumer, kind);
        row[kind] = std::max(row[kind], std::min(elsewhere_s, here_s));
      }
    }
    std::uint32_t all = 0;
    for (std::uint32_t kind = 0; kind < kinds_; ++kind) {
      if (costs.seconds(*layer, kind) == kNever) continue;
      rank_s_[*layer] += row[kind] * costs.count(kind);
      all += costs.count(kind);
    }
    rank_s_[*layer] /= all;
  }
}

}  // namespace h2h
