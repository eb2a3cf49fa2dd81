// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>

#include <h2h/study/inputs.hpp>
#include <h2h/study/results.hpp>

namespace h2h {

/// A part of a study that one machine runs: every `count`-th point, from the one of number `index` on.
struct Shard {
  std::size_t index = 1;  ///< from 1 to count
  std::size_t count = 1;
  std::string to_string() const;
};

/// The points of a shard, in order.
std::vector<Study::PointIndex> points_of(const Study& study, const Shard& shard);

/// What a sweep says while it runs.
struct SweepListener {
  std::function<void(Study::PointIndex point, const StudyRow& row)> done;
  std::function<void(const std::string& warning)> warn;  ///< of each kind and platform one
  std::function<void()> idle;                            ///< every now and then
};

/// Runs points, several side by side in processes of their own. Points on which nothing maps are results
/// like others. @pre this process has no threads
/// @param jobs number of processes
/// @throws Error for a point with wrong inputs, after what was under way is done; or, after all other points
///         are done, for points whose process died
void run_points(const StudyInputs& inputs, const Registry& registry,
                std::span<const Study::PointIndex> points, unsigned jobs, const SweepListener& listener);

}  // namespace h2h
