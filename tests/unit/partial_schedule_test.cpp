// SPDX-License-Identifier: Apache-2.0
//
// Earliest finish times with pins, fusion and gaps by hand, and against the analytic evaluator.

#include <algorithm>
#include <limits>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/mapper/partial_schedule.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::Random;
using testing::ElementsAre;

// At 100 B/s weights take 1 s, each input and output 0.1 s.
const char* const kDiamond =
    "name: w\nlayers:\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
    "  - {name: b, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n"
    "  - {name: c, type: fc, in_features: 10, out_features: 10, inputs: [a]}\n"
    "  - {name: d, type: fc, in_features: 20, out_features: 5, inputs: [b, c]}\n"
    "  - {name: e, type: fc, in_features: 10, out_features: 10}\n";

std::string types(const std::string& capacity) {
  return "accelerators:\n  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: "
         "8,\n"
         "      dram: {capacity: " +
         capacity + "}, power: {active_W: 1}}\n";
}

TEST(PartialSchedule, PinsWhatTheBudgetHolds) {
  // Half of the DRAM is for weights: room for one layer of 100 bytes.
  const ByHand hand(kDiamond, types("300B"), {{"fpga0", "X"}});
  PartialSchedule schedule(hand.problem, false);
  const Placement a = schedule.earliest(0, 0);
  EXPECT_TRUE(a.pinned);
  EXPECT_EQ(a.behind, Placement::kFront);
  EXPECT_NEAR(a.end_s, 1.2, 1e-12);
  schedule.place(a);
  const Placement e = schedule.earliest(4, 0);
  EXPECT_FALSE(e.pinned);
  EXPECT_NEAR(e.start_s, 1.2, 1e-12);
  EXPECT_NEAR(e.end_s, 1.2 + 2.2, 1e-12);
}

TEST(PartialSchedule, FusesWithTheLayerBeforeAndSavesItsStoreForASoleReader) {
  const ByHand hand(kDiamond, types("1kB"), {{"fpga0", "X"}, {"fpga1", "X"}});
  PartialSchedule schedule(hand.problem, false);
  schedule.place(schedule.earliest(0, 0));
  const Placement b = schedule.earliest(1, 0);
  EXPECT_TRUE(b.fused);
  EXPECT_NEAR(b.start_s, 1.2, 1e-12) << "c reads a too, which is stored";
  EXPECT_NEAR(b.end_s, 2.3, 1e-12);
  const Placement away = schedule.earliest(1, 1);
  EXPECT_FALSE(away.fused);
  EXPECT_NEAR(away.end_s, 1.2 + 1.2, 1e-12);
  schedule.place(b);
  schedule.place(schedule.earliest(2, 1));
  EXPECT_NEAR(schedule.end_s(2), 2.4, 1e-12);
  const Placement d = schedule.earliest(3, 0);
  EXPECT_TRUE(d.fused);
  EXPECT_NEAR(d.start_s, 2.4, 1e-12) << "c is the last of its inputs";
  EXPECT_NEAR(d.end_s, 2.4 + 0.1 + 1 + 0.05, 1e-12);
  schedule.place(d);
  EXPECT_NEAR(schedule.end_s(1), 2.2, 1e-12) << "b is no longer stored";
  EXPECT_NEAR(schedule.latency_s(), 3.55, 1e-12);
  EXPECT_THAT(schedule.mapping().order, ElementsAre(ElementsAre(0, 1, 3), ElementsAre(2)));
  EXPECT_THAT(schedule.mapping().pinned, ElementsAre(1, 1, 1, 1, 0));
  schedule.undo();
  EXPECT_NEAR(schedule.end_s(1), 2.3, 1e-12) << "stored again";
  EXPECT_FALSE(schedule.is_placed(3));
}

TEST(PartialSchedule, DoesNotFuseWhatTheDramCannotHold) {
  // Nothing is pinned; b keeps 10 bytes of a.
  for (const auto& [capacity, fits] : {std::pair{"10B", true}, std::pair{"9B", false}}) {
    const ByHand hand(kDiamond, types(capacity), {{"fpga0", "X"}});
    PartialSchedule schedule(hand.problem, false);
    schedule.place(schedule.earliest(0, 0));
    EXPECT_FALSE(schedule.mapping().pinned[0] != 0);
    EXPECT_EQ(schedule.earliest(1, 0).fused, fits) << capacity;
  }
}

TEST(PartialSchedule, PinsBeforeItFuses) {
  // The whole DRAM may hold weights; with the 10 bytes between a and b there is room for those of one layer.
  std::string shared = types("215B");
  shared.replace(shared.find("215B"), 4, "215B, weight_share: 1");
  const ByHand hand(kDiamond, shared, {{"fpga0", "X"}});
  PartialSchedule schedule(hand.problem, false);
  schedule.place(schedule.earliest(0, 0));
  schedule.place(schedule.earliest(1, 0));
  EXPECT_THAT(schedule.mapping().pinned, ElementsAre(1, 1, 0, 0, 0)) << "200 bytes, and 10 for the tensor";
  EXPECT_TRUE(schedule.mapping().fused[1] != 0);
  const ByHand tighter(kDiamond,
                       [] {
                         std::string text = types("205B");
                         return text.replace(text.find("205B"), 4, "205B, weight_share: 1");
                       }(),
                       {{"fpga0", "X"}});
  PartialSchedule tight(tighter.problem, false);
  tight.place(tight.earliest(0, 0));
  tight.place(tight.earliest(1, 0));
  EXPECT_THAT(tight.mapping().pinned, ElementsAre(1, 1, 0, 0, 0));
  EXPECT_FALSE(tight.mapping().fused[1] != 0) << "weights come first";
}

TEST(PartialSchedule, FillsAGapThatIsLongEnough) {
  const char* const types =
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {layers: {a: 4, b: 1, c: 1, d: 1, e: 2}}, data_bits: 8,\n"
      "      dram: {capacity: 1kB}, power: {active_W: 1}}\n";
  const ByHand hand(kDiamond, types, {{"fpga0", "X"}, {"fpga1", "X"}});
  for (const bool fills : {true, false}) {
    PartialSchedule schedule(hand.problem, fills);
    schedule.place(schedule.earliest(0, 0));
    schedule.place(schedule.earliest(1, 1));  // waits from 0 to 4.2
    EXPECT_NEAR(schedule.end_s(1), 5.4, 1e-12);
    const Placement e = schedule.earliest(4, 1);
    EXPECT_NEAR(e.end_s, fills ? 2.2 : 5.4 + 2.2, 1e-12);
    EXPECT_EQ(e.behind, fills ? Placement::kFront : LayerIndex{1});
    schedule.place(e);
    EXPECT_NEAR(schedule.end_s(1), 5.4, 1e-12);
    const auto order = schedule.mapping().order[1];
    EXPECT_EQ(order, fills ? (std::vector<LayerIndex>{4, 1}) : (std::vector<LayerIndex>{1, 4}));
  }
}

TEST(PartialSchedule, DoesNotFillBetweenFusedLayers) {
  // b runs on the other accelerator and ends at 6.4; d is fused with c and waits for b.
  const char* const types =
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {layers: {a: 1, b: 4, c: 1, d: 1, e: 2}}, data_bits: 8,\n"
      "      dram: {capacity: 2kB}, power: {active_W: 1}}\n";
  const ByHand hand(kDiamond, types, {{"fpga0", "X"}, {"fpga1", "X"}});
  PartialSchedule schedule(hand.problem, true);
  schedule.place(schedule.earliest(0, 0));
  schedule.place(schedule.earliest(1, 1));
  schedule.place(schedule.earliest(2, 0));
  const Placement d = schedule.earliest(3, 0);
  ASSERT_TRUE(d.fused);
  EXPECT_NEAR(d.start_s, 1.2 + 4.2, 1e-12);
  schedule.place(d);
  EXPECT_EQ(schedule.earliest(4, 0).behind, LayerIndex{3}) << "the gap before d is not for others";
  EXPECT_EQ(schedule.earliest(4, 1).behind, LayerIndex{1}) << "1.2 s before b are not enough";
}

TEST(PartialSchedule, DoesNotFillTheTimeOfAStoreThatItWouldSave) {
  // a is stored for 10 s, and e starts at its end. Right behind a its reader b would save the store and take
  // less than that; then e would start earlier than it was given.
  const char* const workload =
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 1, out_features: 1000}\n"
      "  - {name: b, type: fc, in_features: 1000, out_features: 1, inputs: [a]}\n"
      "  - {name: e, type: fc, in_features: 1, out_features: 1}\n";
  const ByHand hand(workload, types("10kB"), {{"fpga0", "X"}});
  PartialSchedule schedule(hand.problem, true);
  schedule.place(schedule.earliest(0, 0));
  schedule.place(schedule.earliest(2, 0));
  EXPECT_NEAR(schedule.end_s(0), 11.01, 1e-12);
  EXPECT_NEAR(schedule.end_s(2), 12.03, 1e-12);
  const Placement b = schedule.earliest(1, 0);
  EXPECT_EQ(b.behind, LayerIndex{2});
  schedule.place(b);
  EXPECT_EQ(schedule.latency_s(), analytic_latency_s(hand.problem, schedule.mapping()));
}

/// Places all layers in a random topological order, each at a random place of those that are listed.
template <typename Visit>
void build_at_random(Random& random, const Problem& problem, PartialSchedule& schedule, const Visit& visit) {
  std::vector<std::uint32_t> waiting(problem.layers());
  std::vector<LayerIndex> ready;
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    for (const TensorIndex tensor : problem.inputs(layer))
      waiting[layer] += problem.tensor(tensor).is_network_input() ? 0 : 1;
    if (waiting[layer] == 0) ready.push_back(layer);
  }
  std::vector<Placement> places;
  while (!ready.empty()) {
    const auto pick =
        static_cast<std::size_t>(test::draw(random, 0, static_cast<std::int64_t>(ready.size()) - 1));
    const LayerIndex layer = ready[pick];
    ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(pick));
    schedule.list_placements(layer, static_cast<std::size_t>(test::draw(random, 1, 2)), places);
    ASSERT_FALSE(places.empty());
    visit(layer, places);
    schedule.place(places[static_cast<std::size_t>(
        test::draw(random, 0, static_cast<std::int64_t>(places.size()) - 1))]);
    for (const TensorIndex tensor : problem.outputs(layer)) {
      if (--waiting[problem.tensor(tensor).consumer] == 0) ready.push_back(problem.tensor(tensor).consumer);
    }
  }
}

TEST(PartialSchedule, ForetellsTheAnalyticLatencyToTheLastBit) {
  Random random(41);
  int fused = 0;
  int pinned = 0;
  int filled = 0;
  for (int i = 0; i < 2000; ++i) {
    const Workload workload = test::random_workload(random, {1, 40});
    const System system = test::random_system(
        random, test::random_description(random, static_cast<int>(test::draw(random, 1, 6))), i % 2 == 0);
    const Problem problem(workload, system);
    PartialSchedule schedule(problem, i % 3 != 0);
    build_at_random(random, problem, schedule,
                    [&](LayerIndex /*layer*/, const std::vector<Placement>& places) {
                      const Mapping now = schedule.mapping();
                      filled += std::any_of(places.begin(), places.end(), [&](const Placement& place) {
                        const auto& order = now.order[place.accelerator];
                        return !order.empty() && place.behind != order.back();
                      });
                    });
    const Mapping mapping = schedule.mapping();
    ASSERT_TRUE(mapping.is_complete());
    const auto violations = check_mapping(problem, mapping);
    ASSERT_TRUE(violations.empty()) << "case " << i << ": " << violations.front().message;
    ASSERT_EQ(schedule.latency_s(), analytic_latency_s(problem, mapping)) << "case " << i;
    const Schedule times = analytic_schedule(problem, mapping);
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer)
      ASSERT_EQ(schedule.end_s(layer), times.end_s(layer)) << "case " << i;
    fused += static_cast<int>(std::count(mapping.fused.begin(), mapping.fused.end(), 1));
    pinned += static_cast<int>(std::count(mapping.pinned.begin(), mapping.pinned.end(), 1));
  }
  EXPECT_GT(filled, 1000);
  EXPECT_GT(fused, 500);
  EXPECT_GT(pinned, 5000);
}

TEST(PartialSchedule, ListsTheEarliestEndsOfAllAccelerators) {
  Random random(42);
  int several = 0;
  for (int i = 0; i < 500; ++i) {
    const Workload workload = test::random_workload(random, {1, 40});
    PlatformDescription platform = test::random_description(random, 8);
    // Routes alike, so that accelerators of one design are of one kind.
    for (FpgaDescription& fpga : platform.fpgas) {
      fpga.from_host = platform.fpgas.front().from_host;
      fpga.to_host = platform.fpgas.front().to_host;
    }
    System system = test::random_system(random, platform, i % 2 == 0);
    for (std::size_t a = 4; a < 8; ++a) system.accelerators[a].type = system.accelerators[a - 4].type;
    const Problem problem(workload, system);
    several += problem.kinds() < problem.accelerators() ? 1 : 0;
    PartialSchedule schedule(problem, i % 3 != 0);
    build_at_random(random, problem, schedule, [&](LayerIndex layer, const std::vector<Placement>& places) {
      double listed_s = std::numeric_limits<double>::infinity();
      for (const Placement& place : places) listed_s = std::min(listed_s, place.end_s);
      double least_s = std::numeric_limits<double>::infinity();
      for (const AcceleratorIndex a : problem.candidates(layer))
        least_s = std::min(least_s, schedule.earliest(layer, a).end_s);
      ASSERT_EQ(listed_s, least_s) << "case " << i;
    });
  }
  EXPECT_EQ(several, 500);
}

TEST(PartialSchedule, ListsTheBestOtherAcceleratorIfAsked) {
  Random random(43);
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random, {1, 30});
    PlatformDescription platform = test::random_description(random, 6);
    for (FpgaDescription& fpga : platform.fpgas) {
      fpga.from_host = platform.fpgas.front().from_host;
      fpga.to_host = platform.fpgas.front().to_host;
    }
    System system = test::random_system(random, platform, i % 2 == 0);
    for (std::size_t a = 1; a < 6; ++a) system.accelerators[a].type = system.accelerators[a % 2].type;
    const Problem problem(workload, system);
    PartialSchedule schedule(problem, false);
    std::vector<Placement> places;
    build_at_random(random, problem, schedule, [&](LayerIndex layer, const std::vector<Placement>&) {
      schedule.list_placements(layer, 2, places);
      std::vector<double> listed_s;
      for (const Placement& place : places) listed_s.push_back(place.end_s);
      std::vector<double> all_s;
      for (const AcceleratorIndex a : problem.candidates(layer))
        all_s.push_back(schedule.earliest(layer, a).end_s);
      std::sort(listed_s.begin(), listed_s.end());
      std::sort(all_s.begin(), all_s.end());
      ASSERT_EQ(listed_s[0], all_s[0]) << "case " << i;
      if (all_s.size() == 1) return;
      ASSERT_EQ(listed_s[1], all_s[1]) << "case " << i;
    });
  }
}

TEST(PartialSchedule, UndoLeavesNoTrace) {
  Random random(44);
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random, {5, 30});
    const System system = test::random_system(random, test::random_description(random, 4), i % 2 == 0);
    const Problem problem(workload, system);
    PartialSchedule schedule(problem, i % 3 != 0);
    build_at_random(random, problem, schedule, [&](LayerIndex layer, const std::vector<Placement>& places) {
      const Mapping before = schedule.mapping();
      const double latency_s = schedule.latency_s();
      std::vector<Placement> again;
      for (const Placement& place : places) {
        schedule.place(place);
        ASSERT_TRUE(schedule.is_placed(layer));
        // A consumer on top, as on a lookahead.
        std::vector<Placement> next;
        if (!problem.is_result(layer)) {
          schedule.list_placements(problem.tensor(problem.outputs(layer).front()).consumer, 1, next);
          schedule.place(next.front());
          schedule.undo();
        }
        schedule.undo();
        ASSERT_EQ(schedule.mapping(), before);
        ASSERT_EQ(schedule.latency_s(), latency_s);
      }
      schedule.list_placements(layer, 1, again);
      for (const Placement& place : again) {
        ASSERT_TRUE(std::any_of(places.begin(), places.end(), [&](const Placement& other) {
          return std::tie(place.accelerator, place.behind, place.end_s) ==
                 std::tie(other.accelerator, other.behind, other.end_s);
        }));
      }
    });
  }
}

}  // namespace
}  // namespace h2h
