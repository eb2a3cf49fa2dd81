// SPDX-License-Identifier: Apache-2.0
#include "exact.hpp"

#include <algorithm>
#include <cassert>
#include <vector>

#include <fmt/format.h>

#include <h2h/schedule/checker.hpp>

namespace h2h::bounds {
namespace {

/// Latencies that differ by less are the same: sums in another order.
constexpr double kSame = 1e-12;

/// Inputs of a layer of which every subset is tried where DRAM may bind.
constexpr std::size_t kMostLocal = 20;
/// Layers x groups of a problem that a search may begin to look at within its time.
constexpr std::size_t kMostAssignments = 20000;

using Clock = std::chrono::steady_clock;

/// Whether pinned weights and the outputs of all layers together may exceed some DRAM. If not, whatever may
/// be fused is.
bool dram_may_bind(const Slots& slots) {
  return std::any_of(slots.groups().begin(), slots.groups().end(), [&](const Group& group) {
    auto bytes = static_cast<double>(group.room_bytes());
    for (LayerIndex layer = 0; layer < slots.layers(); ++layer) {
      if (slots.problem().runs(layer, group.first))
        bytes += static_cast<double>(slots.problem().cost(layer, group.first).output_bytes);
    }
    return bytes > static_cast<double>(group.dram_bytes);
  });
}

/// A layer's slot in a schedule.
struct Placement {
  LayerIndex layer = 0;
  AcceleratorIndex accelerator = 0;
  bool pinned = false;
  bool stored = false;
  std::uint32_t unfused = 0;  ///< a bit for each input that is transferred although it is in the local DRAM
  double start_s = 0;
  double end_s = 0;
  double bound_s = 0;  ///< of all schedules that continue with it
};

class Search {
 public:
  Search(const Slots& slots, const Windows& windows, double upper_s, Clock::time_point deadline)
      : slots_(slots),
        windows_(windows),
        upper_s_(upper_s),
        deadline_(deadline),
        placed_(slots.layers()),
        is_placed_(slots.layers()),
        waiting_(slots.layers()),
        free_s_(slots.problem().accelerators()),
        room_(slots.problem().accelerators()),
        layers_on_(slots.problem().accelerators()),
        made_s_(static_cast<std::size_t>(slots.layers()) * slots.group_count()),
        levels_(slots.layers()) {
    for (AcceleratorIndex a = 0; a < room_.size(); ++a)
      room_[a] = slots.groups()[slots.group_of(a)].room_bytes();
    for (LayerIndex layer = 0; layer < slots.layers(); ++layer) waiting_[layer] = slots.inputs(layer).size();
    dram_may_bind_ = dram_may_bind(slots);
  }

  std::optional<double> run() {
    if (windows_.latency_s() < upper_s_ * (1 - kSame)) place_next(0, 0, 0);
    if (out_of_time_) return std::nullopt;
    return upper_s_ * (1 - kSame);
  }

 private:
  /// Whether the time is up. Called for everything that takes time, looks at the clock now and then.
  bool is_over() {
    constexpr std::uint64_t kCallsPerLook = 16;
    if (++calls_ % kCallsPerLook == 1 && Clock::now() > deadline_) out_of_time_ = true;
    return out_of_time_;
  }

  void place_next(LayerIndex count, double frontier_s, double latency_s) {
    if (is_over()) return;
    if (count == slots_.layers()) {
      if (!dram_may_bind_ || fits_dram()) upper_s_ = std::min(upper_s_, latency_s);
      return;
    }
    std::vector<Placement>& children = levels_[count];
    children.clear();
    for (LayerIndex layer = 0; layer < slots_.layers(); ++layer) {
      if (is_placed_[layer] == 0 && waiting_[layer] == 0) list_placements(layer, frontier_s, children);
    }
    for (Placement& child : children) {
      if (is_over()) return;
      apply(child);
      child.bound_s = std::max({latency_s, child.end_s, least_latency_s(child.start_s)});
      undo(child);
    }
    std::stable_sort(children.begin(), children.end(), [](const Placement& a, const Placement& b) {
      return a.bound_s < b.bound_s || (a.bound_s == b.bound_s && a.end_s < b.end_s);
    });
    for (const Placement& child : children) {
      if (child.bound_s >= upper_s_ * (1 - kSame)) break;
      apply(child);
      place_next(count + 1, child.start_s, std::max(latency_s, child.end_s));
      undo(child);
    }
  }

  /// Everything that can be done with a layer next. A schedule is found once, in the order of its starts.
  void list_placements(LayerIndex layer, double frontier_s, std::vector<Placement>& out) {
    std::vector<char> empty_seen(slots_.group_count());
    for (const AcceleratorIndex a : slots_.problem().candidates(layer)) {
      const GroupIndex g = slots_.group_of(a);
      // Accelerators that have done nothing yet cannot be told apart.
      if (layers_on_[a] == 0 && empty_seen[g]++ != 0) continue;
      const SlotCost& cost = slots_.cost(layer, g);
      Placement placement{layer, a};
      placement.start_s = free_s_[a];
      double transfers_s = 0;
      bool possible = true;
      std::uint32_t local = 0;  // inputs that may be fused or not
      for (std::size_t i = 0; i < slots_.inputs(layer).size(); ++i) {
        const Edge& edge = slots_.edges()[slots_.inputs(layer)[i]];
        const Placement& producer = placed_[edge.producer];
        placement.start_s = std::max(placement.start_s, producer.end_s);
        const bool may_fuse = producer.accelerator == a && edge.may_fuse[g] != 0;
        if (!may_fuse) transfers_s += edge.input_s[g];
        if (!may_fuse && !producer.stored) possible = false;
        if (may_fuse && producer.stored && dram_may_bind_) local |= 1U << i;
      }
      if (!possible || placement.start_s < frontier_s) continue;
      // Every subset of those.
      for (std::uint32_t unfused = local;; unfused = (unfused - 1) & local) {
        if (is_over()) return;
        placement.unfused = unfused;
        double slot_s = cost.fixed_s + transfers_s;
        for (std::size_t i = 0; i < slots_.inputs(layer).size() && local != 0; ++i) {
          if ((unfused >> i & 1U) != 0) slot_s += slots_.edges()[slots_.inputs(layer)[i]].input_s[g];
        }
        for (const bool pinned : {true, false}) {
          if (pinned && cost.weight_bytes > room_[a]) continue;
          if (!pinned && cost.weight_bytes == 0) continue;
          for (const bool stored : {false, true}) {
            if (stored && slots_.outputs(layer).empty()) continue;
            if (!stored && !may_stay(layer, g)) continue;
            placement.pinned = pinned;
            placement.stored = stored;
            placement.end_s =
                placement.start_s + slot_s + (pinned ? 0 : cost.weights_s) + (stored ? cost.output_s : 0);
            out.push_back(placement);
          }
        }
        if (unfused == 0) break;
      }
    }
  }

  bool may_stay(LayerIndex layer, GroupIndex group) const {
    const auto& outputs = slots_.outputs(layer);
    return std::all_of(outputs.begin(), outputs.end(),
                       [&](std::uint32_t e) { return slots_.edges()[e].may_fuse[group] != 0; });
  }

  void apply(const Placement& placement) {
    placed_[placement.layer] = placement;
    is_placed_[placement.layer] = 1;
    before_.push_back(free_s_[placement.accelerator]);
    free_s_[placement.accelerator] = placement.end_s;
    ++layers_on_[placement.accelerator];
    if (placement.pinned) room_[placement.accelerator] -= weight_bytes(placement);
    for (const std::uint32_t e : slots_.outputs(placement.layer)) --waiting_[slots_.edges()[e].consumer];
    sequence_.push_back(placement.layer);
  }

  void undo(const Placement& placement) {
    sequence_.pop_back();
    for (const std::uint32_t e : slots_.outputs(placement.layer)) ++waiting_[slots_.edges()[e].consumer];
    if (placement.pinned) room_[placement.accelerator] += weight_bytes(placement);
    --layers_on_[placement.accelerator];
    free_s_[placement.accelerator] = before_.back();
    before_.pop_back();
    is_placed_[placement.layer] = 0;
  }

  std::int64_t weight_bytes(const Placement& placement) const {
    return slots_.cost(placement.layer, slots_.group_of(placement.accelerator)).weight_bytes;
  }

  /// The critical path of the layers that are not placed, none of which starts before @p frontier_s.
  double least_latency_s(double frontier_s) {
    const std::size_t groups = slots_.group_count();
    std::vector<double>& free_s = group_free_s_;
    std::vector<std::int64_t>& room = group_room_;
    free_s.assign(groups, kNever);
    room.assign(groups, 0);
    for (AcceleratorIndex a = 0; a < free_s_.size(); ++a) {
      const GroupIndex g = slots_.group_of(a);
      free_s[g] = std::min(free_s[g], std::max(frontier_s, free_s_[a]));
      room[g] = std::max(room[g], room_[a]);
    }
    double latency_s = 0;
    for (const LayerIndex layer : slots_.problem().topological_order()) {
      if (is_placed_[layer] != 0) continue;
      double least_s = kNever;
      for (GroupIndex g = 0; g < groups; ++g) {
        double& made_s = made_s_[layer * groups + g];
        made_s = kNever;
        const SlotCost& cost = slots_.cost(layer, g);
        if (!cost.runs()) continue;
        arrivals_.clear();
        for (const std::uint32_t e : slots_.inputs(layer)) arrivals_.push_back(arrival(slots_.edges()[e], g));
        made_s = inputs_there_s(arrivals_, free_s[g]) + cost.fixed_s;
        if (cost.weight_bytes > room[g]) made_s += cost.weights_s;
        least_s = std::min(least_s, made_s + windows_.rest_s(layer, g));
      }
      latency_s = std::max(latency_s, least_s);
      if (latency_s >= upper_s_) break;
    }
    return latency_s;
  }

  Arrival arrival(const Edge& edge, GroupIndex group) const {
    const bool may_fuse = edge.may_fuse[group] != 0;
    if (is_placed_[edge.producer] != 0) {
      const Placement& producer = placed_[edge.producer];
      return {may_fuse && slots_.group_of(producer.accelerator) == group ? producer.end_s : kNever,
              producer.stored ? producer.end_s : kNever, edge.input_s[group]};
    }
    const std::size_t groups = slots_.group_count();
    double stored_s = kNever;
    for (GroupIndex g = 0; g < groups; ++g) {
      stored_s =
          std::min(stored_s, made_s_[edge.producer * groups + g] + slots_.cost(edge.producer, g).output_s);
    }
    return {may_fuse ? made_s_[edge.producer * groups + group] : kNever, stored_s, edge.input_s[group]};
  }

  /// Whether the complete schedule is one of a valid mapping.
  bool fits_dram() const {
    const Problem& problem = slots_.problem();
    Mapping mapping = Mapping::none(problem);
    for (const LayerIndex layer : sequence_) {
      const Placement& placement = placed_[layer];
      mapping.append(layer, placement.accelerator);
      // Weights larger than the budget are streamed, whatever the search decides.
      const std::int64_t room = slots_.groups()[slots_.group_of(placement.accelerator)].room_bytes();
      const bool fits = problem.cost(layer, placement.accelerator).weight_bytes <= room;
      mapping.pinned[layer] = placement.pinned && fits ? 1 : 0;
      for (std::size_t i = 0; i < slots_.inputs(layer).size(); ++i) {
        const Edge& edge = slots_.edges()[slots_.inputs(layer)[i]];
        const bool fused = placed_[edge.producer].accelerator == placement.accelerator &&
                           edge.may_fuse[slots_.group_of(placement.accelerator)] != 0 &&
                           (placement.unfused >> i & 1U) == 0;
        for (const TensorIndex tensor : problem.inputs(layer)) {
          if (problem.tensor(tensor).producer == edge.producer) mapping.fused[tensor] = fused ? 1 : 0;
        }
      }
    }
    return check_mapping(problem, mapping).empty();
  }

  const Slots& slots_;
  const Windows& windows_;
  double upper_s_;
  Clock::time_point deadline_;
  bool dram_may_bind_ = false;
  bool out_of_time_ = false;
  std::uint64_t calls_ = 0;
  std::vector<Placement> placed_;               ///< by layer
  std::vector<char> is_placed_;                 ///< by layer
  std::vector<std::size_t> waiting_;            ///< by layer: producers that are not placed
  std::vector<LayerIndex> sequence_;            ///< placed layers by start
  std::vector<double> before_;                  ///< of each of them: when its accelerator was free before
  std::vector<double> free_s_;                  ///< by accelerator
  std::vector<std::int64_t> room_;              ///< by accelerator: bytes left for pinned weights
  std::vector<std::uint32_t> layers_on_;        ///< by accelerator
  std::vector<double> made_s_;                  ///< by layer and group: scratch of least_latency_s()
  std::vector<double> group_free_s_;            ///< likewise
  std::vector<std::int64_t> group_room_;        ///< likewise
  std::vector<Arrival> arrivals_;               ///< likewise
  std::vector<std::vector<Placement>> levels_;  ///< children, by depth
};

}  // namespace

std::string why_not_exact(const Slots& slots) {
  if (slots.problem().is_direct()) return "does not know direct activations";
  if (static_cast<std::size_t>(slots.layers()) * slots.group_count() > kMostAssignments)
    return fmt::format("is not for {} layers on {} kinds of accelerators", slots.layers(),
                       slots.group_count());
  std::size_t most = 0;
  for (LayerIndex layer = 0; layer < slots.layers(); ++layer)
    most = std::max(most, slots.inputs(layer).size());
  if (most > kMostLocal && dram_may_bind(slots))
    return fmt::format("is not for layers of {} inputs where DRAM is short (at most {})", most, kMostLocal);
  return {};
}

std::optional<double> exact_bound(const Slots& slots, const Windows& windows, double upper_s,
                                  Clock::time_point deadline) {
  assert(why_not_exact(slots).empty());
  return Search(slots, windows, upper_s, deadline).run();
}

}  // namespace h2h::bounds
