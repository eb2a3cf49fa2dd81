// SPDX-License-Identifier: Apache-2.0
//
// The rivals of H2H: small cases by hand, and what holds for all of them on random problems.

#include <algorithm>
#include <cctype>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapper/chain.hpp>
#include <h2h/mapper/partial_schedule.hpp>
#include <h2h/mapper/ranks.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/search/plan.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::Random;
using testing::ElementsAre;
using testing::IsEmpty;

StepResult run_mapper(const Problem& problem, const std::string& text, const Mapping& start) {
  static const Registry registry = builtin_registry();
  AnalyticEvaluator evaluator;
  StepContext context{evaluator};
  StepResult result{start};
  for (const Mapper::Step& step : make_mapper(text, registry).steps)
    result = step.step->run(problem, result.mapping, context);
  return result;
}

Mapping map(const Problem& problem, const std::string& text) {
  return run_mapper(problem, text, Mapping::none(problem)).mapping;
}

/// Accelerators X and Y of these seconds a layer, with room for all weights.
std::string accelerators(const std::string& x, const std::string& y) {
  const auto one = [](const std::string& name, const std::string& layers) {
    return "  " + name + ": {types: [fc], model: table, parameters: {layers: {" + layers +
           "}}, data_bits: 8, dram: {capacity: 1MB}, power: {active_W: 1}}\n";
  };
  return "accelerators:\n" + one("X", x) + one("Y", y);
}

// Three layers that do not depend on each other, on links so fast that transfers take no time.

constexpr double kFast_Bps = 1e12;
const char* const kIndependent =
    "name: w\nlayers:\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
    "  - {name: b, type: fc, in_features: 10, out_features: 10}\n"
    "  - {name: c, type: fc, in_features: 10, out_features: 10}\n";

class Independent : public testing::Test {
 protected:
  std::vector<std::vector<LayerIndex>> orders(const std::string& mapper) const {
    return map(hand_.problem, mapper).order;
  }
  double latency_s(const std::string& mapper) const {
    return analytic_latency_s(hand_.problem, map(hand_.problem, mapper));
  }

 private:
  ByHand hand_{kIndependent,
               accelerators("a: 1, b: 2, c: 4", "a: 2, b: 3.5, c: 10"),
               {{"fpga0", "X", kFast_Bps}, {"fpga1", "Y", kFast_Bps}}};
};

TEST_F(Independent, MinMinTakesTheShortestFirst) {
  // a ends at 1 on X, then b at 3 there (3.5 on Y), then c at 7 (10).
  EXPECT_THAT(orders("min-min"), ElementsAre(ElementsAre(0, 1, 2), IsEmpty()));
  EXPECT_NEAR(latency_s("min-min"), 7, 1e-6);
}

TEST_F(Independent, MaxMinTakesTheLongestFirst) {
  // c ends at 4 on X; of b (3.5 on Y) and a (2 on Y) b is later; a then ends at 5 on X (5.5 on Y).
  EXPECT_THAT(orders("max-min"), ElementsAre(ElementsAre(2, 0), ElementsAre(1)));
  EXPECT_NEAR(latency_s("max-min"), 5, 1e-6);
}

TEST_F(Independent, SufferageTakesTheOneThatWouldLoseMost) {
  // c would lose 6; then a 3 (2 on Y, 5 on X) and b 2.5 (3.5, 6); b then ends at 5.5 on Y, 6 on X.
  EXPECT_THAT(orders("sufferage"), ElementsAre(ElementsAre(2), ElementsAre(0, 1)));
  EXPECT_NEAR(latency_s("sufferage"), 5.5, 1e-6);
}

TEST_F(Independent, DlsTakesTheHighestLevel) {
  // Medians 2, 3.5 and 10 are levels too: c is at 20 - 4, b at 7 - 2, a at 4 - 1; then b at 7 - 3.5, a at 4
  // - 2.
  EXPECT_THAT(orders("dls"), ElementsAre(ElementsAre(2, 0), ElementsAre(1)));
}

TEST_F(Independent, HeftTakesTheHighestRank) {
  EXPECT_THAT(orders("heft"), ElementsAre(ElementsAre(2, 0), ElementsAre(1))) << "ranks 7, 2.75, 1.5";
}

TEST_F(Independent, TauraChienBalancesWhatDoesNotCommunicate) {
  // The largest first, each where the load ends up least: c on X (4), b on Y (3.5), a on X (5; 5.5 on Y).
  EXPECT_THAT(orders("taura-chien"), ElementsAre(testing::UnorderedElementsAre(2, 0), ElementsAre(1)));
}

TEST(Rivals, TiesGoToFileOrderAndCatalogueOrder) {
  const ByHand hand(kIndependent, accelerators("a: 1, b: 1, c: 1", "a: 1, b: 1, c: 1"),
                    {{"fpga0", "X"}, {"fpga1", "Y"}});
  for (const char* mapper : {"heft", "cpop", "peft", "heft-lookahead", "dls", "min-min", "max-min"}) {
    // CPOP has one layer as its critical path, which goes to X.
    EXPECT_THAT(map(hand.problem, mapper).order, ElementsAre(ElementsAre(0, 2), ElementsAre(1))) << mapper;
  }
}

// Chains at 100 B/s: a tensor takes 0.1 s each way, weights are pinned.

const char* const kChain =
    "name: w\nlayers:\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
    "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n";
const std::vector<test::FpgaByHand> kTwo = {{"fpga0", "X"}, {"fpga1", "Y"}};

TEST(Heft, PricesTheCut) {
  // a ends at 1.2 on X. b: on Y 1.2 + 0.1 + 1 + 0.1 = 2.4; on X, fused, 1.1 + 1.15 + 0.1 = 2.35.
  const ByHand hand(kChain, accelerators("a: 1, b: 1.15", "a: 3, b: 1"), kTwo);
  const Mapping mapping = map(hand.problem, "heft");
  EXPECT_THAT(mapping.order, ElementsAre(ElementsAre(0, 1), IsEmpty()));
  EXPECT_THAT(mapping.pinned, ElementsAre(1, 1));
  EXPECT_THAT(mapping.fused, ElementsAre(0, 1));
  EXPECT_NEAR(analytic_latency_s(hand.problem, mapping), 2.35, 1e-12);
  const ByHand slower(kChain, accelerators("a: 1, b: 1.25", "a: 3, b: 1"), kTwo);
  EXPECT_THAT(map(slower.problem, "heft").order, ElementsAre(ElementsAre(0), ElementsAre(1)));
}

TEST(Heft, PricesThePin) {
  // X has room for the weights of one layer, those of the other take 1 s there.
  std::string catalogue = accelerators("a: 1, b: 1", "a: 3, b: 1.7");
  catalogue.replace(catalogue.find("1MB"), 3, "300B");
  const ByHand hand(kChain, catalogue, kTwo);
  const Mapping mapping = map(hand.problem, "heft");
  EXPECT_THAT(mapping.order, ElementsAre(ElementsAre(0), ElementsAre(1)))
      << "on X 1.1 + 1 + 1 + 0.1 = 3.2, on Y 1.2 + 0.1 + 1.7 + 0.1 = 3.1";
  EXPECT_THAT(mapping.pinned, ElementsAre(1, 1));
}

TEST(Lookahead, SeesWhereTheConsumerWillBe) {
  // a alone is faster on X, but b is five times as fast on Y: both on Y end at 1.15 + 1 + 0.1.
  const ByHand hand(kChain, accelerators("a: 1, b: 5", "a: 1.05, b: 1"), kTwo);
  EXPECT_NEAR(analytic_latency_s(hand.problem, map(hand.problem, "heft")), 2.4, 1e-12);
  for (const char* mapper : {"heft-lookahead", "peft"}) {
    const Mapping mapping = map(hand.problem, mapper);
    EXPECT_THAT(mapping.order, ElementsAre(IsEmpty(), ElementsAre(0, 1))) << mapper;
    EXPECT_NEAR(analytic_latency_s(hand.problem, mapping), 2.25, 1e-12) << mapper;
  }
}

TEST(Peft, SeesFurtherThanTheConsumers) {
  // c is fast on Y only. To lookahead a is better on X, where b ends at 2.2 (with a on Y at 2.23); then b on
  // Y, for c. All on Y ends 0.15 s sooner.
  const char* const workload =
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n"
      "  - {name: c, type: fc, in_features: 10, out_features: 10, inputs: [b]}\n";
  const ByHand hand(workload, accelerators("a: 1, b: 1, c: 9", "a: 1.05, b: 0.98, c: 1"), kTwo);
  EXPECT_THAT(map(hand.problem, "heft-lookahead").order, ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
  EXPECT_THAT(map(hand.problem, "peft").order, ElementsAre(IsEmpty(), ElementsAre(0, 1, 2)));
}

TEST(Cpop, KeepsTheCriticalPathTogether) {
  // c reads a and b. The path a, c takes 2.2 + 2.3 - 0.2 = 4.3 on X, 4.35 with c on Y. HEFT has b on Y, where
  // c then starts at 2.2 and ends at 4.25.
  const char* const workload =
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: c, type: fc, in_features: 20, out_features: 10, inputs: [a, b]}\n";
  const ByHand hand(workload, accelerators("a: 2, b: 1, c: 2", "a: 3, b: 1, c: 1.85"), kTwo);
  EXPECT_THAT(map(hand.problem, "heft").order, ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
  EXPECT_THAT(map(hand.problem, "cpop").order, ElementsAre(ElementsAre(0, 2), ElementsAre(1)));
}

TEST(Insertion, FillsTheGapBeforeALayerThatWaits) {
  // b waits on Y until a is stored at 4.2; c, less urgent, runs before it there.
  const char* const workload =
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n"
      "  - {name: c, type: fc, in_features: 10, out_features: 10}\n";
  const ByHand hand(workload, accelerators("a: 4, b: 9, c: 7", "a: 9, b: 1, c: 2"), kTwo);
  EXPECT_THAT(map(hand.problem, "heft").order, ElementsAre(ElementsAre(0), ElementsAre(2, 1)));
  EXPECT_THAT(map(hand.problem, "list[insertion=off]").order, ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
}

// Two chains whose tensors take 1 s each way, and a join.

const char* const kTwoChains =
    "name: w\nlayers:\n"
    "  - {name: a1, type: fc, in_features: 100, out_features: 100}\n"
    "  - {name: a2, type: fc, in_features: 100, out_features: 100, inputs: [a1]}\n"
    "  - {name: b1, type: fc, in_features: 100, out_features: 100}\n"
    "  - {name: b2, type: fc, in_features: 100, out_features: 100, inputs: [b1]}\n"
    "  - {name: j, type: fc, in_features: 200, out_features: 100, inputs: [a2, b2]}\n";

TEST(SeriesParallelMapper, MovesABranchWhereNoSingleLayerWouldGain) {
  const ByHand hand(kTwoChains,
                    accelerators("a1: 2, a2: 2, b1: 2, b2: 2, j: 2", "a1: 4, a2: 4, b1: 2, b2: 2"), kTwo);
  // X alone runs all: a1 and a2 1 + 2 + 2 + 1, the same for b, where b2 is fused with j, and the other tensor
  // read.
  const Mapping mapping = map(hand.problem, "series-parallel");
  EXPECT_THAT(mapping.order, ElementsAre(ElementsAre(0, 1, 4), ElementsAre(2, 3)));
  // Both chains compute until 5; b is stored until 6 and read by j, which is fused with a: 6 + 1 + 2 + 1.
  EXPECT_NEAR(analytic_latency_s(hand.problem, mapping), 10, 1e-12);
}

TEST(TauraChien, KeepsTogetherWhatCommunicates) {
  const std::string catalogue =
      accelerators("a1: 2, a2: 2, b1: 2, b2: 2, j: 2", "a1: 2, a2: 2, b1: 2, b2: 2, j: 2");
  const ByHand hand(kTwoChains, catalogue, kTwo);
  const Mapping mapping = map(hand.problem, "taura-chien");
  EXPECT_EQ(mapping.accelerator[0], mapping.accelerator[1]);
  EXPECT_EQ(mapping.accelerator[2], mapping.accelerator[3]);
  EXPECT_NE(mapping.accelerator[0], mapping.accelerator[2]);
  EXPECT_NEAR(analytic_latency_s(hand.problem, mapping), 10, 1e-12);
}

TEST(Best, KeepsTheBudgetWhereReleasedRulesDoNot) {
  // The released code counts weights in units of 1000 elements and rounds the budget up: 2,000,000 bytes of
  // weights fit into its half of 3,998,598 bytes, which is 701 bytes less.
  const ByHand hand(
      "name: w\nlayers:\n  - {name: a, type: fc, in_features: 1000, out_features: 1000}\n",
      "accelerators:\n  X: {types: [fc], model: table, parameters: {layers: {a: 1}}, data_bits: 16, "
      "dram: {capacity: 3998598B}, power: {active_W: 1}}\n",
      {{"fpga0", "X", 1e6}});
  const Mapping released = map(hand.problem, "h2h-release");
  ASSERT_EQ(released.pinned[0], 1);
  ASSERT_FALSE(check_mapping(hand.problem, released).empty());
  EXPECT_EQ(plan_of(hand.problem, released).pinned[0], 0);
  EXPECT_THAT(check_mapping(hand.problem, map(hand.problem, "best[evals=100]")), IsEmpty());
}

TEST(Kwon, IsStepsOneAndTwo) {
  Random random(61);
  const Workload workload = test::random_workload(random, {10, 30});
  const System system = test::random_system(random, test::random_description(random, 4), true);
  const Problem problem(workload, system);
  EXPECT_EQ(map(problem, "kwon"), map(problem, "computation-prioritized+weight-locality"));
}

// What holds for all.

class EveryRival : public testing::TestWithParam<const char*> {};

TEST_P(EveryRival, IsCompleteValidAndDeterministicOnRandomProblems) {
  Random random(62);
  for (int i = 0; i < 150; ++i) {
    const Workload workload = test::random_workload(random, {1, 40});
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 6))), i % 2 == 0);
    const Problem problem(workload, system, i % 3 == 2 ? Activations::direct : Activations::host);
    const StepResult result = run_mapper(problem, GetParam(), Mapping::none(problem));
    ASSERT_TRUE(result.mapping.is_complete()) << "case " << i;
    const auto violations = check_mapping(problem, result.mapping);
    ASSERT_TRUE(violations.empty()) << "case " << i << ": " << violations.front().message;
    const Schedule schedule = analytic_schedule(problem, result.mapping);
    const auto broken =
        check_schedule(problem, result.mapping, schedule, schedule.latency_s(), Contention::none);
    ASSERT_TRUE(broken.empty()) << "case " << i << ": " << broken.front().message;
    ASSERT_EQ(run_mapper(problem, GetParam(), Mapping::none(problem)).mapping, result.mapping)
        << "case " << i;
    // As a start of H2H's step 4, which only takes what is complete and only accepts what is better.
    ASSERT_LE(
        analytic_latency_s(problem, run_mapper(problem, "data-locality-remapping", result.mapping).mapping),
        schedule.latency_s() * (1 + 1e-12))
        << "case " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Mappers, EveryRival,
                         testing::Values("heft", "cpop", "peft", "heft-lookahead", "dls", "min-min",
                                         "max-min", "sufferage", "taura-chien", "series-parallel", "kwon",
                                         "list[priority=path,choice=lookahead]",
                                         "list[priority=sufferage,choice=optimistic,insertion=off]",
                                         "list[priority=level,choice=critical]",
                                         "list[priority=min-min,choice=lookahead]"),
                         [](const auto& one) {
                           std::string name = one.param;
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

TEST(List, NamesItsPartsAsTheSchedulersThatTheyAreFrom) {
  Random random(63);
  const std::vector<std::pair<std::string, std::string>> same = {
      {"heft", "list"},
      {"cpop", "list[priority=path,choice=critical]"},
      {"peft", "list[priority=optimistic,choice=optimistic]"},
      {"heft-lookahead", "list[choice=lookahead]"},
      {"dls", "list[priority=level,insertion=off]"},
      {"min-min", "list[priority=min-min,insertion=off]"},
      {"max-min", "list[priority=max-min,insertion=off]"},
      {"sufferage", "list[priority=sufferage,insertion=off]"}};
  int differ = 0;
  for (int i = 0; i < 30; ++i) {
    const Workload workload = test::random_workload(random, {10, 40});
    const System system = test::random_system(random, test::random_description(random, 5));
    const Problem problem(workload, system);
    EXPECT_GE(run_mapper(problem, "list", Mapping::none(problem)).evaluations, problem.layers());
    for (const auto& [mapper, list] : same) ASSERT_EQ(map(problem, mapper), map(problem, list)) << mapper;
    for (const auto& [mapper, _] : same) differ += map(problem, mapper) == map(problem, "heft") ? 0 : 1;
  }
  EXPECT_GT(differ, 100) << "they are meant to be different schedulers";
}

/// Every pair of ready layer and accelerator anew in every step: what min-min and its kin are by definition,
/// without kinds and without what is remembered from one step to the next.
Mapping by_definition(const Problem& problem, const std::string& rule) {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  const std::vector<double> levels = static_levels_s(ExpectedCosts(problem));
  const ExpectedCosts costs(problem);
  PartialSchedule schedule(problem, false);
  for (LayerIndex placed = 0; placed < problem.layers(); ++placed) {
    double highest = -kNever;
    Placement next;
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      const auto inputs = problem.inputs(layer);
      const bool is_ready = std::all_of(inputs.begin(), inputs.end(), [&](TensorIndex t) {
        return problem.tensor(t).is_network_input() || schedule.is_placed(problem.tensor(t).producer);
      });
      if (schedule.is_placed(layer) || !is_ready) continue;
      Placement best{layer};
      best.end_s = kNever;
      double second_s = kNever;
      for (const AcceleratorIndex a : problem.candidates(layer)) {
        const Placement place = schedule.earliest(layer, a);
        if (place.end_s < best.end_s) {
          second_s = best.end_s;
          best = place;
        } else {
          second_s = std::min(second_s, place.end_s);
        }
      }
      const double priority = rule == "min-min"   ? -best.end_s
                              : rule == "max-min" ? best.end_s
                              : rule == "dls"     ? levels[layer] + costs.median_s(layer) - best.end_s
                                                  : second_s - best.end_s;
      if (priority <= highest) continue;
      highest = priority;
      next = best;
    }
    schedule.place(next);
  }
  return schedule.mapping();
}

TEST(DynamicPriorities, EqualTheirDefinitions) {
  Random random(64);
  for (int i = 0; i < 100; ++i) {
    const Workload workload = test::random_workload(random, {1, 40});
    const System system = test::random_system(random, test::random_description(random, 5), i % 2 == 0);
    const Problem problem(workload, system);
    for (const char* rule : {"min-min", "max-min", "sufferage", "dls"})
      ASSERT_EQ(map(problem, rule), by_definition(problem, rule)) << rule << ", case " << i;
  }
}

TEST(SeriesParallelMapper, NeverWorsensWhatItIsGiven) {
  Random random(65);
  int better = 0;
  for (int i = 0; i < 100; ++i) {
    const Workload workload = test::random_workload(random, {5, 40});
    const System system = test::random_system(random, test::random_description(random, 5), i % 2 == 0);
    const Problem problem(workload, system);
    for (const char* start : {"heft", "computation-prioritized", "h2h"}) {
      const Mapping before = map(problem, start);
      const Mapping after = run_mapper(problem, "series-parallel", before).mapping;
      const double before_s = analytic_latency_s(problem, before);
      ASSERT_LE(analytic_latency_s(problem, after), before_s) << start << ", case " << i;
      better += analytic_latency_s(problem, after) < before_s ? 1 : 0;
    }
  }
  EXPECT_GT(better, 100);
}

TEST(SeriesParallelMapper, StopsAtItsLimitAndSaysSo) {
  Random random(66);
  const Workload workload = test::random_workload(random, {30, 40});
  const System system = test::random_system(random, test::random_description(random, 5));
  const Problem problem(workload, system);
  const StepResult limited = run_mapper(problem, "series-parallel[evals=7]", Mapping::none(problem));
  EXPECT_EQ(limited.evaluations, 7U);
  EXPECT_FALSE(limited.exact);
  EXPECT_EQ(limited.note, "stopped at the limit of moves judged; evals=N raises it");
  const StepResult whole = run_mapper(problem, "series-parallel", Mapping::none(problem));
  EXPECT_TRUE(whole.exact);
  EXPECT_EQ(whole.note, "");
  EXPECT_LE(analytic_latency_s(problem, whole.mapping), analytic_latency_s(problem, limited.mapping));
}

}  // namespace
}  // namespace h2h
