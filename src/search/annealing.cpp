// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/annealing.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace h2h {
namespace {

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Progress::Progress(SearchLimit limit) : limit_(limit), began_s_(now_s()) {
  look();
}

double Progress::look() {
  constexpr std::uint64_t kBetweenLooks = 64;
  next_look_ = evaluations_ + kBetweenLooks;
  if (limit_.evaluations) {
    next_look_ = std::min(next_look_, *limit_.evaluations);
    fraction_ = *limit_.evaluations == 0
                    ? 1
                    : static_cast<double>(evaluations_) / static_cast<double>(*limit_.evaluations);
  } else {
    fraction_ = limit_.seconds > 0 ? (now_s() - began_s_) / limit_.seconds : 1;
  }
  return fraction_;
}

AnnealingResult anneal(PlanSchedule& schedule, Neighbourhood& neighbourhood, Cooling cooling,
                       Progress& progress, const std::function<void(const PlanSchedule&)>& accepted) {
  double current = schedule.value();
  AnnealingResult best{schedule.plan(), current};
  const double first = current;
  const double begin = progress.fraction();
  double temperature = 0;
  double computed_for = -1;
  while (!progress.done()) {
    if (progress.fraction() != computed_for) {
      computed_for = progress.fraction();
      const double passed = (computed_for - begin) / (1 - begin);
      temperature = first * cooling.from * std::pow(cooling.to / cooling.from, passed);
    }
    progress.advance();
    if (!neighbourhood.disturb(schedule)) {
      schedule.rollback();
      continue;
    }
    // Metropolis: the limit that a candidate must stay below is drawn before it is judged.
    const double limit = current - temperature * std::log(1 - draw_unit(neighbourhood.random()));
    const double value = schedule.value(std::nextafter(limit, 2 * limit));
    if (value <= limit) {
      schedule.commit();
      neighbourhood.accepted();
      if (accepted) accepted(schedule);
      current = value;
      if (current < best.value) best = {schedule.plan(), current};
    } else {
      schedule.rollback();
    }
  }
  return best;
}

}  // namespace h2h
