// SPDX-License-Identifier: Apache-2.0
//
// Overlapped execution by hand, and the routes of direct activations.

#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/schedule/critical_chain.hpp>
#include <h2h/schedule/energy.hpp>
#include <h2h/simulation/replay.hpp>

#include "simulation/platforms.hpp"
#include "support/temporary.hpp"
#include "unit/by_hand.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

SimulatorOptions with_peers() {
  SimulatorOptions options;
  options.peer_routes = true;
  return options;
}

/// A problem on FPGAs on one switch, each with 100 B/s down and 100 B/s up; the host's port is wide. Every
/// layer computes for as long as its name says, or a second; a number is a byte.
class Star {
 public:
  Star(int fpgas, const std::string& layers, const std::string& seconds = "",
       Activations activations = Activations::host)
      : simulator_(folder_.write("p.xml", test::star(fpgas, "100kBps", "100Bps")), with_peers()),
        workload_(parse_workload("name: w\nlayers:\n" + layers, "w.yaml")),
        system_(make_system(simulator_.platform(),
                            test::catalogue_by_hand(fmt::format(
                                "accelerators:\n  X: {{types: [fc], model: table, parameters: {{default_s: "
                                "1, layers: {{{}}}}},"
                                " data_bits: 8, dram: {{capacity: 2kB}}, power: {{active_W: 1}}}}\n",
                                seconds)))),
        problem_(workload_, system_, activations),
        mapping(Mapping::none(problem_)) {}

  const Problem& problem() const { return problem_; }
  Schedule replayed() { return replay(problem_, mapping, simulator_, Execution::overlap); }

  /// Every activity as "layer stage from-to", layer by layer.
  std::vector<std::string> activities(const Schedule& schedule) const {
    std::vector<std::string> all;
    for (const Activity& activity : schedule.activities()) {
      all.push_back(fmt::format("{} {} {:.4g}-{:.4g}", workload_.layer(activity.layer).name,
                                to_string(activity.stage), activity.start_s, activity.end_s));
    }
    return all;
  }

  std::string violations(const Schedule& schedule) const {
    std::string text;
    for (const Violation& violation :
         check_schedule(problem_, mapping, schedule, schedule.latency_s(), Contention::possible)) {
      text += fmt::format("{}: {}\n", to_string(violation.rule), violation.message);
    }
    return text;
  }

 private:
  test::TemporaryFolder folder_;
  Simulator simulator_;
  Workload workload_;
  System system_;
  Problem problem_;

 public:
  Mapping mapping;
};

/// 200 bytes of weights 2 s, 10 in 0.1 s, 20 out 0.2 s.
std::string fc(const std::string& name) {
  return fmt::format("  - {{name: {}, type: fc, in_features: 10, out_features: 20}}\n", name);
}

TEST(OverlapByHand, TheNextLayerLoadsWhileOneComputes) {
  Star star(1, fc("a") + fc("b") + fc("c"), "b: 4");
  for (const LayerIndex layer : {0U, 1U, 2U}) star.mapping.append(layer, 0);
  const Schedule schedule = star.replayed();
  // a computes from 2.1 s on: b loads. b is there at 4.2 s, when a has computed, and computes for 4 s: c
  // loads from 4.2 s, is there at 6.3 s, and waits for b until 8.2 s. Outputs go up beside all that.
  EXPECT_THAT(star.activities(schedule),
              ElementsAre("a weights 0-2", "a inputs 2-2.1", "a compute 2.1-3.1", "a outputs 3.1-3.3",
                          "b weights 2.1-4.1", "b inputs 4.1-4.2", "b compute 4.2-8.2", "b outputs 8.2-8.4",
                          "c weights 4.2-6.2", "c inputs 6.2-6.3", "c compute 8.2-9.2", "c outputs 9.2-9.4"));
  EXPECT_EQ(star.violations(schedule), "");
  // Serially: 3.3 + 6.3 + 3.3 s.
  EXPECT_NEAR(analytic_latency_s(star.problem(), star.mapping), 12.9, 1e-12);
  // Busy without a break; what it transfers beside its computations is paid with these.
  const AcceleratorUse use = accelerator_use(star.problem(), star.mapping, schedule).front();
  EXPECT_NEAR(use.compute_s, 6, 1e-9);
  EXPECT_NEAR(use.transfer_s, 3.4, 1e-9);
  EXPECT_NEAR(use.idle_s, 0, 1e-9);
  EXPECT_NEAR(energy_of(star.problem(), star.mapping, schedule).paper_J(), 9.4, 1e-9);
  // a's weights and input, b's, b's and c's computation, c's output.
  const CriticalChain chain = critical_chain(star.problem(), star.mapping, schedule);
  EXPECT_NEAR(chain.weights_s, 4, 1e-9);
  EXPECT_NEAR(chain.inputs_s, 0.2, 1e-9);
  EXPECT_NEAR(chain.compute_s, 5, 1e-9);
  EXPECT_NEAR(chain.outputs_s, 0.2, 1e-9);
  EXPECT_NEAR(chain.waiting_s, 0, 1e-9);
  EXPECT_THAT(chain.layers, ElementsAre(0, 1, 2));
}

TEST(OverlapByHand, NoLayerLoadsBeforeTheOneBeforeItComputes) {
  Star star(1, fc("a") + fc("b") + fc("c"), "a: 5, b: 5");
  for (const LayerIndex layer : {0U, 1U, 2U}) star.mapping.append(layer, 0);
  // b is there at 4.2 s, but c loads only from 7.1 s on, when b computes.
  EXPECT_THAT(
      star.activities(star.replayed()),
      ElementsAre("a weights 0-2", "a inputs 2-2.1", "a compute 2.1-7.1", "a outputs 7.1-7.3",
                  "b weights 2.1-4.1", "b inputs 4.1-4.2", "b compute 7.1-12.1", "b outputs 12.1-12.3",
                  "c weights 7.1-9.1", "c inputs 9.1-9.2", "c compute 12.1-13.1", "c outputs 13.1-13.3"));
}

const std::string kPair =
    fc("a") + "  - {name: b, type: fc, in_features: 20, out_features: 10, inputs: [a]}\n";

TEST(OverlapByHand, AnInputIsLoadedWhenItIsStoredAndAFusedOneIsThere) {
  Star star(1, kPair, "a: 3");
  for (const LayerIndex layer : {0U, 1U}) star.mapping.append(layer, 0);
  // b's weights come while a computes; its input is stored at 5.3 s.
  const Schedule unfused = star.replayed();
  EXPECT_THAT(star.activities(unfused),
              ElementsAre("a weights 0-2", "a inputs 2-2.1", "a compute 2.1-5.1", "a outputs 5.1-5.3",
                          "b weights 2.1-4.1", "b inputs 5.3-5.5", "b compute 5.5-6.5", "b outputs 6.5-6.6"));
  EXPECT_EQ(star.violations(unfused), "");
  star.mapping.fused[1] = 1;
  const Schedule fused = star.replayed();
  EXPECT_THAT(star.activities(fused),
              ElementsAre("a weights 0-2", "a inputs 2-2.1", "a compute 2.1-5.1", "b weights 2.1-4.1",
                          "b compute 5.1-6.1", "b outputs 6.1-6.2"));
  EXPECT_EQ(star.violations(fused), "");
}

TEST(OverlapByHand, OutputsGoUpOneAfterTheOther) {
  // Pinned. a's 300 bytes take 3 s to store; b is done long before.
  Star star(1, "  - {name: a, type: fc, in_features: 2, out_features: 300}\n" + fc("b"));
  for (const LayerIndex layer : {0U, 1U}) star.mapping.append(layer, 0);
  star.mapping.pinned = {1, 1};
  const Schedule schedule = star.replayed();
  EXPECT_THAT(star.activities(schedule),
              ElementsAre("a inputs 0-0.02", "a compute 0.02-1.02", "a outputs 1.02-4.02",
                          "b inputs 0.02-0.12", "b compute 1.02-2.02", "b outputs 4.02-4.22"));
  EXPECT_EQ(star.violations(schedule), "");
}

TEST(OverlapByHand, DirectInputsArePulledWhenTheyAreComputed) {
  Star star(2, kPair, "", Activations::direct);
  star.mapping.append(0, 0);
  star.mapping.append(1, 1);
  const Schedule schedule = star.replayed();
  // b is the first on its FPGA: its weights come at once.
  EXPECT_THAT(star.activities(schedule),
              ElementsAre("a weights 0-2", "a inputs 2-2.1", "a compute 2.1-3.1", "b weights 0-2",
                          "b inputs 3.1-3.3", "b compute 3.3-4.3", "b outputs 4.3-4.4"));
  EXPECT_EQ(star.violations(schedule), "");
}

TEST(OverlapByHand, TwoThatPullFromOneShareItsPort) {
  const std::string more = "  - {name: c, type: fc, in_features: 20, out_features: 10, inputs: [a]}\n";
  Star star(3, kPair + more, "", Activations::direct);
  for (const LayerIndex layer : {0U, 1U, 2U}) star.mapping.append(layer, layer);
  star.mapping.pinned = {0, 1, 1};
  const Schedule schedule = star.replayed();
  EXPECT_THAT(star.activities(schedule),
              ElementsAre("a weights 0-2", "a inputs 2-2.1", "a compute 2.1-3.1", "b inputs 3.1-3.5",
                          "b compute 3.5-4.5", "b outputs 4.5-4.6", "c inputs 3.1-3.5", "c compute 3.5-4.5",
                          "c outputs 4.5-4.6"))
      << "40 bytes at 100 B/s";
  EXPECT_EQ(star.violations(schedule), "");
  EXPECT_NEAR(critical_chain(star.problem(), star.mapping, schedule).waiting_s, 0.2, 1e-9);
}

TEST(OverlapByHand, TheCheckerSeesWhatIsTooEarlyAndTooLate) {
  Star star(1, fc("a") + fc("b") + fc("c"), "a: 5, b: 5");
  for (const LayerIndex layer : {0U, 1U, 2U}) star.mapping.append(layer, 0);
  const Schedule valid = star.replayed();
  const auto broken = [&](LayerIndex layer, std::size_t activity, double by_s) {
    Schedule schedule = valid;
    Activity& moved = schedule.of(layer)[activity];
    moved.start_s += by_s;
    moved.end_s += by_s;
    return star.violations(schedule);
  };
  EXPECT_THAT(broken(1, 0, -1), HasSubstr("exclusive: layer 'b': weights from 1."));
  EXPECT_THAT(broken(2, 0, -1), HasSubstr("but 'fpga0' may do that from 7.")) << "b does not compute yet";
  EXPECT_THAT(broken(1, 1, -0.5), HasSubstr("exclusive: layer 'b': inputs from 3.")) << "two at a time";
  EXPECT_THAT(broken(1, 2, -3.5), HasSubstr("dependency: layer 'b': compute from 3."));
  EXPECT_THAT(broken(1, 2, -1), HasSubstr("exclusive: layer 'b': compute from 6.")) << "a still computes";
  EXPECT_THAT(broken(0, 3, -1), HasSubstr("dependency: layer 'a': outputs from 6."));
  EXPECT_THAT(broken(0, 3, 1), HasSubstr("s on, though that could be from 7."));
}

TEST(PeerRoutes, AreDescribedIfTheyAreAskedFor) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", test::star(3, "1kBps", "100Bps", "2s"));
  EXPECT_TRUE(Simulator(file).platform().peers.empty());
  const Simulator simulator(file, with_peers());
  const PeerRoutes& peers = simulator.platform().peers;
  EXPECT_EQ(peers.fpgas, 3U);
  EXPECT_EQ(peers.speeds.size(), 1U) << "all alike";
  EXPECT_EQ(peers.speed_of(0, 2).bandwidth_Bps, 100);
  EXPECT_EQ(peers.speed_of(0, 2).latency_s, 4);
  std::vector<std::string> names;
  for (const LinkIndex link : peers.links_of(0, 2)) names.push_back(simulator.platform().links[link].name);
  EXPECT_THAT(names, ElementsAre("port0_UP", "port2_DOWN"));
}

TEST(PeerRoutes, OneThatIsMissingIsAnErrorOnlyIfTheyAreAskedFor) {
  const test::TemporaryFolder folder;
  const auto file = folder.write(
      "p.xml", test::full_zone(test::host_node() + test::fpga_node("f0") + test::fpga_node("f1") +
                               test::link_of("l0", "1GBps") + test::link_of("l1", "1GBps") +
                               test::route_of("host", "f0", {"l0"}) + test::route_of("host", "f1", {"l1"})));
  EXPECT_EQ(error_of([&] { Simulator{file}; }), "no error");
  const std::string error = error_of([&] { Simulator(file, with_peers()); });
  EXPECT_THAT(error, HasSubstr("'f1' cannot be reached from 'f0'"));
  EXPECT_THAT(error, HasSubstr("direct activations need a route from every FPGA to every other one"));
}

TEST(OverlapEvaluator, HasNoAnalyticBound) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", test::star(1, "1kBps", "100Bps"));
  EXPECT_TRUE(ReplayEvaluator(file, {}, 1).has_analytic_bound());
  EXPECT_FALSE(ReplayEvaluator(file, {}, 1, Execution::overlap).has_analytic_bound());
}

TEST(Execution, HasNames) {
  EXPECT_EQ(to_string(Execution::serial), "serial");
  EXPECT_EQ(to_string(Execution::overlap), "overlap");
}

}  // namespace
}  // namespace h2h
