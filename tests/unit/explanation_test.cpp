// SPDX-License-Identifier: Apache-2.0
//
// The critical path, what would help, and why nothing maps, of cases that are computed by hand.

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/run/explanation.hpp>
#include <h2h/run/feasibility.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/critical_path.hpp>

#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kRounding = 1e-12;

// Weights are pinned, a transfer of 10 bytes takes 0.1 s.
//   fpga0: a  0.1 s in, 5 s, 0.1 s out:   0 to 5.2 s
//   fpga1: b  0.1 s in, 2 s, 0.1 s out:   0 to 2.2 s
//   fpga0: c  reads b, 0.1 s in, 3 s, 0.1 s out: could start at 2.2 s, runs from 5.2 to 8.4 s
class QueueByHand : public testing::Test {
 protected:
  CriticalPath path() const { return critical_path(hand_.problem, mapping_, schedule_); }

  const ByHand hand_{
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: c, type: fc, in_features: 10, out_features: 10, inputs: [b]}\n",
      "accelerators:\n  X: {types: [fc], model: table, parameters: {layers: {a: 5, b: 2, c: 3}},\n"
      "      data_bits: 8, dram: {capacity: 1kB}, power: {active_W: 1}}\n",
      {{"fpga0", "X"}, {"fpga1", "X"}}};
  Mapping mapping_ = mapped();
  Schedule schedule_ = analytic_schedule(hand_.problem, mapping_);

 private:
  Mapping mapped() const {
    Mapping mapping = Mapping::none(hand_.problem);
    mapping.append(0, 0);
    mapping.append(1, 1);
    mapping.append(2, 0);
    mapping.pinned = {1, 1, 1};
    return mapping;
  }
};

TEST_F(QueueByHand, SaysWhyEachActivityRanWhenItDid) {
  const auto stretches = path().stretches;
  ASSERT_EQ(stretches.size(), 6U) << "input, computation and output of a and of c";
  EXPECT_EQ(stretches[0].after, Stretch::After::nothing);
  EXPECT_EQ(stretches[0].activity.stage, Stage::input);
  EXPECT_EQ(stretches[0].link, 0U) << "fpga0_DOWN";
  EXPECT_EQ(stretches[1].after, Stretch::After::own_stage);
  EXPECT_EQ(stretches[1].link, Stretch::kNoLink);
  EXPECT_EQ(stretches[2].link, 1U) << "fpga0_UP";
  EXPECT_EQ(stretches[3].activity.layer, 2U);
  EXPECT_EQ(stretches[3].accelerator, 0U);
  EXPECT_EQ(stretches[3].after, Stretch::After::accelerator);
  EXPECT_EQ(stretches[3].waited_for, 0U);
  EXPECT_NEAR(stretches[3].ready_s, 2.2, kRounding);
  EXPECT_NEAR(stretches[3].activity.start_s, 5.2, kRounding);
}

TEST_F(QueueByHand, TimeForWhichALayerStoodReadyIsQueued) {
  const CriticalPath found = path();
  EXPECT_NEAR(found.parts.compute_s, 8, kRounding);
  EXPECT_NEAR(found.parts.inputs_s, 0.2, kRounding);
  EXPECT_NEAR(found.parts.outputs_s, 0.2, kRounding);
  EXPECT_NEAR(found.parts.total_s(), 8.4, kRounding);
  // From 2.2 s, when c could start, to 5.2 s: 2.9 s of a's computation and all of its output.
  EXPECT_NEAR(found.queued.compute_s, 2.9, kRounding);
  EXPECT_NEAR(found.queued.outputs_s, 0.1, kRounding);
  EXPECT_EQ(found.queued.inputs_s, 0);
  EXPECT_NEAR(found.queued_s(), 3, kRounding);
  EXPECT_NEAR(found.stretches[1].queued_s, 2.9, kRounding);
  EXPECT_NEAR(found.stretches[2].queued_s, 0.1, kRounding);
  EXPECT_EQ(found.stretches[3].queued_s, 0);
}

TEST_F(QueueByHand, ContentionOfATransferThatIsQueuedInPartIsDivided) {
  // a's output takes 2.1 s, 5.1 to 7.2 s, and b ends in its middle, at 6.15 s.
  schedule_.of(0).back().end_s += 2;
  for (Activity& activity : schedule_.of(2)) {
    activity.start_s += 2;
    activity.end_s += 2;
  }
  schedule_.of(1).back().end_s = 6.15;
  const CriticalPath found = path();
  EXPECT_NEAR(found.parts.contention_s, 2, kRounding);
  EXPECT_NEAR(found.parts.outputs_s, 0.2, kRounding);
  EXPECT_NEAR(found.queued.contention_s, 1, kRounding);
  EXPECT_NEAR(found.queued.outputs_s, 0.05, kRounding);
  EXPECT_NEAR(found.queued_s(), 1.05, kRounding);
}

TEST_F(QueueByHand, AnInputThatComesWithTheAcceleratorIsTheCause) {
  schedule_.of(1).back().end_s = schedule_.end_s(0);
  const auto stretches = path().stretches;
  EXPECT_EQ(stretches[3].after, Stretch::After::input);
  EXPECT_EQ(stretches[3].waited_for, 1U);
  EXPECT_EQ(path().queued_s(), 0);
}

TEST(BindingLink, IsTheOneThatWouldTakeLongestWithAllThatCrossesIt) {
  // Weights of 100 bytes for both FPGAs from 0 to 1 s, over ports of 100 B/s and an uplink of 150 B/s: both
  // together take the uplink 1.33 s. Then inputs, 0.1 s each; a's output follows its computation, alone.
  PlatformDescription platform = test::platform_by_hand({{"fpga0", "X"}, {"fpga1", "X"}});
  platform.links.push_back({"uplink", 150, 0});
  platform.links.push_back({"pipe", 120, 0, true});
  for (FpgaDescription& fpga : platform.fpgas) {
    for (Route* route : {&fpga.from_host, &fpga.to_host}) {
      route->links.push_back(4);
      route->links.push_back(5);
    }
  }
  const System system = make_system(
      platform, test::catalogue_by_hand(
                    "accelerators:\n  X: {types: [fc], model: table, parameters: {layers: {a: 5, b: 1}},\n"
                    "      data_bits: 8, dram: {capacity: 1kB}, power: {active_W: 1}}\n"));
  const Workload workload = parse_workload(
      "name: w\nlayers:\n  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10}\n",
      "w.yaml");
  const Problem problem(workload, system);
  Mapping mapping = Mapping::none(problem);
  mapping.append(0, 0);
  mapping.append(1, 1);
  const auto stretches = critical_path(problem, mapping, analytic_schedule(problem, mapping)).stretches;
  ASSERT_EQ(stretches.size(), 4U);
  EXPECT_EQ(stretches[0].activity.stage, Stage::weights);
  EXPECT_EQ(stretches[0].link, 4U);
  EXPECT_EQ(stretches[1].link, 4U);
  EXPECT_EQ(stretches[3].activity.stage, Stage::output);
  EXPECT_EQ(stretches[3].link, 1U) << "fpga0_UP; 10 bytes take 0.1 s on it, and less on the others";
}

// a on fpga0 feeds b on fpga1; fpga2 idles. A number is a byte, a transfer takes half a second and a second
// for 100 bytes. 150 bytes of each DRAM may hold weights.
//   a: 200 weights 2.5 s, 10 in 0.6 s, computation 2 s, 20 out 0.7 s: 5.8 s
//   b: 100 weights 1.5 s, 20 in 0.7 s, computation 3 s,  5 out 0.55 s: 5.75 s, or 4.25 s if they are pinned
class WhatIfByHand : public testing::Test {
 protected:
  WhatIf of(const Mapping& mapping, const WhatIfOptions& options = {}) const {
    const Judgement judgement = judge(hand_.problem, mapping, {analytic_schedule});
    return what_if(hand_.problem, judgement, critical_path(hand_.problem, mapping, judgement.schedule), {},
                   options);
  }

  Mapping pinned_apart() const {
    Mapping mapping = Mapping::none(hand_.problem);
    mapping.append(0, 0);
    mapping.append(1, 1);
    mapping.pinned = {0, 1};
    return mapping;
  }

  static std::vector<std::string> lines(const WhatIf& what_if) {
    std::vector<std::string> all;
    for (const Upgrade& upgrade : what_if.upgrades)
      all.push_back(fmt::format("{} {} {:.6g} of {:.6g}", to_string(upgrade.kind), upgrade.name,
                                upgrade.latency_s, upgrade.reference_s));
    return all;
  }

  const ByHand hand_{
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 20}\n"
      "  - {name: b, type: fc, in_features: 20, out_features: 5, inputs: [a]}\n",
      "accelerators:\n  X: {types: [fc], model: table, parameters: {layers: {a: 2, b: 3}},\n"
      "      data_bits: 8, dram: {capacity: 0.3kB}, power: {active_W: 1}}\n",
      {{"fpga0", "X", 100, 0.5}, {"fpga1", "X", 100, 0.5}, {"fpga2", "X", 100, 0.5}}};
};

TEST_F(WhatIfByHand, RanksEveryPartThatIsTwiceAsGood) {
  const WhatIf found = of(pinned_apart());
  // 10.05 s as it is. DRAM of fpga0 holds a's weights: 2.5 s less. fpga1 computes in half of 3 s. The link of
  // fpga0 carries 230 bytes, 1.15 s of 2.3 s; fpga0 computes in half of 2 s; the link of fpga1 carries 25
  // bytes.
  EXPECT_THAT(lines(found), ElementsAre("memory fpga0 7.55 of 10.05", "accelerator fpga1 8.55 of 10.05",
                                        "link fpga0 8.9 of 10.05", "accelerator fpga0 9.05 of 10.05",
                                        "link fpga1 9.925 of 10.05"));
  EXPECT_EQ(found.idle, 4U) << "link, accelerator and memory of fpga2; memory of fpga1, which holds all that "
                               "there is";
  EXPECT_EQ(found.not_judged, 0U);
}

TEST_F(WhatIfByHand, AnyFactor) {
  // a third of 3 s; 230 bytes in 2.3 s / 3.
  const WhatIf found = of(pinned_apart(), {3});
  EXPECT_EQ(found.factor, 3);
  EXPECT_THAT(lines(found), ElementsAre("memory fpga0 7.55 of 10.05", "accelerator fpga1 8.05 of 10.05",
                                        "link fpga0 8.51667 of 10.05", "accelerator fpga0 8.71667 of 10.05",
                                        "link fpga1 9.88333 of 10.05"));
}

TEST_F(WhatIfByHand, ThoseOfMostPromiseAreTried) {
  // Promise without contention: what they save, 2.5 s and 1.5 s.
  const WhatIf found = of(pinned_apart(), {2, 2});
  EXPECT_THAT(lines(found), ElementsAre("memory fpga0 7.55 of 10.05", "accelerator fpga1 8.55 of 10.05"));
  EXPECT_EQ(found.not_judged, 3U);
}

TEST_F(WhatIfByHand, MemoryIsNotCreditedWithWhatRedoingTheStepsGivesAnyway) {
  // Both layers on fpga0, nothing pinned or fused: 11.55 s. Steps 2 and 3 in the memory that is there pin b's
  // weights and fuse a's output: 1.5 s and 1.4 s less. In twice as much a's weights find room, too.
  Mapping mapping = Mapping::none(hand_.problem);
  mapping.append(0, 0);
  mapping.append(1, 0);
  EXPECT_THAT(lines(of(mapping)), testing::Contains("memory fpga0 6.15 of 8.65"));
}

TEST_F(WhatIfByHand, SharesOfTheLatency) {
  h2h::Run run;  // not that of the test
  run.mapper = "by hand";
  run.steps.push_back({"by hand", judge(hand_.problem, pinned_apart(), {analytic_schedule})});
  const Explanation found = explain(hand_.problem, run, {});
  EXPECT_EQ(found.mapper, "by hand");
  EXPECT_FALSE(found.is_replay);
  EXPECT_NEAR(found.latency_s, 10.05, kRounding);
  EXPECT_NEAR(found.accelerators[0].path_s, 5.8, kRounding);
  EXPECT_NEAR(found.accelerators[1].path_s, 4.25, kRounding);
  EXPECT_EQ(found.accelerators[0].layers, 1U);
  EXPECT_EQ(found.accelerators[2].layers, 0U);
  EXPECT_EQ(found.accelerators[2].path_s, 0);
  EXPECT_NEAR(found.links[0].path_s, 3.1, kRounding) << "down: weights and input of a";
  EXPECT_NEAR(found.links[1].path_s, 0.7, kRounding);
  EXPECT_NEAR(found.links[2].binding_s, 0.7, kRounding) << "input of b";
  EXPECT_EQ(found.links[4].path_s, 0);
}

// Nothing maps: the platform has the first entry only. Layers: a conv, two fc and an lstm.

using Types = std::vector<std::pair<const char*, const char*>>;  ///< of catalogue entries

Infeasibility lack(const Types& entries) {
  std::string yaml = "accelerators:\n";
  for (const auto& [name, types] : entries) {
    yaml += fmt::format(
        "  {}: {{types: {}, model: roofline, parameters: {{peak_GOPS: 1, efficiency: 1}}, data_bits: 8,\n"
        "      dram: {{capacity: 1kB, bandwidth: 1GBps}}, power: {{active_W: 1}}}}\n",
        name, types);
  }
  const Catalogue catalogue = test::catalogue_by_hand(yaml);
  const System system = make_system(test::platform_by_hand({{"fpga0", entries.front().first}}), catalogue);
  const Workload workload = parse_workload(
      "name: w\nlayers:\n"
      "  - {name: c, type: conv, out_channels: 1, in_channels: 1, out_height: 1, out_width: 1, kernel: 1}\n"
      "  - {name: f, type: fc, in_features: 1, out_features: 1}\n"
      "  - {name: l, type: lstm, input_size: 1, hidden_size: 1, layers: 1, sequence_length: 1}\n"
      "  - {name: g, type: fc, in_features: 1, out_features: 1}\n",
      "w.yaml");
  return find_infeasibility(workload, system, catalogue);
}

TEST(Infeasibility, OfAPlatformThatRunsEverythingThereIsNone) {
  const Infeasibility none = lack({{"X", "[conv, fc, lstm]"}, {"A", "[fc]"}});
  EXPECT_TRUE(none.is_feasible());
  EXPECT_THAT(none.least_sets, IsEmpty());
  EXPECT_EQ(remedy_of(none), "");
}

TEST(Infeasibility, OneEntryForAll) {
  const Infeasibility found =
      lack({{"X", "[conv]"}, {"A", "[fc]"}, {"B", "[lstm]"}, {"C", "[fc, lstm]"}, {"D", "[lstm, fc, conv]"}});
  ASSERT_EQ(found.gaps.size(), 2U);
  EXPECT_EQ(found.gaps[0].type, LayerType::fc);
  EXPECT_THAT(found.gaps[0].layers, ElementsAre(1, 3));
  EXPECT_FALSE(found.gaps[0].type_is_there);
  EXPECT_THAT(found.gaps[0].remedies, ElementsAre("A", "C", "D"));
  EXPECT_THAT(found.gaps[1].remedies, ElementsAre("B", "C", "D"));
  EXPECT_THAT(found.least_sets, ElementsAre(ElementsAre("C"), ElementsAre("D")));
  EXPECT_THAT(found.hopeless, IsEmpty());
  EXPECT_EQ(remedy_of(found), "C or D");
}

TEST(Infeasibility, SeveralEntriesTogether) {
  EXPECT_EQ(remedy_of(lack({{"X", "[conv]"}, {"A", "[fc]"}, {"B", "[lstm]"}})), "A + B");
  EXPECT_EQ(remedy_of(lack({{"X", "[conv]"}, {"A", "[fc]"}, {"B", "[lstm]"}, {"C", "[fc, conv]"}})),
            "A + B or B + C");
}

TEST(Infeasibility, ManyLayersThatHaveNoEntryInCommonAreNoLongSearch) {
  // Three entries for each of 20 layers: to walk all sets of 19 would take days.
  constexpr int kLayers = 20;
  std::string layers;
  std::string entries;
  const auto entry = [](const std::string& name, const std::string& layer) {
    return fmt::format(
        "  {}: {{types: [fc], model: table, parameters: {{layers: {{{}: 1}}}}, data_bits: 8,\n"
        "      dram: {{capacity: 1kB}}, power: {{active_W: 1}}}}\n",
        name, layer);
  };
  for (int i = 0; i < kLayers; ++i) {
    layers += fmt::format("  - {{name: l{}, type: fc, in_features: 1, out_features: 1}}\n", i);
    for (const char which : {'a', 'b', 'c'})
      entries += entry(fmt::format("E{}{}", i, which), fmt::format("l{}", i));
  }
  const Catalogue catalogue = test::catalogue_by_hand("accelerators:\n" + entry("X", "other") + entries);
  const System system = make_system(test::platform_by_hand({{"fpga0", "X"}}), catalogue);
  const Infeasibility found =
      find_infeasibility(parse_workload("name: w\nlayers:\n" + layers, "w.yaml"), system, catalogue);
  ASSERT_EQ(found.least_sets.size(), Infeasibility::kMostSets);
  for (const auto& set : found.least_sets) EXPECT_EQ(set.size(), kLayers);
}

TEST(Infeasibility, WhatNoEntryRunsIsSaid) {
  const Infeasibility found = lack({{"X", "[conv]"}, {"A", "[lstm]"}});
  EXPECT_THAT(found.hopeless, ElementsAre(1, 3));
  EXPECT_THAT(found.gaps[0].remedies, IsEmpty());
  EXPECT_THAT(found.least_sets, ElementsAre(ElementsAre("A"))) << "for the rest";
}

TEST(Infeasibility, ATableThatDoesNotListALayer) {
  const Catalogue catalogue = test::catalogue_by_hand(
      "accelerators:\n"
      "  X: {types: [fc], model: table, parameters: {layers: {a: 1}}, data_bits: 8, dram: {capacity: 1kB},\n"
      "      power: {active_W: 1}}\n"
      "  Y: {types: [fc], model: table, parameters: {layers: {a: 1, b: 1}}, data_bits: 8,\n"
      "      dram: {capacity: 1kB}, power: {active_W: 1}}\n");
  const System system = make_system(test::platform_by_hand({{"fpga0", "X"}}), catalogue);
  const Workload workload = parse_workload(
      "name: w\nlayers:\n  - {name: a, type: fc, in_features: 1, out_features: 1}\n"
      "  - {name: b, type: fc, in_features: 1, out_features: 1}\n",
      "w.yaml");
  const Infeasibility found = find_infeasibility(workload, system, catalogue);
  ASSERT_EQ(found.gaps.size(), 1U);
  EXPECT_TRUE(found.gaps[0].type_is_there);
  EXPECT_THAT(found.gaps[0].layers, ElementsAre(1));
  EXPECT_EQ(remedy_of(found), "Y");
}

}  // namespace
}  // namespace h2h
