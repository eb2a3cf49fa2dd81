// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <h2h/mapping/mapping.hpp>
#include <h2h/schedule/schedule.hpp>

namespace h2h {

/// Which activities wait for which: each starts as soon as all that are before it have ended.
struct ActivityOrder {
  std::vector<std::uint32_t> first = {0};  ///< of each activity, in `before`; and the end
  std::vector<std::uint32_t> before;

  std::span<const std::uint32_t> of(std::uint32_t activity) const {
    return {before.data() + first[activity], before.data() + first[activity + 1]};
  }
};

/// The order that a mapping and the schedule's execution put its activities into; times are not read.
///
/// Serial: an accelerator runs the activities of its layers one after the other; the first of a layer waits
/// until every tensor that it reads exists: is stored in host memory, or of fused and direct ones made.
///
/// Overlapped: an accelerator has one transfer down and one up at a time. Down go the weights and inputs of
/// its layers, layer after layer, an input when it exists; those of a layer begin when the layer before it
/// computes. A layer computes when all is there and the layer before it has computed. Outputs go up in the
/// same order.
ActivityOrder order_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

}  // namespace h2h
