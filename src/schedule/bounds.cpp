// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/bounds.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "bounds/cbc.hpp"
#include "bounds/exact.hpp"
#include "bounds/least_times.hpp"
#include "bounds/prices.hpp"
#include "bounds/relaxation.hpp"

namespace h2h {

using namespace bounds;

namespace {

/// The arguments that matter to a bound.
std::string kind_of(const PricedBound& bound) {
  constexpr double kMatters = 0.01;
  std::string kind;
  for (const auto& [weight, name] : {std::pair(bound.paths, "critical-path"), std::pair(bound.loads, "load"),
                                     std::pair(bound.links, "network")}) {
    if (weight < kMatters) continue;
    if (!kind.empty()) kind += '+';
    kind += name;
  }
  return kind;
}

Bound priced(const Slots& slots, const Windows& windows, Arguments arguments) {
  const PricedBound bound = bound_by_prices(slots, windows, arguments);
  return {bound.latency_s, kind_of(bound)};
}

Bound best_bound(const Slots& slots, const Windows& windows, Contention contention) {
  const Bound path{windows.latency_s(), "critical-path"};
  Bound all = priced(slots, windows, {true, true, contention == Contention::possible});
  return all.latency_s > path.latency_s ? all : path;
}

/// Latency of the mapping that runs all layers one after another: nothing is lower if nothing better is
/// known.
double serial_s(const Problem& problem) {
  double sum = 0;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    double least_s = kNever;
    for (const AcceleratorIndex a : problem.candidates(layer))
      least_s = std::min(least_s, problem.zero_locality_s(layer, a));
    sum += least_s;
  }
  return sum;
}

}  // namespace

Bound critical_path_bound(const Problem& problem) {
  return {Windows(Slots(problem)).latency_s(), "critical-path"};
}

std::vector<double> least_tails_s(const Problem& problem) {
  const Slots slots(problem);
  const Windows windows(slots);
  constexpr double kRounding = 1e-12;
  std::vector<double> tails(static_cast<std::size_t>(problem.layers()) * problem.kinds(), kNever);
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    for (GroupIndex g = 0; g < slots.group_count(); ++g) {
      double& tail_s = tails[static_cast<std::size_t>(layer) * problem.kinds() + slots.groups()[g].kind];
      tail_s = std::min(tail_s, windows.rest_s(layer, g) * (1 - kRounding));
    }
  }
  return tails;
}

Bound load_bound(const Problem& problem) {
  const Slots slots(problem);
  return priced(slots, Windows(slots), {false, true, false});
}

Bound network_bound(const Problem& problem) {
  const Slots slots(problem);
  return {priced(slots, Windows(slots), {false, false, true}).latency_s, "network"};
}

Bound best_bound(const Problem& problem, Contention contention) {
  const Slots slots(problem);
  return best_bound(slots, Windows(slots), contention);
}

std::string_view to_string(BoundMethod method) {
  constexpr std::array<std::string_view, 4> kNames = {"quick", "lp", "milp", "exact"};
  return kNames[static_cast<std::size_t>(method)];
}

void require_method(BoundMethod method) {
  if (method == BoundMethod::lp || method == BoundMethod::milp) Cbc();
}

Bound find_bound(const Problem& problem, Contention contention, std::optional<double> incumbent_s,
                 const BoundOptions& options) {
  using Clock = std::chrono::steady_clock;
  const Slots slots(problem);
  const Windows windows(slots);
  Bound best = best_bound(slots, windows, contention);
  const double upper_s = std::min(incumbent_s.value_or(kNever), serial_s(problem));
  const auto consider = [&](BoundMethod method, double latency_s) {
    // Solvers look at nothing worse than the incumbent.
    latency_s = std::min(latency_s, upper_s);
    if (latency_s > best.latency_s) best = {latency_s, std::string(to_string(method))};
  };
  switch (options.method) {
    case BoundMethod::quick:
      break;
    case BoundMethod::lp:
    case BoundMethod::milp: {
      const Relaxation relaxation(slots, windows, upper_s);
      const Cbc cbc;
      const auto begin = Clock::now();
      consider(BoundMethod::lp,
               cbc.relaxed_bound(relaxation.program(), options.time_s) * relaxation.unit_s());
      const double left_s = options.time_s - std::chrono::duration<double>(Clock::now() - begin).count();
      if (options.method == BoundMethod::lp || left_s <= 0) break;
      if (const auto bound = cbc.integer_bound(relaxation.program(), left_s))
        consider(BoundMethod::milp, *bound * relaxation.unit_s());
      break;
    }
    case BoundMethod::exact:
      // A proof is worth its name even where the quick bound is as high.
      if (const auto optimum = exact_bound(slots, windows, upper_s, options.time_s))
        best = {std::max(best.latency_s, *optimum), std::string(to_string(options.method))};
      break;
  }
  return best;
}

}  // namespace h2h
