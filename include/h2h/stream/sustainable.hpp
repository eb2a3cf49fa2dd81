// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <h2h/stream/stream.hpp>

namespace h2h {

/// Runs a stream: by `analytic_stream()`, or by `replay_stream()` on a simulator.
using StreamRunner = std::function<void(const Stream& stream, const FrameVisitor& visit)>;

/// The shortest period at which a platform keeps up with frames of one mapping, all weights there, in
/// seconds, to 0.1 %: found by bisection between the busiest accelerator's time for a frame, below which none
/// does, and the latency of a frame alone, at which frames do not meet. A stream keeps up if its frames do
/// not take longer and longer: if of 64 none of the last quarter takes longer than the longest of the second.
/// @param run by which frames are judged; of serial execution the search begins at what the analytic
///        evaluator finds, as no replay is faster
double sustainable_period_s(const Problem& problem, const Mapping& mapping, Execution execution,
                            const StreamRunner& run);

}  // namespace h2h
