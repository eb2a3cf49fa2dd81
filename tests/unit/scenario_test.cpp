// SPDX-License-Identifier: Apache-2.0
//
// Scenario files: what they say, what is wrong with them, and the phases and arrivals that they come to.

#include <cmath>
#include <filesystem>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/scenario/scenario.hpp>
#include <h2h/workload/workload_file.hpp>

#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::IsEmpty;
using Words = std::vector<std::string>;

const Words kKnown = {"depth", "audio", "rfid"};

Scenario scenario_of(const std::string& rest) {
  return parse_scenario("name: s\n" + rest, "s.yaml");
}

/// An error of a file, whose place is marked by '@'.
void expect_error(const std::string& rest, std::string_view says) {
  const auto [yaml, place] = test::marked("name: s\n" + rest);
  EXPECT_EQ(error_of([&] { parse_scenario(yaml, "s.yaml"); }),
            fmt::format("input: s.yaml:{}: {}", place, says));
}

/// Frames a tenth of a second apart.
std::vector<double> frames(std::size_t count) {
  return arrival_times(Arrivals::periodic, count, 0.1, 1);
}

/// An error of a file that is well-formed by itself, with 60 frames.
void expect_phase_error(const std::string& rest, std::string_view says, std::size_t count = 60) {
  const auto [yaml, place] = test::marked("name: s\n" + rest);
  const Scenario scenario = parse_scenario(yaml, "s.yaml");
  EXPECT_EQ(error_of([&] { phases_of(scenario, kKnown, frames(count)); }),
            fmt::format("input: s.yaml:{}: {}", place, says));
}

/// "frame: modalities (note)" a phase.
Words phases(const std::string& rest, std::size_t count = 60) {
  Words lines;
  for (const ScenarioPhase& phase : phases_of(scenario_of(rest), kKnown, frames(count))) {
    lines.push_back(fmt::format("{}: {}{}", phase.first_frame, fmt::join(phase.modalities, " "),
                                phase.note.empty() ? "" : " (" + phase.note + ")"));
  }
  return lines;
}

TEST(ScenarioFile, SaysEverything) {
  const Scenario scenario = parse_scenario(
      "name: health\n"
      "description: >-\n  two\n  lines\n"
      "workload: cnn_lstm.yaml\n"
      "frames: 60\nperiod: 50ms\ndeadline: 80ms\narrivals: poisson\n"
      "on: [rfid, depth]\n"
      "events:\n"
      "  - {frame: 21, on: [audio], note: somebody speaks}\n"
      "  - {time: 1.5s, off: [depth, rfid]}\n",
      "s.yaml");
  EXPECT_EQ(scenario.name, "health");
  EXPECT_EQ(scenario.description, "two lines");
  EXPECT_EQ(scenario.workload, "cnn_lstm.yaml");
  EXPECT_EQ(scenario.frames, 60U);
  EXPECT_DOUBLE_EQ(scenario.period_s.value(), 0.05);
  EXPECT_DOUBLE_EQ(scenario.deadline_s.value(), 0.08);
  EXPECT_EQ(scenario.arrivals, Arrivals::poisson);
  EXPECT_THAT(scenario.start.value(), ElementsAre("rfid", "depth"));
  EXPECT_EQ(scenario.start_where.to_string(), "s.yaml:10:5");
  EXPECT_EQ(scenario.where.to_string(), "s.yaml:1:1");
  EXPECT_EQ(scenario.every, std::nullopt);
  ASSERT_EQ(scenario.events.size(), 2U);
  const ScenarioEvent& first = scenario.events[0];
  EXPECT_EQ(first.frame, 21U);
  EXPECT_EQ(first.time_s, std::nullopt);
  EXPECT_THAT(first.on, ElementsAre("audio"));
  EXPECT_THAT(first.off, IsEmpty());
  EXPECT_EQ(first.note, "somebody speaks");
  EXPECT_EQ(first.where.to_string(), "s.yaml:12:5");
  const ScenarioEvent& second = scenario.events[1];
  EXPECT_EQ(second.frame, std::nullopt);
  EXPECT_DOUBLE_EQ(second.time_s.value(), 1.5);
  EXPECT_THAT(second.on, IsEmpty());
  EXPECT_THAT(second.off, ElementsAre("depth", "rfid"));
  EXPECT_EQ(second.note, "");
}

TEST(ScenarioFile, NeedsNothingButAName) {
  for (const char* events : {"", "events: []\n"}) {
    const Scenario scenario = scenario_of(events);
    EXPECT_EQ(scenario.description + scenario.workload, "");
    EXPECT_EQ(scenario.frames, std::nullopt);
    EXPECT_EQ(scenario.period_s, std::nullopt);
    EXPECT_EQ(scenario.deadline_s, std::nullopt);
    EXPECT_EQ(scenario.arrivals, Arrivals::periodic);
    EXPECT_EQ(scenario.start, std::nullopt);
    EXPECT_EQ(scenario.start_where.to_string(), "s.yaml:1:1");
    EXPECT_THAT(scenario.events, IsEmpty());
  }
  EXPECT_THAT(scenario_of("on: []\n").start.value(), IsEmpty()) << "not the same as none given";
}

TEST(ScenarioFile, IsReadFromADisk) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(read_scenario(folder.write("s.yaml", "name: s\nevery: 5\nevents: [{off: [a]}]\n")).every, 5U);
  const std::string missing = (folder.path() / "none.yaml").string();
  EXPECT_EQ(error_of([&] { read_scenario(missing); }).substr(0, 7 + missing.size()), "input: " + missing);
}

TEST(ScenarioFile, NamesAWorkloadBesideItOrShipped) {
  namespace fs = std::filesystem;
  const test::TemporaryFolder folder;
  const fs::path beside = folder.write("mine.yaml", "");
  const std::vector<fs::path> folders = {test::source_file("workloads")};
  const auto find = [&](const std::string& name) {
    const fs::path file = folder.write("s.yaml", "name: s\nworkload: " + name + "\n");
    return find_workload(read_scenario(file), folders);
  };
  EXPECT_EQ(find("mine.yaml"), beside);
  EXPECT_EQ(find("mocap.yaml"), test::source_file("workloads/mocap.yaml"));
  const std::string error = error_of([&] { find("mocpa.yaml"); });
  EXPECT_THAT(error,
              testing::StartsWith(fmt::format("input: {}:2:11: ", (folder.path() / "s.yaml").string())));
  EXPECT_THAT(error, testing::HasSubstr("did you mean 'mocap.yaml'?"));
}

TEST(ScenarioFile, WrongKeysAndValues) {
  EXPECT_EQ(error_of([] { parse_scenario("frames: 3\n", "s.yaml"); }),
            "input: s.yaml:1:1: the document lacks the key 'name'");
  EXPECT_EQ(error_of([] { parse_scenario("name: ''\n", "s.yaml"); }),
            "input: s.yaml:1:7: a scenario needs a name");
  expect_error("perod: @5ms\n", "unknown key 'perod'; did you mean 'period'?");
  expect_error("frames: @0\n", "'frames' is 0; it must be from 1 to 1000000");
  expect_error("frames: @1000001\n", "'frames' is 1000001; it must be from 1 to 1000000");
  expect_error("frames: @2.5\n", "'frames' must be a whole number, not '2.5'");
  expect_error("period: @50\n",
               "'period' is 50 of what?; give a number with a unit: s, ms, us or ns, such as 50us");
  expect_error("period: @0s\n", "'period' is 0s; it must be from 1e-09 to 86400");
  expect_error("deadline: @90000s\n", "'deadline' is 90000s; it must be from 1e-09 to 86400");
  expect_error("arrivals: @poison\n", "'arrivals' cannot be 'poison'; did you mean 'poisson'?");
  expect_error("every: @0\nevents: [{off: [a]}]\n", "'every' is 0; it must be from 1 to 1000000");
  expect_error("every: @5\n", "'every' needs events; give some, or leave it out");
  expect_error("every: @5\nevents: []\n", "'every' needs events; give some, or leave it out");
  expect_error("on: @depth\n", "'on' must be a list, not a single value");
  expect_error("on: [depth, audio, @depth]\n", "modality 'depth' stands here twice; keep one");
  expect_error("on: [depth, @'']\n", "a modality needs a name; give one, or leave it out");
  expect_error("events: @{frame: 2, on: [a]}\n", "'events' must be a list, not a mapping");
}

TEST(ScenarioFile, WrongEvents) {
  expect_error(
      "events:\n  - @{on: [a]}\n",
      "an event lacks its 'frame' or 'time'; say when it takes place, or let the scenario say 'every'");
  expect_error("events:\n  - @{frame: 2, time: 1s, on: [a]}\n",
               "an event has a 'frame' and a 'time'; keep one");
  expect_error("events:\n  - {frame: @1, on: [a]}\n",
               "an event takes place at frame 2 at the earliest; what is on at frame 1 stands in the "
               "scenario's 'on'");
  expect_error("events:\n  - {frame: @0, on: [a]}\n", "'events[0].frame' is 0; it must be from 1 to 1000000");
  expect_error("events:\n  - {time: @0s, on: [a]}\n",
               "an event takes place after time 0; what is on at first stands in the scenario's 'on'");
  expect_error("events:\n  - {time: @3, on: [a]}\n",
               "'events[0].time' is 3 of what?; give a number with a unit: s, ms, us or ns, such as 50us");
  expect_error("events:\n  - @{frame: 2, note: nothing}\n",
               "an event switches nothing on or off; give it 'on' or 'off', such as off: [audio]");
  expect_error("events:\n  - @{frame: 2, on: [], off: []}\n",
               "an event switches nothing on or off; give it 'on' or 'off', such as off: [audio]");
  expect_error("events:\n  - {frame: 2, on: [a, @a]}\n", "modality 'a' stands here twice; keep one");
  expect_error("events:\n  - {frame: 2, on: [a], off: [b, @a]}\n",
               "modality 'a' stands here twice; keep one");
  expect_error("events:\n  - {frame: 2, on: [@'']}\n", "a modality needs a name; give one, or leave it out");
  expect_error("events:\n  - {frame: 2, onn: @[a]}\n",
               "unknown key 'onn' in 'events[0]'; did you mean 'on'?");
  expect_error("every: 5\nevents:\n  - {frame: @2, on: [a]}\n",
               "the scenario's 'every' says when its events take place; leave out one of the two");
  expect_error("every: 5\nevents:\n  - {time: @2s, on: [a]}\n",
               "the scenario's 'every' says when its events take place; leave out one of the two");
}

TEST(ScenarioPhases, WithoutEventsThereIsOne) {
  EXPECT_THAT(phases(""), ElementsAre("0: depth audio rfid"));
  EXPECT_THAT(phases("on: [rfid, depth]\n"), ElementsAre("0: depth rfid")) << "in the workload's order";
  EXPECT_THAT(phases("on: []\n"), ElementsAre("0: "));
  EXPECT_THAT(phases_of(scenario_of(""), {}, frames(1)).front().modalities, IsEmpty());
}

TEST(ScenarioPhases, BeginWithTheFrameOfAnEvent) {
  EXPECT_THAT(phases("on: [depth]\n"
                     "events:\n"
                     "  - {frame: 2, on: [rfid], note: one}\n"
                     "  - {frame: 60, on: [audio], off: [depth, rfid]}\n"),
              ElementsAre("0: depth", "1: depth rfid (one)", "59: audio"));
}

TEST(ScenarioPhases, SwitchWhatOneHasOnAndTheOtherHasNot) {
  const ScenarioPhase some{0, {"depth", "audio"}, "", {}};
  const ScenarioPhase others{5, {"audio", "rfid"}, "", {}};
  EXPECT_THAT(switching(some, others).on, ElementsAre("rfid"));
  EXPECT_THAT(switching(some, others).off, ElementsAre("depth"));
  EXPECT_THAT(switching(some, some).on, IsEmpty());
  EXPECT_THAT(switching(some, some).off, IsEmpty());
}

TEST(ScenarioPhases, BeginWithTheFirstFrameThatArrivesAtATimeOrLater) {
  EXPECT_THAT(phases("events:\n"
                     "  - {time: 1ms, off: [rfid]}\n"     // frame 2 arrives at 0.1 s
                     "  - {time: 100ms, on: [rfid]}\n"    // exactly then
                     "  - {time: 401ms, off: [rfid]}\n",  // the fifth at 0.4 s is too early
                     60),
              ElementsAre("0: depth audio rfid", "1: depth audio rfid", "5: depth audio"));
}

TEST(ScenarioPhases, EventsOfOneFrameBeginThemTogether) {
  const std::string events =
      "events:\n"
      "  - {frame: 4, off: [depth], note: dark}\n"
      "  - {time: 250ms, off: [audio]}\n"
      "  - {frame: 4, on: [depth], note: light}\n";
  EXPECT_THAT(phases(events), ElementsAre("0: depth audio rfid", "3: depth rfid (dark; light)"));
  const auto all = phases_of(scenario_of(events), kKnown, frames(60));
  EXPECT_EQ(all[0].where.to_string(), "s.yaml:1:1");
  EXPECT_EQ(all[1].where.to_string(), "s.yaml:5:5") << "of the last of them";
}

TEST(ScenarioPhases, EventsAfterTheLastFrameConcernNothing) {
  const std::string events =
      "events:\n"
      "  - {frame: 5, off: [depth]}\n"
      "  - {frame: 6, off: [audio]}\n"
      "  - {time: 500ms, on: [audio]}\n"
      "  - {time: 400001us, off: [audio]}\n";
  EXPECT_THAT(phases("events:\n  - {frame: 5, off: [depth]}\n  - {frame: 6, off: [audio]}\n"
                     "  - {time: 500ms, on: [audio]}\n",
                     5),
              ElementsAre("0: depth audio rfid", "4: audio rfid"));
  const Scenario scenario = scenario_of(events);
  const auto without = events_without_frame(scenario, frames(5));
  EXPECT_THAT(without, ElementsAre(&scenario.events[1], &scenario.events[2], &scenario.events[3]));
  EXPECT_THAT(events_without_frame(scenario, frames(6)), IsEmpty());
  EXPECT_THAT(events_without_frame(scenario_of(""), frames(6)), IsEmpty());
}

TEST(ScenarioPhases, EverySoManyFramesOverAndOver) {
  const std::string events =
      "every: 10\n"
      "events:\n"
      "  - {off: [audio], note: still}\n"
      "  - {off: [depth]}\n"
      "  - {on: [audio, depth]}\n";
  EXPECT_THAT(phases(events, 41), ElementsAre("0: depth audio rfid", "10: depth rfid (still)", "20: rfid",
                                              "30: depth audio rfid", "40: depth rfid (still)"));
  EXPECT_THAT(phases(events, 11), ElementsAre("0: depth audio rfid", "10: depth rfid (still)"));
  EXPECT_THAT(phases(events, 10), ElementsAre("0: depth audio rfid"));
  const Scenario scenario = scenario_of(events);
  EXPECT_THAT(events_without_frame(scenario, frames(21)), ElementsAre(&scenario.events[2]));
  EXPECT_THAT(events_without_frame(scenario, frames(100)), IsEmpty());
  EXPECT_EQ(phases("every: 1\nevents: [{off: [audio]}, {on: [audio]}]\n", 1000).size(), 1000U);
}

TEST(ScenarioPhases, UnknownModalities) {
  expect_phase_error("on: @[depht]\n", "the workload has no modality 'depht'; did you mean 'depth'?");
  expect_phase_error("events:\n  - @{frame: 3, off: [audoi]}\n",
                     "the workload has no modality 'audoi'; did you mean 'audio'?");
  expect_phase_error("events:\n  - @{frame: 3, on: [video]}\n",
                     "the workload has no modality 'video'; known: depth, audio and rfid");
  // Also where no frame comes to it.
  expect_phase_error("events:\n  - @{frame: 300, off: [audoi]}\n",
                     "the workload has no modality 'audoi'; did you mean 'audio'?");
  expect_phase_error("every: 100\nevents:\n  - {off: [rfid]}\n  - @{on: [rfdi]}\n",
                     "the workload has no modality 'rfdi'; did you mean 'rfid'?");
}

TEST(ScenarioPhases, SwitchesWithoutEffect) {
  const std::string hint = "leave it out here, or switch it the other way before";
  expect_phase_error("events:\n  - @{frame: 3, on: [audio]}\n",
                     "switches 'audio' on, which is on then; " + hint);
  expect_phase_error("on: [audio]\nevents:\n  - @{frame: 3, off: [rfid]}\n",
                     "switches 'rfid' off, which is off then; " + hint);
  expect_phase_error("events:\n  - {frame: 3, off: [audio]}\n  - @{time: 2s, off: [audio]}\n",
                     "switches 'audio' off, which is off then; " + hint);
  expect_phase_error("every: 5\nevents:\n  - {off: [audio]}\n  - @{off: [audio]}\n",
                     "switches 'audio' off, which is off then; " + hint);
}

TEST(ScenarioPhases, ARoundMustEndAsItBegan) {
  for (const std::size_t count : {1U, 60U}) {
    expect_phase_error("every: 5\nevents:\n  - {off: [audio]}\n  - @{off: [depth]}\n  - {on: [audio]}\n",
                       "switches 'depth' off, which is off then; the events begin again behind the last, so "
                       "that they must end as they began",
                       count);
  }
}

TEST(ScenarioPhases, EventsOutOfOrder) {
  const std::string hint = "put events in the order in which they take place";
  expect_phase_error("events:\n  - {frame: 9, off: [audio]}\n  - @{frame: 8, on: [audio]}\n",
                     "the event at frame 8 stands behind one at frame 9; " + hint);
  expect_phase_error("events:\n  - {time: 2s, off: [audio]}\n  - @{time: 1999ms, on: [audio]}\n",
                     "the event at 1.999 s stands behind one at 2 s; " + hint);
  // Frame 11 arrives after a second, and is the first that an event at 0.95 s concerns.
  expect_phase_error("events:\n  - {frame: 12, off: [audio]}\n  - @{time: 950ms, on: [audio]}\n",
                     "the event at 0.95 s stands behind one at frame 12; " + hint);
  expect_phase_error("events:\n  - {time: 1100ms, off: [audio]}\n  - @{frame: 11, on: [audio]}\n",
                     "the event at frame 11 stands behind one at 1.1 s; " + hint);
  // Also of those that concern no frame.
  expect_phase_error("events:\n  - {frame: 9, off: [audio]}\n  - @{frame: 8, on: [audio]}\n",
                     "the event at frame 8 stands behind one at frame 9; " + hint, 4);
  expect_phase_error("events:\n  - {time: 2s, off: [audio]}\n  - @{time: 1999ms, on: [audio]}\n",
                     "the event at 1.999 s stands behind one at 2 s; " + hint, 4);
  EXPECT_THAT(phases("events:\n  - {frame: 90, off: [audio]}\n  - {time: 9s, on: [audio]}\n"),
              ElementsAre("0: depth audio rfid"))
      << "neither concerns a frame";
}

/// `side` is a layer of b that reads a.
Workload two_modalities() {
  return parse_workload(
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, modality: a, in_features: 4, out_features: 4}\n"
      "  - {name: side, type: fc, modality: b, in_features: 4, out_features: 4, inputs: [a]}\n"
      "  - {name: c, type: fc, modality: c, in_features: 4, out_features: 4}\n"
      "  - {name: always, type: fc, in_features: 4, out_features: 4}\n",
      "w.yaml");
}

Words layers_of(const Workload& workload) {
  Words names;
  for (LayerIndex v = 0; v < workload.size(); ++v) names.push_back(workload.layer(v).name);
  return names;
}

TEST(ScenarioPhases, HaveAWorkload) {
  const Workload full = two_modalities();
  const auto layers = [&](const Words& on) { return layers_of(workload_of(full, {0, on, "", {}})); };
  EXPECT_THAT(layers({"a", "b", "c"}), ElementsAre("a", "side", "c", "always"));
  EXPECT_THAT(layers({"a"}), ElementsAre("a", "always"));
  EXPECT_THAT(layers({}), ElementsAre("always")) << "none on is not all on";
}

TEST(ScenarioPhases, WithoutAValidNetworkNameTheEvent) {
  EXPECT_EQ(
      error_of([] {
        workload_of(two_modalities(), {3, {"b", "c"}, "", {"s.yaml", 7, 3}});
      }),
      "input: s.yaml:7:3: modality 'b' is on, but none of its layers is left: they read a, which is off; "
      "switch that on too, or this off");
}

TEST(Arrivals, HaveNames) {
  EXPECT_EQ(to_string(Arrivals::periodic), "periodic");
  EXPECT_EQ(to_string(Arrivals::poisson), "poisson");
}

TEST(Arrivals, PeriodicOnesAreAPeriodApart) {
  EXPECT_THAT(arrival_times(Arrivals::periodic, 4, 0.25, 1),
              ElementsAre(DoubleEq(0), DoubleEq(0.25), DoubleEq(0.5), DoubleEq(0.75)));
  EXPECT_THAT(arrival_times(Arrivals::periodic, 0, 0.25, 1), IsEmpty());
}

TEST(Arrivals, OfAPoissonProcess) {
  constexpr std::size_t kCount = 20001;
  constexpr double kPeriod_s = 0.02;
  const std::vector<double> times_s = arrival_times(Arrivals::poisson, kCount, kPeriod_s, 7);
  ASSERT_EQ(times_s.size(), kCount);
  EXPECT_EQ(times_s.front(), 0);
  double squares = 0;
  std::size_t longer = 0;
  for (std::size_t i = 1; i < kCount; ++i) {
    const double gap_s = times_s[i] - times_s[i - 1];
    ASSERT_GT(gap_s, 0);
    squares += gap_s * gap_s;
    if (gap_s > kPeriod_s) ++longer;
  }
  // Of an exponential distribution the mean is the period, the mean square twice its square, and 1/e of all
  // are longer; within four standard deviations of 20,000 samples.
  constexpr double kGaps = kCount - 1;
  EXPECT_NEAR(times_s.back() / kGaps, kPeriod_s, kPeriod_s * 4 / std::sqrt(kGaps));
  EXPECT_NEAR(squares / kGaps, 2 * kPeriod_s * kPeriod_s,
              kPeriod_s * kPeriod_s * 4 * std::sqrt(20.0) / std::sqrt(kGaps));
  EXPECT_NEAR(static_cast<double>(longer) / kGaps, std::exp(-1), 4 * 0.5 / std::sqrt(kGaps));
}

TEST(Arrivals, OfEqualSeedsAreEqual) {
  const auto of_seed = [](std::uint64_t seed) { return arrival_times(Arrivals::poisson, 50, 1, seed); };
  EXPECT_EQ(of_seed(3), of_seed(3));
  EXPECT_NE(of_seed(3), of_seed(4));
  EXPECT_NE(of_seed(3), of_seed(3 + (std::uint64_t{1} << 32U))) << "all bits count";
  std::vector<double> more = arrival_times(Arrivals::poisson, 80, 1, 3);
  more.resize(50);
  EXPECT_EQ(more, of_seed(3)) << "more frames leave the first as they are";
}

TEST(ShippedScenarios, AreNetworksInEveryPhase) {
  std::set<std::string> models;
  for (const auto& entry : std::filesystem::directory_iterator(test::source_file("workloads/scenarios"))) {
    if (entry.path().extension() != ".yaml") continue;
    SCOPED_TRACE(entry.path().string());
    const Scenario scenario = read_scenario(entry.path());
    EXPECT_EQ(scenario.name, entry.path().stem().string());
    EXPECT_GT(scenario.description.size(), 0U);
    EXPECT_GE(scenario.deadline_s.value(), scenario.period_s.value());
    const Workload full = read_workload(find_workload(scenario, {test::source_file("workloads")}));
    models.insert(full.name());
    const std::vector<double> arrivals_s =
        arrival_times(scenario.arrivals, scenario.frames.value(), scenario.period_s.value(), 1);
    EXPECT_THAT(events_without_frame(scenario, arrivals_s), IsEmpty());
    const std::vector<ScenarioPhase> all = phases_of(scenario, full.modalities(), arrivals_s);
    EXPECT_GT(all.size(), 3U);
    for (const ScenarioPhase& phase : all)
      EXPECT_EQ(workload_of(full, phase).modalities(), phase.modalities) << phase.note;
  }
  EXPECT_THAT(models, ElementsAre("casua_surf", "cnn_lstm", "facebag", "mocap", "vfs", "vlocnet"));
}

TEST(Changes, AreWhatSwitchesAndWhy) {
  const auto change = [](const Words& before, const Words& after, const std::string& note) {
    return change_between({0, before, "a note of before", {}}, {5, after, note, {}});
  };
  EXPECT_EQ(change({"depth", "rfid"}, {"depth", "audio", "rfid"}, "a voice"), "+audio: a voice");
  EXPECT_EQ(change({"depth", "audio"}, {"rfid"}, ""), "+rfid -depth -audio");
  EXPECT_EQ(change({"depth"}, {"depth"}, "on and off again"), "on and off again");
  EXPECT_EQ(change({}, {}, ""), "no change");
}

TEST(Phases, AreNotLateByRounding) {
  // 3 x 0.3 is a bit less than 0.9 in doubles, 11 x 0.03 than 0.33.
  for (const auto& [period_s, time, frame] :
       {std::tuple(0.3, "900ms", 3U), std::tuple(0.03, "330ms", 11U), std::tuple(0.03, "331ms", 12U)}) {
    const Scenario scenario = scenario_of(fmt::format("events: [{{time: {}, off: [audio]}}]\n", time));
    const std::vector<double> arrivals_s = arrival_times(Arrivals::periodic, 20, period_s, 1);
    const auto phases = phases_of(scenario, kKnown, arrivals_s);
    ASSERT_EQ(phases.size(), 2U) << time;
    EXPECT_EQ(phases[1].first_frame, frame) << time;
  }
}

}  // namespace
}  // namespace h2h
