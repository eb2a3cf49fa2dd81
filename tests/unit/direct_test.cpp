// SPDX-License-Identifier: Apache-2.0
//
// Direct activations, on networks small enough to compute by hand.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/schedule/critical_chain.hpp>
#include <h2h/schedule/energy.hpp>

#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::error_of;
using testing::ElementsAre;

constexpr double kRounding = 1e-12;

// a feeds b and c; c reads b and a, and adds a to its output. A number is a byte on X and two on Y. Weights,
// inputs and outputs in bytes on X:
//   a: 200, 10 -> 20      b: 200, 20 of a -> 10      c: 600, 10 of b, 20 of a, residual 20 of a -> 20
// Tensors of a: 0 (the network's input); of b: 1; of c: 2 (b), 3 (a), 4 (a, residual).
constexpr LayerIndex kA = 0, kB = 1, kC = 2;
constexpr const char* kWorkload =
    "name: w\nlayers:\n"
    "  - {name: a, type: fc, in_features: 10, out_features: 20}\n"
    "  - {name: b, type: fc, in_features: 20, out_features: 10, inputs: [a]}\n"
    "  - {name: c, type: fc, in_features: 30, out_features: 20, inputs: [b, a], residual: [a]}\n";
constexpr const char* kCatalogue =
    "accelerators:\n"
    "  X: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 8, dram: {capacity: "
    "1kB},\n"
    "      power: {active_W: 2}}\n"
    "  Y: {types: [fc], model: table, parameters: {default_s: 1, layers: {}}, data_bits: 16, dram: "
    "{capacity: 1kB},\n"
    "      power: {active_W: 3}}\n";

/// The activities of a layer, such as "weights 200 0-2" or "inputs 20 2-2.2 from fpga0".
std::vector<std::string> activities(const Problem& problem, const Schedule& schedule, LayerIndex layer) {
  std::vector<std::string> all;
  for (const Activity& activity : schedule.of(layer)) {
    all.push_back(fmt::format("{} {} {:.4g}-{:.4g}", to_string(activity.stage), activity.bytes,
                              activity.start_s, activity.end_s));
    if (activity.source != Problem::kHost)
      all.back() += " from " + problem.system().accelerators[activity.source].name;
  }
  return all;
}

void expect_valid(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  EXPECT_EQ(schedule.latency_s(), analytic_latency_s(problem, mapping));
  for (const Violation& violation :
       check_schedule(problem, mapping, schedule, schedule.latency_s(), Contention::none)) {
    ADD_FAILURE() << violation.message;
  }
}

TEST(Direct, AConsumerPullsFromTheProducersFpga) {
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X"}, {"fpga1", "X"}}, Activations::direct);
  Mapping mapping = Mapping::none(hand.problem);
  mapping.append(kA, 0);
  mapping.append(kB, 1);
  mapping.append(kC, 1);
  // b and c are both on fpga1 and not fused: b is stored for c. a is stored for nobody.
  const Schedule unfused = analytic_schedule(hand.problem, mapping);
  EXPECT_THAT(activities(hand.problem, unfused, kA),
              ElementsAre("weights 200 0-2", "inputs 10 2-2.1", "compute 0 2.1-3.1"));
  EXPECT_THAT(activities(hand.problem, unfused, kB),
              ElementsAre("weights 200 3.1-5.1", "inputs 20 5.1-5.3 from fpga0", "compute 0 5.3-6.3",
                          "outputs 10 6.3-6.4"));
  EXPECT_THAT(activities(hand.problem, unfused, kC),
              ElementsAre("weights 600 6.4-12.4", "inputs 10 12.4-12.5", "inputs 20 12.5-12.7 from fpga0",
                          "inputs 20 12.7-12.9 from fpga0", "compute 0 12.9-13.9", "outputs 20 13.9-14.1"));
  expect_valid(hand.problem, mapping, unfused);
  // Fused, both transfers of b's output are saved.
  mapping.fused[2] = 1;
  const Schedule fused = analytic_schedule(hand.problem, mapping);
  EXPECT_THAT(activities(hand.problem, fused, kB).back(), "compute 0 5.3-6.3");
  EXPECT_THAT(activities(hand.problem, fused, kC),
              ElementsAre("weights 600 6.3-12.3", "inputs 20 12.3-12.5 from fpga0",
                          "inputs 20 12.5-12.7 from fpga0", "compute 0 12.7-13.7", "outputs 20 13.7-13.9"));
  expect_valid(hand.problem, mapping, fused);
  EXPECT_TRUE(is_stored(hand.problem, mapping, kC)) << "a result of the network";
  EXPECT_FALSE(is_stored(hand.problem, mapping, kA));
}

TEST(Direct, PullsAreInTheProducersWidthOverTheSlowerOfBothPorts) {
  // a on Y: 20 numbers of b's input are 40 bytes, at the 50 B/s of fpga1, 0.5 + 0.25 s of latency: 1.55 s. a
  // itself: 400 bytes of weights at 100 B/s and 0.5 s, 20 bytes of input.
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "Y", 100, 0.5}, {"fpga1", "X", 50, 0.25}},
                    Activations::direct);
  Mapping mapping = Mapping::none(hand.problem);
  mapping.append(kA, 0);
  mapping.append(kB, 1);
  mapping.append(kC, 0);
  const Schedule schedule = analytic_schedule(hand.problem, mapping);
  EXPECT_THAT(activities(hand.problem, schedule, kA), ElementsAre("weights 400 0-4.5", "inputs 20 4.5-5.2",
                                                                  "compute 0 5.2-6.2", "outputs 40 6.2-7.1"))
      << "c reads it on the same FPGA";
  // b starts as soon as a has computed, not when it is stored: 200 / 50 + 0.25 s of weights from 6.2 s on.
  EXPECT_THAT(activities(hand.problem, schedule, kB),
              ElementsAre("weights 200 6.2-10.45", "inputs 40 10.45-12 from fpga0", "compute 0 12-13"));
  // c waits for b. Weights 1200 bytes, 12.5 s; b's 10 numbers are 10 bytes there, at 50 B/s: 0.95 s; a's 40
  // bytes from the host, twice: 0.9 s each.
  EXPECT_THAT(activities(hand.problem, schedule, kC),
              ElementsAre("weights 1200 13-25.5", "inputs 10 25.5-26.45 from fpga1", "inputs 40 26.45-27.35",
                          "inputs 40 27.35-28.25", "compute 0 28.25-29.25", "outputs 40 29.25-30.15"));
  expect_valid(hand.problem, mapping, schedule);
  EXPECT_NEAR(hand.problem.transfer_s(1, 0, 1), 1.55, kRounding);
  EXPECT_EQ(hand.problem.transfer_bytes(1, 0, 1), 40);
  EXPECT_EQ(hand.problem.transfer_bytes(1, Problem::kHost, 1), 20);

  // The chain leaves a at the end of its computation, which b waits for.
  const CriticalChain chain = critical_chain(hand.problem, mapping, schedule);
  EXPECT_THAT(chain.layers, ElementsAre(kA, kB, kC));
  EXPECT_NEAR(chain.compute_s, 3, kRounding);
  EXPECT_NEAR(chain.weights_s, 4.5 + 4.25 + 12.5, kRounding);
  EXPECT_NEAR(chain.inputs_s, 0.7 + 1.55 + 0.95 + 0.9 + 0.9, kRounding);
  EXPECT_NEAR(chain.outputs_s, 0.9, kRounding);
  EXPECT_NEAR(chain.total_s(), 30.15, kRounding);

  // Links: 0 down and 1 up of fpga0, 2 down and 3 up of fpga1. A pull crosses the sender's way up and the
  // receiver's way down, and keeps the receiver busy.
  const auto links = link_use(hand.problem, mapping, schedule);
  EXPECT_EQ(links[0].bytes, 400 + 20 + 1200 + 10 + 40 + 40);
  EXPECT_EQ(links[1].bytes, 40 + 40 + 40);
  EXPECT_EQ(links[2].bytes, 200 + 40);
  EXPECT_EQ(links[3].bytes, 10);
  const auto use = accelerator_use(hand.problem, mapping, schedule);
  EXPECT_NEAR(use[0].busy_s(), 7.1 + 17.15, kRounding);
  EXPECT_NEAR(use[1].busy_s(), 6.8, kRounding);
  const Energy energy = energy_of(hand.problem, mapping, schedule);
  EXPECT_NEAR(energy.compute_J, 3 * 2 + 2 * 1, kRounding);
  EXPECT_NEAR(energy.transfer_J, 3 * (7.1 + 17.15 - 2) + 2 * 5.8, 1e-10);
}

TEST(Direct, NeedsRoutesBetweenTheFpgas) {
  ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X"}});
  hand.system.peers = {};
  EXPECT_EQ(error_of([&] { Problem(hand.workload, hand.system, Activations::direct); }),
            "usage: direct activations: no routes between the FPGAs of 'by-hand' are known; set "
            "SimulatorOptions::peer_routes");
}

TEST(Direct, TheCheckerSeesAPullThatIsNoneOrComesFromElsewhere) {
  const ByHand hand(kWorkload, kCatalogue, {{"fpga0", "X"}, {"fpga1", "X"}, {"fpga2", "X"}},
                    Activations::direct);
  Mapping mapping = Mapping::none(hand.problem);
  mapping.append(kA, 0);
  mapping.append(kB, 1);
  mapping.append(kC, 1);
  const auto broken = [&](Schedule schedule, double latency_s) {
    std::string text;
    for (const Violation& violation :
         check_schedule(hand.problem, mapping, schedule, latency_s, Contention::none)) {
      text += fmt::format("{}: {}\n", to_string(violation.rule), violation.message);
    }
    return text;
  };
  const Schedule valid = analytic_schedule(hand.problem, mapping);
  EXPECT_EQ(broken(valid, valid.latency_s()), "");
  for (const AcceleratorIndex source : {AcceleratorIndex{2}, Problem::kHost}) {
    Schedule schedule = valid;
    schedule.of(kB)[1].source = source;
    EXPECT_EQ(broken(schedule, valid.latency_s()),
              "activities: layer 'b' does not make exactly the transfers that are due\n");
  }
  // b before a has computed.
  Schedule early = valid;
  for (const LayerIndex layer : {kB, kC}) {
    for (Activity& activity : early.of(layer)) {
      activity.start_s -= 0.5;
      activity.end_s -= 0.5;
    }
  }
  EXPECT_EQ(broken(early, valid.latency_s() - 0.5),
            "dependency: layer 'b' starts at 2.6 s, but its inputs exist at 3.1 s\n");
}

TEST(Direct, HasNames) {
  EXPECT_EQ(to_string(Activations::host), "host");
  EXPECT_EQ(to_string(Activations::direct), "direct");
}

}  // namespace
}  // namespace h2h
