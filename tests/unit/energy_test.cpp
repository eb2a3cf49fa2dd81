// SPDX-License-Identifier: Apache-2.0
//
// Energy, use of accelerators and links, and the critical chain of schedules that are computed by hand.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/critical_chain.hpp>
#include <h2h/schedule/energy.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using testing::DoubleNear;
using testing::ElementsAre;

constexpr double kRounding = 1e-12;

// a on fpga0 feeds b on fpga1; fpga2 idles. A number is a byte, a transfer takes half a second and a second
// for 100 bytes.
//   a: 200 weights 2.5 s, 10 in 0.6 s, computation 2 s, 20 out 0.7 s: 0 to 5.8 s
//   b: 100 weights 1.5 s, 20 in 0.7 s, computation 3 s,  5 out 0.55 s: 5.8 to 11.55 s
// fpga0's link down draws 0.5 W idle and 2 W busy; a fat pipe that both links down lead to 0.1 W and 1.1 W.
class EnergyByHand : public testing::Test {
 protected:
  EnergyByHand() {
    mapping_.append(0, 0);
    mapping_.append(1, 1);
  }

  static System make() {
    PlatformDescription platform =
        test::platform_by_hand({{"fpga0", "X", 100, 0.5, {{"active_W", "10"}, {"idle_W", "1"}}},
                                {"fpga1", "X", 100, 0.5, {{"active_W", "20"}, {"idle_W", "2"}}},
                                {"fpga2", "X", 100, 0.5, {{"active_W", "99"}, {"idle_W", "3"}}}});
    platform.links[0].idle_W = 0.5;
    platform.links[0].busy_W = 2;
    platform.links.push_back({"pipe", 1e6, 0, true, 0.1, 1.1});
    for (FpgaDescription& fpga : platform.fpgas) fpga.from_host.links.push_back(6);
    return make_system(
        platform, test::catalogue_by_hand(
                      "accelerators:\n  X: {types: [fc], model: table, parameters: {layers: {a: 2, b: 3}},\n"
                      "      data_bits: 8, dram: {capacity: 1kB}, power: {active_W: 1}}\n"));
  }

  Schedule schedule() const { return analytic_schedule(problem_, mapping_); }

  const Workload workload_ = parse_workload(
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 10, out_features: 20}\n"
      "  - {name: b, type: fc, in_features: 20, out_features: 5, inputs: [a]}\n",
      "w.yaml");
  const System system_ = make();
  const Problem problem_{workload_, system_};
  Mapping mapping_ = Mapping::none(problem_);
};

TEST_F(EnergyByHand, PartsOfTheEnergy) {
  ASSERT_NEAR(schedule().latency_s(), 11.55, kRounding);
  const Energy energy = energy_of(problem_, mapping_, schedule());
  EXPECT_NEAR(energy.compute_J, 10 * 2 + 20 * 3, 1e-10);
  EXPECT_NEAR(energy.transfer_J, 10 * 3.8 + 20 * 2.75, 1e-10);
  // Idle: the rest of 11.55 s behind 5.8 s and 5.75 s busy, and all of it on fpga2.
  EXPECT_NEAR(energy.idle_J, 1 * 5.75 + 2 * 5.8 + 3 * 11.55, 1e-10);
  // Link down of fpga0: 210 bytes at 100 B/s use it for 2.1 s. Fat pipe: busy for 3.1 s and 2.2 s.
  EXPECT_NEAR(energy.network_J, (0.5 * 11.55 + 1.5 * 2.1) + (0.1 * 11.55 + 1.0 * 5.3), 1e-10);
  EXPECT_NEAR(energy.paper_J(), 173, 1e-10);
  EXPECT_NEAR(energy.total_J(), 173 + 52 + 15.38, 1e-10);
}

TEST_F(EnergyByHand, UseOfAccelerators) {
  const auto use = accelerator_use(problem_, mapping_, schedule());
  ASSERT_EQ(use.size(), 3U);
  EXPECT_NEAR(use[0].compute_s, 2, kRounding);
  EXPECT_NEAR(use[0].transfer_s, 3.8, kRounding);
  EXPECT_NEAR(use[0].busy_s(), 5.8, kRounding);
  EXPECT_NEAR(use[0].idle_s, 5.75, kRounding);
  EXPECT_EQ(use[0].dram_peak_bytes, 0);
  EXPECT_EQ(use[2].busy_s(), 0);
  EXPECT_NEAR(use[2].idle_s, 11.55, kRounding);
}

TEST_F(EnergyByHand, UseOfLinks) {
  const auto use = link_use(problem_, mapping_, schedule());
  ASSERT_EQ(use.size(), 7U);
  // Down and up of fpga0, then of fpga1, then of fpga2, then the pipe.
  EXPECT_EQ(use[0].bytes, 210);
  EXPECT_NEAR(use[0].busy_s, 3.1, kRounding);
  EXPECT_NEAR(use[0].utilisation_s, 2.1, kRounding);
  EXPECT_EQ(use[1].bytes, 20);
  EXPECT_NEAR(use[1].busy_s, 0.7, kRounding);
  EXPECT_EQ(use[2].bytes, 120);
  EXPECT_EQ(use[3].bytes, 5);
  EXPECT_EQ(use[4].bytes, 0);
  EXPECT_EQ(use[4].busy_s, 0);
  EXPECT_EQ(use[6].bytes, 330);
  EXPECT_NEAR(use[6].busy_s, 3.1 + 2.2, kRounding);
  EXPECT_NEAR(use[6].utilisation_s, use[6].busy_s, kRounding) << "of a fat pipe nobody knows how full it is";
}

TEST_F(EnergyByHand, PinnedAndFusedIsNotTransferred) {
  mapping_ = Mapping::none(problem_);
  mapping_.append(0, 0);
  mapping_.append(1, 0);
  mapping_.pinned = {1, 0};
  mapping_.fused[1] = 1;
  // a: 0.6 + 2, b: 1.5 + 3 + 0.55.
  EXPECT_NEAR(schedule().latency_s(), 7.65, kRounding);
  const Energy energy = energy_of(problem_, mapping_, schedule());
  EXPECT_NEAR(energy.compute_J, 10 * 5, 1e-10);
  EXPECT_NEAR(energy.transfer_J, 10 * 2.65, 1e-10);
  EXPECT_NEAR(energy.idle_J, (2 + 3) * 7.65, 1e-10);
  const auto use = accelerator_use(problem_, mapping_, schedule());
  EXPECT_EQ(use[0].dram_peak_bytes, 200 + 20)
      << "pinned weights of a, and a's output from its start to b's end";
}

TEST_F(EnergyByHand, SetUpLoadsThePinnedWeightsOnce) {
  mapping_.pinned = {1, 1};
  const h2h::Setup apart = setup_of(problem_, mapping_);
  EXPECT_EQ(apart.bytes, 300);
  EXPECT_NEAR(apart.seconds, 2.5, kRounding) << "side by side";
  EXPECT_NEAR(apart.energy_J, 10 * 2.5 + 20 * 1.5, 1e-10);
  mapping_ = Mapping::none(problem_);
  mapping_.append(0, 1);
  mapping_.append(1, 1);
  EXPECT_EQ(setup_of(problem_, mapping_).bytes, 0);
  mapping_.pinned = {1, 1};
  const h2h::Setup together = setup_of(problem_, mapping_);
  EXPECT_NEAR(together.seconds, 4, kRounding) << "one after the other";
  EXPECT_NEAR(together.energy_J, 20 * 4, 1e-10);
}

TEST_F(EnergyByHand, TheCriticalChainAddsUp) {
  const CriticalChain chain = critical_chain(problem_, mapping_, schedule());
  EXPECT_THAT(chain.layers, ElementsAre(0, 1));
  EXPECT_NEAR(chain.compute_s, 5, kRounding);
  EXPECT_NEAR(chain.weights_s, 4, kRounding);
  EXPECT_NEAR(chain.inputs_s, 1.3, kRounding);
  EXPECT_NEAR(chain.outputs_s, 1.25, kRounding);
  EXPECT_NEAR(chain.waiting_s, 0, kRounding);
  EXPECT_NEAR(chain.total_s(), 11.55, kRounding);
}

TEST_F(EnergyByHand, WhatContentionAddsIsWaiting) {
  // The output of a takes two seconds more, so b starts as much later.
  Schedule slow = schedule();
  slow.of(0).back().end_s += 2;
  for (Activity& activity : slow.of(1)) {
    activity.start_s += 2;
    activity.end_s += 2;
  }
  const CriticalChain chain = critical_chain(problem_, mapping_, slow);
  EXPECT_NEAR(chain.waiting_s, 2, kRounding);
  EXPECT_NEAR(chain.outputs_s, 1.25, kRounding) << "as long as it would take alone";
  EXPECT_NEAR(chain.total_s(), 13.55, kRounding);
  // Energy bills it, and links are used no more for it: what is slow is not full.
  const Energy energy = energy_of(problem_, mapping_, slow);
  EXPECT_NEAR(energy.transfer_J, 10 * 5.8 + 20 * 2.75, 1e-10);
  EXPECT_NEAR(link_use(problem_, mapping_, slow)[1].utilisation_s, 0.2, kRounding);
  EXPECT_NEAR(link_use(problem_, mapping_, slow)[1].busy_s, 2.7, kRounding);
}

TEST(LinkUse, TransfersSideBySideKeepALinkBusyOnce) {
  // Two independent layers on two FPGAs whose routes share a link: both load weights from 0 s to 1 s, one
  // computes longer.
  PlatformDescription platform = test::platform_by_hand({{"fpga0", "X"}, {"fpga1", "X"}});
  platform.links.push_back({"uplink", 1000, 0, false, 0, 10});
  for (FpgaDescription& fpga : platform.fpgas) {
    fpga.from_host.links.push_back(4);
    fpga.to_host.links.push_back(4);
  }
  const System system = make_system(
      platform, test::catalogue_by_hand(
                    "accelerators:\n  X: {types: [fc], model: table, parameters: {layers: {a: 1, b: 5}},\n"
                    "      data_bits: 8, dram: {capacity: 1kB}, power: {active_W: 1}}\n"));
  const Workload workload = parse_workload(
      "name: w\nlayers:\n  - {name: a, type: fc, in_features: 10, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 10}\n",
      "w.yaml");
  const Problem problem(workload, system);
  Mapping mapping = Mapping::none(problem);
  mapping.append(0, 0);
  mapping.append(1, 1);
  const Schedule schedule = analytic_schedule(problem, mapping);
  // Busy: 0 to 1.1 s for both; a's output 2.1 to 2.2 s, b's 6.1 to 6.2 s.
  const LinkUse use = link_use(problem, mapping, schedule)[4];
  EXPECT_EQ(use.bytes, 240);
  EXPECT_NEAR(use.busy_s, 1.3, kRounding);
  EXPECT_NEAR(use.utilisation_s, 0.24, kRounding);
  EXPECT_NEAR(energy_of(problem, mapping, schedule).network_J, 10 * 0.24, 1e-10);
}

TEST(CriticalChainByHand, FollowsWhoeverWasWaitedForLast) {
  // On fpga0 a runs, then d, which also reads b and c of fpga1. a takes 5 s, b and c 2 s each; nothing is
  // transferred for long.
  const auto chain_with = [](const char* seconds) {
    const ByHand hand(
        "name: w\nlayers:\n"
        "  - {name: a, type: fc, in_features: 1, out_features: 1}\n"
        "  - {name: b, type: fc, in_features: 1, out_features: 1}\n"
        "  - {name: c, type: fc, in_features: 1, out_features: 1}\n"
        "  - {name: d, type: fc, in_features: 2, out_features: 1, inputs: [b, c]}\n",
        std::string("accelerators:\n  X: {types: [fc], model: table, parameters: {layers: ") + seconds +
            "},\n      data_bits: 8, dram: {capacity: 1kB}, power: {active_W: 1}}\n",
        {{"fpga0", "X", 1e12}, {"fpga1", "X", 1e12}});
    Mapping mapping = Mapping::none(hand.problem);
    mapping.append(0, 0);
    mapping.append(1, 1);
    mapping.append(2, 1);
    mapping.append(3, 0);
    const Schedule schedule = analytic_schedule(hand.problem, mapping);
    const CriticalChain chain = critical_chain(hand.problem, mapping, schedule);
    EXPECT_NEAR(chain.total_s(), schedule.latency_s(), 1e-9);
    return chain.layers;
  };
  EXPECT_THAT(chain_with("{a: 5, b: 2, c: 2, d: 1}"), ElementsAre(0, 3)) << "the accelerator was busy";
  EXPECT_THAT(chain_with("{a: 3, b: 2, c: 2, d: 1}"), ElementsAre(1, 2, 3))
      << "c was late, as b ran before it";
  EXPECT_THAT(chain_with("{a: 9, b: 2, c: 12, d: 0.5}"), ElementsAre(1, 2, 3));
  EXPECT_THAT(chain_with("{a: 99, b: 2, c: 2, d: 1}"), ElementsAre(0, 3));
}

TEST(Energy, PartsAddUpOnRandomSchedules) {
  test::Random random(61);
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(random, test::random_description(random, 4));
    const Problem problem(workload, system);
    const Mapping mapping = test::random_mapping(random, problem);
    const Schedule schedule = analytic_schedule(problem, mapping);
    const Energy energy = energy_of(problem, mapping, schedule);
    double paper_J = 0;
    double idle_J = 0;
    for (const Activity& activity : schedule.activities()) {
      paper_J += system.accelerators[mapping.accelerator[activity.layer]].active_W *
                 (activity.end_s - activity.start_s);
    }
    for (AcceleratorIndex a = 0; a < 4; ++a) {
      double busy_s = 0;
      for (const LayerIndex layer : mapping.order[a])
        busy_s += schedule.end_s(layer) - schedule.start_s(layer);
      idle_J += system.accelerators[a].idle_W * (schedule.latency_s() - busy_s);
    }
    ASSERT_THAT(energy.paper_J(), DoubleNear(paper_J, 1e-9 * paper_J));
    ASSERT_THAT(energy.idle_J, DoubleNear(idle_J, 1e-9 * (idle_J + paper_J)));
    ASSERT_EQ(energy.network_J, 0) << "links without power properties draw nothing";
    ASSERT_DOUBLE_EQ(energy.total_J(),
                     energy.compute_J + energy.transfer_J + energy.idle_J + energy.network_J);
  }
}

}  // namespace
}  // namespace h2h
