// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/moves/move.hpp>

namespace h2h {

void reassign(PlanSchedule& schedule, LayerIndex layer, AcceleratorIndex to) {
  const AcceleratorIndex from = schedule.accelerator(layer);
  const bool frees = schedule.is_pinned(layer);
  schedule.assign(layer, to);
  if (frees && from != to) fill(schedule, from);
}

void fill(PlanSchedule& schedule, AcceleratorIndex accelerator) {
  for (std::size_t i = 0; i < schedule.unpinned(accelerator).size();) {
    const LayerIndex layer = schedule.unpinned(accelerator)[i];
    if (schedule.weight_bytes(layer, accelerator) <= schedule.room_bytes(accelerator)) {
      schedule.pin(layer);  // the last of the list takes its place
    } else {
      ++i;
    }
  }
}

void gather(PlanSchedule& schedule, std::span<const LayerIndex> path) {
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (schedule.accelerator(path[i]) != schedule.accelerator(path[i - 1])) continue;
    const std::uint32_t behind = schedule.position(path[i - 1]) + 1;
    if (schedule.earliest(path[i]) <= behind) schedule.shift(path[i], behind);
  }
}

}  // namespace h2h
