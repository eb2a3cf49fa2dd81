// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/base/error.hpp>

namespace h2h {

/// When frames arrive.
enum class Arrivals : std::uint8_t {
  periodic,  ///< one every period
  poisson    ///< at random, independently of one another, one a period on average
};
std::string_view to_string(Arrivals arrivals);

/// Modalities that switch on and off between two frames.
struct ScenarioEvent {
  std::optional<std::size_t> frame;  ///< the first that it concerns, from 1
  std::optional<double> time_s;      ///< instead: it concerns frames that arrive from then on
  std::vector<std::string> on;
  std::vector<std::string> off;
  std::string note;  ///< what happens, for people; may be empty
  Location where;
};

/// A scenario file: a stream of frames of one model during which modalities come and go (section 4.5 of the
/// paper). workloads/scenarios/README.md describes the format.
struct Scenario {
  std::string name;
  std::string description;
  std::string workload;                           ///< the model that it is for; empty: none is named
  std::optional<std::vector<std::string>> start;  ///< modalities that are on at first; absent: all
  std::optional<std::size_t> frames;
  std::optional<double> period_s;
  std::optional<double> deadline_s;  ///< from a frame's arrival
  Arrivals arrivals = Arrivals::periodic;
  /// The events have no frame and no time: the first takes place after so many frames, the next after as many
  /// more, and from the last on they begin again.
  std::optional<std::size_t> every;
  std::vector<ScenarioEvent> events;  ///< in file order
  Location where;
};

/// Reads a scenario from YAML. Names of modalities are checked when it meets a workload.
/// @throws Error (input) with file, line and column
Scenario parse_scenario(std::string_view yaml, const std::string& file);

/// Frames that run with the same modalities on.
struct ScenarioPhase {
  std::size_t first_frame = 0;          ///< from 0
  std::vector<std::string> modalities;  ///< that are on, in the workload's order
  std::string note;                     ///< of the event that begins it
};

/// What a scenario comes to: each event that concerns a frame begins a phase; those that concern the same
/// frame begin one together. The first phase begins at frame 0.
/// @param known the workload's modalities, in its order
/// @param arrivals_s of all frames, ascending
/// @throws Error (input) with the event's place for an unknown modality (with the nearest known one), for one
///         that is switched on while it is on, or off while it is off, and for events out of order
std::vector<ScenarioPhase> phases_of(const Scenario& scenario, const std::vector<std::string>& known,
                                     const std::vector<double>& arrivals_s);

/// Arrivals of @p count frames, the first at 0, in seconds.
/// @param seed of Poisson arrivals: equal seeds give equal arrivals
std::vector<double> arrival_times(Arrivals arrivals, std::size_t count, double period_s, std::uint64_t seed);

}  // namespace h2h
