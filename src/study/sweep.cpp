// SPDX-License-Identifier: Apache-2.0
#include <h2h/study/sweep.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "point_queue.hpp"
#include "point_runner.hpp"
#include "worker_pool.hpp"

namespace h2h {
namespace {

/// Points with the same platform together, in order of their first ones.
std::vector<std::vector<Study::PointIndex>> by_platform(const Study& study,
                                                        std::span<const Study::PointIndex> points) {
  std::vector<std::vector<Study::PointIndex>> groups;
  std::map<std::vector<std::string>, std::size_t> known;
  for (const Study::PointIndex point : points) {
    const auto [at, is_new] = known.try_emplace(platform_key(study, point), groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(point);
  }
  return groups;
}

Error in_point(const Study& study, Study::PointIndex point, const Error& error) {
  return {error.kind(), fmt::format("{}: {}", study.describe(point), error.what())};
}

}  // namespace

std::string Shard::to_string() const {
  return fmt::format("{}/{}", index, count);
}

std::vector<Study::PointIndex> points_of(const Study& study, const Shard& shard) {
  std::vector<Study::PointIndex> points;
  for (Study::PointIndex point = shard.index - 1; point < study.size(); point += shard.count)
    points.push_back(point);
  return points;
}

void run_points(const StudyInputs& inputs, const Registry& registry,
                std::span<const Study::PointIndex> points, unsigned jobs, const SweepListener& listener) {
  const std::size_t workers = std::min<std::size_t>(jobs, points.size());
  PointQueue queue(by_platform(inputs.study, points), workers);
  PointRunner runner(inputs, registry);
  WorkerPool pool(runner, workers);

  std::optional<Error> first_error;
  std::optional<Error> first_death;
  std::size_t deaths = 0;
  std::set<std::string> warned;
  const auto report = [&](WorkerPool::Report one) {
    if (one.error) {
      if (!first_error) first_error = in_point(inputs.study, one.point, *one.error);
    } else if (one.outcome) {
      for (const PointRunner::Warning& warning : one.outcome->warnings) {
        if (warned.insert(warning.kind).second)
          listener.warn(fmt::format("{}: {}", inputs.study.describe(one.point), warning.text));
      }
      listener.done(one.point, one.outcome->row);
    } else {
      ++deaths;
      if (!first_death) {
        first_death = Error(ErrorKind::internal, fmt::format("{}: {} ended its process",
                                                             inputs.study.describe(one.point), one.death));
      }
    }
    return !first_error;
  };
  pool.run(queue, report, listener.idle);
  if (first_error) throw Error(*first_error);
  if (first_death) {
    throw Error(ErrorKind::internal,
                deaths == 1 ? first_death->message()
                            : fmt::format("{}; so it went with {} more", first_death->message(), deaths - 1),
                "all other points are done, and the same command tries again what is missing");
  }
}

}  // namespace h2h
