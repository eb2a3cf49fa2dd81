// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/search/moves/move.hpp>

namespace h2h {

/// One layer to another accelerator, where it is in the sequence.
struct LayerMove {
  LayerIndex layer;
  AcceleratorIndex to;

  bool valid(const PlanSchedule& schedule) const {
    return schedule.accelerator(layer) != to && schedule.problem().runs(layer, to);
  }
  void apply(PlanSchedule& schedule) const { reassign(schedule, layer, to); }
};

}  // namespace h2h
