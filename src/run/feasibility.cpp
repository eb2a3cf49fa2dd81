// SPDX-License-Identifier: Apache-2.0
#include <h2h/run/feasibility.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include <h2h/base/text.hpp>

namespace h2h {
namespace {

using Entries = std::vector<std::size_t>;  ///< positions in a catalogue, in order

/// All smallest sets of entries of which each group has a member, by a search that goes deeper by one until
/// it finds some: it takes a group without a member and tries each of its entries.
class LeastSets {
 public:
  explicit LeastSets(std::vector<Entries> groups) : groups_(std::move(groups)) {}

  std::vector<Entries> find(std::size_t most) {
    most_ = most;
    // One entry a group always does.
    for (std::size_t size = 1; size <= groups_.size() && found_.empty(); ++size) extend({}, size);
    return {found_.begin(), found_.end()};
  }

 private:
  static bool has_common(const Entries& a, const Entries& b) {
    return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
  }

  /// How many more entries it takes at least: groups without a member that have none in common.
  std::size_t least_size(const Entries& chosen) const {
    Entries used = chosen;
    std::size_t size = 0;
    for (const Entries& group : groups_) {
      if (has_common(group, used)) continue;
      ++size;
      used.insert(used.end(), group.begin(), group.end());
    }
    return size;
  }

  void extend(const Entries& chosen, std::size_t room) {
    if (found_.size() >= most_) return;
    const auto open = std::find_if(groups_.begin(), groups_.end(),
                                   [&](const Entries& group) { return !has_common(group, chosen); });
    if (open == groups_.end()) {
      Entries set = chosen;
      std::sort(set.begin(), set.end());
      found_.insert(std::move(set));
      return;
    }
    if (least_size(chosen) > room) return;
    for (const std::size_t entry : *open) {
      Entries more = chosen;
      more.push_back(entry);
      extend(more, room - 1);
    }
  }

  std::vector<Entries> groups_;
  std::size_t most_ = 0;
  std::set<Entries> found_;
};

bool runs_somewhere(const Layer& layer, const System& system) {
  return std::any_of(system.accelerators.begin(), system.accelerators.end(),
                     [&](const Accelerator& one) { return one.type.time(layer).has_value(); });
}

bool has_type(LayerType type, const System& system) {
  return std::any_of(system.accelerators.begin(), system.accelerators.end(),
                     [&](const Accelerator& one) { return one.type.layer_types.contains(type); });
}

Entries entries_that_run(const Layer& layer, const Catalogue& catalogue) {
  Entries entries;
  for (std::size_t i = 0; i < catalogue.types.size(); ++i) {
    if (catalogue.types[i].time(layer)) entries.push_back(i);
  }
  return entries;
}

}  // namespace

Infeasibility find_infeasibility(const Workload& workload, const System& system, const Catalogue& catalogue) {
  struct Found {
    std::vector<LayerIndex> layers;
    Entries by_all;  ///< entries that run all of them
  };
  std::map<LayerType, Found> by_type;
  std::set<Entries> groups;
  Infeasibility result;
  for (LayerIndex l = 0; l < workload.size(); ++l) {
    const Layer& layer = workload.layer(l);
    if (runs_somewhere(layer, system)) continue;
    Entries entries = entries_that_run(layer, catalogue);
    const auto [place, is_new] = by_type.try_emplace(layer.type());
    Found& found = place->second;
    found.layers.push_back(l);
    if (is_new) {
      found.by_all = entries;
    } else {
      std::erase_if(found.by_all, [&](std::size_t entry) {
        return std::find(entries.begin(), entries.end(), entry) == entries.end();
      });
    }
    if (entries.empty()) {
      result.hopeless.push_back(l);
    } else {
      groups.insert(std::move(entries));
    }
  }
  const auto names_of = [&](const Entries& entries) {
    std::vector<std::string> names;
    for (const std::size_t entry : entries) names.push_back(catalogue.types[entry].name());
    return names;
  };
  for (auto& [type, found] : by_type)
    result.gaps.push_back({type, std::move(found.layers), has_type(type, system), names_of(found.by_all)});
  for (const Entries& set : LeastSets({groups.begin(), groups.end()}).find(Infeasibility::kMostSets))
    result.least_sets.push_back(names_of(set));
  return result;
}

std::string remedy_of(const Infeasibility& infeasibility) {
  if (infeasibility.least_sets.empty()) return {};
  constexpr std::size_t kMostNamed = 4;
  std::vector<std::string> sets;
  for (const auto& set : infeasibility.least_sets) sets.push_back(fmt::format("{}", fmt::join(set, " + ")));
  return enumerate(sets, "or", kMostNamed);
}

}  // namespace h2h
