// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <h2h/search/moves/move.hpp>

namespace h2h {

/// What a modality has on one accelerator to another.
struct ModalityMove {
  std::span<const LayerIndex> layers;  ///< of the modality
  AcceleratorIndex from;
  AcceleratorIndex to;

  bool valid(const PlanSchedule& schedule) const;
  void apply(PlanSchedule& schedule) const;
};

}  // namespace h2h
