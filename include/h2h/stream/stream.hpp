// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <h2h/mapping/mapping.hpp>
#include <h2h/schedule/schedule.hpp>

namespace h2h {

class Simulator;

/// A part of a stream during which the same layers run in the same places.
struct StreamPhase {
  const Problem* problem = nullptr;  ///< all phases of a stream have the same system and activations
  Mapping mapping;                   ///< complete and valid
  /// By layer: its weights are pinned but not there yet, so that the phase's first frame brings them; empty:
  /// all are there.
  std::vector<char> loads;
};

/// One inference.
struct StreamFrame {
  std::uint32_t phase = 0;
  double arrival_s = 0;  ///< from when its inputs are in host memory
};

/// Inferences that follow one another on one platform. Each accelerator runs its layers frame by frame, and
/// within a frame in the order of the mapping; so frames overlap on the platform, but never change places on
/// an accelerator. Apart from that a layer starts by the rules of its execution, and what reads an input of
/// the network not before the frame's arrival. A frame is known from the arrival of the one before it on, the
/// first from time 0: overlapped execution can bring weights from then on.
///
/// Not modelled: host memory, which holds the inputs of all frames that wait; a limit to the frames under
/// way; the time to decide on another mapping. Under overlapped execution, what an FPGA's DRAM holds while it
/// goes from one phase to the next: weights of the new phase may come down while a layer of the old computes.
struct Stream {
  Execution execution = Execution::serial;
  std::vector<StreamPhase> phases;
  std::vector<StreamFrame> frames;  ///< by arrival; phases do not go back
};

/// Whether a frame is the first of its phase, which brings the weights.
bool is_first_of_phase(const Stream& stream, std::size_t frame);

/// Called with each frame in order, when all times of its schedule are known, in seconds since the stream's
/// beginning. The schedule is that of `while_loading()` in the first frame of a phase; it lasts as long as
/// the call. The visitor must not use the simulator.
using FrameVisitor = std::function<void(std::size_t frame, const Schedule& schedule)>;

/// The stream without contention, serial execution only. The first frame of a stream is to the last bit what
/// `analytic_schedule()` gives if it arrives at 0. Memory does not grow with the frames.
/// @throws Error (usage) for overlapped execution
void analytic_stream(const Stream& stream, const FrameVisitor& visit);

/// The stream by SimGrid, with contention on the real topology, from clock 0 in a fresh process: the same
/// bits at every call, and of one frame that arrives at 0 those of `replay()`. Memory grows with the frames
/// that are under way or wait at a time and with the phases, not with the length of the stream: where they
/// arrive faster than the platform runs them, ever more of them wait.
/// @throws Error as Simulator::replay(), and what @p visit throws; the simulator can be used further
void replay_stream(const Stream& stream, Simulator& simulator, const FrameVisitor& visit);

}  // namespace h2h
