// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/moves/segment_move.hpp>

namespace h2h {

bool SegmentMove::valid(const PlanSchedule& schedule) const {
  bool moves = together;
  for (const LayerIndex layer : layers) {
    if (!schedule.problem().runs(layer, to)) return false;
    moves = moves || schedule.accelerator(layer) != to;
  }
  return moves;
}

void SegmentMove::apply(PlanSchedule& schedule) const {
  for (const LayerIndex layer : layers) reassign(schedule, layer, to);
  if (together) gather(schedule, layers);
}

}  // namespace h2h
