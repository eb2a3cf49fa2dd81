// SPDX-License-Identifier: Apache-2.0
//
// What a simulator says of its platform, its options, and how it lives beside others.

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <h2h/simulation/replay.hpp>
#include <h2h/simulation/simulator.hpp>

#include "simulation/platforms.hpp"
#include "support/random.hpp"
#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::at_once;
using test::error_of;
using test::fpga_node;
using test::full_zone;
using test::host_node;
using test::link_of;
using test::platform_xml;
using test::program_of;
using test::route_of;
using test::star;
using testing::ElementsAre;
using testing::StartsWith;

class SimulatorOf {
 public:
  explicit SimulatorOf(const std::string& xml, const SimulatorOptions& options = {})
      : file(folder_.write("p.xml", xml)), simulator(file, options) {}

 private:
  test::TemporaryFolder folder_;

 public:
  std::string file;
  Simulator simulator;
};

const Link& link_named(const PlatformDescription& platform, std::string_view name) {
  const auto found = std::find_if(platform.links.begin(), platform.links.end(),
                                  [&](const Link& link) { return link.name == name; });
  if (found == platform.links.end()) throw std::runtime_error("no link " + std::string(name));
  return *found;
}

TEST(PlatformDescription, FpgasStandInTheOrderOfTheFile) {
  std::string nodes = host_node();
  std::string routes = link_of("l", "1GBps");
  for (const char* name : {"fpga2", "fpga10", "fpga1", "board"}) {
    nodes += fpga_node(name);
    routes += route_of("host", name, {"l"});
  }
  const SimulatorOf one(full_zone(nodes + routes));
  std::vector<std::string> names;
  for (const FpgaDescription& fpga : one.simulator.platform().fpgas) names.push_back(fpga.name);
  EXPECT_THAT(names, ElementsAre("fpga2", "fpga10", "fpga1", "board"));
}

TEST(PlatformDescription, FpgasOfAClusterStandInTheOrderOfTheirNumbers) {
  const SimulatorOf one(platform_xml(
      "<zone id=\"z\" routing=\"Full\">\n<zone id=\"y\" routing=\"Full\">" + host_node() +
      "</zone><cluster id=\"c\" prefix=\"n\" suffix=\"\" radical=\"9-11,2\" speed=\"1Gf\" bw=\"1GBps\" "
      "lat=\"1us\" router_id=\"r\"><prop "
      "id=\"accelerator\" value=\"X\"/></cluster>\n" +
      link_of("l", "1GBps") +
      "<zoneRoute src=\"y\" dst=\"c\" gw_src=\"host\" gw_dst=\"r\"><link_ctn id=\"l\"/></zoneRoute></zone>"));
  std::vector<std::string> names;
  for (const FpgaDescription& fpga : one.simulator.platform().fpgas) names.push_back(fpga.name);
  EXPECT_THAT(names, ElementsAre("n9", "n10", "n11", "n2"));
}

TEST(PlatformDescription, NamesPropertiesAndRoutes) {
  const SimulatorOf one(platform_xml(
      "<zone id=\"my-cloud\" routing=\"Full\">\n<prop id=\"accelerators\" value=\"own.yaml\"/>\n"
      "<host id=\"cpu\" speed=\"1Gf\"><prop id=\"role\" value=\"host\"/></host>\n"
      "<host id=\"f\" speed=\"1Gf\"><prop id=\"accelerator\" value=\"C.Z\"/><prop id=\"dram_capacity\" "
      "value=\"2GB\"/></host>\n"
      "<host id=\"idler\" speed=\"1Gf\"/>\n" +
      link_of("near", "200MBps", "20us") + link_of("far", "100MBps", "30us") + link_of("unused", "1GBps") +
      "<route src=\"cpu\" dst=\"f\" symmetrical=\"NO\"><link_ctn id=\"near\"/><link_ctn "
      "id=\"far\"/></route>\n"
      "<route src=\"f\" dst=\"cpu\" symmetrical=\"NO\"><link_ctn id=\"near\"/></route>\n</zone>"));
  const PlatformDescription& platform = one.simulator.platform();
  EXPECT_EQ(platform.file, one.file);
  EXPECT_EQ(platform.name, "my-cloud");
  EXPECT_EQ(platform.host, "cpu");
  EXPECT_EQ(platform.catalogue, "own.yaml");
  EXPECT_FALSE(platform.simgrid_version.empty());
  EXPECT_NEAR(link_named(platform, "near").latency_s, 20e-6, 1e-15);
  EXPECT_EQ(link_named(platform, "unused").bandwidth_Bps, 1e9);
  ASSERT_EQ(platform.fpgas.size(), 1U) << "a host without the property is no FPGA";
  const FpgaDescription& fpga = platform.fpgas[0];
  EXPECT_EQ(fpga.name, "f");
  EXPECT_EQ(fpga.properties.at("accelerator"), "C.Z");
  EXPECT_EQ(fpga.properties.at("dram_capacity"), "2GB");
  const auto names = [&](const Route& route) {
    std::vector<std::string> all;
    for (const LinkIndex link : route.links) all.push_back(platform.links[link].name);
    return all;
  };
  EXPECT_THAT(names(fpga.from_host), ElementsAre("near", "far"));
  EXPECT_NEAR(fpga.from_host.latency_s, 50e-6, 1e-15);
  EXPECT_EQ(fpga.from_host.bandwidth_Bps, 100e6);
  EXPECT_THAT(names(fpga.to_host), ElementsAre("near"));
  EXPECT_EQ(fpga.to_host.bandwidth_Bps, 200e6);
}

TEST(PlatformDescription, PowerOfLinks) {
  const std::string power = "<prop id=\"idle_W\" value=\"1\"/><prop id=\"busy_W\" value=\"3\"/></link>\n";
  const SimulatorOf one(full_zone(
      host_node() + fpga_node("b") +
      "<link id=\"split\" bandwidth=\"1GBps\" latency=\"0s\" sharing_policy=\"SPLITDUPLEX\">" + power +
      "<link id=\"plain\" bandwidth=\"1GBps\" latency=\"0s\">" + power +
      "<link id=\"named_UP\" bandwidth=\"1GBps\" latency=\"0s\" sharing_policy=\"FATPIPE\">" + power +
      link_of("none", "1GBps") + route_of("host", "b", {"split/UP", "plain", "named_UP", "none"})));
  const PlatformDescription& platform = one.simulator.platform();
  // Each direction of a split-duplex link has half of it.
  EXPECT_EQ(link_named(platform, "split_UP").idle_W, 0.5);
  EXPECT_EQ(link_named(platform, "split_UP").busy_W, 1.5);
  EXPECT_EQ(link_named(platform, "split_DOWN").busy_W, 1.5);
  EXPECT_EQ(link_named(platform, "plain").idle_W, 1);
  EXPECT_EQ(link_named(platform, "plain").busy_W, 3);
  EXPECT_EQ(link_named(platform, "named_UP").busy_W, 3) << "a name is not a direction";
  EXPECT_TRUE(link_named(platform, "named_UP").is_fatpipe);
  EXPECT_FALSE(link_named(platform, "plain").is_fatpipe);
  EXPECT_EQ(link_named(platform, "none").busy_W, 0);
}

TEST(Bandwidth, ChangesTheLinksOfOneFpgaAlone) {
  SimulatorOptions options;
  options.bandwidth_Bps = 50;
  SimulatorOf one(star(3, "100Bps", "1GBps"), options);
  const PlatformDescription& platform = one.simulator.platform();
  for (const char* name : {"port0_UP", "port0_DOWN", "port1_UP", "port1_DOWN", "port2_UP", "port2_DOWN"}) {
    EXPECT_EQ(link_named(platform, name).bandwidth_Bps, 50) << name;
  }
  EXPECT_EQ(link_named(platform, "host_port_UP").bandwidth_Bps, 100);
  EXPECT_EQ(link_named(platform, "host_port_DOWN").bandwidth_Bps, 100);
  EXPECT_EQ(platform.fpgas[0].from_host.bandwidth_Bps, 50);
  EXPECT_NEAR(one.simulator.replay(at_once({{0, 1, 100}})).end_s[0], 2, 1e-9) << "SimGrid knows it, too";
}

TEST(Bandwidth, OnTheShippedPlatformIsThatOfThePorts) {
  SimulatorOptions options;
  options.bandwidth_Bps = 1.25e9;
  const Simulator simulator(test::source_file("platforms/cloud.xml"), options);
  for (const Link& link : simulator.platform().links) {
    if (link.name.starts_with("__")) continue;  // SimGrid's own
    const bool is_port = link.name.starts_with("port");
    EXPECT_EQ(link.bandwidth_Bps, is_port ? 1.25e9 : 20e9) << link.name;
  }
}

TEST(Bandwidth, ALinkThatOneFpgaCrossesBothWaysHasOneUser) {
  SimulatorOptions options;
  options.bandwidth_Bps = 50;
  const SimulatorOf one(
      full_zone(host_node() + fpga_node("a") + fpga_node("b") + link_of("la", "100Bps") +
                link_of("lb", "100Bps") + link_of("shared", "100Bps") + link_of("unused", "100Bps") +
                route_of("host", "a", {"shared", "la"}) + route_of("host", "b", {"shared", "lb"})),
      options);
  const PlatformDescription& platform = one.simulator.platform();
  EXPECT_EQ(link_named(platform, "la").bandwidth_Bps, 50);
  EXPECT_EQ(link_named(platform, "lb").bandwidth_Bps, 50);
  EXPECT_EQ(link_named(platform, "shared").bandwidth_Bps, 100);
  EXPECT_EQ(link_named(platform, "unused").bandwidth_Bps, 100) << "of nobody's host route";
}

TEST(Bandwidth, ThatChangesNothingIsAUsageError) {
  SimulatorOptions options;
  options.bandwidth_Bps = 50;
  const test::TemporaryFolder folder;
  const std::string file =
      folder.write("p.xml", full_zone(host_node() + fpga_node("a") + fpga_node("b") + link_of("l", "1GBps") +
                                      route_of("host", "a", {"l"}) + route_of("host", "b", {"l"})));
  EXPECT_EQ(error_of([&] { Simulator(file, options); }),
            "usage: --bandwidth changes nothing in " + file +
                "; it sets the links that belong to one FPGA alone, and here every link serves several");
}

const std::string kPair =
    full_zone(host_node() + fpga_node("b") + link_of("l", "1MBps", "1ms") + route_of("host", "b", {"l"}));

TEST(Options, ThatSimGridDoesNotTakeAreUsageErrors) {
  const auto error = [](const SimulatorOptions& options) {
    return error_of([&] { SimulatorOf(kPair, options); });
  };
  EXPECT_EQ(error({{"foo/bar:1"}, {}, {}}),
            "usage: SimGrid refuses an option: Bad config key: foo/bar; the keys of --cfg and --log are in "
            "SimGrid's documentation");
  // Those by which SimGrid aborts no less than those by which it throws.
  for (const char* cfg : {"network/crosstraffic:maybe", "network/model:Banana", "network/optim:Banana",
                          "network/model", "plugin:banana"}) {
    EXPECT_THAT(error({{cfg}, {}, {}}), StartsWith("usage: SimGrid refuses an option: ")) << cfg;
  }
  for (const char* log : {"root.thresh:banana", "banana"}) {
    EXPECT_THAT(error({{}, {log}, {}}), StartsWith("usage: SimGrid refuses an option: ")) << log;
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no process is left behind";
  EXPECT_EQ(errno, ECHILD);
}

double transfer_s(const SimulatorOptions& options, const std::string& xml = kPair) {
  SimulatorOf one(xml, options);
  return one.simulator.replay(at_once({{0, 1, 1000}})).end_s[0];
}

TEST(Options, CfgWinsOverOurSettings) {
  // 1 ms and a thousand bytes at 1 MB/s.
  EXPECT_NEAR(transfer_s({}), 2e-3, 1e-12);
  // LV08 takes 13.01 latencies and 97 % of the bandwidth.
  EXPECT_NEAR(transfer_s({{"network/model:LV08"}, {}, {}}), 13.01e-3 + 1e-3 / 0.97, 1e-9);
  EXPECT_NEAR(transfer_s({{"network/model:LV08", "network/model:CM02"}, {}, {}}), 2e-3, 1e-12)
      << "the last one wins";
}

TEST(Options, SettingsInThePlatformDoNotWin) {
  std::string xml = kPair;
  xml.replace(xml.find("<zone"), 0,
              "<config><prop id=\"network/model\" value=\"LV08\"/><prop id=\"network/crosstraffic\" "
              "value=\"1\"/></config>\n");
  EXPECT_NEAR(transfer_s({}, xml), 2e-3, 1e-12);
}

TEST(Options, LogIsPassedOn) {
  // A log of SimGrid goes to a file that the option names.
  const test::TemporaryFolder folder;
  const std::string log = folder.path() / "log";
  SimulatorOf one(kPair, {{}, {"root.thresh:verbose", "root.app:file:" + log}, {}});
  one.simulator.replay(at_once({{0, 1, 1000}}));
  EXPECT_GT(std::filesystem::file_size(log), 0U);
}

TEST(Replay, OfNothingTakesNoTime) {
  SimulatorOf one(kPair);
  EXPECT_TRUE(one.simulator.replay({}).end_s.empty());
}

TEST(Replay, OfACycleIsAnErrorAndTheSimulatorLivesOn) {
  SimulatorOf one(kPair);
  // The first two wait for each other; the third is free.
  EXPECT_EQ(error_of([&] {
              one.simulator.replay(program_of({{0, 1, 1}, {1, 1, 1}, {1, 1, 1}}, {{0, 1}, {1, 0}}));
            }),
            "internal: 2 of 3 activities of a replay never became ready");
  EXPECT_NEAR(one.simulator.replay(at_once({{0, 1, 1000}})).end_s[0], 2e-3, 1e-12);
}

TEST(Replay, ThatSimGridAbortsOnIsAnErrorAndTheSimulatorLivesOn) {
  // From one FPGA to the other there is no route, which SimGrid asserts.
  SimulatorOf one(full_zone(host_node() + fpga_node("a") + fpga_node("b") + link_of("l", "1MBps", "1ms") +
                            route_of("host", "a", {"l"}) + route_of("host", "b", {"l"})));
  EXPECT_EQ(error_of([&] {
              one.simulator.replay(at_once({{1, 2, 1000}}));
            }),
            "input: " + one.file + ": SimGrid aborted during the replay");
  EXPECT_NEAR(one.simulator.replay(at_once({{0, 1, 1000}})).end_s[0], 2e-3, 1e-12);
}

TEST(Replay, BeginsAtTimeZeroEachTime) {
  SimulatorOf one(kPair);
  const ReplayTimes first = one.simulator.replay(at_once({{0, 1, 1000}, {1, 1, 0.3}}));
  for (int i = 0; i < 3; ++i) {
    const ReplayTimes again = one.simulator.replay(at_once({{0, 1, 1000}, {1, 1, 0.3}}));
    EXPECT_EQ(again.start_s, first.start_s);
    EXPECT_EQ(again.end_s, first.end_s);
  }
}

TEST(ReplayWorker, CountsFromTheBeginningOfEachProgram) {
  const test::TemporaryFolder folder;
  ReplayWorker worker(folder.write("p.xml", kPair));
  for (int i = 0; i < 100; ++i) {
    worker.start(at_once({{0, 1, 1000}, {1, 1, 1e-3}}));
    EXPECT_NEAR(worker.finish(), 2e-3, 2e-3 * kDecisionMargin);
  }
  worker.start({});
  EXPECT_EQ(worker.finish(), 0);
}

TEST(ReplayWorker, SurvivesACycle) {
  const test::TemporaryFolder folder;
  ReplayWorker worker(folder.write("p.xml", kPair));
  worker.start(program_of({{0, 1, 1}, {1, 1, 1}}, {{0, 1}, {1, 0}}));
  EXPECT_EQ(error_of([&] { worker.finish(); }), "internal: 2 of 2 activities of a replay never became ready");
  worker.start(at_once({{0, 1, 1000}}));
  EXPECT_NEAR(worker.finish(), 2e-3, 1e-10);
}

TEST(ReplayWorker, ThatDiesSaysSoEachTime) {
  const test::TemporaryFolder folder;
  const std::string file =
      folder.write("p.xml", full_zone(host_node() + fpga_node("a") + fpga_node("b") + link_of("l", "1MBps") +
                                      route_of("host", "a", {"l"}) + route_of("host", "b", {"l"})));
  ReplayWorker worker(file);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(error_of([&] {
                worker.start(at_once({{1, 2, 1000}}));
                worker.finish();
              }),
              "input: " + file + ": SimGrid aborted during the replay");
  }
}

TEST(Simulators, SeveralLiveSideBySide) {
  // Bandwidths of 1, 2, ... MB/s; each answers for its own platform, in any order, and may go in any order.
  const test::TemporaryFolder folder;
  std::vector<Simulator> simulators;
  for (int i = 0; i < 6; ++i) {
    simulators.emplace_back(
        folder.write(fmt::format("p{}.xml", i),
                     full_zone(host_node() + fpga_node("b") + link_of("l", fmt::format("{}MBps", i + 1)) +
                               route_of("host", "b", {"l"}))));
  }
  const auto expect_all = [&](const std::vector<int>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_NEAR(simulators[i].replay(at_once({{0, 1, 1e6}})).end_s[0], 1.0 / (numbers[i] + 1), 1e-12);
    }
  };
  expect_all({0, 1, 2, 3, 4, 5});
  simulators.erase(simulators.begin());  // moves the others up
  expect_all({1, 2, 3, 4, 5});
  simulators[1] = Simulator(folder.path() / "p0.xml");
  expect_all({1, 0, 3, 4, 5});
  simulators.clear();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Simulators, DoNotRepeatWhatTheCallerHasPrinted) {
  // SimGrid flushes standard output; a forked process must not flush what it has inherited.
  testing::internal::CaptureStdout();
  std::printf("said once; ");  // no end of line: it stays in the buffer
  {
    SimulatorOf one(kPair);
    std::printf("and once more");
    one.simulator.replay(at_once({{0, 1, 1000}}));
    ReplayWorker worker(one.file);
    worker.start(at_once({{0, 1, 1000}}));
    worker.finish();
  }
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "said once; and once more");
}

TEST(ReplayEvaluator, IsNoAnalyticOneAndJudgesAsManyAsItHasProcesses) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", kPair);
  ReplayEvaluator evaluator(file, {}, 3);
  EXPECT_EQ(evaluator.name(), "replay");
  EXPECT_FALSE(evaluator.is_analytic());
  EXPECT_EQ(evaluator.width(), 3U);
  EXPECT_EQ(ReplayEvaluator(file, {}, 0).width(), 1U);
}

TEST(ReplayEvaluator, AnswersBehindAFailureAreNotTakenForLaterOnes) {
  test::Random random(82);
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", test::random_platform_xml(random, 2));
  const Simulator simulator(file);
  const System system = test::random_system(random, simulator.platform());
  WorkloadDescription description;
  description.name = "chain";
  for (const char* name : {"a", "b"}) {
    LayerDescription& one = description.layers.emplace_back();
    one.layer = {name, "", FullyConnected{4, 4}};
    if (*name == 'b') one.inputs = {"a"};
  }
  const Workload workload(description);
  const Problem problem(workload, system);
  Mapping good = Mapping::none(problem);
  good.append(0, 0);
  good.append(1, 0);
  Mapping other = good;
  other.pinned = {1, 1};
  Mapping bad = good;
  bad.order[0] = {1, 0};
  ReplayEvaluator evaluator(file, {}, 2);
  const double good_s = evaluator.latency_s(problem, good);
  const double other_s = evaluator.latency_s(problem, other);
  ASSERT_GT(good_s, other_s);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(error_of([&] {
                  evaluator.latencies_s(problem, std::vector<Mapping>{bad, other});
                }),
                testing::HasSubstr("never became ready"));
    const std::vector<double> both = evaluator.latencies_s(problem, std::vector<Mapping>{good, good});
    EXPECT_NEAR(both[0], good_s, good_s * kDecisionMargin);
    EXPECT_NEAR(both[1], good_s, good_s * kDecisionMargin);
  }
}

TEST(Simulators, LoadTheBytesThatWereRead) {
  const test::TemporaryFolder folder;
  const PlatformFile file(folder.write("p.xml", kPair));
  folder.write("p.xml", "no longer a platform");
  Simulator simulator(file);
  EXPECT_EQ(simulator.platform().file, file.path.string());
  EXPECT_EQ(simulator.replay(at_once({{0, 1, 1000}})).end_s.size(), 1U);
  EXPECT_EQ(ReplayEvaluator(file, {}, 2).width(), 2U);
}

TEST(SimulatorOptions, ThatChangeTheModelAreNamed) {
  SimulatorOptions options;
  options.cfg = {"network/bandwidth-factor:2", "network/optim:Full", "contexts/nthreads:1"};
  const SimulatorOf one(kPair, options);
  EXPECT_THAT(one.simulator.platform().model_settings, ElementsAre("--cfg=network/bandwidth-factor:2"));
  EXPECT_FALSE(ReplayEvaluator(one.file, options, 1).has_analytic_bound());
  EXPECT_TRUE(ReplayEvaluator(one.file, {}, 1).has_analytic_bound());
  const auto with_config = [](const std::string& key, const std::string& value) {
    std::string xml = kPair;
    xml.insert(xml.find("<zone"), "<config><prop id=\"" + key + "\" value=\"" + value + "\"/></config>\n");
    return SimulatorOf(xml).simulator.platform().model_settings;
  };
  EXPECT_THAT(with_config("network/bandwidth-factor", "0.5"),
              ElementsAre("<config> network/bandwidth-factor:0.5"));
  EXPECT_THAT(with_config("network/crosstraffic", "1"), ElementsAre()) << "our own setting wins";
}

TEST(SimulatorOptions, ThatAreNonsenseAreRefused) {
  for (const char* setting :
       {"network/bandwidth-factor:-1", "network/bandwidth-factor:0", "network/latency-factor:nan",
        "network/latency-factor:inf", "network/bandwidth-factor:0:1;1000:-0.5", "surf/precision:-1",
        "surf/precision:0"}) {
    SimulatorOptions options;
    options.cfg = {setting};
    EXPECT_EQ(error_of([&] { SimulatorOf(kPair, options); }),
              std::string("usage: --cfg=") + setting + "; give numbers that are finite and not negative");
  }
  // What only shows in a replay is blamed on the setting, too.
  SimulatorOptions options;
  options.cfg = {"maxmin/precision:1"};
  SimulatorOf one(kPair, options);
  EXPECT_THAT(error_of([&] {
                one.simulator.replay(at_once({{0, 1, 1e6}}));
              }),
              StartsWith("usage: under --cfg=maxmin/precision:1: "));
}

TEST(Simulators, SayWhatSimGridSaysWhileItLoads) {
  testing::internal::CaptureStderr();
  {
    SimulatorOptions options;
    options.log = {"root.thresh:info"};
    options.cfg = {"network/crosstraffic:0"};
    const SimulatorOf one(kPair, options);
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("network/crosstraffic"));
}

TEST(Compile, ALayerBecomesAChainOfActivities) {
  test::Random random(81);
  for (int i = 0; i < 200; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(random, test::random_description(random, 3));
    const Problem problem(workload, system);
    const Mapping mapping = test::random_mapping(random, problem);
    const Schedule schedule(problem, mapping);
    const ReplayProgram program = compile(problem, mapping, schedule);
    ASSERT_EQ(program.activities.size(), schedule.activities().size());
    ASSERT_EQ(program.first_successor.size(), program.activities.size() + 1);
    std::vector<int> waits(program.activities.size());
    for (const std::uint32_t successor : program.successors) ++waits[successor];
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      const AcceleratorIndex a = mapping.accelerator[layer];
      const auto activities = schedule.of(layer);
      for (std::size_t k = 0; k < activities.size(); ++k) {
        const std::uint32_t index = schedule.first_activity(layer) + static_cast<std::uint32_t>(k);
        const ReplayProgram::Activity& made = program.activities[index];
        const bool down = activities[k].stage == Stage::weights || activities[k].stage == Stage::input;
        ASSERT_EQ(made.from, down ? 0 : a + 1);
        ASSERT_EQ(made.to, activities[k].stage == Stage::output ? 0 : a + 1);
        ASSERT_EQ(made.amount, activities[k].stage == Stage::compute
                                   ? problem.cost(layer, a).compute_s
                                   : static_cast<double>(activities[k].bytes));
        if (k > 0) {
          ASSERT_EQ(waits[index], 1) << "for the one before it alone";
        }
      }
      // The first waits for each producer, fused or not, and for the layer before on the accelerator.
      int expected = mapping.order[a].front() == layer ? 0 : 1;
      for (const TensorIndex tensor : problem.inputs(layer))
        expected += problem.tensor(tensor).is_network_input() ? 0 : 1;
      ASSERT_EQ(waits[schedule.first_activity(layer)], expected);
    }
  }
}

}  // namespace
}  // namespace h2h
