// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <h2h/search/neighbourhood.hpp>
#include <h2h/search/plan_schedule.hpp>

namespace h2h {

/// How long a search may go on: so many evaluations, or so much wall time.
struct SearchLimit {
  std::optional<std::uint64_t> evaluations;
  double seconds = 0;  ///< where there is no limit of evaluations

  bool is_timed() const { return !evaluations; }
};

/// How much of a search's limit is used up, from 0 to 1. Looks at the clock seldom.
class Progress {
 public:
  explicit Progress(SearchLimit limit);
  /// Counts evaluations.
  void advance(std::uint64_t evaluations = 1) {
    evaluations_ += evaluations;
    if (evaluations_ >= next_look_) look();
  }
  /// Looks at the clock now. @returns the fraction
  double look();
  std::uint64_t evaluations() const { return evaluations_; }
  double fraction() const { return fraction_; }
  bool done() const { return fraction_ >= 1; }

 private:
  SearchLimit limit_;
  double began_s_;
  std::uint64_t evaluations_ = 0;
  std::uint64_t next_look_ = 0;
  double fraction_ = 0;
};

/// How simulated annealing cools: from one temperature to another, both as parts of the first value,
/// geometrically over the limit.
struct Cooling {
  double from = 0.02;  // what did best on the evaluated models of the paper in equal time
  double to = 0.001;
};

struct AnnealingResult {
  Plan plan;
  double value = 0;
};

/// Simulated annealing (Kirkpatrick, Gelatt, Vecchi, Science 220, 1983) over the moves of a neighbourhood.
/// @param accepted is called after every move that is kept
/// @returns the best plan met, the given one if there is none better
AnnealingResult anneal(PlanSchedule& schedule, Neighbourhood& neighbourhood, Cooling cooling,
                       Progress& progress, const std::function<void(const PlanSchedule&)>& accepted = {});

}  // namespace h2h
