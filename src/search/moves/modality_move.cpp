// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/moves/modality_move.hpp>

#include <algorithm>

namespace h2h {

bool ModalityMove::valid(const PlanSchedule& schedule) const {
  return from != to && std::any_of(layers.begin(), layers.end(), [&](LayerIndex layer) {
           return schedule.accelerator(layer) == from && schedule.problem().runs(layer, to);
         });
}

void ModalityMove::apply(PlanSchedule& schedule) const {
  for (const LayerIndex layer : layers) {
    if (schedule.accelerator(layer) == from && schedule.problem().runs(layer, to)) {
      reassign(schedule, layer, to);
    }
  }
}

}  // namespace h2h
