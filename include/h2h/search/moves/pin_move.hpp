// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <h2h/search/moves/move.hpp>

namespace h2h {

/// Pins a layer's weights in place of others of its accelerator, which lose theirs in the order of the
/// sequence from @p from on, around its end, until there is room. The knapsack of step 2 keeps the most
/// bytes; which layers keep theirs matters to the latency.
struct PinMove {
  LayerIndex layer;
  std::uint32_t from;  ///< position

  bool valid(const PlanSchedule& schedule) const;
  void apply(PlanSchedule& schedule) const;
};

}  // namespace h2h
