// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <h2h/search/moves/move.hpp>

namespace h2h {

/// A path to the accelerators that suit it best.
struct PathMove {
  std::span<const LayerIndex> layers;    ///< each a consumer of the one before
  std::span<const AcceleratorIndex> to;  ///< where each goes
  bool together;                         ///< neighbours on one accelerator run back to back

  bool valid(const PlanSchedule& schedule) const;
  void apply(PlanSchedule& schedule) const;
};

/// Finds the assignment of a path that takes least time when each accelerator's time has its price: a
/// shortest path over layer x accelerator, where a change of accelerator costs the tensor out and in. All
/// else stays where it is. Exact for a path on its own with equal prices; prices stand for what else the
/// accelerators have to do.
class PathAssignment {
 public:
  /// @param layers each a consumer of the one before
  /// @param accelerators to choose from
  /// @param prices of each
  /// @returns the accelerator of each layer, valid until the next call; empty if some layer runs on none
  std::span<const AcceleratorIndex> solve(const PlanSchedule& schedule, std::span<const LayerIndex> layers,
                                          std::span<const AcceleratorIndex> accelerators,
                                          std::span<const double> prices);

 private:
  std::vector<double> seconds_;     ///< by layer of the path and accelerator: least up to its computation
  std::vector<std::size_t> comes_;  ///< likewise: where its predecessor then is
  std::vector<AcceleratorIndex> chosen_;
};

}  // namespace h2h
