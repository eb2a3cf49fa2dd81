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

/// The order of a frame of a stream: inside it, and between it and the frames before it.
///
/// A *lane* is what an accelerator does one after the other, frame after frame. Serial: one lane an
/// accelerator, on which its layers end. Overlapped: three, for transfers down, computations and transfers
/// up.
struct FrameOrder {
  /// An activity that waits for the frames before.
  struct Head {
    std::uint32_t activity = 0;
    std::uint32_t lane = 0;
    std::uint32_t back = 0;  ///< 0: for what they did last on the lane; 1: for what they did before that

    friend bool operator==(const Head&, const Head&) = default;
  };
  /// What the frame itself did last on a lane.
  struct Tail {
    std::uint32_t lane = 0;
    std::uint32_t activity = 0;

    friend bool operator==(const Tail&, const Tail&) = default;
  };

  ActivityOrder inside;
  std::vector<std::uint32_t> arrivals;  ///< activities that wait until the frame is there
  std::vector<Head> heads;
  /// At most two a lane, in order; none of a lane that the frame leaves out.
  std::vector<Tail> tails;
};

/// The order that a mapping and the schedule's execution put the activities of a frame into; times are not
/// read.
///
/// Serial: an accelerator runs the activities of its layers one after the other; the first of a layer waits
/// until every tensor that it reads exists: is stored in host memory, or of fused and direct ones made.
///
/// Overlapped: an accelerator has one transfer down and one up at a time. Down go the weights and inputs of
/// its layers, layer after layer, an input when it exists; those of a layer begin when the layer before it
/// computes. A layer computes when all is there and the layer before it has computed. Outputs go up in the
/// same order.
///
/// The layer before the first of a frame is the last one of the frames before. An input of the network exists
/// when the frame is there.
FrameOrder frame_order_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

/// The same of a frame before which there is nothing.
ActivityOrder order_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

}  // namespace h2h
