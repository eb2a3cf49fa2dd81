// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include <h2h/run/run.hpp>
#include <h2h/run/what_if.hpp>
#include <h2h/schedule/critical_path.hpp>
#include <h2h/schedule/energy.hpp>

namespace h2h {

/// What an accelerator has to do with the latency.
struct AcceleratorShare {
  std::size_t layers = 0;
  AcceleratorUse use;
  double path_s = 0;  ///< of the critical path; over all accelerators they add up to the latency
};

/// What a link has to do with the latency.
struct LinkShare {
  LinkUse use;
  double path_s = 0;     ///< of the critical path's transfers: those that cross it
  double binding_s = 0;  ///< those that it binds; over all links they add up to the path's transfers
};

/// Why a mapping takes as long as it does, and what would help, as plain data. Indices are those of the
/// problem.
struct Explanation {
  std::string mapper;
  Execution execution = Execution::serial;
  bool is_replay = false;
  double latency_s = 0;
  CriticalPath path;
  std::vector<AcceleratorShare> accelerators;  ///< by AcceleratorIndex
  std::vector<LinkShare> links;                ///< by LinkIndex
  WhatIf what_if;
};

/// Explains the result of a run.
/// @param simulators of its platform, as for what_if()
Explanation explain(const Problem& problem, const Run& run, std::span<Simulator> simulators,
                    const WhatIfOptions& options = {});

}  // namespace h2h
