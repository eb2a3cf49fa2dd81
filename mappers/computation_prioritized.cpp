// SPDX-License-Identifier: Apache-2.0
//
// Step `computation-prioritized`: step 1 of H2H (Zhang et al., DAC 2022, section 4.1), which is also the
// mapping that the paper takes from Kwon et al., HPCA 2021, as its baseline.
//
// Rounds: all layers whose producers are mapped form a group, and the group is assigned as a whole so that
// the latency of the system grows least, every transfer paid. The best assignment is exact by branch and
// bound, up to a limit of nodes. Within a group the layers of an accelerator run by ready time, then file
// order; equal latencies are decided by the smaller sum of finish times, then by catalogue order.
//
// rule=release follows the authors' code instead: the group is taken type by type (conv, lstm, fc), at most
// as many layers a round as there are accelerators of the type, in file order, and the first assignment with
// the smallest latency wins.
//
// The step is analytic under every evaluator: it compares sums, not schedules.

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <vector>

#include <h2h/plugin/plugin.hpp>

namespace h2h {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Sums of finish times that differ by rounding alone are equal.
constexpr double kRounding = 1e-12;

/// What is mapped so far.
struct State {
  Mapping mapping;
  std::vector<double> free_s;          ///< by accelerator
  std::vector<double> end_s;           ///< by layer
  std::vector<std::uint32_t> waiting;  ///< by layer: tensors whose producer is not mapped
  double latency_s = 0;
  std::size_t mapped = 0;

  explicit State(const Problem& problem)
      : mapping(Mapping::none(problem)),
        free_s(problem.accelerators()),
        end_s(problem.layers()),
        waiting(problem.layers()) {
    for (TensorIndex tensor = 0; tensor < problem.tensors(); ++tensor) {
      if (!problem.tensor(tensor).is_network_input()) ++waiting[problem.tensor(tensor).consumer];
    }
  }

  double ready_s(const Problem& problem, LayerIndex layer) const {
    double ready = 0;
    for (const TensorIndex tensor : problem.inputs(layer)) {
      const LayerIndex producer = problem.tensor(tensor).producer;
      if (producer != Tensor::kNetworkInput) ready = std::max(ready, end_s[producer]);
    }
    return ready;
  }

  void assign(const Problem& problem, LayerIndex layer, AcceleratorIndex to) {
    end_s[layer] = std::max(free_s[to], ready_s(problem, layer)) + problem.zero_locality_s(layer, to);
    free_s[to] = end_s[layer];
    latency_s = std::max(latency_s, end_s[layer]);
    mapping.append(layer, to);
    ++mapped;
  }

  /// Layers that wait for nothing, in file order.
  std::vector<LayerIndex> ready_layers() const {
    std::vector<LayerIndex> group;
    for (LayerIndex layer = 0; layer < waiting.size(); ++layer) {
      if (waiting[layer] == 0 && mapping.accelerator[layer] == Mapping::kUnmapped) group.push_back(layer);
    }
    return group;
  }

  void release_consumers(const Problem& problem, LayerIndex layer) {
    for (const TensorIndex tensor : problem.outputs(layer)) --waiting[problem.tensor(tensor).consumer];
  }
};

/// Best assignment of one group, whose layers stand in the order in which they would run.
class GroupSearch {
 public:
  GroupSearch(const Problem& problem, const State& state, std::vector<LayerIndex> group,
              std::uint64_t node_limit)
      : problem_(problem),
        group_(std::move(group)),
        finish_s_(state.free_s),
        latency_s_(state.latency_s),
        nodes_left_(node_limit) {
    for (const LayerIndex layer : group_) {
      ready_s_.push_back(state.ready_s(problem, layer));
      std::vector<double>& seconds = seconds_.emplace_back();
      for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
        seconds.push_back(problem.zero_locality_s(layer, problem.representative(kind)));
      }
    }
    bound_rest();
    chosen_.resize(group_.size());
    children_.resize(group_.size());
  }

  /// First the best value, the quickest accelerators first; then the first assignment in catalogue order that
  /// has it.
  void run() {
    exact_ = descend(0, latency_s_, 0, Phase::optimise);
    if (exact_) {
      found_ = false;
      const std::vector<AcceleratorIndex> fallback = best_;
      exact_ = descend(0, latency_s_, 0, Phase::first_in_order);
      if (!found_) best_ = fallback;
    }
  }

  const std::vector<LayerIndex>& group() const { return group_; }
  const std::vector<AcceleratorIndex>& best() const { return best_; }
  std::uint64_t evaluations() const { return evaluations_; }
  bool exact() const { return exact_; }

 private:
  enum class Phase : std::uint8_t { optimise, first_in_order };

  struct Child {
    AcceleratorIndex accelerator;
    std::uint32_t kind;
    double start_s;
    double finish_s;
  };

  /// For each depth: what the layers from there on add at the least, each alone on its best accelerator.
  void bound_rest() {
    least_latency_s_.assign(group_.size() + 1, 0);
    least_sum_s_.assign(group_.size() + 1, 0);
    for (std::size_t i = group_.size(); i-- > 0;) {
      double least = kNever;
      for (const AcceleratorIndex a : problem_.candidates(group_[i])) {
        least = std::min(least, std::max(finish_s_[a], ready_s_[i]) + seconds_[i][problem_.kind(a)]);
      }
      least_latency_s_[i] = std::max(least_latency_s_[i + 1], least);
      least_sum_s_[i] = least_sum_s_[i + 1] + least;
    }
  }

  bool cannot_win(std::size_t depth, double latency_s, double sum_s, Phase phase) const {
    const double latency = std::max(latency_s, least_latency_s_[depth]);
    const double sum = sum_s + least_sum_s_[depth];
    if (latency != best_latency_s_) return latency > best_latency_s_;
    if (phase == Phase::optimise) return sum >= best_sum_s_ * (1 - kRounding);
    return sum > best_sum_s_ * (1 + kRounding);
  }

  void list_children(std::size_t depth, Phase phase) {
    std::vector<Child>& children = children_[depth];
    children.clear();
    for (const AcceleratorIndex a : problem_.candidates(group_[depth])) {
      const std::uint32_t kind = problem_.kind(a);
      const double start_s = std::max(finish_s_[a], ready_s_[depth]);
      children.push_back({a, kind, start_s, start_s + seconds_[depth][kind]});
    }
    // Accelerators of one kind that are free by the same time are the same choice: keep the first.
    std::stable_sort(children.begin(), children.end(), [](const Child& a, const Child& b) {
      return a.kind != b.kind ? a.kind < b.kind : a.start_s < b.start_s;
    });
    children.erase(std::unique(children.begin(), children.end(),
                               [](const Child& a, const Child& b) {
                                 return a.kind == b.kind && a.start_s == b.start_s;
                               }),
                   children.end());
    if (phase == Phase::optimise) {
      std::sort(children.begin(), children.end(), [](const Child& a, const Child& b) {
        return a.finish_s != b.finish_s ? a.finish_s < b.finish_s : a.accelerator < b.accelerator;
      });
    } else {
      std::sort(children.begin(), children.end(),
                [](const Child& a, const Child& b) { return a.accelerator < b.accelerator; });
    }
  }

  /// @returns false when the nodes ran out
  bool descend(std::size_t depth, double latency_s, double sum_s, Phase phase) {
    if (depth == group_.size()) {
      best_ = chosen_;
      found_ = true;
      best_latency_s_ = latency_s;
      best_sum_s_ = sum_s;
      return true;
    }
    list_children(depth, phase);
    for (const Child& child : children_[depth]) {
      // The first descent is free, so that there always is an assignment.
      if (nodes_left_ == 0 && !best_.empty()) return false;
      if (nodes_left_ > 0) --nodes_left_;
      ++evaluations_;
      const double latency = std::max(latency_s, child.finish_s);
      const double sum = sum_s + child.finish_s;
      if (cannot_win(depth + 1, latency, sum, phase)) continue;
      const double before_s = finish_s_[child.accelerator];
      finish_s_[child.accelerator] = child.finish_s;
      chosen_[depth] = child.accelerator;
      const bool finished = descend(depth + 1, latency, sum, phase);
      finish_s_[child.accelerator] = before_s;
      if (!finished) return false;
      if (phase == Phase::first_in_order && found_) return true;
    }
    return true;
  }

  const Problem& problem_;
  std::vector<LayerIndex> group_;
  std::vector<double> ready_s_;               ///< by depth
  std::vector<std::vector<double>> seconds_;  ///< by depth and kind
  std::vector<double> finish_s_;              ///< by accelerator, with what is chosen above
  double latency_s_;
  std::vector<double> least_latency_s_;  ///< by depth, of the layers from there on
  std::vector<double> least_sum_s_;
  std::vector<AcceleratorIndex> chosen_;
  std::vector<std::vector<Child>> children_;  ///< by depth
  std::vector<AcceleratorIndex> best_;
  double best_latency_s_ = kNever;
  double best_sum_s_ = kNever;
  bool found_ = false;
  bool exact_ = true;
  std::uint64_t nodes_left_;
  std::uint64_t evaluations_ = 0;
};

/// The release's choice for layers of one type: the first assignment, last layer fastest, with the smallest
/// latency.
class ReleaseSearch {
 public:
  ReleaseSearch(const Problem& problem, const State& state, std::span<const AcceleratorIndex> accelerators)
      : problem_(problem), state_(state), accelerators_(accelerators), finish_s_(state.free_s) {}

  void consider(const std::vector<LayerIndex>& layers) {
    layers_ = &layers;
    chosen_.resize(layers.size());
    descend(0, state_.latency_s);
  }

  const std::vector<LayerIndex>& layers() const { return best_layers_; }
  const std::vector<AcceleratorIndex>& assignment() const { return best_; }
  std::uint64_t evaluations() const { return evaluations_; }

 private:
  void descend(std::size_t depth, double latency_s) {
    if (latency_s >= best_latency_s_) return;
    if (depth == layers_->size()) {
      best_latency_s_ = latency_s;
      best_ = chosen_;
      best_layers_ = *layers_;
      return;
    }
    const LayerIndex layer = (*layers_)[depth];
    const double ready_s = state_.ready_s(problem_, layer);
    for (const AcceleratorIndex a : accelerators_) {
      ++evaluations_;
      const double before_s = finish_s_[a];
      finish_s_[a] = std::max(before_s, ready_s) + problem_.zero_locality_s(layer, a);
      chosen_[depth] = a;
      descend(depth + 1, std::max(latency_s, finish_s_[a]));
      finish_s_[a] = before_s;
    }
  }

  const Problem& problem_;
  const State& state_;
  std::span<const AcceleratorIndex> accelerators_;
  std::vector<double> finish_s_;
  const std::vector<LayerIndex>* layers_ = nullptr;
  std::vector<AcceleratorIndex> chosen_;
  std::vector<LayerIndex> best_layers_;
  std::vector<AcceleratorIndex> best_;
  double best_latency_s_ = kNever;
  std::uint64_t evaluations_ = 0;
};

/// Calls @p visit with every choice of @p size of the layers, in lexicographic order.
template <typename Visit>
void for_each_subset(const std::vector<LayerIndex>& layers, std::size_t size, const Visit& visit) {
  std::vector<std::size_t> index(size);
  std::iota(index.begin(), index.end(), std::size_t{0});
  std::vector<LayerIndex> subset(size);
  for (;;) {
    for (std::size_t i = 0; i < size; ++i) subset[i] = layers[index[i]];
    visit(subset);
    std::size_t i = size;
    while (i > 0 && index[i - 1] == layers.size() - size + i - 1) --i;
    if (i == 0) return;
    ++index[i - 1];
    for (std::size_t j = i; j < size; ++j) index[j] = index[j - 1] + 1;
  }
}

class ComputationPrioritized : public MappingStep {
 public:
  explicit ComputationPrioritized(const Section& options)
      : release_(options.choice("rule", std::array<std::string, 2>{"paper", "release"}, "paper") ==
                 "release"),
        node_limit_(static_cast<std::uint64_t>(options.integer("nodes", 1000000, kPositive<std::int64_t>))) {}

  StepResult run(const Problem& problem, const Mapping& /*mapping*/,
                 StepContext& /*context*/) const override {
    State state(problem);
    StepResult result;
    while (state.mapped < problem.layers()) {
      const std::vector<LayerIndex> group = state.ready_layers();
      if (release_) {
        assign_as_released(problem, state, group, result);
      } else {
        assign_best(problem, state, group, result);
      }
    }
    result.mapping = std::move(state.mapping);
    if (!result.exact) result.note = "a group was too large to be assigned exactly; nodes=N raises the limit";
    return result;
  }

 private:
  void assign_best(const Problem& problem, State& state, std::vector<LayerIndex> group,
                   StepResult& result) const {
    std::vector<double> ready_s(problem.layers());
    for (const LayerIndex layer : group) ready_s[layer] = state.ready_s(problem, layer);
    std::stable_sort(group.begin(), group.end(),
                     [&](LayerIndex a, LayerIndex b) { return ready_s[a] < ready_s[b]; });
    GroupSearch search(problem, state, std::move(group), node_limit_);
    search.run();
    result.evaluations += search.evaluations();
    result.exact = result.exact && search.exact();
    for (std::size_t i = 0; i < search.group().size(); ++i)
      state.assign(problem, search.group()[i], search.best()[i]);
    for (const LayerIndex layer : search.group()) state.release_consumers(problem, layer);
  }

  static void assign_as_released(const Problem& problem, State& state, const std::vector<LayerIndex>& group,
                                 StepResult& result) {
    // The types of the release in its order, then those that it does not know.
    constexpr std::array kOrder = {LayerType::conv,      LayerType::lstm, LayerType::fc,  LayerType::matmul,
                                   LayerType::attention, LayerType::pool, LayerType::add, LayerType::concat};
    static_assert(kOrder.size() == std::variant_size_v<Operation>);
    for (const LayerType type : kOrder) {
      std::vector<LayerIndex> layers;
      for (const LayerIndex layer : group) {
        if (problem.workload().layer(layer).type() == type) layers.push_back(layer);
      }
      if (layers.empty()) continue;
      const auto accelerators = problem.candidates(layers.front());
      ReleaseSearch search(problem, state, accelerators);
      if (accelerators.size() > layers.size()) {
        search.consider(layers);
      } else {
        for_each_subset(layers, accelerators.size(),
                        [&](const std::vector<LayerIndex>& subset) { search.consider(subset); });
      }
      result.evaluations += search.evaluations();
      for (std::size_t i = 0; i < search.layers().size(); ++i) {
        state.assign(problem, search.layers()[i], search.assignment()[i]);
        state.release_consumers(problem, search.layers()[i]);
      }
    }
  }

  bool release_;
  std::uint64_t node_limit_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(computation_prioritized) {
  registry.add_step({"computation-prioritized",
                     "H2H step 1: ready layers as a group, the assignment that adds least latency",
                     "Zhang et al., DAC 2022, section 4.1; Kwon et al., HPCA 2021",
                     {{"nodes", "1000000", "limit of the branch and bound, a group"},
                      {"rule", "paper", "paper or release (the authors' groups and ties)"}},
                     [](const h2h::Section& options) {
                       return std::make_shared<const h2h::ComputationPrioritized>(options);
                     },
                     true});
}
