// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <h2h/simulation/program.hpp>

namespace h2h::benchmark_support {

/// The least that SimGrid needs to run a program: activities started when those before them have ended,
/// nothing recorded, nothing sent. The measure for what a replay costs besides.
///
/// Lives in a child process, because a process has one SimGrid engine.
class BareDispatcher {
 public:
  BareDispatcher(const std::filesystem::path& platform, const ReplayProgram& program);
  ~BareDispatcher();
  BareDispatcher(const BareDispatcher&) = delete;
  BareDispatcher& operator=(const BareDispatcher&) = delete;

  /// Runs the program once. @returns wall seconds inside the child
  double run();

 private:
  int request_ = -1;
  int reply_ = -1;
  int child_ = -1;
};

}  // namespace h2h::benchmark_support
