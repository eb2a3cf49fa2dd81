// SPDX-License-Identifier: Apache-2.0
//
// Step `series-parallel`: mapping by series-parallel decomposition (Wilhelm, Pionteck, "Static task mapping
// for heterogeneous systems based on series-parallel decompositions", arXiv 2502.19745, 2025), with their
// strategy FirstFit. The workload falls into subgraphs: single layers, and the layers of every series and
// parallel composition. From a mapping on as few accelerators as can be, moves of a subgraph to an
// accelerator are judged by the latency of the whole mapping. The gain that each move had last is remembered;
// in each round moves are judged anew by falling remembered gain, until one gains at least as much as all the
// rest promise.
//
// Adapted:
// - The original's processors run every task. Here the layers of a subgraph that an accelerator does not run
//   stay where they are, and the start is not one processor but the accelerator that runs the most layers,
//   and so on for the rest; in a chain it is the mapping that the step is given.
// - A move that was never judged promises what its layers take at the start, so that the first round need
//   not judge all of them.
// - Moves are judged by the analytic evaluator, steps 2 and 3 redone for the accelerators touched. Layers run
//   everywhere in the order of one sequence, at the start depth first, so that branches stay together.
// - Of several accelerators of a kind those tried are the one that is free first and the one of the
//   subgraph's first producer.

#include <algorithm>
#include <limits>
#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include <h2h/mapper/ranks.hpp>
#include <h2h/mapper/series_parallel.hpp>
#include <h2h/plugin/plugin.hpp>
#include <h2h/schedule/analytic.hpp>

#include "localised_schedule.hpp"
#include "locality_options.hpp"

namespace h2h {
namespace {

/// The accelerator that runs the most layers, of those the one that takes the least time for them, gets them
/// all; what it does not run goes on likewise.
std::vector<AcceleratorIndex> fewest_accelerators(const ExpectedCosts& costs) {
  const Problem& problem = costs.problem();
  std::vector<AcceleratorIndex> assignment(problem.layers(), Mapping::kUnmapped);
  for (std::size_t left = assignment.size(); left > 0;) {
    auto best = std::tuple(std::size_t{0}, 0.0, AcceleratorIndex{0});
    for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
      auto candidate = std::tuple(std::size_t{0}, 0.0, problem.representative(kind));
      auto& [layers, minus_seconds, a] = candidate;
      for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
        if (assignment[layer] != Mapping::kUnmapped || !problem.runs(layer, a)) continue;
        ++layers;
        minus_seconds -= costs.seconds(layer, kind);
      }
      if (std::tie(layers, minus_seconds) > std::tie(std::get<0>(best), std::get<1>(best))) best = candidate;
    }
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      const AcceleratorIndex a = std::get<AcceleratorIndex>(best);
      if (assignment[layer] != Mapping::kUnmapped || !problem.runs(layer, a)) continue;
      assignment[layer] = a;
      --left;
    }
  }
  return assignment;
}

/// On the fewest accelerators, with what then stays local.
Mapping start_mapping(const Problem& problem, LocalityRules rules) {
  const ExpectedCosts costs(problem);
  const std::vector<AcceleratorIndex> assignment = fewest_accelerators(costs);
  Mapping mapping = Mapping::none(problem);
  for (const LayerIndex layer : depth_first_order(problem, upward_ranks_s(costs)))
    mapping.append(layer, assignment[layer]);
  LocalisedSchedule schedule(problem, mapping, rules);
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) schedule.relocalise(a);
  return schedule.state().mapping();
}

/// Moves subgraphs between accelerators, whose layers keep the order of one sequence.
class SubgraphMoves {
 public:
  SubgraphMoves(const Problem& problem, const Mapping& start, LocalityRules rules)
      : schedule_(problem, start, rules), place_(problem.layers()), touched_in_(problem.accelerators()) {
    std::vector<LayerIndex> sequence = execution_sequence(problem, start);
    const Schedule times = analytic_schedule(problem, start);
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer)
      seconds_.push_back(times.end_s(layer) - times.start_s(layer));
    std::stable_sort(sequence.begin(), sequence.end(),
                     [&](LayerIndex a, LayerIndex b) { return times.start_s(a) < times.start_s(b); });
    for (std::uint32_t i = 0; i < sequence.size(); ++i) place_[sequence[i]] = i;
  }

  IncrementalSchedule& state() { return schedule_.state(); }
  bool exact() const { return schedule_.exact(); }
  std::uint32_t place(LayerIndex layer) const { return place_[layer]; }
  /// What a layer took at the start.
  double seconds(LayerIndex layer) const { return seconds_[layer]; }

  /// Moves what the accelerator runs of a subgraph, given in the order of the sequence.
  /// @returns whether anything moved and may stay there; the attempt awaits commit() or rollback()
  bool attempt(const std::vector<LayerIndex>& layers, AcceleratorIndex to) {
    touched_.clear();
    ++attempt_;
    LayerIndex behind = state().last(to);
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
      const AcceleratorIndex from = state().accelerator(*layer);
      if (from == to || !state().problem().runs(*layer, to)) continue;
      while (behind != IncrementalSchedule::kNone && place_[behind] > place_[*layer])
        behind = state().before(behind);
      if (!state().move(*layer, to, behind)) return false;
      touch(from);
      touch(to);
    }
    for (const AcceleratorIndex a : touched_) schedule_.relocalise(a);
    return !touched_.empty();
  }

 private:
  void touch(AcceleratorIndex accelerator) {
    if (touched_in_[accelerator] == attempt_) return;
    touched_in_[accelerator] = attempt_;
    touched_.push_back(accelerator);
  }

  LocalisedSchedule schedule_;
  std::vector<std::uint32_t> place_;  ///< by layer: in the sequence
  std::vector<double> seconds_;       ///< by layer
  std::vector<AcceleratorIndex> touched_;
  std::vector<std::uint64_t> touched_in_;  ///< by accelerator: the attempt that touched it last
  std::uint64_t attempt_ = 0;
};

/// FirstFit over all moves.
class FirstFit {
 public:
  FirstFit(const Problem& problem, const Mapping& start, LocalityRules rules, std::uint64_t evaluations)
      : problem_(problem), moves_(problem, start, rules), left_(evaluations) {
    std::vector<std::uint32_t> members(problem.kinds());
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) ++members[problem.kind(a)];
    subgraphs_ = series_parallel_subgraphs(problem);
    for (std::uint32_t i = 0; i < subgraphs_.size(); ++i) {
      std::sort(subgraphs_[i].begin(), subgraphs_[i].end(),
                [&](LayerIndex a, LayerIndex b) { return moves_.place(a) < moves_.place(b); });
      double promise_s = 0;
      for (const LayerIndex layer : subgraphs_[i]) promise_s += moves_.seconds(layer);
      bool several = false;
      for (std::uint32_t kind = 0; kind < problem.kinds(); ++kind) {
        const AcceleratorIndex a = problem.representative(kind);
        if (std::none_of(subgraphs_[i].begin(), subgraphs_[i].end(),
                         [&](LayerIndex layer) { return problem.runs(layer, a); })) {
          continue;
        }
        queue_.push({promise_s, i, kind});
        several = several || members[kind] > 1;
      }
      if (several) queue_.push({promise_s, i, kProducer});
    }
  }

  StepResult run() {
    StepResult result;
    latency_s_ = moves_.state().latency_s();
    moves_.state().commit();
    while (round(result)) {
    }
    result.mapping = moves_.state().mapping();
    result.exact = moves_.exact() && left_ > 0;
    if (left_ == 0) result.note = "stopped at the limit of moves judged; evals=N raises it";
    return result;
  }

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();
  /// In place of a kind: the accelerator of the first producer outside.
  static constexpr std::uint32_t kProducer = std::numeric_limits<std::uint32_t>::max();

  struct Move {
    double gain_s;  ///< when it was judged last; before that, what its layers take
    std::uint32_t subgraph;
    std::uint32_t kind;

    /// Of equal gains the first subgraph and kind goes first.
    bool operator<(const Move& other) const {
      return std::tie(gain_s, other.subgraph, other.kind) < std::tie(other.gain_s, subgraph, kind);
    }
  };

  AcceleratorIndex target(const Move& move) {
    IncrementalSchedule& state = moves_.state();
    if (move.kind == kProducer) {
      for (const TensorIndex tensor : problem_.inputs(subgraphs_[move.subgraph].front())) {
        if (!problem_.tensor(tensor).is_network_input())
          return state.accelerator(problem_.tensor(tensor).producer);
      }
      return Mapping::kUnmapped;
    }
    return free_first_[move.kind];
  }

  /// Of each kind the accelerator whose last layer ends first.
  void find_free() {
    free_first_.assign(problem_.kinds(), Mapping::kUnmapped);
    std::vector<double> free_s(problem_.kinds());
    for (AcceleratorIndex a = 0; a < problem_.accelerators(); ++a) {
      const std::uint32_t kind = problem_.kind(a);
      const LayerIndex last = moves_.state().last(a);
      const double end_s = last == IncrementalSchedule::kNone ? 0 : moves_.state().end_s(last);
      if (free_first_[kind] != Mapping::kUnmapped && end_s >= free_s[kind]) continue;
      free_first_[kind] = a;
      free_s[kind] = end_s;
    }
  }

  /// Makes the first move that gains as much as the rest promise. @returns whether there was one that gains
  bool round(StepResult& result) {
    find_free();
    judged_.clear();
    std::optional<Move> best;
    AcceleratorIndex best_target = 0;
    while (!queue_.empty() && left_ > 0) {
      Move move = queue_.top();
      if (best && best->gain_s >= move.gain_s) break;
      queue_.pop();
      move.gain_s = -kNever;
      const AcceleratorIndex to = target(move);
      if (to != Mapping::kUnmapped && moves_.attempt(subgraphs_[move.subgraph], to)) {
        const double candidate_s = moves_.state().latency_s();
        move.gain_s = latency_s_ - candidate_s;
        ++result.evaluations;
        --left_;
        if (improves(candidate_s, latency_s_) && (!best || move.gain_s > best->gain_s)) {
          best = move;
          best_target = to;
        }
      }
      moves_.state().rollback();
      judged_.push_back(move);
    }
    for (const Move& move : judged_) queue_.push(move);
    if (!best) return false;
    moves_.attempt(subgraphs_[best->subgraph], best_target);
    latency_s_ = moves_.state().latency_s();
    moves_.state().commit();
    return left_ > 0;
  }

  const Problem& problem_;
  SubgraphMoves moves_;
  std::vector<std::vector<LayerIndex>> subgraphs_;
  std::priority_queue<Move> queue_;
  std::vector<Move> judged_;
  std::vector<AcceleratorIndex> free_first_;  ///< by kind
  double latency_s_ = 0;
  std::uint64_t left_;
};

class SeriesParallel : public MappingStep {
 public:
  explicit SeriesParallel(const Section& options)
      : rules_{weights_option(options), scope_option(options), dram_option(options)},
        evaluations_(static_cast<std::uint64_t>(options.integer("evals", 100000, kPositive<std::int64_t>))) {}

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    const Mapping start = mapping.is_complete() ? mapping : start_mapping(problem, rules_);
    return unless_worse(problem, mapping, FirstFit(problem, start, rules_, evaluations_).run(), context);
  }

 private:
  LocalityRules rules_;
  std::uint64_t evaluations_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(series_parallel) {
  registry.add_step(
      {"series-parallel",
       "moves subgraphs of a series-parallel decomposition while that shortens the run (FirstFit)",
       "Wilhelm, Pionteck, arXiv 2502.19745, 2025",
       {h2h::describe_scope(),
        {"evals", "100000", "limit of moves judged"},
        h2h::describe_weights(),
        h2h::describe_dram()},
       [](const h2h::Section& options) { return std::make_shared<const h2h::SeriesParallel>(options); },
       true});
}
