// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/search/moves/move.hpp>

namespace h2h {

/// Two accelerators exchange what they run in a window of the sequence, as far as each can run it.
struct SwapMove {
  AcceleratorIndex one;
  AcceleratorIndex other;
  std::uint32_t first;  ///< positions of the window, both included
  std::uint32_t last;

  bool valid(const PlanSchedule& schedule) const;
  void apply(PlanSchedule& schedule) const;
};

}  // namespace h2h
