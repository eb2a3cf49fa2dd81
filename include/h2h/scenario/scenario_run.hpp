// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/mapper/chain.hpp>
#include <h2h/run/run.hpp>
#include <h2h/scenario/scenario.hpp>
#include <h2h/scenario/weight_store.hpp>
#include <h2h/stream/meter.hpp>
#include <h2h/stream/sustainable.hpp>

namespace h2h {

/// What becomes of the mapping when modalities switch.
enum class Remap : std::uint8_t {
  warm,  ///< layers stay where their weights are buffered, the mapper places the rest (section 4.5)
  cold,  ///< the mapper maps from scratch; weights that happen to lie in the right place are used
  keep   ///< the whole model was mapped once, and what is on runs in its place
};
std::string_view to_string(Remap remap);
inline constexpr std::array kRemaps = {Remap::warm, Remap::cold, Remap::keep};

/// Frames to run, and what is on meanwhile. The workload and the system must outlive all that is made of it.
struct FrameSequence {
  const Workload* workload = nullptr;  ///< with all modalities
  const System* system = nullptr;
  Activations activations = Activations::host;
  std::vector<double> arrivals_s;     ///< of each frame, ascending, the first at 0
  std::vector<ScenarioPhase> phases;  ///< the first begins at frame 0
};

/// A sequence during which nothing switches.
FrameSequence steady_sequence(const Workload& workload, const System& system, Activations activations,
                              std::vector<double> arrivals_s);

/// What a scenario comes to; a default Scenario to one frame with everything on.
/// @param seed of arrivals at random
/// @pre no frame lacks a period
/// @throws Error (input) as phases_of()
FrameSequence sequence_of(const Scenario& scenario, const Workload& workload, const System& system,
                          Activations activations, std::uint64_t seed);

/// Whether a frame is too late, by more than rounding.
inline bool misses(double latency_s, double deadline_s) {
  return improves(deadline_s, latency_s);
}

/// How a sequence is run.
struct SequenceOptions {
  Remap remap = Remap::warm;
  Eviction eviction = Eviction::lru;
  bool cold = false;                 ///< no weights are buffered at the beginning
  std::optional<double> deadline_s;  ///< from a frame's arrival to its end
  bool find_rate = true;             ///< whether to look for the sustainable period of each phase
  bool keep_schedules = false;       ///< of all frames, for views
};

/// How frames are judged.
struct SequenceJudge {
  Judging judging;   ///< of a frame alone
  StreamRunner run;  ///< by the same evaluator
  Execution execution = Execution::serial;
};

/// Frames that ran with the same modalities on.
struct PhaseRun {
  ScenarioPhase phase;
  std::size_t frames = 0;
  double begins_s = 0;                       ///< arrival of its first frame
  std::shared_ptr<const Workload> workload;  ///< what is on; phases with the same modalities share it
  std::shared_ptr<const Problem> problem;

  /// Of a frame alone, with all its weights there: what the mapping comes to in the long run.
  /// Phases in which the same runs in the same places share it.
  std::shared_ptr<const Judgement> judgement;
  WeightStore::Change weights;
  std::vector<std::int64_t> buffered_bytes;  ///< by accelerator: all weights there, used or not
  std::size_t layers_moved = 0;  ///< of those that ran in the phase before too: on another accelerator now
  double search_s = 0;           ///< wall time of the mapper
  std::uint64_t evaluations = 0;
  bool exact = true;  ///< false where a limit cut an exact method short
  std::string note;   ///< of the mapper

  Latencies latencies;             ///< of its frames
  double first_s = 0;              ///< latency of its first frame, which brings the weights
  std::optional<double> steady_s;  ///< median of its other frames; nothing if there is none
  double lost_s = 0;  ///< latencies of its frames, less what they were if no phase had weights to bring
  std::size_t deadline_misses = 0;
  std::optional<double> sustainable_period_s;
};

/// What a sequence of frames came to.
struct ScenarioRun {
  std::string mapper;
  std::string evaluator;
  SequenceOptions options;
  Execution execution = Execution::serial;
  bool is_replay = false;
  std::vector<double> arrivals_s;   ///< by frame
  std::vector<double> latencies_s;  ///< by frame
  std::vector<PhaseRun> phases;

  Latencies latencies;
  double end_s = 0;  ///< of the last frame
  double throughput_Hz = 0;
  Energy energy;  ///< from the beginning to the end
  std::vector<AcceleratorUse> accelerators;
  std::vector<LinkUse> links;
  std::vector<Schedule> schedules;  ///< by frame, if they were to be kept; times since the beginning

  double energy_per_frame_J() const { return energy.paper_J() / static_cast<double>(latencies_s.size()); }
  std::size_t deadline_misses() const;
  double lost_s() const;
  /// Loaded by all changes, and before the first frame if the run is cold.
  std::int64_t loaded_bytes() const;
  std::size_t layers_moved() const;
  /// The longest of the phases': at it the platform keeps up with all of them.
  std::optional<double> sustainable_period_s() const;
};

/// Maps what is on in each phase, beside the weights that lie in the DRAM then, and runs all frames. Every
/// mapping and every frame passes the independent checker, and what lies in the DRAM a check of its own.
/// @throws Error (input) at a phase's place if what is on is no valid network; (infeasible) if it maps
///         nowhere; (infeasible) too for a mapper whose mappings exceed the DRAM
ScenarioRun run_sequence(const FrameSequence& sequence, const Mapper& mapper, StepContext& context,
                         const SequenceJudge& judge, const SequenceOptions& options);

}  // namespace h2h
