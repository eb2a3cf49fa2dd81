// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/moves/swap_move.hpp>

namespace h2h {
namespace {

/// Where a swap takes a layer; nowhere else if it is on neither accelerator or cannot go.
AcceleratorIndex destination(const SwapMove& move, const PlanSchedule& schedule, LayerIndex layer) {
  const AcceleratorIndex from = schedule.accelerator(layer);
  if (from != move.one && from != move.other) return from;
  const AcceleratorIndex to = from == move.one ? move.other : move.one;
  return schedule.problem().runs(layer, to) ? to : from;
}

}  // namespace

bool SwapMove::valid(const PlanSchedule& schedule) const {
  if (one == other) return false;
  for (std::uint32_t i = first; i <= last; ++i) {
    const LayerIndex layer = schedule.plan().sequence[i];
    if (destination(*this, schedule, layer) != schedule.accelerator(layer)) return true;
  }
  return false;
}

void SwapMove::apply(PlanSchedule& schedule) const {
  for (std::uint32_t i = first; i <= last; ++i) {
    const LayerIndex layer = schedule.plan().sequence[i];
    reassign(schedule, layer, destination(*this, schedule, layer));
  }
  fill(schedule, one);
  fill(schedule, other);
}

}  // namespace h2h
