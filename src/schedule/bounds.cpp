// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/bounds.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <vector>

namespace h2h {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// What a layer costs on a kind of accelerator at the least: its network inputs, its computation, weights
/// that fit into the weight budget of no accelerator of the kind, and the output of a result.
class LeastCosts {
 public:
  explicit LeastCosts(const Problem& problem) : problem_(problem), budget_(problem.kinds()) {
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
      std::int64_t& budget = budget_[problem.kind(a)];
      budget = std::max(budget, problem.system().accelerators[a].weight_budget_bytes);
    }
  }

  double seconds(LayerIndex layer, std::uint32_t kind) const {
    const Problem::LayerCost& cost = problem_.cost_on_kind(layer, kind);
    double sum = cost.weight_bytes > budget_[kind] ? cost.weights_s : 0;
    for (const TensorIndex tensor : problem_.inputs(layer)) {
      if (problem_.tensor(tensor).is_network_input()) sum += problem_.input_s_on_kind(tensor, kind);
    }
    sum += cost.compute_s;
    return problem_.is_result(layer) ? sum + cost.output_s : sum;
  }

 private:
  const Problem& problem_;
  std::vector<std::int64_t> budget_;  ///< by kind, of its roomiest accelerator
};

}  // namespace

Bound critical_path_bound(const Problem& problem) {
  const LeastCosts least(problem);
  const std::uint32_t kinds = problem.kinds();
  std::vector<double> end_s(static_cast<std::size_t>(problem.layers()) * kinds);
  const auto end = [&](LayerIndex layer, std::uint32_t kind) -> double& {
    return end_s[static_cast<std::size_t>(layer) * kinds + kind];
  };
  double latency_s = 0;
  for (const LayerIndex layer : problem.topological_order()) {
    double best_s = kNever;
    for (std::uint32_t kind = 0; kind < kinds; ++kind) {
      double ready_s = 0;
      for (const TensorIndex tensor : problem.inputs(layer)) {
        const LayerIndex producer = problem.tensor(tensor).producer;
        if (producer == Tensor::kNetworkInput) continue;
        double earliest_s = end(producer, kind);  // on the same accelerator, fused
        for (std::uint32_t other = 0; other < kinds; ++other) {
          earliest_s =
              std::min(earliest_s, end(producer, other) + problem.cost_on_kind(producer, other).output_s +
                                       problem.input_s_on_kind(tensor, kind));
        }
        ready_s = std::max(ready_s, earliest_s);
      }
      end(layer, kind) = ready_s + least.seconds(layer, kind);
      best_s = std::min(best_s, end(layer, kind));
    }
    latency_s = std::max(latency_s, best_s);
  }
  return {latency_s, "critical-path"};
}

std::vector<double> least_tails_s(const Problem& problem) {
  const LeastCosts least(problem);
  const std::uint32_t kinds = problem.kinds();
  std::vector<double> tails(static_cast<std::size_t>(problem.layers()) * kinds);
  const auto tail = [&](LayerIndex layer, std::uint32_t kind) -> double& {
    return tails[static_cast<std::size_t>(layer) * kinds + kind];
  };
  std::vector<double> from_host_s(kinds);  // by kind of the consumer: its own time and what follows
  const auto order = problem.topological_order();
  for (auto layer = order.rbegin(); layer != order.rend(); ++layer) {
    for (const TensorIndex tensor : problem.outputs(*layer)) {
      const LayerIndex consumer = problem.tensor(tensor).consumer;
      double crossing_s = kNever;
      for (std::uint32_t kind = 0; kind < kinds; ++kind) {
        from_host_s[kind] = least.seconds(consumer, kind) + tail(consumer, kind);
        crossing_s = std::min(crossing_s, problem.input_s_on_kind(tensor, kind) + from_host_s[kind]);
      }
      for (std::uint32_t kind = 0; kind < kinds; ++kind) {
        const double stored_s = problem.cost_on_kind(*layer, kind).output_s + crossing_s;
        tail(*layer, kind) = std::max(tail(*layer, kind), std::min(from_host_s[kind], stored_s));
      }
    }
  }
  constexpr double kRounding = 1e-12;
  for (double& seconds : tails) seconds *= 1 - kRounding;
  return tails;
}

Bound load_bound(const Problem& problem) {
  const LeastCosts least(problem);
  // A group is the layers that run nowhere but on one set of accelerators; any union of groups bounds as
  // well.
  std::map<std::vector<AcceleratorIndex>, double> work_s;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    const auto candidates = problem.candidates(layer);
    double fastest_s = kNever;
    for (const AcceleratorIndex a : candidates)
      fastest_s = std::min(fastest_s, least.seconds(layer, problem.kind(a)));
    work_s[{candidates.begin(), candidates.end()}] += fastest_s;
  }
  double latency_s = 0;
  for (const auto& [accelerators, _] : work_s) {
    double inside_s = 0;
    for (const auto& [others, seconds] : work_s) {
      if (std::includes(accelerators.begin(), accelerators.end(), others.begin(), others.end()))
        inside_s += seconds;
    }
    latency_s = std::max(latency_s, inside_s / static_cast<double>(accelerators.size()));
  }
  std::set<AcceleratorIndex> all;
  double all_s = 0;
  for (const auto& [accelerators, seconds] : work_s) {
    all.insert(accelerators.begin(), accelerators.end());
    all_s += seconds;
  }
  return {std::max(latency_s, all_s / static_cast<double>(all.size())), "load"};
}

Bound best_bound(const Problem& problem) {
  const Bound path = critical_path_bound(problem);
  const Bound load = load_bound(problem);
  return load.latency_s > path.latency_s ? load : path;
}

}  // namespace h2h
