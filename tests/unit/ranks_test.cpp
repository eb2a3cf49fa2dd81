// SPDX-License-Identifier: Apache-2.0
//
// Ranks against the recursions of their papers, word for word.

#include <algorithm>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapper/ranks.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::Random;
using testing::ElementsAre;

constexpr double kNever = std::numeric_limits<double>::infinity();

// A network input or an output takes 0.1 s, weights 1 s; of X there are two.
const char* const kFork =
    "name: w\nlayers:\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
    "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n"
    "  - {name: c, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n"
    "  - {name: d, type: fc, in_features: 10, out_features: 10, inputs: [c]}\n";
const char* const kTypes =
    "accelerators:\n"
    "  X: {types: [fc], model: table, parameters: {layers: {a: 1, b: 2, c: 3, d: 4}}, data_bits: 8,\n"
    "      dram: {capacity: 1kB}, power: {active_W: 1}}\n"
    "  Y: {types: [fc], model: table, parameters: {layers: {a: 4, b: 5, c: 6}}, data_bits: 8,\n"
    "      dram: {capacity: 100B}, power: {active_W: 1}}\n";

TEST(ExpectedCosts, PayEveryTransferButWeightsThatABudgetHolds) {
  const ByHand hand(kFork, kTypes, {{"fpga0", "X"}, {"fpga1", "Y"}, {"fpga2", "X"}});
  const ExpectedCosts costs(hand.problem);
  EXPECT_EQ(costs.count(0), 2U);
  EXPECT_EQ(costs.count(1), 1U);
  EXPECT_NEAR(costs.seconds(0, 0), 1.2, 1e-12);
  EXPECT_NEAR(costs.seconds(0, 1), 5.2, 1e-12) << "Y has no room for weights";
  EXPECT_EQ(costs.seconds(3, 1), kNever);
  EXPECT_NEAR(costs.mean_s(0), (1.2 + 5.2 + 1.2) / 3, 1e-12);
  EXPECT_NEAR(costs.median_s(0), 1.2, 1e-12);
  EXPECT_NEAR(costs.mean_s(3), 4.2, 1e-12) << "over the accelerators that run it";
}

TEST(ExpectedCosts, MedianOfAnEvenNumberIsTheUpper) {
  const ByHand hand(kFork, kTypes, {{"fpga0", "X"}, {"fpga1", "Y"}});
  EXPECT_NEAR(ExpectedCosts(hand.problem).median_s(0), 5.2, 1e-12);
}

TEST(Fusion, SavesLoadsAndTheStoreOfASoleReader) {
  const ByHand hand(kFork, kTypes, {{"fpga0", "X"}});
  EXPECT_EQ(sole_consumer(hand.problem, 0), std::nullopt) << "two read it";
  EXPECT_EQ(sole_consumer(hand.problem, 2), LayerIndex{3});
  EXPECT_EQ(sole_consumer(hand.problem, 3), std::nullopt) << "nobody reads it";
  EXPECT_NEAR(saved_by_fusion_s(hand.problem, 0, 1, 0), 0.1, 1e-12);
  EXPECT_NEAR(saved_by_fusion_s(hand.problem, 2, 3, 0), 0.2, 1e-12);
}

TEST(Ranks, ByHand) {
  const ByHand hand(kFork, kTypes, {{"fpga0", "X"}});
  const ExpectedCosts costs(hand.problem);
  const auto near = [](double value) { return testing::DoubleNear(value, 1e-12); };
  EXPECT_THAT(upward_ranks_s(costs), ElementsAre(near(8.6), near(2.2), near(7.4), near(4.2)));
  EXPECT_THAT(downward_ranks_s(costs), ElementsAre(near(0), near(1.2), near(1.2), near(4.4)));
  EXPECT_THAT(static_levels_s(costs), ElementsAre(near(8.6), near(2.2), near(7.4), near(4.2)));
  EXPECT_THAT(depth_first_order(hand.problem, upward_ranks_s(costs)), ElementsAre(0, 2, 3, 1));
  // c and d stay with each other without store and load; a keeps its store, as b reads it too.
  const OptimisticCosts rest(costs);
  EXPECT_NEAR(rest.seconds(3, 0), 0, 1e-12);
  EXPECT_NEAR(rest.seconds(2, 0), 4.2 - 0.2, 1e-12);
  EXPECT_NEAR(rest.seconds(0, 0), 3.2 + 4.0 - 0.1, 1e-12);
}

TEST(OptimisticCosts, ChangeTheAcceleratorWhereThatPays) {
  const ByHand hand(kFork, kTypes, {{"fpga0", "X"}, {"fpga1", "Y"}});
  const OptimisticCosts rest((ExpectedCosts(hand.problem)));
  // From Y, c is better on X: d runs there only.
  EXPECT_NEAR(rest.seconds(2, 1), 4.2, 1e-12);
  EXPECT_NEAR(rest.seconds(0, 1), 3.2 + 4.0, 1e-12);
  EXPECT_NEAR(rest.rank_s(2), (4.0 + 4.2) / 2, 1e-12);
  EXPECT_NEAR(rest.rank_s(3), 0, 1e-12);
}

/// The definitions as recursions without memory, over layers rather than tensors.
class Recursion {
 public:
  explicit Recursion(const Problem& problem) : problem_(problem), costs_(problem) {}

  double mean_s(LayerIndex layer) const {
    double sum_s = 0;
    for (const AcceleratorIndex a : problem_.candidates(layer)) sum_s += cost_s(layer, a);
    return sum_s / static_cast<double>(problem_.candidates(layer).size());
  }
  double median_s(LayerIndex layer) const {
    std::vector<double> all;
    for (const AcceleratorIndex a : problem_.candidates(layer)) all.push_back(cost_s(layer, a));
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
  }
  double upward_s(LayerIndex layer, const std::function<double(LayerIndex)>& cost) const {
    double rest_s = 0;
    for (const LayerIndex consumer : consumers(layer)) rest_s = std::max(rest_s, upward_s(consumer, cost));
    return cost(layer) + rest_s;
  }
  double downward_s(LayerIndex layer) const {
    double before_s = 0;
    for (LayerIndex producer = 0; producer < problem_.layers(); ++producer) {
      const auto all = consumers(producer);
      if (std::find(all.begin(), all.end(), layer) != all.end())
        before_s = std::max(before_s, downward_s(producer) + mean_s(producer));
    }
    return before_s;
  }
  /// Over accelerators, not kinds.
  double optimistic_s(LayerIndex layer, AcceleratorIndex a) const {
    const auto all = consumers(layer);
    if (all.empty()) return 0;
    double most_s = -kNever;
    for (const LayerIndex consumer : all) {
      double least_s = kNever;
      for (const AcceleratorIndex b : problem_.candidates(consumer)) {
        double seconds = cost_s(consumer, b) + optimistic_s(consumer, b);
        if (a == b) {
          if (all.size() == 1) seconds -= problem_.cost(layer, a).output_s;
          for (const TensorIndex t : problem_.inputs(consumer))
            seconds -= problem_.tensor(t).producer == layer ? problem_.input_s(t, a) : 0;
        }
        least_s = std::min(least_s, seconds);
      }
      most_s = std::max(most_s, least_s);
    }
    return most_s;
  }

 private:
  double cost_s(LayerIndex layer, AcceleratorIndex a) const {
    // The weights stay if some accelerator of the kind has room for them.
    bool fits = false;
    for (AcceleratorIndex b = 0; b < problem_.accelerators(); ++b) {
      fits = fits ||
             (problem_.kind(b) == problem_.kind(a) &&
              problem_.system().accelerators[b].weight_budget_bytes >= problem_.cost(layer, a).weight_bytes);
    }
    return problem_.zero_locality_s(layer, a) - (fits ? problem_.cost(layer, a).weights_s : 0);
  }
  std::vector<LayerIndex> consumers(LayerIndex layer) const {
    std::vector<LayerIndex> all;
    for (const TensorIndex t : problem_.outputs(layer)) {
      const LayerIndex consumer = problem_.tensor(t).consumer;
      if (std::find(all.begin(), all.end(), consumer) == all.end()) all.push_back(consumer);
    }
    return all;
  }

  const Problem& problem_;
  ExpectedCosts costs_;
};

TEST(Ranks, EqualTheRecursionsOfTheirPapers) {
  Random random(31);
  for (int i = 0; i < 150; ++i) {
    const Workload workload = test::random_workload(random, {1, 9, 0.2, 2});
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 5))), i % 2 == 0);
    const Problem problem(workload, system);
    const ExpectedCosts costs(problem);
    const Recursion direct(problem);
    const auto upward = upward_ranks_s(costs);
    const auto downward = downward_ranks_s(costs);
    const auto levels = static_levels_s(costs);
    const OptimisticCosts rest(costs);
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      ASSERT_NEAR(upward[layer], direct.upward_s(layer, [&](LayerIndex l) { return direct.mean_s(l); }),
                  1e-9);
      ASSERT_NEAR(levels[layer], direct.upward_s(layer, [&](LayerIndex l) { return direct.median_s(l); }),
                  1e-9);
      ASSERT_NEAR(downward[layer], direct.downward_s(layer), 1e-9);
      double sum_s = 0;
      for (const AcceleratorIndex a : problem.candidates(layer)) {
        ASSERT_NEAR(rest.seconds(layer, problem.kind(a)), direct.optimistic_s(layer, a), 1e-9);
        sum_s += direct.optimistic_s(layer, a);
      }
      ASSERT_NEAR(rest.rank_s(layer), sum_s / static_cast<double>(problem.candidates(layer).size()), 1e-9);
    }
  }
}

TEST(DepthFirstOrder, HoldsEveryLayerBehindItsProducers) {
  Random random(32);
  for (int i = 0; i < 200; ++i) {
    const Workload workload = test::random_workload(random, {1, 40});
    const System system = test::random_system(random, test::random_description(random, 2));
    const Problem problem(workload, system);
    const auto order = depth_first_order(problem, upward_ranks_s(ExpectedCosts(problem)));
    std::vector<std::size_t> place(problem.layers(), order.size());
    for (std::size_t k = 0; k < order.size(); ++k) place[order[k]] = k;
    ASSERT_EQ(order.size(), problem.layers());
    for (TensorIndex t = 0; t < problem.tensors(); ++t) {
      const Tensor& tensor = problem.tensor(t);
      if (tensor.is_network_input()) continue;
      ASSERT_LT(place[tensor.producer], place[tensor.consumer]);
    }
  }
}

}  // namespace
}  // namespace h2h
