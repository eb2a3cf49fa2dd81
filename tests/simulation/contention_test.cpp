// SPDX-License-Identifier: Apache-2.0
//
// How transfers share links, against times computed by hand.

#include <gtest/gtest.h>

#include <h2h/simulation/replay.hpp>
#include <h2h/simulation/simulator.hpp>

#include "simulation/platforms.hpp"
#include "support/temporary.hpp"

namespace h2h {
namespace {

using test::at_once;
using test::fpga_node;
using test::full_zone;
using test::host_node;
using test::link_of;
using test::program_of;
using test::route_of;
using test::star;

constexpr double kExact = 1e-9;  // seconds; the times here are of the order of a second

ReplayTimes run(const std::string& xml, const ReplayProgram& program) {
  const test::TemporaryFolder folder;
  Simulator simulator(folder.write("p.xml", xml));
  return simulator.replay(program);
}

TEST(Transfer, TakesLatencyOnceAndBytesOverTheSmallestBandwidth) {
  // Two links with 0.5 s and 0.25 s; 100 bytes at the slower one's 50 B/s.
  const std::string xml =
      full_zone(host_node() + fpga_node("b") + link_of("near", "200Bps", "0.5s") +
                link_of("far", "50Bps", "0.25s") + route_of("host", "b", {"near", "far"}));
  const ReplayTimes times = run(xml, at_once({{0, 1, 100}}));
  EXPECT_EQ(times.start_s[0], 0);
  EXPECT_NEAR(times.end_s[0], 2.75, kExact);
  EXPECT_NEAR(run(xml, at_once({{1, 0, 100}})).end_s[0], 2.75, kExact) << "and back";
}

TEST(Transfer, HasNoLatencyWhereTheLinksHaveNone) {
  EXPECT_NEAR(run(star(1, "1GBps", "100Bps"), at_once({{0, 1, 250}})).end_s[0], 2.5, kExact);
}

TEST(Computation, TakesItsSecondsWhateverTheSpeedOfTheHost) {
  for (const char* speed : {"1Mf", "1Gf", "123.456Gf"}) {
    const std::string xml = full_zone(
        host_node() +
        fmt::format("<host id=\"b\" speed=\"{}\"><prop id=\"accelerator\" value=\"X\"/></host>", speed) +
        link_of("l", "1GBps") + route_of("host", "b", {"l"}));
    EXPECT_NEAR(run(xml, at_once({{1, 1, 0.125}})).end_s[0], 0.125, kExact) << speed;
    EXPECT_EQ(run(xml, at_once({{1, 1, 0}})).end_s[0], 0) << speed;
  }
}

TEST(Program, ActivitiesStartWhenTheOnesBeforeThemHaveEnded) {
  // Input 1 s, computation 2 s, output 1 s; beside it the input of another FPGA, 3 s, which the output waits
  // for, too.
  const ReplayTimes times =
      run(star(2, "1GBps", "100Bps"),
          program_of({{0, 1, 100}, {1, 1, 2}, {1, 0, 100}, {0, 2, 350}}, {{0, 1}, {1, 2}, {3, 2}}));
  EXPECT_NEAR(times.end_s[0], 1, kExact);
  EXPECT_NEAR(times.start_s[1], 1, kExact);
  EXPECT_NEAR(times.end_s[1], 3, kExact);
  EXPECT_NEAR(times.start_s[3], 0, kExact);
  EXPECT_NEAR(times.end_s[3], 3.5, kExact);
  EXPECT_NEAR(times.start_s[2], 3.5, kExact);
  EXPECT_NEAR(times.end_s[2], 4.5, kExact);
}

TEST(Contention, EqualFlowsShareThePortOfTheHostEqually) {
  for (int flows = 1; flows <= 6; ++flows) {
    const std::string xml = star(6, "100Bps", "1GBps", "0.25s");
    std::vector<ReplayProgram::Activity> activities;
    for (int i = 0; i < flows; ++i) activities.push_back({0, static_cast<std::uint32_t>(i + 1), 200});
    for (const double end_s : run(xml, at_once(activities)).end_s)
      EXPECT_NEAR(end_s, 0.25 + 2 * flows, kExact) << flows;
  }
}

TEST(Contention, WhatAFlowLeavesTheOthersTake) {
  // 100, 200 and 300 bytes on 100 B/s. A third each until the first ends at 3 s; half each for the 100 bytes
  // left of the second, until 5 s; then the third has 100 bytes left and all of the port: 6 s.
  const ReplayTimes times = run(star(3, "100Bps", "1GBps"), at_once({{0, 1, 100}, {0, 2, 200}, {0, 3, 300}}));
  EXPECT_NEAR(times.end_s[0], 3, kExact);
  EXPECT_NEAR(times.end_s[1], 5, kExact);
  EXPECT_NEAR(times.end_s[2], 6, kExact);
}

TEST(Contention, AFlowThatIsHeldUpElsewhereLeavesItsShare) {
  // fpga0's own port gives 10 B/s; the other flow has the 90 B/s that are left of the host's port.
  const std::string xml =
      full_zone(host_node() + fpga_node("a") + fpga_node("b") + link_of("shared", "100Bps") +
                link_of("slow", "10Bps") + link_of("fast", "1GBps") +
                route_of("host", "a", {"shared", "slow"}) + route_of("host", "b", {"shared", "fast"}));
  const ReplayTimes times = run(xml, at_once({{0, 1, 100}, {0, 2, 180}}));
  EXPECT_NEAR(times.end_s[0], 10, kExact);
  EXPECT_NEAR(times.end_s[1], 2, kExact);
}

TEST(Contention, LateFlowsShareFromThenOn) {
  // 100 bytes alone for a second, then half of 100 B/s each: 50 bytes left take another second.
  const ReplayTimes times =
      run(star(2, "100Bps", "1GBps"), program_of({{0, 1, 150}, {2, 2, 1}, {0, 2, 100}}, {{1, 2}}));
  EXPECT_NEAR(times.end_s[0], 2, kExact);
  EXPECT_NEAR(times.end_s[2], 2.5, kExact) << "50 of its 100 bytes by 2 s, the rest alone";
}

TEST(Contention, ASharedLinkCarriesBothDirectionsTogether) {
  const auto both_ways = [](std::string_view policy, std::string_view direction) {
    const std::string link = fmt::format("l{}", direction);
    return run(full_zone(host_node() + fpga_node("b") + link_of("l", "100Bps", "0s", policy) +
                         route_of("host", "b", {link})),
               at_once({{0, 1, 100}, {1, 0, 100}}))
        .end_s;
  };
  for (const double end_s : both_ways("SHARED", "")) EXPECT_NEAR(end_s, 2, kExact);
  for (const double end_s : both_ways("SPLITDUPLEX", "/UP")) EXPECT_NEAR(end_s, 1, kExact);
  for (const double end_s : both_ways("FATPIPE", "")) EXPECT_NEAR(end_s, 1, kExact);
}

TEST(Contention, AFatPipeIsNotShared) {
  const std::string xml =
      full_zone(host_node() + fpga_node("a") + fpga_node("b") + link_of("pipe", "100Bps", "0.5s", "FATPIPE") +
                route_of("host", "a", {"pipe"}) + route_of("host", "b", {"pipe"}));
  const ReplayTimes times = run(xml, at_once({{0, 1, 100}, {0, 2, 100}, {0, 1, 200}}));
  EXPECT_NEAR(times.end_s[0], 1.5, kExact);
  EXPECT_NEAR(times.end_s[1], 1.5, kExact);
  EXPECT_NEAR(times.end_s[2], 2.5, kExact) << "each flow has all of it, also two to one FPGA";
}

TEST(Contention, FlowsThatStartTogetherShareEveryLink) {
  // Under SimGrid's default settings the two flows that leave the host together leave each other's further
  // links out of the solve: the one to fpga0 then does not share that FPGA's link with the flow from fpga2,
  // and ends at 10.002 s. Links of 100 B/s, of the host 1000 B/s, each of 1 ms. From fpga2 1000 bytes go to
  // fpga0 at once; at 5 s the host sends 500 bytes to fpga0 and to fpga1. By 5.002 s 500 bytes are left of
  // the first, and share with the 500 from the host: both end 10 s later. The one to fpga1 is alone: 5 s.
  std::string text = "<zone id=\"z\" routing=\"Cluster\">\n" + host_node();
  for (int i = 0; i < 3; ++i) text += fpga_node(fmt::format("fpga{}", i));
  text += link_of("lh", "1000Bps", "1ms", "SPLITDUPLEX");
  for (int i = 0; i < 3; ++i) text += link_of(fmt::format("l{}", i), "100Bps", "1ms", "SPLITDUPLEX");
  text += "<host_link id=\"host\" up=\"lh_UP\" down=\"lh_DOWN\"/>\n";
  for (int i = 0; i < 3; ++i)
    text += fmt::format("<host_link id=\"fpga{0}\" up=\"l{0}_UP\" down=\"l{0}_DOWN\"/>\n", i);
  const ReplayTimes times =
      run(test::platform_xml(text + "</zone>"),
          program_of({{3, 1, 1000}, {0, 0, 5}, {0, 1, 500}, {0, 2, 500}}, {{1, 2}, {1, 3}}));
  EXPECT_NEAR(times.end_s[1], 5, kExact);
  EXPECT_NEAR(times.end_s[0], 15.002, kExact);
  EXPECT_NEAR(times.end_s[2], 15.002, kExact);
  EXPECT_NEAR(times.end_s[3], 10.002, kExact);
}

TEST(Contention, UnequalLatenciesShareUnequally) {
  // What the tool warns of: a route of twice the latency has half the share. 2 and 1 of 3 parts of 300 B/s;
  // when the first has its 400 bytes at 2 s, the second has 200 left for all of it. Latencies of
  // micro-seconds do not show.
  const std::string xml =
      full_zone(host_node() + fpga_node("a") + fpga_node("b") + link_of("shared", "300Bps", "0s") +
                link_of("la", "1GBps", "1us") + link_of("lb", "1GBps", "2us") +
                route_of("host", "a", {"shared", "la"}) + route_of("host", "b", {"shared", "lb"}));
  const ReplayTimes times = run(xml, at_once({{0, 1, 400}, {0, 2, 400}}));
  EXPECT_NEAR(times.end_s[0], 2, 1e-3);
  EXPECT_NEAR(times.end_s[1], 2 + 2.0 / 3, 1e-3);
}

TEST(Program, LinksHaveAnotherBandwidthWhileItRuns) {
  // 100 bytes at 50 B/s; at 200 B/s the port of 100 B/s binds.
  const std::string xml = full_zone(host_node() + fpga_node("b") + link_of("far", "50Bps") +
                                    link_of("near", "100Bps") + route_of("host", "b", {"near", "far"}));
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", xml);
  ReplayProgram program = at_once({{0, 1, 100}});
  ReplayProgram changed = program;
  changed.bandwidths = {{0, 200}};  // links stand by name: far, near
  Simulator simulator(file);
  EXPECT_NEAR(simulator.replay(changed).end_s[0], 1, kExact);
  EXPECT_NEAR(simulator.replay(program).end_s[0], 2, kExact);
  ReplayWorker worker(file);
  worker.start(changed);
  EXPECT_NEAR(worker.finish(), 1, kExact);
  worker.start(program);
  EXPECT_NEAR(worker.finish(), 2, kExact) << "on the same clock, and as the platform says again";
}

TEST(Program, SeveralRunSideBySide) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("p.xml", star(1, "1GBps", "100Bps"));
  std::vector<Simulator> simulators;
  for (int i = 0; i < 2; ++i) simulators.emplace_back(file);
  std::vector<ReplayProgram> programs;
  for (const double bytes : {100.0, 250.0, 50.0, 400.0, 25.0}) programs.push_back(at_once({{0, 1, bytes}}));
  const std::vector<double> seconds = latencies_s(simulators, programs);
  ASSERT_EQ(seconds.size(), 5U);
  EXPECT_NEAR(seconds[0], 1, kExact);
  EXPECT_NEAR(seconds[1], 2.5, kExact);
  EXPECT_NEAR(seconds[2], 0.5, kExact);
  EXPECT_NEAR(seconds[3], 4, kExact);
  EXPECT_NEAR(seconds[4], 0.25, kExact);
  EXPECT_EQ(seconds, latencies_s({simulators.data(), 1}, programs));
}

}  // namespace
}  // namespace h2h
