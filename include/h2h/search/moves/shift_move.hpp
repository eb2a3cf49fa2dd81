// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/search/moves/move.hpp>

namespace h2h {

/// One layer to another place in the sequence, on the accelerator where it is.
struct ShiftMove {
  LayerIndex layer;
  std::uint32_t to;  ///< position

  bool valid(const PlanSchedule& schedule) const {
    return schedule.position(layer) != to && schedule.earliest(layer) <= to && to <= schedule.latest(layer);
  }
  void apply(PlanSchedule& schedule) const { schedule.shift(layer, to); }
};

}  // namespace h2h
