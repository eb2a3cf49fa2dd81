// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/bounds.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include <h2h/base/error.hpp>
#include <h2h/schedule/analytic.hpp>

#include "bounds/cbc.hpp"
#include "bounds/exact.hpp"
#include "bounds/least_times.hpp"
#include "bounds/prices.hpp"
#include "bounds/relaxation.hpp"

namespace h2h {

using namespace bounds;

namespace {

/// Layers x groups of a linear program that a solver may finish within minutes.
constexpr std::size_t kMostAssignments = 20000;

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

/// Overlapped, an accelerator's slots overlap, but not its computations.
Bound best_overlapped_bound(const Problem& problem, Contention contention) {
  const Slots paths(problem, Slots::Content::path);
  Bound best{Windows(paths).latency_s(), "critical-path"};
  const Slots computations(problem, Slots::Content::computation);
  const auto consider = [&](Bound bound) {
    if (bound.latency_s > best.latency_s) best = std::move(bound);
  };
  if (const Windows windows(computations); windows.latency_s() > 0)
    consider(priced(computations, windows, {true, true, false}));
  if (contention == Contention::possible) consider(network_bound(problem));
  return best;
}

/// Latency of a simple mapping, each layer where it takes the least: nothing is lower if nothing better is
/// known.
double simple_s(const Problem& problem) {
  Mapping mapping = Mapping::none(problem);
  for (const LayerIndex layer : problem.topological_order()) {
    const auto candidates = problem.candidates(layer);
    mapping.append(
        layer,
        *std::min_element(candidates.begin(), candidates.end(), [&](AcceleratorIndex a, AcceleratorIndex b) {
          return problem.zero_locality_s(layer, a) < problem.zero_locality_s(layer, b);
        }));
  }
  return analytic_latency_s(problem, mapping);
}

using Clock = std::chrono::steady_clock;

/// When a bound's time is up; what no clock counts is as good as years.
Clock::time_point deadline_of(const BoundOptions& options) {
  constexpr double kYears_s = 1e8;
  const std::chrono::duration<double> time(std::min(options.time_s, kYears_s));
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
}

double seconds_until(Clock::time_point end) {
  return std::chrono::duration<double>(end - Clock::now()).count();
}

/// Raises a bound by the linear program and, if wanted, by its integer version.
void solve(const Slots& slots, const Windows& windows, double upper_s, const BoundOptions& options,
           Bound& best) {
  const auto deadline = deadline_of(options);
  const Cbc cbc;
  const Relaxation relaxation(slots, windows, upper_s);
  const auto consider = [&](BoundMethod method, double latency) {
    // Solvers look at nothing worse than the incumbent.
    const double latency_s = std::min(latency * relaxation.unit_s(), upper_s);
    if (latency_s > best.latency_s) best = {latency_s, std::string(to_string(method))};
  };
  double left_s = seconds_until(deadline);
  if (left_s <= 0) {
    best.note = fmt::format(
        "--bound {}: to state the linear program takes longer than {} s; the bound of kind {} "
        "stands",
        to_string(options.method), options.time_s, best.kind);
    return;
  }
  try {
    consider(BoundMethod::lp, cbc.relaxed_bound(relaxation.program(), left_s));
    if (options.method == BoundMethod::lp) return;
    left_s = seconds_until(deadline);
    const auto bound = left_s > 0 ? cbc.integer_bound(relaxation.program(), left_s) : std::nullopt;
    if (bound) consider(BoundMethod::milp, bound->latency);
    if (!bound || !bound->is_optimum) {
      best.note = fmt::format("--bound milp: not finished in {} s; the bound of kind {} stands",
                              options.time_s, best.kind);
    }
  } catch (const Error& error) {
    best.note = fmt::format("--bound {}: {}; the bound of kind {} stands", to_string(options.method),
                            error.message(), best.kind);
  }
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

Bound best_bound(const Problem& problem, Contention contention, Execution execution) {
  if (execution == Execution::overlap) return best_overlapped_bound(problem, contention);
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
                 const BoundOptions& options, Execution execution) {
  if (execution != Execution::serial) {
    Bound best = best_bound(problem, contention, execution);
    if (options.method != BoundMethod::quick) {
      best.note = fmt::format("--bound {} knows serial execution only; the bound of kind {} stands",
                              to_string(options.method), best.kind);
    }
    return best;
  }
  const Slots slots(problem);
  const Windows windows(slots);
  Bound best = best_bound(slots, windows, contention);
  const double upper_s = std::min(incumbent_s.value_or(kNever), simple_s(problem));
  switch (options.method) {
    case BoundMethod::quick:
      break;
    case BoundMethod::lp:
    case BoundMethod::milp:
      if (static_cast<std::size_t>(slots.layers()) * slots.group_count() > kMostAssignments) {
        best.note =
            fmt::format("--bound {}: a linear program of {} layers on {} kinds of accelerators is too large",
                        to_string(options.method), slots.layers(), slots.group_count());
      } else {
        solve(slots, windows, upper_s, options, best);
      }
      break;
    case BoundMethod::exact:
      if (const std::string why = why_not_exact(slots); !why.empty()) {
        best.note = fmt::format("--bound exact {}; the bound of kind {} stands", why, best.kind);
        break;
      }
      // A proof is worth its name even where the quick bound is as high.
      if (const auto optimum = exact_bound(slots, windows, upper_s, deadline_of(options))) {
        best = {std::max(best.latency_s, *optimum), std::string(to_string(options.method))};
      } else {
        best.note = fmt::format("--bound exact: nothing is proven in {} s; lp and milp suit larger workloads",
                                options.time_s);
      }
      break;
  }
  return best;
}

}  // namespace h2h
