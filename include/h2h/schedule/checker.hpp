// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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

}  // namespace h2h
