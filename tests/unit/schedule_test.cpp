// SPDX-License-Identifier: Apache-2.0
//
// Mappings and the analytic schedule, on a network small enough to compute by hand.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapping/mapping.hpp>
#include <h2h/schedule/analytic.hpp>

#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::error_of;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kRounding = 1e-12;

// a feeds b; c reads b and a, and adds a to its output; p has no weights. A number is a byte, 100 B/s, no
// latency.
//   a: 200 weights 2 s,   10 in 0.1 s, 1 s, 20 out 0.2 s
//   b: 200 weights 2 s,   20 in 0.2 s, 1 s, 10 out 0.1 s
//   c: 600 weights 6 s,   10 of b 0.1 s, 20 of a 0.2 s, residual 20 0.2 s, 1 s, 20 out 0.2 s
//   p: no weights,        72 in 0.72 s, 1 s, 18 out 0.18 s
constexpr LayerIndex kC = 0, kA = 1, kB = 2, kP = 3;

class ScheduleByHand : public testing::Test {
 protected:
  /// The activities of a layer, such as "weights 200 0-2".
  std::vector<std::string> activities(const Schedule& schedule, LayerIndex layer) const {
    std::vector<std::string> all;
    for (const Activity& activity : schedule.of(layer)) {
      all.push_back(fmt::format("{} {} {:.4g}-{:.4g}", to_string(activity.stage), activity.bytes,
                                activity.start_s, activity.end_s));
    }
    return all;
  }

  const ByHand hand_{
      "name: w\nlayers:\n"
      "  - {name: c, type: fc, in_features: 30, out_features: 20, inputs: [b, a], residual: [a]}\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 20}\n"
      "  - {name: b, type: fc, in_features: 20, out_features: 10, inputs: [a]}\n"
      "  - {name: p, type: pool, channels: 2, out_height: 3, out_width: 3, kernel: 2, stride: 2}\n",
      "accelerators:\n"
      "  X: {types: [fc, pool], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8, dram: "
      "{capacity: 1kB},\n"
      "      power: {active_W: 1}}\n",
      {{"fpga0", "X"}, {"fpga1", "X"}}};
  const Problem& problem_ = hand_.problem;
  Mapping mapping_ = Mapping::none(problem_);
};

TEST_F(ScheduleByHand, MappingsBeginEmptyAndGrow) {
  EXPECT_FALSE(mapping_.is_complete());
  EXPECT_THAT(mapping_.order, ElementsAre(IsEmpty(), IsEmpty()));
  for (const LayerIndex layer : {kA, kB, kC}) mapping_.append(layer, 1);
  EXPECT_FALSE(mapping_.is_complete());
  mapping_.append(kP, 0);
  EXPECT_TRUE(mapping_.is_complete());
  EXPECT_THAT(mapping_.order[1], ElementsAre(kA, kB, kC));
  EXPECT_THAT(mapping_.accelerator, ElementsAre(1, 1, 1, 0));
}

TEST_F(ScheduleByHand, WeightsInputsComputationOutputOneAfterTheOther) {
  for (const LayerIndex layer : {kA, kB, kC}) mapping_.append(layer, 0);
  mapping_.append(kP, 1);
  const Schedule schedule = analytic_schedule(problem_, mapping_);
  EXPECT_THAT(activities(schedule, kA),
              ElementsAre("weights 200 0-2", "inputs 10 2-2.1", "compute 0 2.1-3.1", "outputs 20 3.1-3.3"));
  EXPECT_THAT(activities(schedule, kB), ElementsAre("weights 200 3.3-5.3", "inputs 20 5.3-5.5",
                                                    "compute 0 5.5-6.5", "outputs 10 6.5-6.6"));
  EXPECT_THAT(activities(schedule, kC),
              ElementsAre("weights 600 6.6-12.6", "inputs 10 12.6-12.7", "inputs 20 12.7-12.9",
                          "inputs 20 12.9-13.1", "compute 0 13.1-14.1", "outputs 20 14.1-14.3"));
  EXPECT_THAT(activities(schedule, kP),
              ElementsAre("inputs 72 0-0.72", "compute 0 0.72-1.72", "outputs 18 1.72-1.9"));
  EXPECT_NEAR(schedule.latency_s(), 14.3, kRounding);
  EXPECT_NEAR(schedule.stage_s(kC, Stage::input), 0.5, kRounding);
  EXPECT_NEAR(schedule.stage_s(kC, Stage::weights), 6, kRounding);
  EXPECT_NEAR(schedule.stage_s(kP, Stage::weights), 0, kRounding);
  EXPECT_NEAR(schedule.start_s(kB), 3.3, kRounding);
  EXPECT_NEAR(schedule.end_s(kB), 6.6, kRounding);
  EXPECT_EQ(schedule.first_activity(kC), 0U) << "grouped by layer in file order";
  EXPECT_EQ(schedule.first_activity(kA), 6U);
}

TEST_F(ScheduleByHand, ALayerWaitsForItsAcceleratorAndForEveryInput) {
  // p delays a on fpga0 to 1.9 s; b on fpga1 waits for a, c on fpga0 for b.
  for (const LayerIndex layer : {kP, kA, kC}) mapping_.append(layer, 0);
  mapping_.append(kB, 1);
  const Schedule schedule = analytic_schedule(problem_, mapping_);
  EXPECT_NEAR(schedule.start_s(kA), 1.9, kRounding);
  EXPECT_NEAR(schedule.start_s(kB), 5.2, kRounding);
  EXPECT_NEAR(schedule.start_s(kC), 8.5, kRounding);
  EXPECT_NEAR(schedule.latency_s(), 16.2, kRounding);
  EXPECT_EQ(schedule.latency_s(), analytic_latency_s(problem_, mapping_));
  EXPECT_NEAR(layer_seconds(problem_, mapping_, kC).to_end, 7.7, kRounding);
}

TEST_F(ScheduleByHand, PinnedAndFusedTensorsDoNotCross) {
  for (const LayerIndex layer : {kA, kB, kC, kP}) mapping_.append(layer, 0);
  mapping_.pinned[kB] = 1;
  // Tensors of c: 0 (b), 1 (a), 2 (a, residual); of a: 3; of b: 4; of p: 5.
  mapping_.fused[4] = 1;
  Schedule schedule = analytic_schedule(problem_, mapping_);
  EXPECT_THAT(activities(schedule, kB), ElementsAre("compute 0 3.3-4.3", "outputs 10 4.3-4.4"));
  EXPECT_THAT(activities(schedule, kA).back(), "outputs 20 3.1-3.3") << "c still reads it from the host";
  EXPECT_TRUE(is_stored(problem_, mapping_, kA));
  mapping_.fused[1] = mapping_.fused[2] = 1;
  schedule = analytic_schedule(problem_, mapping_);
  EXPECT_FALSE(is_stored(problem_, mapping_, kA)) << "all that read it find it in DRAM";
  EXPECT_THAT(activities(schedule, kA).back(), "compute 0 2.1-3.1");
  EXPECT_THAT(activities(schedule, kC), ElementsAre("weights 600 4.2-10.2", "inputs 10 10.2-10.3",
                                                    "compute 0 10.3-11.3", "outputs 20 11.3-11.5"));
  EXPECT_TRUE(is_stored(problem_, mapping_, kC)) << "a result of the network";
}

TEST_F(ScheduleByHand, SequencesFollowDependenciesAndOrders) {
  for (const LayerIndex layer : {kP, kA}) mapping_.append(layer, 0);
  for (const LayerIndex layer : {kB, kC}) mapping_.append(layer, 1);
  EXPECT_THAT(execution_sequence(problem_, mapping_), ElementsAre(kP, kA, kB, kC));
  std::swap(mapping_.order[1][0], mapping_.order[1][1]);
  EXPECT_THAT(execution_sequence(problem_, mapping_), ElementsAre(kP, kA))
      << "b waits for c, which waits for b";
  const std::string expected =
      "input: the orders of the mapping contradict the dependencies of the workload; some layer would wait "
      "for itself";
  EXPECT_EQ(error_of([&] { analytic_latency_s(problem_, mapping_); }), expected);
  EXPECT_EQ(error_of([&] { analytic_schedule(problem_, mapping_); }), expected);
}

TEST(Stage, HasNames) {
  EXPECT_EQ(to_string(Stage::weights), "weights");
  EXPECT_EQ(to_string(Stage::input), "inputs");
  EXPECT_EQ(to_string(Stage::compute), "compute");
  EXPECT_EQ(to_string(Stage::output), "outputs");
}

}  // namespace
}  // namespace h2h
