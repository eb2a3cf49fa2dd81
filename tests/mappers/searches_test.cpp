// SPDX-License-Identifier: Apache-2.0
//
// What the searches promise beside a better mapping: how long they take, what they pin, and that no two
// chains draw the same numbers.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::Random;

StepResult improve(const Problem& problem, const std::string& step, const Mapping& start,
                   Evaluator& evaluator, std::uint64_t seed = 1) {
  static const Registry registry = builtin_registry();
  StepContext context{evaluator, seed};
  return make_mapper(step, registry).steps.front().step->run(problem, start, context);
}

StepResult improve(const Problem& problem, const std::string& step, const Mapping& start) {
  AnalyticEvaluator evaluator;
  return improve(problem, step, start, evaluator);
}

TEST(LargeNeighbourhood, StopsAtItsLimitWithAValidMapping) {
  Random random(91);
  for (int i = 0; i < 60; ++i) {
    const Workload workload = test::random_workload(random, {20, 40});
    const System system = test::random_system(random, test::random_description(random, 6), i % 2 == 0);
    const Problem problem(workload, system, i % 3 == 2 ? Activations::direct : Activations::host);
    const Mapping start = test::random_mapping(random, problem);
    // Anywhere in a repair.
    const auto evaluations = static_cast<std::uint64_t>(test::draw(random, 1, 100));
    const StepResult result =
        improve(problem, "lns[size=30,evals=" + std::to_string(evaluations) + "]", start);
    ASSERT_EQ(result.evaluations, evaluations) << "case " << i;
    ASSERT_TRUE(result.mapping.is_complete()) << "case " << i;
    const auto violations = check_mapping(problem, result.mapping);
    ASSERT_TRUE(violations.empty()) << "case " << i << ": " << violations.front().message;
    ASSERT_LE(analytic_latency_s(problem, result.mapping), analytic_latency_s(problem, start))
        << "case " << i;
  }
}

TEST(LargeNeighbourhood, TriesOfManyAcceleratorsThoseThatMatter) {
  // Some kinds of accelerators, a hundred of each: trying all of them places three layers in the time.
  Random random(92);
  const Workload workload = test::random_workload(random, {40, 40});
  const System few = test::random_system(random, test::random_description(random, 4));
  System many = few;
  many.accelerators.clear();
  for (int copy = 0; copy < 100; ++copy)
    many.accelerators.insert(many.accelerators.end(), few.accelerators.begin(), few.accelerators.end());
  const Problem problem(workload, many);
  Mapping start = Mapping::none(problem);
  for (const LayerIndex layer : problem.topological_order())
    start.append(layer, problem.candidates(layer).front());
  const double before_s = analytic_latency_s(problem, start);
  const StepResult result = improve(problem, "lns[evals=1000]", start);
  EXPECT_EQ(result.evaluations, 1000U);
  EXPECT_TRUE(check_mapping(problem, result.mapping).empty());
  EXPECT_LT(analytic_latency_s(problem, result.mapping), 0.7 * before_s);
}

TEST(Genetic, PinsWeightsInTheOrderInWhichLayersRun) {
  Random random(93);
  int better = 0;
  int streamed = 0;
  for (int i = 0; i < 60; ++i) {
    const Workload workload = test::random_workload(random, {10, 30});
    const System system = test::random_system(random, test::random_description(random, 3), true);
    const Problem problem(workload, system, i % 3 == 2 ? Activations::direct : Activations::host);
    const Mapping start = test::random_mapping(random, problem);
    const StepResult result = improve(problem, "ga[evals=300,population=20]", start);
    ASSERT_TRUE(check_mapping(problem, result.mapping).empty()) << "case " << i;
    if (result.mapping == start) continue;  // which may have any pins
    ++better;
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
      const Accelerator& accelerator = system.accelerators[a];
      std::int64_t room_bytes = std::min(accelerator.weight_budget_bytes, accelerator.dram_bytes);
      for (const LayerIndex layer : result.mapping.order[a]) {
        const std::int64_t bytes = problem.cost(layer, a).weight_bytes;
        if (bytes == 0) continue;
        const bool fits = bytes <= room_bytes;
        ASSERT_EQ(result.mapping.pinned[layer] != 0, fits) << "case " << i << " layer " << layer;
        room_bytes -= fits ? bytes : 0;
        streamed += fits ? 0 : 1;
      }
    }
  }
  EXPECT_GT(better, 50);
  EXPECT_GT(streamed, 100);
}

/// Judges as the analytic evaluator does, but says that it does not, and remembers what `best` found where
/// the network is slower: what it is asked about first.
class Recording : public Evaluator {
 public:
  std::string_view name() const override { return "recording"; }
  bool is_analytic() const override { return false; }
  std::vector<double> latencies_s(const Problem& problem, std::span<const Mapping> mappings) override {
    if (first.empty()) first.assign(mappings.begin(), mappings.end());
    return analytic_.latencies_s(problem, mappings);
  }

  std::vector<Mapping> first;

 private:
  AnalyticEvaluator analytic_;
};

TEST(Best, NoTwoOfItsChainsDrawTheSameNumbers) {
  // Where transfers take no time, no network is slower, and chains differ by their numbers alone. Loads of
  // random layers can always be balanced a little better.
  Random random(94);
  std::string workload = "name: w\nlayers:\n";
  for (int i = 0; i < 100; ++i)
    workload += fmt::format("  - {{name: l{}, type: fc, in_features: 1, out_features: 1, inputs: []}}\n", i);
  std::string catalogue = "accelerators:\n";
  std::vector<test::FpgaByHand> fpgas;
  for (int a = 0; a < 5; ++a) {
    std::string seconds;
    for (int i = 0; i < 100; ++i)
      seconds += fmt::format("{}l{}: 0.{}", i == 0 ? "" : ", ", i, test::draw(random, 100000, 999999));
    catalogue += fmt::format(
        "  A{}: {{types: [fc], model: table, parameters: {{layers: {{{}}}}}, data_bits: 8,\n"
        "      dram: {{capacity: 1MB}}, power: {{active_W: 1}}}}\n",
        a, seconds);
    constexpr double kFast_Bps = 1e30;
    fpgas.push_back({fmt::format("fpga{}", a), fmt::format("A{}", a), kFast_Bps});
  }
  const test::ByHand hand(workload, catalogue, fpgas);
  const Problem& problem = hand.problem;
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Recording recording;
    improve(problem, "best[evals=4000]", Mapping::none(problem), recording, seed);
    ASSERT_EQ(recording.first.size(), 6U);
    for (std::size_t i = 2; i < recording.first.size(); ++i) {
      if (recording.first[i] == recording.first[0]) continue;  // neither chain found anything
      ++found;
      EXPECT_FALSE(recording.first[i] == recording.first[i - 1]) << "seed " << seed << " factor " << i;
    }
  }
  EXPECT_GT(found, 20);
}

}  // namespace
}  // namespace h2h
