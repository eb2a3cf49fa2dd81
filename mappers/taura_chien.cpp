// SPDX-License-Identifier: Apache-2.0
//
// Step `taura-chien`: clustering for communication (Taura, Chien, "A heuristic algorithm for mapping
// communicating tasks on heterogeneous resources", HCW 2000, pages 102-115), reference [17] of the paper and
// its example of a communication-prioritised mapping: clusters of tasks, each on one processor (section 2).
// The original spreads the load of a pipeline so that its busiest resource is least busy, and where
// communication is the bottleneck trades parallelism for less of it. This follows its abstract and the
// paper's description of it, not its pseudo-code.
//
// Here: dependencies are visited by falling transfer time, and the clusters at their ends become one if some
// accelerator runs all their layers within a time, the grain. Clusters by falling size then go to the
// accelerator that is least busy with them, transfers to clusters mapped before included. That is done for
// grains from the smallest layer, where computation is spread as far as it goes, up to the whole network,
// doubling.
//
// Adapted: the original maximises throughput; here the grain is chosen by the latency of its mapping. Links
// are part of the accelerators' time: they transfer or compute. Accelerators run some types of layers only,
// which limits clusters. Layers are then list-scheduled on the accelerators of their clusters, depth first,
// with weights pinned and tensors fused on the way (PartialSchedule). Under direct activations a transfer is
// priced as a load from the host, and nothing is stored.

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include <h2h/plugin/plugin.hpp>
#include <h2h/schedule/analytic.hpp>

#include "list_scheduling.hpp"

namespace h2h {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Mean seconds to store and load a tensor, over the accelerators that run its ends.
double transfer_s(const Problem& problem, TensorIndex index) {
  const Tensor& tensor = problem.tensor(index);
  double store_s = 0;
  for (const AcceleratorIndex a : problem.candidates(tensor.producer))
    store_s += problem.is_direct() ? 0 : problem.cost(tensor.producer, a).output_s;
  double load_s = 0;
  for (const AcceleratorIndex a : problem.candidates(tensor.consumer)) load_s += problem.input_s(index, a);
  return store_s / static_cast<double>(problem.candidates(tensor.producer).size()) +
         load_s / static_cast<double>(problem.candidates(tensor.consumer).size());
}

/// Sets of layers that stay together, and what each takes on each kind of accelerator without transfers.
class Clusters {
 public:
  explicit Clusters(const Problem& problem)
      : kinds_(problem.kinds()), parent_(problem.layers()), seconds_(parent_.size() * kinds_) {
    std::iota(parent_.begin(), parent_.end(), LayerIndex{0});
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      for (std::uint32_t kind = 0; kind < kinds_; ++kind)
        row(layer)[kind] = problem.cost_on_kind(layer, kind).compute_s;
    }
  }

  /// The layer that stands for a layer's cluster.
  LayerIndex of(LayerIndex layer) {
    while (parent_[layer] != layer) layer = parent_[layer] = parent_[parent_[layer]];
    return layer;
  }
  double seconds(LayerIndex cluster, std::uint32_t kind) const { return seconds_[cluster * kinds_ + kind]; }
  /// On the kind that suits it best.
  double least_s(LayerIndex cluster) const {
    return *std::min_element(seconds_.begin() + static_cast<std::ptrdiff_t>(cluster * kinds_),
                             seconds_.begin() + static_cast<std::ptrdiff_t>((cluster + 1) * kinds_));
  }

  /// Makes one cluster of two, if some accelerator runs it within a time.
  void join(LayerIndex a, LayerIndex b, double most_s) {
    if (a == b) return;
    double least = kNever;
    for (std::uint32_t kind = 0; kind < kinds_; ++kind)
      least = std::min(least, seconds(a, kind) + seconds(b, kind));
    if (least == kNever || least > most_s) return;
    const auto [first, second] = std::minmax(a, b);
    parent_[second] = first;
    for (std::uint32_t kind = 0; kind < kinds_; ++kind) row(first)[kind] += seconds(second, kind);
  }

 private:
  double* row(LayerIndex cluster) { return seconds_.data() + cluster * kinds_; }

  std::size_t kinds_;
  std::vector<LayerIndex> parent_;
  std::vector<double> seconds_;  ///< by cluster and kind
};

/// The accelerator of each layer's cluster.
class AssignedChoice : public ChoiceRule {
 public:
  explicit AssignedChoice(std::vector<AcceleratorIndex> accelerators)
      : accelerators_(std::move(accelerators)) {}
  AcceleratorIndex only(LayerIndex layer) const override { return accelerators_[layer]; }
  double value_s(PartialSchedule& /*schedule*/, const Placement& place) override { return place.end_s; }

 private:
  std::vector<AcceleratorIndex> accelerators_;  ///< by layer
};

/// Maps a workload by clusters of one grain after the other.
class ClusterMapping {
 public:
  explicit ClusterMapping(const Problem& problem) : problem_(problem) {
    std::vector<double> seconds(problem.tensors());
    for (TensorIndex tensor = 0; tensor < problem.tensors(); ++tensor) {
      if (problem.tensor(tensor).is_network_input()) continue;
      by_transfer_.push_back(tensor);
      seconds[tensor] = transfer_s(problem, tensor);
    }
    std::stable_sort(by_transfer_.begin(), by_transfer_.end(),
                     [&](TensorIndex a, TensorIndex b) { return seconds[a] > seconds[b]; });
    const ExpectedCosts costs(problem);
    const std::vector<LayerIndex> order = depth_first_order(problem, upward_ranks_s(costs));
    priorities_.resize(problem.layers());
    for (std::size_t i = 0; i < order.size(); ++i) priorities_[order[i]] = -static_cast<double>(i);
  }

  /// The accelerator of each layer, for clusters that take no longer than a grain.
  std::vector<AcceleratorIndex> assign(double grain_s) {
    Clusters clusters(problem_);
    for (const TensorIndex tensor : by_transfer_) {
      clusters.join(clusters.of(problem_.tensor(tensor).producer),
                    clusters.of(problem_.tensor(tensor).consumer), grain_s);
    }
    std::vector<std::vector<LayerIndex>> members(problem_.layers());
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer)
      members[clusters.of(layer)].push_back(layer);
    std::vector<std::pair<double, LayerIndex>> by_size;
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      if (!members[layer].empty()) by_size.emplace_back(-clusters.least_s(layer), layer);
    }
    std::sort(by_size.begin(), by_size.end());

    std::vector<AcceleratorIndex> accelerators(problem_.layers(), Mapping::kUnmapped);
    std::vector<double> busy_s(problem_.accelerators());
    for (const auto& [_, cluster] : by_size) {
      const Cuts cuts(problem_, members[cluster], accelerators);
      double least_s = kNever;
      AcceleratorIndex best = Mapping::kUnmapped;
      for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) {
        const double here_s = clusters.seconds(cluster, problem_.kind(a));
        if (here_s == kNever || busy_s[a] + here_s >= least_s) continue;
        const double seconds = busy_s[a] + here_s + cuts.seconds_on(a);
        if (seconds >= least_s) continue;
        least_s = seconds;
        best = a;
      }
      cuts.pay_elsewhere(best, busy_s);
      busy_s[best] = least_s;
      for (const LayerIndex layer : members[cluster]) accelerators[layer] = best;
    }
    return accelerators;
  }

  StepResult schedule(std::vector<AcceleratorIndex> accelerators) const {
    return list_schedule(problem_, {std::make_unique<const StaticPriority>(priorities_),
                                    std::make_unique<AssignedChoice>(std::move(accelerators)), true});
  }

 private:
  /// Tensors between a cluster and layers that are mapped already.
  class Cuts {
   public:
    Cuts(const Problem& problem, const std::vector<LayerIndex>& cluster,
         const std::vector<AcceleratorIndex>& accelerators)
        : problem_(problem) {
      for (const LayerIndex layer : cluster) {
        for (const TensorIndex tensor : problem.inputs(layer)) {
          const LayerIndex producer = problem.tensor(tensor).producer;
          if (producer != Tensor::kNetworkInput && accelerators[producer] != Mapping::kUnmapped)
            cuts_.push_back({tensor, accelerators[producer], true});
        }
        for (const TensorIndex tensor : problem.outputs(layer)) {
          const AcceleratorIndex a = accelerators[problem.tensor(tensor).consumer];
          if (a != Mapping::kUnmapped) cuts_.push_back({tensor, a, false});
        }
      }
    }

    /// Transfers of the cluster if it is on an accelerator.
    double seconds_on(AcceleratorIndex accelerator) const {
      double seconds = 0;
      for (const Cut& cut : cuts_) {
        if (cut.other != accelerator) seconds += transfer(cut.tensor, accelerator, cut.is_input);
      }
      return seconds;
    }
    /// The transfers at the other ends.
    void pay_elsewhere(AcceleratorIndex accelerator, std::vector<double>& busy_s) const {
      for (const Cut& cut : cuts_) {
        if (cut.other != accelerator) busy_s[cut.other] += transfer(cut.tensor, cut.other, !cut.is_input);
      }
    }

   private:
    struct Cut {
      TensorIndex tensor;
      AcceleratorIndex other;
      bool is_input;
    };

    double transfer(TensorIndex tensor, AcceleratorIndex on, bool is_input) const {
      if (is_input) return problem_.input_s(tensor, on);
      return problem_.is_direct() ? 0 : problem_.cost(problem_.tensor(tensor).producer, on).output_s;
    }

    const Problem& problem_;
    std::vector<Cut> cuts_;
  };

  const Problem& problem_;
  std::vector<TensorIndex> by_transfer_;  ///< the slowest first
  std::vector<double> priorities_;        ///< by layer: depth first
};

/// From the smallest layer, which joins with nothing, to the whole workload; no finer than a millionth of it.
std::vector<double> grains_s(const Problem& problem) {
  const Clusters layers(problem);
  double smallest_s = kNever;
  double all_s = 0;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    double slowest_s = 0;
    for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
      const double seconds = layers.seconds(layer, kind);
      if (seconds < kNever) slowest_s = std::max(slowest_s, seconds);
    }
    all_s += slowest_s;
    if (const double least_s = layers.least_s(layer); least_s > 0) smallest_s = std::min(smallest_s, least_s);
  }
  constexpr double kFinest = 1e-6;
  std::vector<double> grains = {std::max(std::min(smallest_s, all_s), kFinest * all_s)};
  while (grains.back() < all_s) grains.push_back(2 * grains.back());
  return grains;
}

class TauraChien : public MappingStep {
 public:
  StepResult run(const Problem& problem, const Mapping& /*mapping*/,
                 StepContext& /*context*/) const override {
    ClusterMapping clusters(problem);
    StepResult best;
    double best_s = kNever;
    std::vector<AcceleratorIndex> before;
    for (const double grain_s : grains_s(problem)) {
      std::vector<AcceleratorIndex> accelerators = clusters.assign(grain_s);
      if (accelerators == before) continue;
      before = accelerators;
      StepResult candidate = clusters.schedule(std::move(accelerators));
      ++best.evaluations;
      const double latency_s = analytic_latency_s(problem, candidate.mapping);
      if (latency_s >= best_s) continue;
      best_s = latency_s;
      best.mapping = std::move(candidate.mapping);
    }
    return best;
  }
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(taura_chien) {
  registry.add_step(
      {"taura-chien",
       "clusters of layers that communicate much, each on one accelerator",
       "Taura, Chien, HCW 2000",
       {},
       [](const h2h::Section& /*options*/) { return std::make_shared<const h2h::TauraChien>(); },
       h2h::StepFamily::Start::nothing});
}
