// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// Two latencies closer than this, relatively, count as equal in a decision: replays on a running clock
/// differ from one another in the last digits.
constexpr double kDecisionMargin = 1e-9;

/// Whether a latency is lower by more than the margin.
inline bool improves(double candidate_s, double incumbent_s) {
  return candidate_s < incumbent_s * (1 - kDecisionMargin);
}

/// How a search judges mappings.
class Evaluator {
 public:
  virtual ~Evaluator() = default;

  virtual std::string_view name() const = 0;

  /// Whether latencies are those of `analytic_latency_s`, so that a search may take them from an
  /// IncrementalSchedule.
  virtual bool is_analytic() const = 0;

  /// Whether no latency is below `analytic_latency_s`, so that a search may leave out what that already shows
  /// not to win.
  virtual bool has_analytic_bound() const { return true; }

  /// Latencies of complete, valid mappings.
  virtual std::vector<double> latencies_s(const Problem& problem, std::span<const Mapping> mappings) = 0;

  /// How many mappings it judges side by side.
  virtual std::size_t width() const { return 1; }

  double latency_s(const Problem& problem, const Mapping& mapping) {
    return latencies_s(problem, std::span(&mapping, 1)).front();
  }
};

/// The contention-free evaluator.
class AnalyticEvaluator : public Evaluator {
 public:
  std::string_view name() const override { return "analytic"; }
  bool is_analytic() const override { return true; }
  std::vector<double> latencies_s(const Problem& problem, std::span<const Mapping> mappings) override;
};

}  // namespace h2h
