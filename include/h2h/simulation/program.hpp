// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <h2h/platform/description.hpp>

namespace h2h {

/// A graph of activities for SimGrid, in plain arrays: what a mapping comes down to, without layers or
/// accelerators. An activity starts as soon as all activities before it have ended.
struct ReplayProgram {
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

  /// A link with another bandwidth while the program runs.
  struct Bandwidth {
    LinkIndex link = 0;
    double bandwidth_Bps = 0;
  };
  std::vector<Bandwidth> bandwidths;
};

/// When each activity of a program ran, in seconds from its beginning.
struct ReplayTimes {
  std::vector<double> start_s;
  std::vector<double> end_s;
};

}  // namespace h2h
