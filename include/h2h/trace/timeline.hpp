// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <h2h/run/run.hpp>
#include <h2h/scenario/scenario_run.hpp>
#include <h2h/trace/curve.hpp>

namespace h2h {

/// The rows of an FPGA in every view, from top to bottom.
constexpr std::array<Stage, 4> kLanes = {Stage::compute, Stage::weights, Stage::input, Stage::output};

/// What every view of a schedule shows, as plain data that outlives its problem: of a single run, or of all
/// frames of a stream. Times are in seconds from the beginning.
struct Timeline {
  static constexpr LayerIndex kNoLayer = std::numeric_limits<LayerIndex>::max();

  struct Layer {
    std::string name;
    std::string modality;  ///< empty: none
    LayerType type = LayerType::conv;
    AcceleratorIndex fpga = 0;
    bool pinned = false;
    bool critical = false;  ///< on the critical chain
  };

  /// A computation or a transfer.
  struct Bar {
    LayerIndex layer = 0;
    Stage stage = Stage::compute;
    LayerIndex producer = kNoLayer;  ///< of an input that another layer made
    std::int64_t bytes = 0;          ///< of a transfer
    double start_s = 0;
    double end_s = 0;
  };

  struct Fpga {
    std::string name;
    std::string model;  ///< of its accelerator
    std::int64_t dram_bytes = 0;
    std::array<std::vector<Bar>, kLanes.size()> lanes;  ///< in the order of kLanes; bars in order of time
    Curve dram_in_use_bytes;
    Curve power_W;
    std::optional<WeightCurves> weights;  ///< of a stream
  };

  struct Link {
    std::string name;
    double bandwidth_Bps = 0;
    std::int64_t bytes = 0;  ///< that crossed it
    double busy_s = 0;       ///< time during which at least one transfer used it
    Curve rate_Bps;
  };

  /// A tensor that crosses from one FPGA to another: from the end of what made it there (its output, or its
  /// computation where that is not stored) to the beginning of its transfer here.
  struct Arrow {
    LayerIndex producer = 0;
    LayerIndex consumer = 0;
    Stage from = Stage::output;
    double start_s = 0;
    double end_s = 0;
  };

  /// Where a step of the mapper would have ended the run; of a stream, where a phase begins.
  struct Mark {
    std::string name;  ///< the step's; or what changes, such as `-depth: the person leaves the camera's view`
    double time_s = 0;
  };

  /// Frames of a stream with the same modalities on: from the arrival of the first to that of the next
  /// phase's first, or to the end of the stream.
  struct Phase {
    std::string modalities;
    double start_s = 0;
    double end_s = 0;
  };

  std::string name;  ///< of what made the mapping
  std::string workload;
  std::string platform;
  double latency_s = 0;       ///< of a stream: when its last frame ends
  std::vector<Layer> layers;  ///< in file order; of a stream, those of each mapping behind each other
  std::vector<Fpga> fpgas;
  std::vector<Link> links;  ///< those that something crosses, in the order of the system
  Curve power_W;            ///< of all FPGAs and links
  std::vector<Arrow> arrows;
  std::vector<Mark> marks;    ///< in the order of the steps, the last is the result; of a stream, the changes
  std::vector<Phase> phases;  ///< of a stream, at least one
  Curve frames_under_way;     ///< of a stream: that have arrived and not ended

  /// The latency, or the last mark if that is later.
  double extent_s() const;
};

/// Of one mapping; its name is @p name, and the only mark is its latency.
Timeline make_timeline(const Problem& problem, const Judgement& judgement, const std::string& name);

/// Of the result of a mapper, with a mark for each step.
Timeline make_timeline(const Problem& problem, const Run& run);

/// Of all frames of a stream. @pre the run has kept their schedules
Timeline make_timeline(const ScenarioRun& run);

}  // namespace h2h
