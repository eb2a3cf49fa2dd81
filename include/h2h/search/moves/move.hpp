// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <span>

#include <h2h/search/plan_schedule.hpp>

namespace h2h {

/// A change of a plan. Moves are values: what they hold says what they do, and any search may use them.
template <typename Type>
concept Move = requires(const Type& move, PlanSchedule& schedule) {
  /// Whether the move changes the plan and may.
  { move.valid(schedule) } -> std::same_as<bool>;
  /// Does it, as part of the schedule's running attempt. @pre valid()
  { move.apply(schedule) } -> std::same_as<void>;
};

/// By how much a valid move lowers the objective; negative if it raises it. Leaves the schedule as it was.
/// @pre no attempt is under way, as it would be taken back with the move
template <Move Type>
double gain(const Type& move, PlanSchedule& schedule) {
  const double before = schedule.value();
  move.apply(schedule);
  const double after = schedule.value();
  schedule.rollback();
  return before - after;
}

/// Moves a layer to another accelerator, and pins what then fits on the one that it leaves.
void reassign(PlanSchedule& schedule, LayerIndex layer, AcceleratorIndex to);

/// Pins layers of an accelerator while there is room.
void fill(PlanSchedule& schedule, AcceleratorIndex accelerator);

/// Moves the layers of a path together in the sequence where neighbours are on one accelerator, as far as
/// dependencies allow, so that they run back to back there.
void gather(PlanSchedule& schedule, std::span<const LayerIndex> path);

}  // namespace h2h
