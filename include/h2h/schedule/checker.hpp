// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/mapping/mapping.hpp>
#include <h2h/schedule/schedule.hpp>

namespace h2h {

/// A rule that a mapping or schedule breaks.
struct Violation {
  enum class Rule : std::uint8_t {
    complete,    ///< each layer stands once, on the accelerator that the mapping says
    supported,   ///< the accelerator runs the layer
    dependency,  ///< inputs exist before they are used; orders do not contradict them
    exclusive,   ///< an accelerator runs one layer at a time, in its order
    fusion,      ///< a fused tensor is made and used on one accelerator
    weights,     ///< pinned weights fit into their share of the DRAM
    dram,        ///< pinned weights and fused tensors fit into the DRAM
    activities,  ///< exactly the transfers that are due, with their bytes, one after the other
    duration,    ///< as long as the models say
    latency,     ///< the latency is the last end
  };
  Rule rule;
  std::string message;
};
std::string_view to_string(Violation::Rule rule);

/// What is wrong with a mapping by itself; nothing for a valid one.
std::vector<Violation> check_mapping(const Problem& problem, const Mapping& mapping);

/// What durations may be.
enum class Contention : std::uint8_t {
  none,      ///< of transfers as they are alone
  possible,  ///< of transfers longer
  other      ///< any: they are not of our model, and not checked
};

/// What is wrong with a schedule of a mapping. Shares no code with the evaluators: it asks workload,
/// accelerator models and routes again, and looks at times only.
std::vector<Violation> check_schedule(const Problem& problem, const Mapping& mapping,
                                      const Schedule& schedule, double latency_s, Contention contention);

/// The same for frames that follow one another (h2h/stream/stream.hpp): an accelerator runs them in their
/// order, what reads an input of the network starts when its frame has arrived, and nothing before the frame
/// before it has. It keeps of past frames only when accelerators were done with them.
class StreamChecker {
 public:
  /// When an accelerator was done with the frames before, in seconds.
  struct Done {
    double down_s = 0;      ///< its last transfer down
    double computed_s = 0;  ///< its last computation
    double may_load_s = 0;  ///< when that began
    double up_s = 0;        ///< its last transfer up
    double layer_s = 0;     ///< its last layer
  };

  explicit StreamChecker(Contention contention) : contention_(contention) {}

  /// What is wrong with the next frame, if those before were right.
  /// @param mapping by which the frame and those of its phase behind it run
  /// @param loads by layer: pinned weights that the frame brings; empty: none
  /// @param arrival_s, and the times of @p schedule, in seconds since the stream's beginning
  std::vector<Violation> next(const Problem& problem, const Mapping& mapping, std::span<const char> loads,
                              double arrival_s, const Schedule& schedule);

 private:
  Contention contention_;
  double known_s_ = 0;  ///< the arrival of the frame before
  std::vector<Done> done_;
};

}  // namespace h2h
