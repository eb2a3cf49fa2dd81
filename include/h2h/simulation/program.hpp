// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <h2h/platform/description.hpp>
#include <h2h/schedule/activity_order.hpp>

namespace h2h {

/// A graph of activities for SimGrid, in plain arrays: what a mapping comes down to, without layers or
/// accelerators. An activity starts as soon as all activities before it have ended.
struct ActivityGraph {
  /// Node of the platform: 0 is the host, 1 + a is FPGA a.
  using Node = std::uint32_t;

  struct Activity {
    Node from = 0;
    Node to = 0;        ///< equal to `from` for a computation
    double amount = 0;  ///< bytes of a transfer, seconds of a computation
  };

  std::vector<Activity> activities;
  /// The activities that wait for activity i are `successors[first_successor[i]] .. [first_successor[i +
  /// 1]]`.
  std::vector<std::uint32_t> first_successor = {0};
  std::vector<std::uint32_t> successors;
};

/// What runs by itself, from its beginning on.
struct ReplayProgram : ActivityGraph {
  /// A link with another bandwidth while the program runs.
  struct Bandwidth {
    LinkIndex link = 0;
    double bandwidth_Bps = 0;
  };
  std::vector<Bandwidth> bandwidths;
};

/// What runs once a frame of a stream. Its lanes are numbered in any way that its stream's programs agree in.
struct FrameProgram : ActivityGraph {
  std::vector<std::uint32_t> arrivals;  ///< activities that wait until the frame is there
  std::vector<FrameOrder::Head> heads;
  std::vector<FrameOrder::Tail> tails;
};

/// Frames that follow one another. A frame is known from the arrival of the one before it on: nothing of it
/// starts earlier.
struct StreamProgram {
  struct Frame {
    std::uint32_t program = 0;
    double arrival_s = 0;  ///< not before that of the frame before
  };

  std::vector<FrameProgram> programs;
  std::vector<Frame> frames;
  std::vector<ReplayProgram::Bandwidth> bandwidths;  ///< while the stream runs
};

/// When each activity of a program ran, in seconds from the beginning of the program or of its stream.
struct ReplayTimes {
  std::vector<double> start_s;
  std::vector<double> end_s;
};

}  // namespace h2h
