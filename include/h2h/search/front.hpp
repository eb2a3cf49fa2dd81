// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <h2h/search/annealing.hpp>

namespace h2h {

/// A plan and what it costs under the analytic evaluator.
struct FrontPoint {
  double latency_s = 0;
  double energy_J = 0;  ///< the paper's: active power x busy time
  Plan plan = {};
};

/// The points of which none is beaten by another in latency and energy together.
class ParetoFront {
 public:
  /// Whether no point is at least as good in both.
  bool wants(double latency_s, double energy_J) const;
  /// Keeps a point that it wants, and drops those that this one beats.
  void add(FrontPoint point);
  /// The fastest first, so that energy falls from each to the next.
  std::span<const FrontPoint> points() const { return points_; }

 private:
  std::vector<FrontPoint> points_;
};

struct FrontOptions {
  std::uint64_t evaluations = 4000000;  ///< all together
  LocalityRules::Scope scope = LocalityRules::Scope::adjacent;
  Cooling cooling = {};
  std::uint64_t seed = 1;
  unsigned jobs = 1;  ///< threads; the front does not depend on them
};

/// Looks for the front of latency and energy: anneals towards one objective after the other, from latency to
/// energy and back, keeps whatever on its way nothing beats, and goes on from there by single moves.
/// @param starts plans to begin with, at least one
ParetoFront search_front(const Problem& problem, std::span<const Plan> starts, const FrontOptions& options);

}  // namespace h2h
