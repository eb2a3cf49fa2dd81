// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/base/error.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h {

/// Frames of the longest stream: arrivals and phases are kept.
inline constexpr std::size_t kMostFrames = 1'000'000;
/// Periods and deadlines, in seconds: to a day.
inline constexpr double kShortestPeriod_s = 1e-9;
inline constexpr double kLongestPeriod_s = 86400;

/// When frames arrive.
enum class Arrivals : std::uint8_t {
  periodic,  ///< one every period
  poisson    ///< at random, independently of one another, one a period on average
};
std::string_view to_string(Arrivals arrivals);
inline constexpr std::array kArrivals = {Arrivals::periodic, Arrivals::poisson};

/// Reads a period or a deadline, in seconds.
/// @param name what the user calls it; it, @p kind and @p where are those of the error
/// @throws Error for a text that is no time from kShortestPeriod_s to kLongestPeriod_s
double parse_period(std::string_view text, std::string_view name, ErrorKind kind, const Location& where = {});

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
  std::string workload;                           ///< file of the model that it is for; empty: none is named
  Location workload_where;                        ///< of that name, or of the scenario
  std::optional<std::vector<std::string>> start;  ///< modalities that are on at first; absent: all
  Location start_where;                           ///< of that list, or of the scenario
  std::optional<std::size_t> frames;
  std::optional<double> period_s;
  std::optional<double> deadline_s;  ///< from a frame's arrival
  Arrivals arrivals = Arrivals::periodic;
  /// The events have no frame and no time: the first takes place after so many frames, the next after as many
  /// more, and behind the last they begin again.
  std::optional<std::size_t> every;
  std::vector<ScenarioEvent> events;  ///< in file order
  Location where;
};

/// Reads a scenario from YAML. Names of modalities are checked when it meets a workload.
/// @throws Error (input) with file, line and column
Scenario parse_scenario(std::string_view yaml, const std::string& file);
Scenario read_scenario(const std::filesystem::path& path);

/// The workload that a scenario names: beside it, or else as given or in @p folders.
/// @throws Error (input) with the place of the name if it is not there
std::filesystem::path find_workload(const Scenario& scenario,
                                    const std::vector<std::filesystem::path>& folders);

/// Frames that run with the same modalities on.
struct ScenarioPhase {
  std::size_t first_frame = 0;          ///< from 0
  std::vector<std::string> modalities;  ///< that are on, in the workload's order; may be none
  std::string note;                     ///< of the events that begin it
  Location where;                       ///< of the last of these, or of what is on at first
};

/// What a scenario comes to: each event that concerns a frame begins a phase; those that concern the same
/// frame begin one together. The first phase begins at frame 0.
/// @param known the workload's modalities, in its order
/// @param arrivals_s of all frames, at least one, ascending
/// @throws Error (input) with the event's place for an unknown modality (with the nearest known one), for one
///         that is switched on while it is on, or off while it is off, and for events out of order; also of
///         events that concern no frame
std::vector<ScenarioPhase> phases_of(const Scenario& scenario, const std::vector<std::string>& known,
                                     const std::vector<double>& arrivals_s);

/// Modalities that one phase has on and the other has not, in the workload's order.
struct Switching {
  std::vector<std::string> on;
  std::vector<std::string> off;
};
Switching switching(const ScenarioPhase& before, const ScenarioPhase& after);
/// What switches from one phase to the next, and why: `+audio -depth: a voice behind the camera`; `no change`
/// if neither is anything.
std::string change_between(const ScenarioPhase& before, const ScenarioPhase& after);

/// The events that concern no frame, as all arrive before them. Pointers into the scenario.
std::vector<const ScenarioEvent*> events_without_frame(const Scenario& scenario,
                                                       const std::vector<double>& arrivals_s);

/// How many frames run: one where the scenario does not say.
inline std::size_t frames_of(const Scenario& scenario) {
  return scenario.frames.value_or(1);
}

/// Whether several frames run and nothing says when they arrive.
inline bool lacks_period(const Scenario& scenario) {
  return frames_of(scenario) > 1 && !scenario.period_s;
}

/// What of a workload runs during a phase, see `Workload::with_modalities()`.
/// @throws Error (input) with the phase's place if what is left is no valid network
Workload workload_of(const Workload& full, const ScenarioPhase& phase);

/// Arrivals of @p count frames, the first at 0, in seconds.
/// @param period_s from one to the next; of Poisson arrivals the mean
/// @param seed of Poisson arrivals: equal seeds give equal arrivals
std::vector<double> arrival_times(Arrivals arrivals, std::size_t count, double period_s, std::uint64_t seed);
/// Of a scenario's frames. @pre none of them lacks a period
std::vector<double> arrival_times(const Scenario& scenario, std::uint64_t seed);

}  // namespace h2h
