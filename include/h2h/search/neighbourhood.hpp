// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <h2h/search/moves/path_move.hpp>
#include <h2h/search/plan_schedule.hpp>
#include <h2h/search/random.hpp>

namespace h2h {

/// Draws random moves of every kind. Layers of the critical chain are drawn more often than others, and
/// accelerators of a layer's neighbours more often than others.
class Neighbourhood {
 public:
  Neighbourhood(const Problem& problem, std::uint64_t seed);

  Random& random() { return random_; }

  /// Applies one random move as part of the schedule's attempt.
  /// @returns false if the one that was drawn does nothing
  bool disturb(PlanSchedule& schedule);

  /// Layers that belong together: neighbours in the sequence, a piece of a path, or what a modality has
  /// within some stretch of the sequence.
  /// @param group emptied and filled with at most @p size layers
  void draw_group(const PlanSchedule& schedule, std::uint32_t size, std::vector<LayerIndex>& group);

  /// Says that the schedule has changed for good.
  void accepted() { chain_.clear(); }

 private:
  LayerIndex draw_layer(const PlanSchedule& schedule);
  AcceleratorIndex draw_accelerator(const PlanSchedule& schedule, LayerIndex layer);
  /// Fills path_ with a piece of a path through a layer.
  void draw_path(LayerIndex through);

  bool move_layer(PlanSchedule& schedule);
  bool move_segment(PlanSchedule& schedule);
  bool move_modality(PlanSchedule& schedule);
  bool swap_segments(PlanSchedule& schedule);
  bool assign_path(PlanSchedule& schedule);
  bool shift_layer(PlanSchedule& schedule);
  bool exchange_pins(PlanSchedule& schedule);

  const Problem* problem_;
  Random random_;
  std::vector<std::vector<LayerIndex>> modalities_;  ///< layers of each
  std::vector<LayerIndex> chain_;                    ///< the critical one; empty: to be found
  std::vector<LayerIndex> path_;
  std::vector<LayerIndex> backwards_;
  std::vector<AcceleratorIndex> choices_;
  std::vector<double> prices_;
  PathAssignment assignment_;
};

}  // namespace h2h
