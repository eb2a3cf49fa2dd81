// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/front.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <future>

namespace h2h {
namespace {

/// Powers of energy in the objectives; that of latency is 1 less them. At the first, energy decides little
/// more than between equal latencies; at the last, the other way round.
constexpr std::array<double, 9> kEnergyPowers = {0.001, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 0.999};

/// Of the evaluations, what is left for moves from points of the front.
constexpr double kExplored = 0.3;

bool offer(ParetoFront& front, const PlanSchedule& schedule) {
  if (!front.wants(schedule.latency_s(), schedule.energy_J())) return false;
  front.add({schedule.latency_s(), schedule.energy_J(), schedule.plan()});
  return true;
}

/// Pareto local search (Paquete, Chiarandini and Stuetzle, 2004) with random moves: from a point of the
/// front, whatever the front wants is kept and gone on from. Finds what no objective has as its best.
void explore(const Problem& problem, const FrontOptions& options, Neighbourhood& neighbourhood,
             std::uint64_t evaluations, ParetoFront& front) {
  constexpr std::uint64_t kFromEach = 64;
  Progress progress({evaluations, 0});
  PlanSchedule schedule(problem, front.points().front().plan, kEnergyDelayProduct, options.scope);
  while (!progress.done()) {
    schedule.replace(draw_one(neighbourhood.random(), front.points()).plan);
    neighbourhood.accepted();
    for (std::uint64_t move = 0; move < kFromEach && !progress.done(); ++move) {
      progress.advance();
      bool wanted = false;
      if (neighbourhood.disturb(schedule)) {
        schedule.value();
        wanted = offer(front, schedule);
      }
      if (wanted) {
        schedule.commit();
        neighbourhood.accepted();
      } else {
        schedule.rollback();
      }
    }
  }
}

/// One way along the objectives. Each begins with what the front so far has best for it.
ParetoFront sweep(const Problem& problem, std::span<const Plan> starts, const FrontOptions& options,
                  std::span<const double> energy_powers, std::uint64_t seed) {
  ParetoFront front;
  for (const Plan& start : starts)
    offer(front, PlanSchedule(problem, start, kEnergyDelayProduct, options.scope));

  Neighbourhood neighbourhood(problem, seed);
  const std::uint64_t evaluations = options.evaluations / 2;  // of this way
  const auto explored = static_cast<std::uint64_t>(kExplored * static_cast<double>(evaluations));
  const SearchLimit each{(evaluations - explored) / energy_powers.size(), 0};
  for (const double power : energy_powers) {
    const Objective objective{1 - power, power};
    const auto value = [&](const FrontPoint& point) {
      return objective.value(point.latency_s, point.energy_J);
    };
    const auto best = std::min_element(front.points().begin(), front.points().end(),
                                       [&](const auto& a, const auto& b) { return value(a) < value(b); });
    PlanSchedule schedule(problem, best->plan, objective, options.scope);
    neighbourhood.accepted();
    Progress progress(each);
    anneal(schedule, neighbourhood, options.cooling, progress,
           [&front](const PlanSchedule& accepted) { offer(front, accepted); });
  }
  explore(problem, options, neighbourhood, explored, front);
  return front;
}

}  // namespace

bool ParetoFront::wants(double latency_s, double energy_J) const {
  // Of the points that are no slower the last uses the least energy.
  const auto slower =
      std::upper_bound(points_.begin(), points_.end(), latency_s,
                       [](double latency, const FrontPoint& point) { return latency < point.latency_s; });
  return slower == points_.begin() || energy_J < std::prev(slower)->energy_J;
}

void ParetoFront::add(FrontPoint point) {
  assert(wants(point.latency_s, point.energy_J));
  const auto first =
      std::lower_bound(points_.begin(), points_.end(), point.latency_s,
                       [](const FrontPoint& other, double latency) { return other.latency_s < latency; });
  const auto last =
      std::find_if(first, points_.end(), [&](const auto& other) { return other.energy_J < point.energy_J; });
  points_.insert(points_.erase(first, last), std::move(point));
}

ParetoFront search_front(const Problem& problem, std::span<const Plan> starts, const FrontOptions& options) {
  assert(!starts.empty());
  const std::vector<double> back(kEnergyPowers.rbegin(), kEnergyPowers.rend());
  const auto policy = options.jobs > 1 ? std::launch::async : std::launch::deferred;
  std::future<ParetoFront> other = std::async(
      policy, [&] { return sweep(problem, starts, options, back, derived_seed(options.seed, 1, 0)); });
  ParetoFront front = sweep(problem, starts, options, kEnergyPowers, derived_seed(options.seed, 0, 0));
  const ParetoFront other_front = other.get();
  for (const FrontPoint& point : other_front.points()) {
    if (front.wants(point.latency_s, point.energy_J)) front.add(point);
  }
  return front;
}

}  // namespace h2h
