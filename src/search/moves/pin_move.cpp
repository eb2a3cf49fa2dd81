// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/moves/pin_move.hpp>

namespace h2h {

bool PinMove::valid(const PlanSchedule& schedule) const {
  const AcceleratorIndex a = schedule.accelerator(layer);
  const std::int64_t bytes = schedule.weight_bytes(layer, a);
  return !schedule.is_pinned(layer) && bytes > 0 && bytes <= schedule.budget_bytes(a);
}

void PinMove::apply(PlanSchedule& schedule) const {
  const AcceleratorIndex a = schedule.accelerator(layer);
  const std::int64_t bytes = schedule.weight_bytes(layer, a);
  const auto size = static_cast<std::uint32_t>(schedule.plan().sequence.size());
  for (std::uint32_t i = 0; i < size && schedule.room_bytes(a) < bytes; ++i) {
    const LayerIndex other = schedule.plan().sequence[(from + i) % size];
    if (schedule.accelerator(other) == a && schedule.is_pinned(other)) schedule.unpin(other);
  }
  schedule.pin(layer);
  fill(schedule, a);
}

}  // namespace h2h
