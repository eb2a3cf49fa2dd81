// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <h2h/search/moves/move.hpp>

namespace h2h {

/// A segment of a path to one accelerator. Together, it also runs without interruption there as far as
/// dependencies allow, so that its tensors stay.
struct SegmentMove {
  std::span<const LayerIndex> layers;  ///< each a consumer of the one before
  AcceleratorIndex to;
  bool together;

  bool valid(const PlanSchedule& schedule) const;
  void apply(PlanSchedule& schedule) const;
};

}  // namespace h2h
