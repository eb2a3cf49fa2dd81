// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapper/evaluator.hpp>

#include <h2h/schedule/analytic.hpp>

namespace h2h {

std::vector<double> AnalyticEvaluator::latencies_s(const Problem& problem,
                                                   std::span<const Mapping> mappings) {
  std::vector<double> latencies;
  latencies.reserve(mappings.size());
  for (const Mapping& mapping : mappings) latencies.push_back(analytic_latency_s(problem, mapping));
  return latencies;
}

}  // namespace h2h
