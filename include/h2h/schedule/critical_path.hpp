// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include <h2h/schedule/schedule.hpp>

namespace h2h {

/// One activity of the critical path, and why it ran when it did.
struct Stretch {
  static constexpr LinkIndex kNoLink = std::numeric_limits<LinkIndex>::max();

  /// What it waited for last.
  enum class After : std::uint8_t {
    nothing,     ///< the run starts with it
    own_stage,   ///< an activity of its own layer
    input,       ///< a layer that its layer reads
    accelerator  ///< another layer on its accelerator: all else that it needs was there before
  };

  Activity activity;  ///< with its times
  AcceleratorIndex accelerator = 0;
  After after = After::nothing;
  LayerIndex waited_for = Tensor::kNetworkInput;  ///< of `input` and `accelerator`: that layer
  double ready_s = 0;        ///< since when all that it needs but its accelerator is there
  double alone_s = 0;        ///< what it would take without contention
  double queued_s = 0;       ///< its part during which a later layer of the path stands ready
  LinkIndex link = kNoLink;  ///< of a transfer: the link that binds

  double seconds() const { return activity.seconds(); }
  /// What contention adds to a transfer.
  double contention_s() const { return seconds() - alone_s; }
};
std::string_view to_string(Stretch::After after);

/// Seconds by what goes on.
struct PathParts {
  double compute_s = 0;
  double weights_s = 0;
  double inputs_s = 0;
  double outputs_s = 0;
  double contention_s = 0;

  double total_s() const { return compute_s + weights_s + inputs_s + outputs_s + contention_s; }
};

/// Where the latency comes from: the activities that wait for one another without a gap, from time 0 to the
/// last end. Each is the one that the next waits for last; where a layer waits for its inputs and for its
/// accelerator equally long, the path follows the input.
///
/// A fused input is there when it is made, others when they are stored where they are read from.
/// A layer whose inputs are all there, and whose accelerator is not free yet, *stands ready*. While some
/// layer of the path that is still to come stands ready, the path is *queued*: what it does then is done for
/// the sake of the order on an accelerator, not of the data. The rest of the time no layer that is still to
/// come on the path could run, were all accelerators free. So the latency is the parts without what is
/// queued, plus what is queued, which is the time spent waiting for an accelerator. Where only the later part
/// of a transfer is queued, its contention is divided in proportion.
///
/// The link that binds a transfer is the one on its route that would take longest to carry what crosses it
/// meanwhile: the transfer itself, and of others as many bytes as fall into that time if each goes at an even
/// rate. A fat pipe carries each transfer by itself.
struct CriticalPath {
  std::vector<Stretch> stretches;  ///< in order of time
  PathParts parts;                 ///< they add up to the latency
  PathParts queued;                ///< of each part the queued time

  /// Seconds of waiting for an accelerator.
  double queued_s() const { return queued.total_s(); }
};

CriticalPath critical_path(const Problem& problem, const Mapping& mapping, const Schedule& schedule);

}  // namespace h2h
