// SPDX-License-Identifier: Apache-2.0
//
// Warm problems: that whatever mapper runs on one leaves buffered weights where they are.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapper/chain.hpp>
#include <h2h/mapper/warm.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::draw;
using test::error_of;
using test::Random;
using testing::ElementsAre;

class Warm : public testing::Test {
 protected:
  ByHand hand_{
      "name: w\n"
      "layers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 20, inputs: [a]}\n"
      "  - {name: c, type: fc, in_features: 20, out_features: 10, inputs: [b]}\n",
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8,\n"
      "      dram: {capacity: 800B}, power: {active_W: 2}}\n",
      {{"fpga0", "X"}, {"fpga1", "X"}, {"fpga2", "X"}}};
  static constexpr AcceleratorIndex kHost = Problem::kHost;
};

TEST_F(Warm, ABufferedLayerRunsInItsPlaceAndHasNoWeights) {
  const WarmProblem warm(hand_.problem, std::vector<AcceleratorIndex>{kHost, 1, kHost});
  const Problem& problem = warm.problem();
  EXPECT_THAT(problem.candidates(0), ElementsAre(0, 1, 2));
  EXPECT_THAT(problem.candidates(1), ElementsAre(1));
  EXPECT_FALSE(problem.runs(1, 0));
  EXPECT_EQ(problem.cost(1, 1).weight_bytes, 0);
  EXPECT_EQ(problem.cost(1, 1).weights_s, 0);
  EXPECT_EQ(problem.cost(0, 1).weight_bytes, 100);
  EXPECT_EQ(problem.system().accelerators[1].weight_budget_bytes, 200);
  EXPECT_EQ(problem.system().accelerators[1].dram_bytes, 600);
  EXPECT_EQ(problem.system().accelerators[0].dram_bytes, 800);
  EXPECT_EQ(problem.kinds(), 2U) << "the one that holds something differs from the others";

  Mapping mapping = Mapping::none(problem);
  mapping.append(0, 0);
  mapping.append(1, 1);
  mapping.append(2, 2);
  const Mapping cold = warm.as_cold(mapping);
  EXPECT_THAT(cold.pinned, ElementsAre(0, 1, 0));
  EXPECT_EQ(analytic_latency_s(hand_.problem, cold), analytic_latency_s(problem, mapping));

  Mapping moved = Mapping::none(problem);
  for (LayerIndex layer = 0; layer < 3; ++layer) moved.append(layer, 0);
  EXPECT_EQ(error_of([&] { warm.as_cold(moved); }),
            "internal: layer 'b' is mapped to 'fpga0', which does not run it: its weights are buffered on "
            "'fpga1'; this is a defect of the mapper; please report it");
}

TEST_F(Warm, WithNothingBufferedItIsTheColdProblem) {
  const WarmProblem warm(hand_.problem, std::vector<AcceleratorIndex>(3, kHost));
  EXPECT_EQ(warm.problem().kinds(), hand_.problem.kinds());
  const Registry registry = builtin_registry();
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  const Mapper h2h = make_mapper("h2h", registry);
  const Mapping none = Mapping::none(hand_.problem);
  EXPECT_EQ(warm.as_cold(run_chain(warm.problem(), h2h, none, context).mapping),
            run_chain(hand_.problem, h2h, none, context).mapping);
}

TEST_F(Warm, H2hDynamicKeepsThePinsThatItIsGiven) {
  const Registry registry = builtin_registry();
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  const Mapper dynamic = make_mapper("h2h-dynamic", registry);
  const Mapping none = Mapping::none(hand_.problem);
  const Mapping fresh = run_chain(hand_.problem, dynamic, none, context).mapping;
  EXPECT_EQ(fresh, run_chain(hand_.problem, make_mapper("h2h", registry), none, context).mapping);
  // A mapping that h2h would not make: everything apart, of which only b is pinned.
  Mapping before = none;
  before.append(0, 0);
  before.append(1, 2);
  before.append(2, 1);
  before.pinned = {0, 1, 0};
  const Mapping after = run_chain(hand_.problem, dynamic, before, context).mapping;
  EXPECT_EQ(after.accelerator[1], 2U);
  EXPECT_EQ(after.pinned[1], 1);
  EXPECT_LT(analytic_latency_s(hand_.problem, after), analytic_latency_s(hand_.problem, before));
}

class WarmMapper : public testing::TestWithParam<const char*> {};

TEST_P(WarmMapper, LeavesBufferedWeightsWhereTheyAre) {
  const Registry registry = builtin_registry();
  const Mapper mapper = make_mapper(GetParam(), registry);
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  Random random(20261122);
  std::size_t buffered_layers = 0;
  for (int i = 0; i < 30; ++i) {
    SCOPED_TRACE(fmt::format("case {}", i));
    const Workload workload = test::random_workload(random);
    const System system =
        test::random_system(random, test::random_description(random, static_cast<int>(draw(random, 1, 4))),
                            test::chance(random, 0.5));
    const Problem problem(workload, system,
                          test::chance(random, 0.2) ? Activations::direct : Activations::host);
    const Mapping before = test::random_mapping(random, problem);
    std::vector<AcceleratorIndex> places(problem.layers(), Problem::kHost);
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      if (before.pinned[layer] != 0) places[layer] = before.accelerator[layer];
    }
    const WarmProblem warm(problem, places);
    const Mapping found = run_chain(warm.problem(), mapper, Mapping::none(warm.problem()), context).mapping;
    const Mapping after = warm.as_cold(found);
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      if (places[layer] == Problem::kHost) continue;
      ++buffered_layers;
      ASSERT_EQ(after.accelerator[layer], places[layer]);
      ASSERT_NE(after.pinned[layer], 0);
    }
    for (const Violation& violation : check_mapping(problem, after)) {
      const bool is_excess =
          violation.rule == Violation::Rule::weights || violation.rule == Violation::Rule::dram;
      ASSERT_TRUE(is_excess && may_exceed_dram(mapper)) << violation.message;
    }
    // The same times, though the warm problem takes the weights for none.
    ASSERT_EQ(analytic_latency_s(problem, after), analytic_latency_s(warm.problem(), found));
  }
  EXPECT_GT(buffered_layers, 50U);
}

INSTANTIATE_TEST_SUITE_P(All, WarmMapper,
                         testing::Values("h2h", "h2h[scope=resident]", "h2h-release", "h2h-dynamic", "heft",
                                         "cpop", "peft", "heft-lookahead", "dls", "min-min", "max-min",
                                         "sufferage", "list", "taura-chien", "kwon", "series-parallel",
                                         "best[evals=2000]", "h2h+sa[evals=1000]", "heft+lns[evals=500]",
                                         "heft+ga[evals=500]"),
                         [](const auto& one) {
                           std::string name;
                           for (const char c : std::string_view(one.param)) {
                             if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
                           }
                           return name;
                         });

}  // namespace
}  // namespace h2h
