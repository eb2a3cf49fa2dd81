// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include <h2h/report/report.hpp>
#include <h2h/run/explanation.hpp>

namespace h2h {

/// Where the latency of a run goes: what the report's section of that name shows. Whoever knows more about it
/// fills in more.
struct LatencyAccount {
  struct Step {
    std::string name;
    std::vector<double> seconds;  ///< by part; they add up to the latency of the step
  };
  std::vector<std::string> parts;  ///< such as `compute`
  std::vector<Step> steps;
  std::vector<LayerIndex> chain;     ///< layers of the result that wait for one another, in order of time
  std::vector<std::string> remarks;  ///< sentences

  /// Something that would shorten the latency.
  struct Change {
    std::string what;  ///< such as `link port0`
    double latency_s = 0;
    double saving_s = 0;
  };
  double change_factor = 0;     ///< how much better each would be
  std::vector<Change> changes;  ///< the largest saving first
};

/// By the critical chain of each step.
LatencyAccount account_of(const Run& run);

/// Adds what an explanation of the run's result knows besides: time spent waiting for accelerators, and what
/// would help.
void add_explanation(LatencyAccount& account, const Explanation& explanation);

/// A page that says all of one run: inputs, steps, where the latency goes, Gantt, links, DRAM and power. It
/// stands by itself: a browser loads nothing else.
/// @pre the report has one run
void write_html_report(std::ostream& out, const Report& report, const LatencyAccount& account);

}  // namespace h2h
