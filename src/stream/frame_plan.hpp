// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include <h2h/stream/stream.hpp>

namespace h2h {

/// What the frames of a stream run by, one frame after the other.
class FramePlan {
 public:
  /// @param stream must live as long
  explicit FramePlan(const Stream& stream) : stream_(stream) {}

  /// Goes on to the next frame, the first at first. @returns whether it runs by something else than the last
  bool next();

  const StreamFrame& frame() const { return stream_.frames[next_ - 1]; }
  const Problem& problem() const { return *phase_->problem; }
  const Mapping& mapping() const { return loads_ ? loading_ : phase_->mapping; }
  /// The frame's activities; whoever runs the frame gives them their times.
  Schedule& schedule() { return *schedule_; }

 private:
  const Stream& stream_;
  std::size_t next_ = 0;
  const StreamPhase* phase_ = nullptr;
  bool loads_ = false;
  Mapping loading_;
  std::optional<Schedule> schedule_;
};

}  // namespace h2h
