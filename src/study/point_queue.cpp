// SPDX-License-Identifier: Apache-2.0
#include "point_queue.hpp"

#include <algorithm>

namespace h2h {

PointQueue::PointQueue(std::vector<std::vector<Study::PointIndex>> groups, std::size_t workers)
    : group_of_(workers) {
  for (const auto& group : groups) groups_.emplace_back(group.begin(), group.end());
}

std::optional<Study::PointIndex> PointQueue::next(std::size_t worker) {
  std::optional<std::size_t>& group = group_of_[worker];
  if (!group || groups_[*group].empty()) {
    if (begun_ < groups_.size()) {
      group = begun_++;
    } else {
      const auto largest = std::max_element(groups_.begin(), groups_.end(),
                                            [](const auto& a, const auto& b) { return a.size() < b.size(); });
      if (largest == groups_.end() || largest->empty()) return std::nullopt;
      group = largest - groups_.begin();
    }
  }
  std::deque<Study::PointIndex>& points = groups_[*group];
  if (points.empty()) return next(worker);  // a group that was empty from the start
  const Study::PointIndex point = points.front();
  points.pop_front();
  return point;
}

}  // namespace h2h
