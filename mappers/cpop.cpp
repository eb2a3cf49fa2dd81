// SPDX-License-Identifier: Apache-2.0
//
// Step `cpop`: critical path on a processor (Topcuoglu, Hariri, Wu, IEEE TPDS 13(3):260-274, 2002). Layers by
// falling sum of upward and downward rank; those of the critical path all on the accelerator that runs it in
// the least time, the others where they end first.
//
// Adapted: accelerators run some types of layers only, so that seldom one runs the whole path, and one that
// does may be a hundred times slower than specialised ones. The path gets the sequence of accelerators on
// which it takes the least time, transfers wherever it changes included, by dynamic programming; that is one
// accelerator throughout where transfers are dear. Of a kind it is the first in catalogue order.

#include <algorithm>

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {
namespace {

std::vector<double> path_ranks_s(const ExpectedCosts& costs) {
  std::vector<double> ranks = upward_ranks_s(costs);
  const std::vector<double> downward = downward_ranks_s(costs);
  for (std::size_t layer = 0; layer < ranks.size(); ++layer) ranks[layer] += downward[layer];
  return ranks;
}

/// From the first layer that has the highest rank along the consumers of the highest rank.
std::vector<LayerIndex> critical_path(const Problem& problem, const std::vector<double>& upward_s) {
  std::vector<LayerIndex> path;
  auto next = static_cast<LayerIndex>(std::max_element(upward_s.begin(), upward_s.end()) - upward_s.begin());
  for (;;) {
    path.push_back(next);
    const auto outputs = problem.outputs(next);
    if (outputs.empty()) return path;
    next = problem.tensor(outputs.front()).consumer;
    for (const TensorIndex tensor : outputs) {
      const LayerIndex consumer = problem.tensor(tensor).consumer;
      if (upward_s[consumer] > upward_s[next]) next = consumer;
    }
  }
}

/// Least time of a path, by its first layers and the kind of accelerator of the last of them.
class PathTable {
 public:
  PathTable(const ExpectedCosts& costs, const std::vector<LayerIndex>& path)
      : kinds_(costs.problem().kinds()), rows_(path.size(), std::vector<Entry>(kinds_)) {
    for (std::size_t i = 0; i < path.size(); ++i) {
      const std::uint32_t quickest = i == 0 ? 0 : quickest_kind(i - 1);
      for (std::uint32_t kind = 0; kind < kinds_; ++kind) {
        Entry& entry = rows_[i][kind];
        entry.seconds = costs.seconds(path[i], kind);
        if (i == 0) continue;
        const double stay_s =
            rows_[i - 1][kind].seconds - saved_by_fusion_s(costs.problem(), path[i - 1], path[i], kind);
        const double change_s = rows_[i - 1][quickest].seconds;
        entry.seconds += std::min(stay_s, change_s);
        entry.from = stay_s <= change_s ? kind : quickest;
      }
    }
  }

  /// By position on the path.
  std::vector<std::uint32_t> best_kinds() const {
    std::vector<std::uint32_t> kinds(rows_.size());
    std::uint32_t kind = quickest_kind(rows_.size() - 1);
    for (std::size_t i = rows_.size(); i-- > 0; kind = rows_[i][kind].from) kinds[i] = kind;
    return kinds;
  }

 private:
  struct Entry {
    double seconds = 0;
    std::uint32_t from = 0;  ///< kind of the layer before
  };

  std::uint32_t quickest_kind(std::size_t i) const {
    const auto quickest =
        std::min_element(rows_[i].begin(), rows_[i].end(),
                         [](const Entry& a, const Entry& b) { return a.seconds < b.seconds; });
    return static_cast<std::uint32_t>(quickest - rows_[i].begin());
  }

  std::uint32_t kinds_;
  std::vector<std::vector<Entry>> rows_;
};

class CriticalChoice : public ChoiceRule {
 public:
  explicit CriticalChoice(const ExpectedCosts& costs) : only_(costs.problem().layers(), Mapping::kUnmapped) {
    const std::vector<LayerIndex> path = critical_path(costs.problem(), upward_ranks_s(costs));
    const std::vector<std::uint32_t> kinds = PathTable(costs, path).best_kinds();
    for (std::size_t i = 0; i < path.size(); ++i) only_[path[i]] = costs.problem().representative(kinds[i]);
  }

  AcceleratorIndex only(LayerIndex layer) const override { return only_[layer]; }
  double value_s(PartialSchedule& /*schedule*/, const Placement& place) override { return place.end_s; }

 private:
  std::vector<AcceleratorIndex> only_;  ///< by layer
};

}  // namespace

std::unique_ptr<const PriorityRule> path_priority(const ExpectedCosts& costs) {
  return std::make_unique<const StaticPriority>(path_ranks_s(costs));
}

std::unique_ptr<ChoiceRule> critical_choice(const ExpectedCosts& costs) {
  return std::make_unique<CriticalChoice>(costs);
}

}  // namespace h2h

H2H_PLUGIN(cpop) {
  registry.add_step({"cpop",
                     "the critical path where it is quickest as a whole, the rest where it ends first",
                     "Topcuoglu, Hariri, Wu, IEEE TPDS 13(3), 2002",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::path_priority,
                                                                          h2h::critical_choice, true);
                     },
                     true});
}
