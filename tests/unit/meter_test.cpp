// SPDX-License-Identifier: Apache-2.0
//
// Figures of streams, by hand: percentiles, covered time, throughput, energy, and the rate that a platform
// sustains.

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/stream/meter.hpp>
#include <h2h/stream/sustainable.hpp>

#include "by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;

TEST(Latencies, PercentilesAreByNearestRank) {
  std::vector<double> seconds;
  for (int i = 100; i >= 1; --i) seconds.push_back(i);
  const Latencies hundred = latencies_of(seconds);
  EXPECT_EQ(hundred.frames, 100U);
  EXPECT_EQ(hundred.mean_s, 50.5);
  EXPECT_EQ(hundred.median_s, 50);
  EXPECT_EQ(hundred.p95_s, 95);
  EXPECT_EQ(hundred.p99_s, 99);
  EXPECT_EQ(hundred.max_s, 100);
  const Latencies three = latencies_of(std::vector<double>{3, 1, 2});
  EXPECT_EQ(three.median_s, 2);
  EXPECT_EQ(three.p95_s, 3);
  const Latencies one = latencies_of(std::vector<double>{0.25});
  EXPECT_EQ(one.median_s, 0.25);
  EXPECT_EQ(one.p99_s, 0.25);
  EXPECT_EQ(one.mean_s, 0.25);
}

TEST(CoveredTime, IsTheLengthOfTheUnionHoweverItIsSettled) {
  CoveredTime whole;
  CoveredTime settled;
  const std::vector<std::pair<double, double>> intervals = {{0, 2},      {1, 3}, {5, 6},
                                                            {5.5, 5.75}, {6, 7}, {9, 9}};
  for (const auto& [start_s, end_s] : intervals) {
    whole.add(start_s, end_s);
    settled.add(start_s, end_s);
    settled.settle(start_s);
  }
  EXPECT_EQ(whole.seconds(), 5);
  EXPECT_EQ(settled.seconds(), 5);
  EXPECT_EQ(settled.seconds(), 5) << "asking changes nothing";
  whole.add(6.5, 8);
  EXPECT_EQ(whole.seconds(), 6);
}

/// Two layers, of 2 s and 1 s, each on an FPGA of its own; 100 bytes a second.
class Pipeline : public testing::Test {
 protected:
  Pipeline() : mapping_(Mapping::none(hand_.problem)) {
    mapping_.append(0, 0);
    mapping_.append(1, 1);
    mapping_.pinned = {1, 1};
  }

  Stream stream(std::size_t frames, double period_s) const {
    Stream made{Execution::serial, {{&hand_.problem, mapping_, {}}}, {}};
    for (std::size_t i = 0; i < frames; ++i) made.frames.push_back({0, static_cast<double>(i) * period_s});
    return made;
  }

  ByHand hand_{
      "name: w\n"
      "layers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 20}\n"
      "  - {name: b, type: fc, in_features: 20, out_features: 30, inputs: [a]}\n",
      "accelerators:\n"
      "  X: {types: [fc], model: table, data_bits: 8, parameters: {layers: {a: 2, b: 1}},\n"
      "      dram: {capacity: 10kB}, power: {active_W: 10, idle_W: 1}}\n",
      {{"fpga0", "X"}, {"fpga1", "X"}}};
  Mapping mapping_;
};

// a: 0.1 s in, 2 s, 0.2 s out; b: 0.2 s in, 1 s, 0.3 s out.
TEST_F(Pipeline, FiguresOfThreeFrames) {
  const Stream three = stream(3, 2);
  StreamMeter meter(three);
  analytic_stream(three, [&](std::size_t frame, const Schedule& schedule) { meter.add(frame, schedule); });
  // a takes 2.3 s a frame, so that each waits 0.3 s longer than the one before; b never keeps anything
  // waiting.
  ASSERT_EQ(meter.latencies_s().size(), 3U);
  EXPECT_NEAR(meter.latencies_s()[0], 3.8, 1e-12);
  EXPECT_NEAR(meter.latencies_s()[1], 4.1, 1e-12);
  EXPECT_NEAR(meter.latencies_s()[2], 4.4, 1e-12);
  EXPECT_NEAR(meter.end_s(), 8.4, 1e-12);
  EXPECT_NEAR(meter.throughput_Hz(), 3 / 8.4, 1e-12);
  const std::vector<AcceleratorUse> use = meter.accelerators();
  EXPECT_NEAR(use[0].compute_s, 6, 1e-12);
  EXPECT_NEAR(use[0].transfer_s, 0.9, 1e-12);
  EXPECT_NEAR(use[0].idle_s, 8.4 - 6.9, 1e-12);
  EXPECT_NEAR(use[1].busy_s(), 4.5, 1e-12);
  const Energy energy = meter.energy();
  EXPECT_NEAR(energy.compute_J, 90, 1e-9);
  EXPECT_NEAR(energy.transfer_J, 24, 1e-9);
  EXPECT_NEAR(energy.idle_J, 1.5 + 3.9, 1e-9);
  const std::vector<LinkUse> links = meter.links();
  EXPECT_EQ(links[0].bytes, 30) << "a's input, three times";
  EXPECT_NEAR(links[0].busy_s, 0.3, 1e-12);
}

TEST_F(Pipeline, TheSustainablePeriodIsThatOfTheBusiestFpga) {
  const double period_s = sustainable_period_s(hand_.problem, mapping_, Execution::serial, analytic_stream);
  EXPECT_GE(period_s, 2.3 * (1 - 1e-12));
  EXPECT_LE(period_s, 2.3 * (1 + 1e-3));
}

TEST_F(Pipeline, AnFpgaThatWaitsForAnotherWithinAFrameSustainsLess) {
  // A third layer on fpga0 behind b: fpga0 waits for b, as it runs no later frame before.
  const ByHand hand{
      "name: w\n"
      "layers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 20}\n"
      "  - {name: b, type: fc, in_features: 20, out_features: 30, inputs: [a]}\n"
      "  - {name: c, type: fc, in_features: 30, out_features: 10, inputs: [b]}\n",
      "accelerators:\n"
      "  X: {types: [fc], model: table, data_bits: 8, parameters: {layers: {a: 2, b: 1, c: 1}},\n"
      "      dram: {capacity: 10kB}, power: {active_W: 10}}\n",
      {{"fpga0", "X"}, {"fpga1", "X"}}};
  Mapping mapping = Mapping::none(hand.problem);
  mapping.append(0, 0);
  mapping.append(1, 1);
  mapping.append(2, 0);
  mapping.pinned = {1, 1, 1};
  const double period_s = sustainable_period_s(hand.problem, mapping, Execution::serial, analytic_stream);
  EXPECT_NEAR(period_s, analytic_latency_s(hand.problem, mapping), 1e-3 * period_s);
}

}  // namespace
}  // namespace h2h
