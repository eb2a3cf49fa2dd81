// SPDX-License-Identifier: Apache-2.0
//
// Step `data-locality-remapping`: step 4 of H2H (Zhang et al., DAC 2022, section 4.4). Every layer is tried
// on the accelerator of each of its predecessors, right behind it, and of each of its successors, right
// before it; steps 2 and 3 are redone for the two accelerators touched, and the move stays if the latency of
// the whole system falls. Passes over all layers go on until none moves.
//
// order=release visits layers as the authors' release does: for each result of the network, the latest first,
// from the first layer of its chain down. Layers that no such walk meets are not visited.
//
// Under `--evaluator replay` a move that the analytic latency, a lower bound, already shows not to win is not
// replayed (prune=off replays it all the same); several moves are replayed side by side, and the first that
// wins in order is taken, so the result does not depend on how many.

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <h2h/plugin/plugin.hpp>

#include "localised_schedule.hpp"
#include "locality_options.hpp"

namespace h2h {
namespace {

/// To the accelerator of a neighbour: behind a predecessor, or before a successor.
struct Remap {
  LayerIndex layer;
  LayerIndex neighbour;
  bool behind;
};

/// Tries moves, pins and fusions redone.
class LocalSearch {
 public:
  LocalSearch(const Problem& problem, const Mapping& mapping, LocalityRules rules)
      : schedule_(problem, mapping, rules) {}

  IncrementalSchedule& state() { return schedule_.state(); }
  bool exact() const { return schedule_.exact(); }

  /// Latency after a move, which then awaits commit() or rollback(); nothing if there is no such move.
  std::optional<double> attempt(const Remap& remap) {
    const AcceleratorIndex from = state().accelerator(remap.layer);
    const AcceleratorIndex to = state().accelerator(remap.neighbour);
    if (from == to || !state().problem().runs(remap.layer, to)) return std::nullopt;
    if (!state().move(remap.layer, to, remap.behind ? remap.neighbour : state().before(remap.neighbour))) {
      state().rollback();
      return std::nullopt;
    }
    schedule_.relocalise(from);
    schedule_.relocalise(to);
    return state().latency_s();
  }

 private:
  LocalisedSchedule schedule_;
};

/// The moves of one visit of a layer: its predecessors, then its successors.
void list_remaps(const Problem& problem, LayerIndex layer, std::vector<Remap>& remaps) {
  const std::size_t first = remaps.size();
  const auto add = [&](LayerIndex neighbour, bool behind) {
    const bool known = std::any_of(
        remaps.begin() + static_cast<std::ptrdiff_t>(first), remaps.end(),
        [&](const Remap& remap) { return remap.neighbour == neighbour && remap.behind == behind; });
    if (!known) remaps.push_back({layer, neighbour, behind});
  };
  for (const TensorIndex tensor : problem.inputs(layer)) {
    if (!problem.tensor(tensor).is_network_input()) add(problem.tensor(tensor).producer, true);
  }
  for (const TensorIndex tensor : problem.outputs(layer)) add(problem.tensor(tensor).consumer, false);
}

/// The release's visits: from the first layer of the chain of each result, results by falling end, everything
/// that is reached from there once.
std::vector<LayerIndex> release_order(const Problem& problem, const IncrementalSchedule& state) {
  std::vector<LayerIndex> results;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    if (problem.is_result(layer)) results.push_back(layer);
  }
  std::stable_sort(results.begin(), results.end(),
                   [&](LayerIndex a, LayerIndex b) { return state.end_s(a) > state.end_s(b); });
  std::vector<LayerIndex> visits;
  for (LayerIndex first : results) {
    for (;;) {
      // The chain of a layer goes back over its first input.
      const TensorIndex tensor = *problem.inputs(first).begin();
      if (problem.tensor(tensor).is_network_input()) break;
      first = problem.tensor(tensor).producer;
    }
    std::vector<char> seen(problem.layers());
    std::vector<LayerIndex> stack = {first};
    while (!stack.empty()) {
      const LayerIndex layer = stack.back();
      stack.pop_back();
      if (seen[layer] != 0) continue;
      seen[layer] = 1;
      visits.push_back(layer);
      const auto outputs = problem.outputs(layer);
      for (auto tensor = outputs.rbegin(); tensor != outputs.rend(); ++tensor)
        stack.push_back(problem.tensor(*tensor).consumer);
    }
  }
  return visits;
}

class DataLocalityRemapping : public MappingStep {
 public:
  explicit DataLocalityRemapping(const Section& options)
      : rules_{weights_option(options), scope_option(options), dram_option(options)},
        passes_(options.integer("passes", 0, {0})),
        release_order_(options.choice("order", std::array<std::string, 2>{"list", "release"}, "list") ==
                       "release"),
        prune_(options.flag("prune", true)) {}

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    require_complete(mapping, "data-locality-remapping");
    LocalSearch search(problem, mapping, rules_);
    std::vector<LayerIndex> visits;
    if (release_order_) {
      visits = release_order(problem, search.state());
    } else {
      for (LayerIndex layer = 0; layer < problem.layers(); ++layer) visits.push_back(layer);
    }
    std::vector<Remap> remaps;
    for (const LayerIndex layer : visits) list_remaps(problem, layer, remaps);

    StepResult result;
    double latency_s = context.evaluator.is_analytic() ? search.state().latency_s()
                                                       : context.evaluator.latency_s(problem, mapping);
    for (std::int64_t pass = 0; passes_ == 0 || pass < passes_; ++pass) {
      const double before_s = latency_s;
      latency_s = context.evaluator.is_analytic()
                      ? analytic_pass(search, remaps, latency_s, result)
                      : judged_pass(problem, search, remaps, latency_s, context.evaluator, result);
      if (latency_s == before_s) break;
    }
    result.mapping = search.state().mapping();
    result.exact = search.exact();
    return result;
  }

  bool may_exceed_dram() const override { return !rules_.enforce_dram; }

 private:
  static double analytic_pass(LocalSearch& search, std::span<const Remap> remaps, double latency_s,
                              StepResult& result) {
    for (const Remap& remap : remaps) {
      const auto candidate_s = search.attempt(remap);
      if (!candidate_s) continue;
      ++result.evaluations;
      if (improves(*candidate_s, latency_s)) {
        latency_s = *candidate_s;
        search.state().commit();
      } else {
        search.state().rollback();
      }
    }
    return latency_s;
  }

  /// Looks ahead for as many moves as are judged side by side. What stands behind the first that wins is
  /// judged again from there, and counts as considered only then.
  double judged_pass(const Problem& problem, LocalSearch& search, std::span<const Remap> remaps,
                     double latency_s, Evaluator& evaluator, StepResult& result) const {
    const bool prune = prune_ && evaluator.has_analytic_bound();
    std::vector<std::size_t> places;
    std::vector<Mapping> candidates;
    std::size_t at = 0;
    while (at < remaps.size()) {
      places.clear();
      candidates.clear();
      std::vector<std::size_t> considered;
      std::size_t ahead = at;
      for (; ahead < remaps.size() && candidates.size() < evaluator.width(); ++ahead) {
        const auto bound_s = search.attempt(remaps[ahead]);
        if (!bound_s) continue;
        considered.push_back(ahead);
        if (!prune || improves(*bound_s * (1 - kDecisionMargin), latency_s)) {
          places.push_back(ahead);
          candidates.push_back(search.state().mapping());
        }
        search.state().rollback();
      }
      const std::vector<double> judged_s = evaluator.latencies_s(problem, candidates);
      std::size_t next = ahead;
      for (std::size_t i = 0; i < judged_s.size(); ++i) {
        if (!improves(judged_s[i], latency_s)) continue;
        latency_s = judged_s[i];
        search.attempt(remaps[places[i]]);
        search.state().commit();
        next = places[i] + 1;
        break;
      }
      result.evaluations += static_cast<std::uint64_t>(std::count_if(
          considered.begin(), considered.end(), [&](std::size_t place) { return place < next; }));
      at = next;
    }
    return latency_s;
  }

  LocalityRules rules_;
  std::int64_t passes_;
  bool release_order_;
  bool prune_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(data_locality_remapping) {
  registry.add_step({"data-locality-remapping",
                     "H2H step 4: layers move beside their neighbours while that shortens the run",
                     "Zhang et al., DAC 2022, section 4.4",
                     {h2h::describe_scope(),
                      {"passes", "0", "passes over all layers; 0: until no layer moves"},
                      {"order", "list", "layers in file order, or release (chains by falling end time)"},
                      {"prune", "on", "skip replays that the analytic latency shows not to win"},
                      h2h::describe_weights(),
                      h2h::describe_dram()},
                     [](const h2h::Section& options) {
                       return std::make_shared<const h2h::DataLocalityRemapping>(options);
                     }});
}
