// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <h2h/base/error.hpp>
#include <h2h/cost/problem.hpp>
#include <h2h/schedule/schedule.hpp>

namespace h2h {

/// What a point of a study is run with, besides parameters of its files.
enum class Setting : std::uint8_t {
  workload,
  platform,
  bandwidth,
  batch,
  modalities,
  mapper,
  evaluator,
  seed,
  execution,
  activations,
  scenario,
  every,
  frames,
  period,
  deadline,
  remap,
  evict,
};

/// One dimension of a study.
struct Axis {
  std::string name;                ///< its column: that of a setting, or the path of a parameter
  std::optional<Setting> setting;  ///< nothing: a parameter
  std::vector<std::string> values;
  std::vector<Location> places;  ///< of the values in the study file
};

/// A value of a platform or a catalogue, such as `accelerators.C.Z.dram.bandwidth`, and what it is set to.
struct Parameter {
  std::string path;
  std::string value;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// A study file: axes, and the points that are their product, the last axis changing fastest, without those
/// that the file excludes. scripts/sweep/README.md describes the format.
class Study {
 public:
  /// Position of a point, from 0; users count from 1.
  using PointIndex = std::size_t;

  /// @throws Error (input) with file, line and column
  static Study parse(std::string_view yaml, const std::string& file);

  const std::string& name() const { return name_; }
  const std::string& file() const { return file_; }
  const std::vector<Axis>& axes() const { return axes_; }
  std::size_t size() const { return points_.size(); }

  /// Which of an axis's values a point has.
  std::size_t choice(PointIndex point, std::size_t axis) const;
  /// Whether points are frames that follow one another: the file has scenarios, or numbers of frames.
  bool has_streams() const;
  bool has(Setting setting) const;  ///< whether there is such an axis
  /// Says which workload points run for which the file names none, by their scenario.
  void take_workloads(std::map<std::string, std::string, std::less<>> by_scenario);

  /// The words of the study file, or what holds where it has no such axis.
  const std::string& setting(PointIndex point, Setting setting) const;
  Execution execution(PointIndex point) const;
  Activations activations(PointIndex point) const;
  std::uint64_t seed(PointIndex point) const;
  /// All values that a setting takes.
  std::vector<std::string> values(Setting setting) const;
  /// Where the study gives a value to a setting; the study file where it does not.
  Location place(Setting setting, std::string_view value) const;
  std::vector<Parameter> parameters(PointIndex point) const;

  /// Columns of the axes: every setting, those of streams only where there are streams, then the parameters
  /// in file order; and a point's values in them.
  std::vector<std::string> columns() const;
  std::vector<std::string> row(PointIndex point) const;

  /// Which point it is, for messages: "point 3 (mapper h2h, seed 2)", from the axes with several values.
  std::string describe(PointIndex point) const;

  /// Everything that the file says, in a fixed form: equal for files that differ in comments and layout.
  std::string canonical() const;

 private:
  std::string name_;
  std::string file_;
  std::vector<Axis> axes_;
  std::vector<std::uint64_t> strides_;  ///< of each axis in the product
  std::vector<std::uint64_t> points_;   ///< places in the product
  std::map<std::string, std::string, std::less<>>
      workloads_;  ///< by scenario, where there is no axis of them
};

/// The word for modalities by which none is switched off, and for the platform's own bandwidth.
inline constexpr std::string_view kAllModalities = "all";
inline constexpr std::string_view kOwnBandwidth = "own";
/// The word for a stream in which nothing switches.
inline constexpr std::string_view kNoScenario = "none";

}  // namespace h2h
