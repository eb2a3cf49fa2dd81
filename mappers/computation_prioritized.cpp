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
// The step is analytic under every evaluator: it compares sums, not schedules. Under direct activations
// producers are mapped before their consumers, so that pulls are priced by their route; a layer that reads an
// output on its own accelerator pays for the store that this takes, if it is the first to do so.

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
  std::vector<char> stored;  ///< by layer, of direct activations: a layer beside it reads its output
  double latency_s = 0;
  std::size_t mapped = 0;

  explicit State(const Problem& problem)
      : mapping(Mapping::none(problem)),
        free_s(problem.accelerators()),
        end_s(problem.layers()),
        waiting(problem.layers()),
        stored(problem.layers()) {
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

  /// Seconds of a layer with every transfer paid, its producers where they are.
  double seconds(const Problem& problem, LayerIndex layer, AcceleratorIndex to) const {
    if (!problem.is_direct()) return problem.zero_locality_s(layer, to);
    const Problem::LayerCost& cost = problem.cost(layer, to);
    double seconds = cost.weights_s;
    LayerIndex last = Tensor::kNetworkInput;
    for (const TensorIndex tensor : problem.inputs(layer)) {
      const LayerIndex producer = problem.tensor(tensor).producer;
      const bool is_produced = producer != Tensor::kNetworkInput;
      const AcceleratorIndex from =
          is_produced ? problem.source(mapping.accelerator[producer], to) : Problem::kHost;
      seconds += problem.transfer_s(tensor, from, to);
      if (is_produced && from == Problem::kHost && stored[producer] == 0 && producer != last)
        seconds += problem.cost(producer, to).output_s;
      last = producer;
    }
    seconds += cost.compute_s;
    return problem.is_result(layer) ? seconds + cost.output_s : seconds;
  }

  void assign(const Problem& problem, LayerIndex layer, AcceleratorIndex to) {
    end_s[layer] = std::max(free_s[to], ready_s(problem, layer)) + seconds(problem, layer, to);
    for (const TensorIndex tensor : problem.inputs(layer)) {
      const LayerIndex producer = problem.tensor(tensor).producer;
      if (producer != Tensor::kNetworkInput && mapping.accelerator[producer] == to) stored[producer] = 1;
    }
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
      for (std::uint32_t column = 0; column < columns(); ++column) {
        const AcceleratorIndex a = problem.is_direct() ? column : problem.representative(column);
        seconds.push_back(problem.runs(layer, a) ? state.seconds(problem, layer, a) : kNever);
      }
    }
    bound_rest();
    chosen_.resize(group_.size());
    children_.resize(group_.size());
  }

  /// First the best value, the quickest accelerators first; then the first assignment in catalogue order that
  /// has it.
  void run() {
    exact_ = search(Phase::optimise);
    if (exact_) {
      found_ = false;
      const std::vector<AcceleratorIndex> fallback = best_;
      exact_ = search(Phase::first_in_order);
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
    std::uint32_t column;
    double start_s;
    double finish_s;
  };

  /// A layer on the way down: what is chosen above it, and which of its children comes next.
  struct Frame {
    double latency_s;
    double sum_s;
    std::size_t next = 0;
    double before_s = 0;  ///< when the accelerator of the last child was free without it
  };

  /// Accelerators whose costs are the same share a column: those of a kind, and under direct activations,
  /// where their distances from the producers differ, none.
  std::uint32_t columns() const { return problem_.is_direct() ? problem_.accelerators() : problem_.kinds(); }
  std::uint32_t column(AcceleratorIndex a) const { return problem_.is_direct() ? a : problem_.kind(a); }

  /// For each depth: what the layers from there on add at the least, each alone on its best accelerator.
  void bound_rest() {
    least_latency_s_.assign(group_.size() + 1, 0);
    least_sum_s_.assign(group_.size() + 1, 0);
    for (std::size_t i = group_.size(); i-- > 0;) {
      double least = kNever;
      for (const AcceleratorIndex a : problem_.candidates(group_[i])) {
        least = std::min(least, std::max(finish_s_[a], ready_s_[i]) + seconds_[i][column(a)]);
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
      const std::uint32_t at = column(a);
      const double start_s = std::max(finish_s_[a], ready_s_[depth]);
      children.push_back({a, at, start_s, start_s + seconds_[depth][at]});
    }
    // Accelerators of one column that are free by the same time are the same choice: keep the first.
    std::stable_sort(children.begin(), children.end(), [](const Child& a, const Child& b) {
      return a.column != b.column ? a.column < b.column : a.start_s < b.start_s;
    });
    children.erase(std::unique(children.begin(), children.end(),
                               [](const Child& a, const Child& b) {
                                 return a.column == b.column && a.start_s == b.start_s;
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

  /// Depth first, on a stack of its own: a group may have as many layers as the workload.
  /// @returns false when the nodes ran out
  bool search(Phase phase) {
    frames_.clear();
    frames_.push_back({latency_s_, 0});
    list_children(0, phase);
    while (!frames_.empty()) {
      const std::size_t depth = frames_.size() - 1;
      Frame& frame = frames_.back();
      if (frame.next > 0) finish_s_[children_[depth][frame.next - 1].accelerator] = frame.before_s;
      if (frame.next == children_[depth].size()) {
        frames_.pop_back();
        continue;
      }
      // The first descent is free, so that there always is an assignment.
      if (nodes_left_ == 0 && !best_.empty()) return false;
      if (nodes_left_ > 0) --nodes_left_;
      ++evaluations_;
      const Child& child = children_[depth][frame.next++];
      const double latency = std::max(frame.latency_s, child.finish_s);
      const double sum = frame.sum_s + child.finish_s;
      frame.before_s = finish_s_[child.accelerator];
      if (cannot_win(depth + 1, latency, sum, phase)) continue;
      finish_s_[child.accelerator] = child.finish_s;
      chosen_[depth] = child.accelerator;
      if (depth + 1 < group_.size()) {
        frames_.push_back({latency, sum});
        list_children(depth + 1, phase);
        continue;
      }
      best_ = chosen_;
      found_ = true;
      best_latency_s_ = latency;
      best_sum_s_ = sum;
      if (phase == Phase::first_in_order) return true;
    }
    return true;
  }

  const Problem& problem_;
  std::vector<LayerIndex> group_;
  std::vector<double> ready_s_;               ///< by depth
  std::vector<std::vector<double>> seconds_;  ///< by depth and column
  std::vector<double> finish_s_;              ///< by accelerator, with what is chosen above
  double latency_s_;
  std::vector<double> least_latency_s_;  ///< by depth, of the layers from there on
  std::vector<double> least_sum_s_;
  std::vector<AcceleratorIndex> chosen_;
  std::vector<std::vector<Child>> children_;  ///< by depth
  std::vector<Frame> frames_;                 ///< by depth
  std::vector<AcceleratorIndex> best_;
  double best_latency_s_ = kNever;
  double best_sum_s_ = kNever;
  bool found_ = false;
  bool exact_ = true;
  std::uint64_t nodes_left_;
  std::uint64_t evaluations_ = 0;
};

/// The release's choice for layers of one type: the first assignment, last layer fastest, with the smallest
/// latency. Subsets and assignments multiply without end on wide workloads, so nodes are limited here, too.
class ReleaseSearch {
 public:
  ReleaseSearch(const Problem& problem, const State& state, std::span<const AcceleratorIndex> accelerators,
                std::uint64_t node_limit)
      : problem_(problem),
        state_(state),
        accelerators_(accelerators),
        finish_s_(state.free_s),
        nodes_left_(node_limit) {}

  /// @returns false when no other layers need be considered: the nodes ran out, or nothing can be better
  bool consider(const std::vector<LayerIndex>& layers) {
    ready_s_.clear();
    for (const LayerIndex layer : layers) ready_s_.push_back(state_.ready_s(problem_, layer));
    chosen_.resize(layers.size());
    exact_ = search(layers);
    return exact_ && best_latency_s_ > state_.latency_s;
  }

  const std::vector<LayerIndex>& layers() const { return best_layers_; }
  const std::vector<AcceleratorIndex>& assignment() const { return best_; }
  std::uint64_t evaluations() const { return evaluations_; }
  bool exact() const { return exact_; }

 private:
  struct Frame {
    double latency_s;
    std::size_t next = 0;
    double before_s = 0;
  };

  bool search(const std::vector<LayerIndex>& layers) {
    frames_.assign(1, {state_.latency_s});
    while (!frames_.empty()) {
      const std::size_t depth = frames_.size() - 1;
      Frame& frame = frames_.back();
      if (frame.next > 0) finish_s_[accelerators_[frame.next - 1]] = frame.before_s;
      if (frame.next == accelerators_.size()) {
        frames_.pop_back();
        continue;
      }
      // The first descent is free, so that there always is an assignment.
      if (nodes_left_ == 0 && !best_.empty()) return false;
      if (nodes_left_ > 0) --nodes_left_;
      ++evaluations_;
      const AcceleratorIndex a = accelerators_[frame.next++];
      frame.before_s = finish_s_[a];
      const double finish_s =
          std::max(frame.before_s, ready_s_[depth]) + state_.seconds(problem_, layers[depth], a);
      const double latency_s = std::max(frame.latency_s, finish_s);
      if (latency_s >= best_latency_s_) continue;
      finish_s_[a] = finish_s;
      chosen_[depth] = a;
      if (depth + 1 < layers.size()) {
        frames_.push_back({latency_s});
        continue;
      }
      best_latency_s_ = latency_s;
      best_ = chosen_;
      best_layers_ = layers;
    }
    return true;
  }

  const Problem& problem_;
  const State& state_;
  std::span<const AcceleratorIndex> accelerators_;
  std::vector<double> finish_s_;
  std::vector<double> ready_s_;  ///< by depth
  std::vector<AcceleratorIndex> chosen_;
  std::vector<Frame> frames_;  ///< by depth
  std::vector<LayerIndex> best_layers_;
  std::vector<AcceleratorIndex> best_;
  double best_latency_s_ = kNever;
  bool exact_ = true;
  std::uint64_t nodes_left_;
  std::uint64_t evaluations_ = 0;
};

/// Calls @p visit with every choice of @p size of the layers, in lexicographic order, until it returns false.
template <typename Visit>
void for_each_subset(const std::vector<LayerIndex>& layers, std::size_t size, const Visit& visit) {
  std::vector<std::size_t> index(size);
  std::iota(index.begin(), index.end(), std::size_t{0});
  std::vector<LayerIndex> subset(size);
  for (;;) {
    for (std::size_t i = 0; i < size; ++i) subset[i] = layers[index[i]];
    if (!visit(subset)) return;
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

  void assign_as_released(const Problem& problem, State& state, const std::vector<LayerIndex>& group,
                          StepResult& result) const {
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
      ReleaseSearch search(problem, state, accelerators, node_limit_);
      if (accelerators.size() > layers.size()) {
        search.consider(layers);
      } else {
        for_each_subset(layers, accelerators.size(),
                        [&](const std::vector<LayerIndex>& subset) { return search.consider(subset); });
      }
      result.evaluations += search.evaluations();
      result.exact = result.exact && search.exact();
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
                     h2h::StepFamily::Start::nothing});
}
