// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include <h2h/study/study.hpp>

namespace h2h {

/// Hands points out to workers so that what a worker has loaded serves it for as long as it can: groups of
/// points share their files, a worker finishes its group before it begins another, and helps with the largest
/// of those in work when none is left to begin.
class PointQueue {
 public:
  PointQueue(std::vector<std::vector<Study::PointIndex>> groups, std::size_t workers);

  /// @returns nothing when all points are handed out
  std::optional<Study::PointIndex> next(std::size_t worker);

 private:
  std::vector<std::deque<Study::PointIndex>> groups_;
  std::vector<std::optional<std::size_t>> group_of_;  ///< by worker
  std::size_t begun_ = 0;                             ///< groups before this one have been begun
};

}  // namespace h2h
