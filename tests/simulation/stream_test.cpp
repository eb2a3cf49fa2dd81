// SPDX-License-Identifier: Apache-2.0
//
// Streams by hand: pipelines, arrivals, weights that the first frame brings, phases; and streams of bare
// activities.

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/schedule/activity_order.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/checker.hpp>
#include <h2h/simulation/replay.hpp>
#include <h2h/stream/stream.hpp>

#include "simulation/platforms.hpp"
#include "support/temporary.hpp"
#include "unit/by_hand.hpp"
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
using test::route_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Two FPGAs on one switch, each with 100 B/s down and 100 B/s up; the host's port is wide. Every layer
/// computes for as long as its name says, or a second; a number is a byte. All weights are pinned, unless a
/// test says otherwise.
class TwoFpgas : public testing::Test {
 protected:
  TwoFpgas()
      : simulator_(folder_.write("p.xml", test::star(2, "100kBps", "100Bps"))),
        system_(
            make_system(simulator_.platform(),
                        test::catalogue_by_hand("accelerators:\n"
                                                "  X: {types: [fc], model: table, data_bits: 8,\n"
                                                "      parameters: {default_s: 1, layers: {b: 3, x: "
                                                "5}},\n"
                                                "      dram: {capacity: 2kB}, power: {active_W: 1}}\n"))) {}

  /// Adds a phase of layers that run where it is said: "LAYER FPGA".
  StreamPhase& phase(const std::string& layers,
                     const std::vector<std::pair<std::string, AcceleratorIndex>>& places) {
    workloads_.push_back(std::make_unique<Workload>(parse_workload("name: w\nlayers:\n" + layers, "w.yaml")));
    problems_.push_back(std::make_unique<Problem>(*workloads_.back(), system_));
    StreamPhase& made = stream.phases.emplace_back();
    made.problem = problems_.back().get();
    made.mapping = Mapping::none(*made.problem);
    for (const auto& [layer, fpga] : places) made.mapping.append(*workloads_.back()->find(layer), fpga);
    made.mapping.pinned.assign(places.size(), 1);
    return made;
  }

  /// a on the first FPGA takes 0.1 + 1 + 0.2 s, b on the second, which reads it, 0.2 + 3 + 0.1 s.
  StreamPhase& pipeline() {
    return phase(fc("a") + "  - {name: b, type: fc, in_features: 20, out_features: 10, inputs: [a]}\n",
                 {{"a", 0}, {"b", 1}});
  }

  /// Pinned, 0.1 s in, its computation, and 0.2 s out; unpinned 2 s of weights before that.
  static std::string fc(const std::string& name) {
    return fmt::format("  - {{name: {}, type: fc, in_features: 10, out_features: 20}}\n", name);
  }

  void arrive(const std::vector<double>& times, std::uint32_t phase = 0) {
    for (const double arrival_s : times) stream.frames.push_back({phase, arrival_s});
  }

  /// Frame after frame each activity as "frame layer stage from-to".
  std::vector<std::string> activities(const std::function<void(const FrameVisitor&)>& run) const {
    std::vector<std::string> all;
    StreamChecker checker(Contention::none);
    run([&](std::size_t frame, const Schedule& schedule) {
      const StreamPhase& phase = stream.phases[stream.frames[frame].phase];
      for (const Activity& activity : schedule.activities()) {
        all.push_back(fmt::format("{} {} {} {:.4g}-{:.4g}", frame,
                                  phase.problem->workload().layer(activity.layer).name,
                                  to_string(activity.stage), activity.start_s, activity.end_s));
      }
      for (const Violation& violation :
           checker.next(*phase.problem, phase.mapping,
                        is_first_of_phase(stream, frame) ? phase.loads : std::vector<char>(),
                        stream.frames[frame].arrival_s, schedule)) {
        all.push_back(violation.message);
      }
    });
    return all;
  }
  std::vector<std::string> replayed() {
    return activities([this](const FrameVisitor& visit) { replay_stream(stream, simulator_, visit); });
  }
  /// Both evaluators must agree.
  std::vector<std::string> serial() {
    const auto analytic = activities([this](const FrameVisitor& visit) { analytic_stream(stream, visit); });
    EXPECT_EQ(replayed(), analytic);
    return analytic;
  }

  test::TemporaryFolder folder_;
  Simulator simulator_;
  System system_;
  std::vector<std::unique_ptr<Workload>> workloads_;
  std::vector<std::unique_ptr<Problem>> problems_;
  Stream stream;
};

using StreamByHand = TwoFpgas;

TEST_F(StreamByHand, TheFirstFpgaTakesTheNextFrameWhileTheSecondIsBusy) {
  pipeline();
  arrive({0, 0, 0});
  EXPECT_THAT(serial(), ElementsAre("0 a inputs 0-0.1", "0 a compute 0.1-1.1", "0 a outputs 1.1-1.3",
                                    "0 b inputs 1.3-1.5", "0 b compute 1.5-4.5", "0 b outputs 4.5-4.6",
                                    "1 a inputs 1.3-1.4", "1 a compute 1.4-2.4", "1 a outputs 2.4-2.6",
                                    "1 b inputs 4.6-4.8", "1 b compute 4.8-7.8", "1 b outputs 7.8-7.9",
                                    "2 a inputs 2.6-2.7", "2 a compute 2.7-3.7", "2 a outputs 3.7-3.9",
                                    "2 b inputs 7.9-8.1", "2 b compute 8.1-11.1", "2 b outputs 11.1-11.2"));
}

TEST_F(StreamByHand, WhatReadsTheNetworksInputWaitsForTheFrame) {
  pipeline();
  // The first frame is late, the second finds a free and b busy until 6.6 s, the third both free.
  arrive({2, 5, 20});
  EXPECT_THAT(
      serial(),
      ElementsAre("0 a inputs 2-2.1", "0 a compute 2.1-3.1", "0 a outputs 3.1-3.3", "0 b inputs 3.3-3.5",
                  "0 b compute 3.5-6.5", "0 b outputs 6.5-6.6", "1 a inputs 5-5.1", "1 a compute 5.1-6.1",
                  "1 a outputs 6.1-6.3", "1 b inputs 6.6-6.8", "1 b compute 6.8-9.8", "1 b outputs 9.8-9.9",
                  "2 a inputs 20-20.1", "2 a compute 20.1-21.1", "2 a outputs 21.1-21.3",
                  "2 b inputs 21.3-21.5", "2 b compute 21.5-24.5", "2 b outputs 24.5-24.6"));
}

TEST_F(StreamByHand, TheFirstFrameBringsWeights) {
  pipeline().loads = {1, 1};
  arrive({0, 1});
  EXPECT_THAT(serial(), ElementsAre("0 a weights 0-2", "0 a inputs 2-2.1", "0 a compute 2.1-3.1",
                                    "0 a outputs 3.1-3.3", "0 b weights 3.3-5.3", "0 b inputs 5.3-5.5",
                                    "0 b compute 5.5-8.5", "0 b outputs 8.5-8.6", "1 a inputs 3.3-3.4",
                                    "1 a compute 3.4-4.4", "1 a outputs 4.4-4.6", "1 b inputs 8.6-8.8",
                                    "1 b compute 8.8-11.8", "1 b outputs 11.8-11.9"));
}

TEST_F(StreamByHand, APhaseWithOtherLayersFindsFpgasBusyAndBringsWhatItPins) {
  pipeline();
  phase(fc("c") + fc("d"), {{"c", 1}, {"d", 1}}).loads = {0, 1};
  arrive({0});
  arrive({0.5, 6}, 1);
  // The second FPGA is busy with b until 4.6 s; only d's weights have to come, and only once.
  EXPECT_THAT(
      serial(),
      ElementsAre("0 a inputs 0-0.1", "0 a compute 0.1-1.1", "0 a outputs 1.1-1.3", "0 b inputs 1.3-1.5",
                  "0 b compute 1.5-4.5", "0 b outputs 4.5-4.6", "1 c inputs 4.6-4.7", "1 c compute 4.7-5.7",
                  "1 c outputs 5.7-5.9", "1 d weights 5.9-7.9", "1 d inputs 7.9-8", "1 d compute 8-9",
                  "1 d outputs 9-9.2", "2 c inputs 9.2-9.3", "2 c compute 9.3-10.3", "2 c outputs 10.3-10.5",
                  "2 d inputs 10.5-10.6", "2 d compute 10.6-11.6", "2 d outputs 11.6-11.8"));
}

TEST_F(StreamByHand, AFrameThatLeavesAnFpgaOutDoesNotFreeIt) {
  phase(fc("x"), {{"x", 0}});
  phase(fc("y"), {{"y", 1}});
  phase(fc("x"), {{"x", 0}});
  arrive({0}, 0);
  arrive({1}, 1);
  arrive({2}, 2);
  // The second frame overtakes the first, and is shown behind it.
  const std::vector<std::string> expected = {
      "0 x inputs 0-0.1",   "0 x compute 0.1-5.1",  "0 x outputs 5.1-5.3",
      "1 y inputs 1-1.1",   "1 y compute 1.1-2.1",  "1 y outputs 2.1-2.3",
      "2 x inputs 5.3-5.4", "2 x compute 5.4-10.4", "2 x outputs 10.4-10.6"};
  EXPECT_EQ(serial(), expected);
}

TEST_F(StreamByHand, NoFramesAreAStream) {
  pipeline();
  EXPECT_THAT(serial(), ElementsAre());
}

TEST_F(StreamByHand, OverlappedWeightsOfTheNextFrameComeBeforeIt) {
  // Nothing is pinned.
  phase(fc("a"), {{"a", 0}}).mapping.pinned = {0};
  stream.execution = Execution::overlap;
  arrive({0, 10, 20});
  // The second frame's weights come while the first computes, the third's when the second computes.
  EXPECT_THAT(replayed(),
              ElementsAre("0 a weights 0-2", "0 a inputs 2-2.1", "0 a compute 2.1-3.1", "0 a outputs 3.1-3.3",
                          "1 a weights 2.1-4.1", "1 a inputs 10-10.1", "1 a compute 10.1-11.1",
                          "1 a outputs 11.1-11.3", "2 a weights 10.1-12.1", "2 a inputs 20-20.1",
                          "2 a compute 20.1-21.1", "2 a outputs 21.1-21.3"));
}

TEST_F(StreamByHand, OverlappedFramesFollowEachOtherLikeLayers) {
  // x computes for 5 s. Two frames of a layer are like two layers: the third's weights come when the second
  // computes, which it does when the first has.
  phase(fc("x"), {{"x", 0}}).mapping.pinned = {0};
  stream.execution = Execution::overlap;
  arrive({0, 0, 0});
  EXPECT_THAT(replayed(),
              ElementsAre("0 x weights 0-2", "0 x inputs 2-2.1", "0 x compute 2.1-7.1", "0 x outputs 7.1-7.3",
                          "1 x weights 2.1-4.1", "1 x inputs 4.1-4.2", "1 x compute 7.1-12.1",
                          "1 x outputs 12.1-12.3", "2 x weights 7.1-9.1", "2 x inputs 9.1-9.2",
                          "2 x compute 12.1-17.1", "2 x outputs 17.1-17.3"));
}

TEST_F(StreamByHand, OverlappedOutputsOfFramesGoUpOneAfterTheOther) {
  phase("  - {name: z, type: fc, in_features: 2, out_features: 300}\n", {{"z", 0}});
  stream.execution = Execution::overlap;
  arrive({0, 0, 0});
  // 300 bytes take 3 s to store; the next frame is computed long before.
  EXPECT_THAT(replayed(),
              ElementsAre("0 z inputs 0-0.02", "0 z compute 0.02-1.02", "0 z outputs 1.02-4.02",
                          "1 z inputs 0.02-0.04", "1 z compute 1.02-2.02", "1 z outputs 4.02-7.02",
                          "2 z inputs 1.02-1.04", "2 z compute 2.02-3.02", "2 z outputs 7.02-10.02"));
}

TEST_F(StreamByHand, OverlappedAFrameIsKnownFromTheArrivalOfTheOneBefore) {
  phase(fc("x"), {{"x", 0}});
  phase(fc("y"), {{"y", 1}}).mapping.pinned = {0};
  phase(fc("x"), {{"x", 0}}).mapping.pinned = {0};
  stream.execution = Execution::overlap;
  arrive({0, 5}, 0);
  arrive({10}, 1);
  arrive({11}, 2);
  // y's weights could come at once, but nobody knows of y before 5 s. Of the last frame's nobody knows before
  // 10 s, when the frame two before it computes.
  EXPECT_THAT(replayed(), ElementsAre("0 x inputs 0-0.1", "0 x compute 0.1-5.1", "0 x outputs 5.1-5.3",
                                      "1 x inputs 5-5.1", "1 x compute 5.1-10.1", "1 x outputs 10.1-10.3",
                                      "2 y weights 5-7", "2 y inputs 10-10.1", "2 y compute 10.1-11.1",
                                      "2 y outputs 11.1-11.3", "3 x weights 10-12", "3 x inputs 12-12.1",
                                      "3 x compute 12.1-17.1", "3 x outputs 17.1-17.3"));
}

TEST_F(StreamByHand, TheAnalyticEvaluatorKnowsSerialExecutionOnly) {
  pipeline();
  stream.execution = Execution::overlap;
  EXPECT_EQ(
      error_of([&] { analytic_stream(stream, [](std::size_t, const Schedule&) {}); }),
      "usage: the analytic evaluator knows serial execution only, and the stream's is overlapped; replay "
      "the stream, or run it serially");
}

TEST_F(StreamByHand, WhatAVisitorThrowsComesOutAndTheSimulatorLivesOn) {
  pipeline();
  arrive({0, 0, 0, 0});
  const std::vector<std::string> before = replayed();
  for (const std::size_t last : {0U, 1U, 3U}) {
    std::size_t seen = 0;
    EXPECT_THROW(replay_stream(stream, simulator_,
                               [&](std::size_t frame, const Schedule& /*schedule*/) {
                                 ++seen;
                                 if (frame == last) throw std::runtime_error("enough");
                               }),
                 std::runtime_error);
    EXPECT_EQ(seen, last + 1) << "nobody is called again";
    EXPECT_EQ(replayed(), before);
  }
}

TEST_F(StreamByHand, OrderOfAFrame) {
  pipeline();
  const StreamPhase& phase = stream.phases.front();
  const Schedule schedule(*phase.problem, phase.mapping);
  const FrameOrder order = frame_order_of(*phase.problem, phase.mapping, schedule);
  EXPECT_EQ(order.inside.before, order_of(*phase.problem, phase.mapping, schedule).before);
  EXPECT_THAT(order.arrivals, ElementsAre(0));
  EXPECT_THAT(order.heads, ElementsAre(FrameOrder::Head{0, 0, 0}, FrameOrder::Head{3, 1, 0}));
  EXPECT_THAT(order.tails, ElementsAre(FrameOrder::Tail{0, 2}, FrameOrder::Tail{1, 5}));
}

TEST_F(StreamByHand, WhatLoadsIsNotPinnedYet) {
  const StreamPhase& phase = pipeline();
  EXPECT_EQ(while_loading(phase.mapping, {}), phase.mapping);
  const std::vector<char> loads = {0, 1};
  EXPECT_EQ(while_loading(phase.mapping, loads).pinned, (std::vector<char>{1, 0}));
}

TEST_F(StreamByHand, TheCheckerSeesWhatIsTooEarlyTooLateAndMissing) {
  StreamPhase& phase = pipeline();
  phase.loads = {1, 0};
  arrive({0, 10});
  std::vector<Schedule> schedules;
  analytic_stream(stream, [&](std::size_t, const Schedule& schedule) { schedules.push_back(schedule); });
  const auto errors = [&](double shift_s, double arrival_s, std::span<const char> loads,
                          bool swapped = false) {
    StreamChecker checker(Contention::none);
    std::string text;
    for (const std::size_t frame : {0U, 1U}) {
      Schedule schedule = schedules[swapped ? 1 - frame : frame];
      for (Activity& activity : schedule.activities()) {
        activity.start_s += frame == 0 ? 0 : shift_s;
        activity.end_s += frame == 0 ? 0 : shift_s;
      }
      for (const Violation& violation :
           checker.next(*phase.problem, phase.mapping, frame == 0 ? loads : std::span<const char>(),
                        frame == 0 ? 0 : arrival_s, schedule)) {
        text += fmt::format("{} {}: {}\n", frame, to_string(violation.rule), violation.message);
      }
    }
    return text;
  };
  EXPECT_EQ(errors(0, 10, phase.loads), "");
  EXPECT_EQ(errors(0, 11, phase.loads),
            "1 dependency: layer 'a' starts at 10 s, but its inputs exist at 11 s\n");
  EXPECT_THAT(errors(0, 9, phase.loads),
              HasSubstr("1 exclusive: layer 'a' starts at 10 s, though it could at 9 s"));
  EXPECT_THAT(errors(1, 10, phase.loads),
              HasSubstr("1 exclusive: layer 'a' starts at 11 s, though it could at 10 s"));
  EXPECT_THAT(errors(-9, 1, phase.loads),
              HasSubstr("1 exclusive: layer 'a' starts at 1 s, but 'fpga0' is busy until 3.3"));
  EXPECT_THAT(errors(0, 10, {}),
              StartsWith("0 activities: layer 'a' does not make exactly the transfers that are due"));
  EXPECT_THAT(errors(0, 10, phase.loads, true),
              AllOf(HasSubstr("0 activities: layer 'a'"), HasSubstr("1 activities: layer 'a'")));
}

TEST_F(StreamByHand, TheCheckerCountsWeightsThatAreStillToCome) {
  // Each has 200 bytes of weights; the DRAM holds 2,000.
  for (const int layers : {10, 11}) {
    std::string text;
    std::vector<std::pair<std::string, AcceleratorIndex>> places;
    for (int i = 0; i < layers; ++i) {
      places.emplace_back(fmt::format("l{}", i), 0);
      text += fc(places.back().first);
    }
    const StreamPhase made = phase(text, places);
    const std::vector<char> loads(made.mapping.pinned.size(), 1);
    const Schedule schedule = analytic_schedule(*made.problem, while_loading(made.mapping, loads));
    std::vector<std::string> messages;
    for (const Violation& violation :
         StreamChecker(Contention::none).next(*made.problem, made.mapping, loads, 0, schedule)) {
      messages.push_back(violation.message);
    }
    EXPECT_EQ(messages, layers == 10
                            ? std::vector<std::string>()
                            : std::vector<std::string>{"'fpga0' holds 2200 bytes in its DRAM of 2000"});
  }
}

/// Streams of bare activities.
class Bare {
 public:
  explicit Bare(const std::string& xml = test::star(2, "100kBps", "100Bps"))
      : file(folder_.write("p.xml", xml)), simulator(file) {}

  /// By frame "start-end ..." of its activities.
  std::vector<std::string> run(const StreamProgram& program) {
    std::vector<std::string> all;
    simulator.stream(program, [&](std::size_t frame, const ReplayTimes& times) {
      EXPECT_EQ(frame, all.size());
      std::vector<std::string> ranges;
      for (std::size_t i = 0; i < times.end_s.size(); ++i)
        ranges.push_back(fmt::format("{:.4g}-{:.4g}", times.start_s[i], times.end_s[i]));
      all.push_back(fmt::format("{}", fmt::join(ranges, " ")));
    });
    return all;
  }

 private:
  test::TemporaryFolder folder_;

 public:
  std::string file;
  Simulator simulator;
};

/// A frame of activities, all of which wait until it is there.
FrameProgram frame_of(const ReplayProgram& program) {
  FrameProgram frame;
  static_cast<ActivityGraph&>(frame) = program;
  for (std::uint32_t i = 0; i < frame.activities.size(); ++i) frame.arrivals.push_back(i);
  return frame;
}

TEST(BareStream, LanesRememberTwoActivities) {
  // Frames of one second on a lane that only every other frame waits for: for its last activity, or for the
  // one before it.
  StreamProgram program;
  for (const std::uint32_t back : {0U, 1U}) {
    FrameProgram& frame = program.programs.emplace_back(frame_of(at_once({{1, 1, 1}})));
    frame.heads = {{0, 0, back}};
    frame.tails = {{0, 0}};
  }
  Bare bare;
  program.frames = {{0, 0}, {0, 0}, {0, 0}};
  EXPECT_THAT(bare.run(program), ElementsAre("0-1", "1-2", "2-3"));
  // Two at a time share the core.
  program.frames = {{1, 0}, {1, 0}, {1, 0}, {1, 0}};
  EXPECT_THAT(bare.run(program), ElementsAre("0-2", "0-2", "2-4", "2-4"));
}

TEST(BareStream, AFrameOfNothingIsThereAtOnce) {
  StreamProgram program;
  program.programs = {frame_of(at_once({{1, 1, 1}})), FrameProgram()};
  program.frames = {{1, 0}, {0, 0}, {1, 3}, {1, 3}, {0, 4}};
  EXPECT_THAT(Bare().run(program), ElementsAre("", "0-1", "", "", "4-5"));
}

TEST(BareStream, ArrivalsDoNotDependOnTheHostsSpeed) {
  for (const char* speed : {"1f", "3.7Mf", "1e15Gf"}) {
    Bare bare(full_zone(
        fmt::format("<host id=\"host\" speed=\"{}\"><prop id=\"role\" value=\"host\"/></host>\n", speed) +
        fpga_node("a") + link_of("l", "100Bps") + route_of("host", "a", {"l"})));
    StreamProgram program;
    program.programs = {frame_of(at_once({{0, 1, 100}}))};
    program.frames = {{0, 0.25}, {0, 2}, {0, 2}, {0, 1000}};
    EXPECT_THAT(bare.run(program), ElementsAre("0.25-1.25", "2-4", "2-4", "1000-1001")) << speed;
  }
}

TEST(BareStream, ArrivalsDoNotDrift) {
  // Each frame ends just before the next arrives: SimGrid takes what lies within its precision of 1 ps for
  // one moment, the earlier one.
  constexpr double kPeriod_s = 1e-3;
  StreamProgram program;
  program.programs = {frame_of(at_once({{1, 1, kPeriod_s - 5e-13}}))};
  for (int frame = 0; frame < 10000; ++frame) program.frames.push_back({0, frame * kPeriod_s});
  Bare bare;
  double largest_s = 0;
  bare.simulator.stream(program, [&](std::size_t frame, const ReplayTimes& times) {
    largest_s = std::max(largest_s, std::abs(times.start_s.front() - program.frames[frame].arrival_s));
  });
  EXPECT_LT(largest_s, 2e-12);
}

TEST(BareStream, BandwidthsHoldForTheWholeStreamAndNoLonger) {
  Bare bare;
  const auto& links = bare.simulator.platform().links;
  const auto port =
      std::find_if(links.begin(), links.end(), [](const Link& link) { return link.name == "port0_DOWN"; });
  ASSERT_NE(port, links.end());
  StreamProgram program;
  program.programs = {frame_of(at_once({{0, 1, 100}}))};
  program.frames = {{0, 0}, {0, 4}};
  program.bandwidths = {{static_cast<LinkIndex>(port - links.begin()), 50}};
  EXPECT_THAT(bare.run(program), ElementsAre("0-2", "4-6"));
  program.bandwidths.clear();
  EXPECT_THAT(bare.run(program), ElementsAre("0-1", "4-5"));
}

TEST(BareStream, ThatNeverEndsIsAnErrorAndTheSimulatorLivesOn) {
  StreamProgram program;
  program.programs = {frame_of(at_once({{1, 1, 1}})), frame_of(test::program_of({{1, 1, 1}}, {{0, 0}}))};
  program.frames = {{0, 0}, {1, 1}, {0, 2}};
  Bare bare;
  std::vector<std::size_t> seen;
  EXPECT_EQ(error_of([&] {
              bare.simulator.stream(program,
                                    [&](std::size_t frame, const ReplayTimes&) { seen.push_back(frame); });
            }),
            "internal: 1 of 3 activities of a replay never became ready");
  EXPECT_THAT(seen, ElementsAre(0)) << "the third is not shown before the second";
  program.frames = {{0, 0}};
  EXPECT_THAT(bare.run(program), ElementsAre("0-1"));
}

TEST(BareStream, ThatSimGridAbortsOnIsAnErrorAndTheSimulatorLivesOn) {
  // From one FPGA to the other there is no route, which SimGrid asserts, in the second frame.
  Bare bare(full_zone(host_node() + fpga_node("a") + fpga_node("b") + link_of("l", "1MBps", "1ms") +
                      route_of("host", "a", {"l"}) + route_of("host", "b", {"l"})));
  StreamProgram program;
  program.programs = {frame_of(at_once({{1, 1, 1}})), frame_of(at_once({{1, 2, 1000}}))};
  program.frames = {{0, 0}, {1, 5}};
  EXPECT_EQ(error_of([&] { bare.run(program); }),
            "input: " + bare.file + ": SimGrid aborted during the replay");
  program.frames = {{0, 0}};
  EXPECT_THAT(bare.run(program), ElementsAre("0-1"));
  EXPECT_THAT(bare.simulator.replay(at_once({{1, 1, 2}})).end_s, ElementsAre(2));
}

}  // namespace
}  // namespace h2h
