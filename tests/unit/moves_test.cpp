// SPDX-License-Identifier: Apache-2.0
//
// Each move of the searches on networks of a few layers, with latencies by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/search/moves/layer_move.hpp>
#include <h2h/search/moves/modality_move.hpp>
#include <h2h/search/moves/path_move.hpp>
#include <h2h/search/moves/pin_move.hpp>
#include <h2h/search/moves/segment_move.hpp>
#include <h2h/search/moves/shift_move.hpp>
#include <h2h/search/moves/swap_move.hpp>

#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using testing::ElementsAre;

// Weights of 100 B and tensors of 10 B over links of 100 B/s: 1 s and 0.1 s. A layer takes 1 s on x, 2 s on
// y; each pins two of them.
constexpr const char* kCatalogue = R"(
accelerators:
  X: {types: [fc], model: table, parameters: {layers: {}, default_s: 1}, data_bits: 8,
      dram: {capacity: 400B, weight_share: 0.5}, power: {active_W: 1}}
  Y: {types: [fc], model: table, parameters: {layers: {}, default_s: 2}, data_bits: 8,
      dram: {capacity: 400B, weight_share: 0.5}, power: {active_W: 1}}
)";

constexpr const char* kChain = R"(
name: chain
layers:
  - {name: a, type: fc, in_features: 10, out_features: 10, inputs: []}
  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}
  - {name: c, type: fc, in_features: 10, out_features: 10, inputs: [b]}
)";

constexpr const char* kTwoChains = R"(
name: two-chains
layers:
  - {name: a1, type: fc, modality: a, in_features: 10, out_features: 10, inputs: []}
  - {name: b1, type: fc, modality: b, in_features: 10, out_features: 10, inputs: []}
  - {name: a2, type: fc, modality: a, in_features: 10, out_features: 10, inputs: [a1]}
  - {name: b2, type: fc, modality: b, in_features: 10, out_features: 10, inputs: [b1]}
)";

constexpr AcceleratorIndex kX = 0;
constexpr AcceleratorIndex kY = 1;

/// Every layer on x, in file order, nothing pinned.
class Moves : public testing::Test {
 protected:
  explicit Moves(const char* workload)
      : by_hand_(workload, kCatalogue, {{"x", "X"}, {"y", "Y"}}),
        schedule_(by_hand_.problem, plan_on_x(by_hand_.problem), kLatency, LocalityRules::Scope::adjacent) {}

  static Plan plan_on_x(const Problem& problem) {
    const auto order = problem.topological_order();
    return {{order.begin(), order.end()},
            std::vector<AcceleratorIndex>(problem.layers(), kX),
            std::vector<char>(problem.layers())};
  }

  const std::vector<LayerIndex>& sequence() const { return schedule_.plan().sequence; }
  const std::vector<AcceleratorIndex>& accelerators() const { return schedule_.plan().accelerator; }
  const std::vector<char>& pinned() const { return schedule_.plan().pinned; }

  ByHand by_hand_;
  PlanSchedule schedule_;
};

class MovesOfAChain : public Moves {
 protected:
  MovesOfAChain() : Moves(kChain) {}

  /// a and c get their weights pinned: the last of the list takes the place of what is pinned.
  void pin_two() {
    fill(schedule_, kX);
    schedule_.value();
    schedule_.commit();
  }
};

class MovesOfTwoChains : public Moves {
 protected:
  MovesOfTwoChains() : Moves(kTwoChains) {}
};

TEST_F(MovesOfAChain, Start) {
  // a: weights, input, 1 s; b: weights, 1 s; c: weights, 1 s, output.
  EXPECT_NEAR(schedule_.value(), 2.1 + 2 + 2.1, 1e-12);
}

TEST_F(MovesOfAChain, FillPinsWhatFits) {
  pin_two();
  EXPECT_THAT(pinned(), ElementsAre(1, 0, 1));
  EXPECT_EQ(schedule_.room_bytes(kX), 0);
  EXPECT_NEAR(schedule_.value(), 1.1 + 2 + 1.1, 1e-12);
}

TEST_F(MovesOfAChain, LayerMove) {
  const LayerMove move{1, kY};
  ASSERT_TRUE(move.valid(schedule_));
  EXPECT_FALSE((LayerMove{1, kX}.valid(schedule_))) << "it is there";
  // Now a stores its output, b on y has its weights pinned, c loads its input.
  EXPECT_NEAR(gain(move, schedule_), 6.2 - (2.2 + (0.1 + 2 + 0.1) + (1 + 0.1 + 1 + 0.1)), 1e-12);
  EXPECT_THAT(accelerators(), ElementsAre(kX, kX, kX)) << "gain() leaves no trace";
  EXPECT_THAT(pinned(), ElementsAre(0, 0, 0));
}

TEST_F(MovesOfAChain, LayerMoveMakesRoomForOthersWeights) {
  pin_two();
  LayerMove{0, kY}.apply(schedule_);
  EXPECT_THAT(pinned(), ElementsAre(1, 1, 1)) << "a on y, b in its place on x";
  EXPECT_NEAR(schedule_.value(), (0.1 + 2 + 0.1) + (0.1 + 1) + (1 + 0.1), 1e-12);
}

TEST_F(MovesOfAChain, SegmentMove) {
  pin_two();
  const std::vector<LayerIndex> segment = {0, 1};
  const SegmentMove move{segment, kY, false};
  ASSERT_TRUE(move.valid(schedule_));
  EXPECT_NEAR(gain(move, schedule_), 4.2 - ((0.1 + 2) + (2 + 0.1) + (0.1 + 1 + 0.1)), 1e-12);
  EXPECT_FALSE((SegmentMove{segment, kX, false}.valid(schedule_)));
}

TEST_F(MovesOfAChain, PinMoveTakesThePlaceOfOthers) {
  pin_two();
  const PinMove move{1, 2};  // c, which stands at position 2, goes first
  ASSERT_TRUE(move.valid(schedule_));
  move.apply(schedule_);
  EXPECT_THAT(pinned(), ElementsAre(1, 1, 0));
  EXPECT_FALSE((PinMove{1, 0}.valid(schedule_))) << "it is pinned";
  EXPECT_NEAR(schedule_.value(), 1.1 + 1 + 2.1, 1e-12);
}

TEST_F(MovesOfAChain, PathAssignmentFindsTheCheapest) {
  PathAssignment assignment;
  const std::vector<LayerIndex> path = {0, 1, 2};
  const std::vector<AcceleratorIndex> both = {kX, kY};
  const auto solve = [&](double price_of_x, double price_of_y) {
    const auto to = assignment.solve(schedule_, path, both, std::vector<double>{price_of_x, price_of_y});
    return std::vector<AcceleratorIndex>(to.begin(), to.end());
  };
  // On x weights are loaded, as things are, which makes 2 s a layer; y has room for any one layer's weights.
  EXPECT_THAT(solve(1, 2), ElementsAre(kX, kX, kX));
  EXPECT_THAT(solve(2, 1), ElementsAre(kY, kY, kY));
  const std::vector<AcceleratorIndex> to = {kY, kY, kX};
  const PathMove move{path, to, false};
  ASSERT_TRUE(move.valid(schedule_));
  EXPECT_NEAR(gain(move, schedule_), 6.2 - ((0.1 + 2) + (2 + 0.1) + (1 + 0.1 + 1 + 0.1)), 1e-12);
  const std::vector<AcceleratorIndex> nowhere = {kX, kX, kX};
  EXPECT_FALSE((PathMove{path, nowhere, false}.valid(schedule_)));
}

TEST_F(MovesOfTwoChains, Start) {
  // Interleaved on one accelerator, no tensor stays.
  EXPECT_THAT(sequence(), ElementsAre(0, 1, 2, 3));
  EXPECT_NEAR(schedule_.value(), 4 * 2.2, 1e-12);
}

TEST_F(MovesOfTwoChains, ShiftMoveKeepsDependencies) {
  EXPECT_FALSE((ShiftMove{2, 0}.valid(schedule_))) << "a2 reads a1";
  EXPECT_FALSE((ShiftMove{1, 3}.valid(schedule_))) << "b2 reads b1";
  EXPECT_FALSE((ShiftMove{1, 1}.valid(schedule_))) << "it is there";
  const ShiftMove move{2, 1};
  ASSERT_TRUE(move.valid(schedule_));
  move.apply(schedule_);
  EXPECT_THAT(sequence(), ElementsAre(0, 2, 1, 3));
  EXPECT_NEAR(schedule_.value(), 2 * (2.1 + 2.1), 1e-12) << "both tensors stay";
  schedule_.rollback();
  EXPECT_THAT(sequence(), ElementsAre(0, 1, 2, 3));
}

TEST_F(MovesOfTwoChains, SegmentMoveTogether) {
  const std::vector<LayerIndex> segment = {0, 2};
  const SegmentMove move{segment, kX, true};
  ASSERT_TRUE(move.valid(schedule_)) << "they run together, even though they are there";
  move.apply(schedule_);
  EXPECT_THAT(sequence(), ElementsAre(0, 2, 1, 3));
}

TEST_F(MovesOfTwoChains, ModalityMove) {
  const std::vector<LayerIndex> layers = {1, 3};
  const ModalityMove move{layers, kX, kY};
  ASSERT_TRUE(move.valid(schedule_));
  EXPECT_FALSE((ModalityMove{layers, kY, kX}.valid(schedule_))) << "it has nothing there";
  move.apply(schedule_);
  EXPECT_THAT(accelerators(), ElementsAre(kX, kY, kX, kY));
  EXPECT_THAT(pinned(), ElementsAre(0, 1, 0, 1));
  EXPECT_NEAR(schedule_.value(), std::max(2.1 + 2.1, 2.1 + 2.1), 1e-12);
}

TEST_F(MovesOfTwoChains, SwapMove) {
  ModalityMove{std::vector<LayerIndex>{1, 3}, kX, kY}.apply(schedule_);
  schedule_.value();
  schedule_.commit();
  const SwapMove move{kX, kY, 2, 3};
  ASSERT_TRUE(move.valid(schedule_));
  EXPECT_FALSE((SwapMove{kX, kX, 0, 3}.valid(schedule_)));
  move.apply(schedule_);
  EXPECT_THAT(accelerators(), ElementsAre(kX, kY, kY, kX));
}

}  // namespace
}  // namespace h2h
