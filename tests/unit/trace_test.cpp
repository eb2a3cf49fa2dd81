// SPDX-License-Identifier: Apache-2.0
//
// Timelines, their curves, and what exporters make of them.

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <h2h/mapper/chain.hpp>
#include <h2h/plugin/registry.hpp>
#include <h2h/scenario/scenario_run.hpp>
#include <h2h/schedule/analytic.hpp>
#include <h2h/trace/export.hpp>
#include <h2h/trace/html_report.hpp>

#include "support/random.hpp"
#include "unit/by_hand.hpp"

namespace h2h {
namespace {

using test::ByHand;
using test::Random;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Step = Curve::Step;

Judgement judged(const Problem& problem, const Mapping& mapping) {
  return judge(problem, mapping, {analytic_schedule}, Excess::reported);
}

/// The DRAM in use of a single run.
std::vector<Curve> dram_of(const RanFrame& frame) {
  const RanPhase phase{{&frame, 1}, 0, pinned_bytes(*frame.problem, *frame.mapping)};
  return dram_curves(phase.frames, weight_curves({&phase, 1}));
}

// a on fpga0 feeds b and c on fpga1; c also reads b. A number is a byte, links carry 100 B/s. The edge from b
// to c is fused, the weights of b are pinned.
//   a: 200 in 2 s, computation 2 s, 200 out 2 s: 0 to 6 s
//   b: 200 in 2 s, computation 1 s: 6 to 9 s
//   c: 200 in 2 s, computation 2 s, 250 out 2.5 s: 9 to 15.5 s
class TraceByHand : public testing::Test {
 protected:
  TraceByHand() {
    mapping_.append(0, 0);
    mapping_.append(1, 1);
    mapping_.append(2, 1);
    mapping_.pinned[1] = 1;
    for (const TensorIndex tensor : hand_.problem.inputs(2)) {
      if (hand_.problem.tensor(tensor).producer == 1) mapping_.fused[tensor] = 1;
    }
  }

  Timeline timeline() const { return make_timeline(hand_.problem, judged(hand_.problem, mapping_), "hand"); }

  const ByHand hand_{
      "name: w\nlayers:\n"
      "  - {name: a, type: pool, modality: eye, channels: 200, out_height: 1, out_width: 1, kernel: 1,\n"
      "     stride: 1, inputs: []}\n"
      "  - {name: 'b \"2\"', type: fc, modality: ear, in_features: 200, out_features: 50, inputs: [a]}\n"
      "  - {name: c<>, type: concat, channels: 250, out_height: 1, out_width: 1, inputs: ['b \"2\"', a]}\n",
      "accelerators:\n  X: {types: [pool, fc, concat], model: table,\n"
      "      parameters: {layers: {a: 2, 'b \"2\"': 1, c<>: 2}},\n"
      "      data_bits: 8, dram: {capacity: 100kB}, power: {active_W: 10, idle_W: 1}}\n",
      {{"fpga0", "X"}, {"fpga1", "X"}, {"fpga2", "X"}}};
  Mapping mapping_ = Mapping::none(hand_.problem);
};

TEST_F(TraceByHand, BarsLieInTheirLanes) {
  const Timeline made = timeline();
  ASSERT_EQ(made.fpgas.size(), 3U);
  const auto spans = [&](std::size_t fpga, std::size_t lane) {
    std::vector<std::tuple<LayerIndex, double, double, std::int64_t>> all;
    for (const Timeline::Bar& bar : made.fpgas[fpga].lanes[lane]) {
      EXPECT_EQ(bar.stage, kLanes[lane]);
      all.emplace_back(bar.layer, bar.start_s, bar.end_s, bar.bytes);
    }
    return all;
  };
  using Span = std::tuple<LayerIndex, double, double, std::int64_t>;
  EXPECT_THAT(spans(0, 0), ElementsAre(Span{0, 2, 4, 0}));
  EXPECT_THAT(spans(0, 1), ElementsAre());
  EXPECT_THAT(spans(0, 2), ElementsAre(Span{0, 0, 2, 200}));
  EXPECT_THAT(spans(0, 3), ElementsAre(Span{0, 4, 6, 200}));
  EXPECT_THAT(spans(1, 0), ElementsAre(Span{1, 8, 9, 0}, Span{2, 11, 13, 0}));
  EXPECT_THAT(spans(1, 1), ElementsAre()) << "pinned";
  EXPECT_THAT(spans(1, 2), ElementsAre(Span{1, 6, 8, 200}, Span{2, 9, 11, 200}));
  EXPECT_THAT(spans(1, 3), ElementsAre(Span{2, 13, 15.5, 250}));
  EXPECT_EQ(made.fpgas[0].lanes[2][0].producer, Timeline::kNoLayer) << "an input of the network";
  EXPECT_EQ(made.fpgas[1].lanes[2][1].producer, 0U);
  EXPECT_EQ(made.latency_s, 15.5);
}

TEST_F(TraceByHand, ArrowsAreTensorsThatCross) {
  const Timeline made = timeline();
  ASSERT_EQ(made.arrows.size(), 2U);
  for (const Timeline::Arrow& arrow : made.arrows) {
    EXPECT_EQ(arrow.producer, 0U);
    EXPECT_EQ(arrow.from, Stage::output);
    EXPECT_EQ(arrow.start_s, 6);
  }
  EXPECT_EQ(made.arrows[0].consumer, 1U);
  EXPECT_EQ(made.arrows[0].end_s, 6);
  EXPECT_EQ(made.arrows[1].consumer, 2U);
  EXPECT_EQ(made.arrows[1].end_s, 9);
}

TEST_F(TraceByHand, Curves) {
  const Timeline made = timeline();
  // 10,000 B of pinned weights; b's 50 B from its start to the end of c.
  EXPECT_THAT(made.fpgas[1].dram_in_use_bytes.steps,
              ElementsAre(Step{0, 10000}, Step{6, 10050}, Step{15.5, 10000}));
  EXPECT_THAT(made.fpgas[0].dram_in_use_bytes.steps, ElementsAre(Step{0, 0}));
  EXPECT_THAT(made.fpgas[0].power_W.steps, ElementsAre(Step{0, 10}, Step{6, 1}));
  EXPECT_THAT(made.fpgas[1].power_W.steps, ElementsAre(Step{0, 1}, Step{6, 10}, Step{15.5, 1}));
  EXPECT_THAT(made.fpgas[2].power_W.steps, ElementsAre(Step{0, 1}));
  EXPECT_THAT(made.power_W.steps, ElementsAre(Step{0, 12}, Step{15.5, 3}));
  ASSERT_EQ(made.links.size(), 4U) << "nothing crosses those of fpga2";
  EXPECT_EQ(made.links[0].name, "fpga0_DOWN");
  EXPECT_THAT(made.links[0].rate_Bps.steps, ElementsAre(Step{0, 100}, Step{2, 0}));
  EXPECT_THAT(made.links[1].rate_Bps.steps, ElementsAre(Step{0, 0}, Step{4, 100}, Step{6, 0}));
  EXPECT_THAT(made.links[2].rate_Bps.steps,
              ElementsAre(Step{0, 0}, Step{6, 100}, Step{8, 0}, Step{9, 100}, Step{11, 0}));
}

TEST_F(TraceByHand, StagesOfDifferentLayersMayOverlap) {
  // As under overlapped execution with direct activations: b reads what a has computed while a's output is
  // still on its way, and c reads its input while b computes.
  Schedule schedule(hand_.problem, mapping_, Execution::overlap);
  const std::map<std::pair<LayerIndex, Stage>, std::pair<double, double>> times = {
      {{0, Stage::input}, {0, 2}},    {{0, Stage::compute}, {2, 4}},   {{0, Stage::output}, {4, 6}},
      {{1, Stage::input}, {4, 6}},    {{1, Stage::compute}, {6, 7}},   {{2, Stage::input}, {6, 8}},
      {{2, Stage::compute}, {8, 10}}, {{2, Stage::output}, {10, 12.5}}};
  for (Activity& activity : schedule.activities()) {
    std::tie(activity.start_s, activity.end_s) = times.at({activity.layer, activity.stage});
    if (activity.layer == 1 && activity.stage == Stage::input) activity.source = 0;
  }
  const Timeline made = make_timeline(
      hand_.problem, Judgement{mapping_, schedule, true, false, schedule.latency_s()}, "overlapped");
  ASSERT_EQ(made.arrows.size(), 2U);
  EXPECT_EQ(made.arrows[0].from, Stage::compute);
  EXPECT_EQ(made.arrows[0].start_s, 4);
  EXPECT_EQ(made.arrows[1].from, Stage::output);
  EXPECT_EQ(made.arrows[1].start_s, 6);
  EXPECT_THAT(made.fpgas[1].power_W.steps, ElementsAre(Step{0, 1}, Step{4, 10}, Step{12.5, 1}))
      << "what overlaps counts once";
  EXPECT_THAT(made.fpgas[1].dram_in_use_bytes.steps,
              ElementsAre(Step{0, 10000}, Step{6, 10050}, Step{10, 10000}))
      << "b's tensor from its computation to that of c";
  EXPECT_EQ(made.fpgas[1].lanes[2].size(), 2U);
}

TEST_F(TraceByHand, MarksAreTheSteps) {
  h2h::Run run;  // testing::Test has one too
  run.mapper = "m";
  run.steps.push_back({"first", judged(hand_.problem, mapping_)});
  Mapping better = mapping_;
  run.steps.push_back({"second", judged(hand_.problem, better)});
  run.steps.front().judgement.latency_s = 20;
  const Timeline made = make_timeline(hand_.problem, run);
  ASSERT_EQ(made.marks.size(), 2U);
  EXPECT_EQ(made.marks[0].name, "first");
  EXPECT_EQ(made.marks[0].time_s, 20);
  EXPECT_EQ(made.marks[1].time_s, 15.5);
  EXPECT_EQ(made.extent_s(), 20);
  EXPECT_EQ(made.name, "m");
}

TEST_F(TraceByHand, WeightsOfAColdRunAreThereFromTheirTransferOn) {
  const Judgement cold = judge(hand_.problem, mapping_, {analytic_schedule, false, true});
  const Timeline made = make_timeline(hand_.problem, cold, "cold");
  // b: 10,000 B of weights in 100 s from 6 s on; its tensor from then to the end of c.
  EXPECT_THAT(made.fpgas[1].dram_in_use_bytes.steps,
              ElementsAre(Step{0, 0}, Step{6, 10050}, Step{115.5, 10000}));
}

TEST_F(TraceByHand, NamesCannotBreakAFormat) {
  const Timeline made = timeline();
  std::ostringstream paje;
  write_paje(paje, {&made, 1}, "r\"o\not");
  EXPECT_THAT(paje.str(), HasSubstr("\"r'o ot\""));
  EXPECT_THAT(paje.str(), HasSubstr("\"b '2'\""));
  std::ostringstream svg;
  write_svg_gantt(svg, made);
  EXPECT_THAT(svg.str(), HasSubstr("c&lt;&gt; (concat): compute"));
  EXPECT_THAT(svg.str(), Not(HasSubstr("c<>")));
  std::ostringstream dot;
  write_dot(dot, hand_.problem, mapping_);
  EXPECT_THAT(dot.str(), HasSubstr(R"(label="b \"2\"")"));
  Report report;
  report.problem = &hand_.problem;
  h2h::Run run;  // testing::Test has one too
  run.mapper = "</script><b>";
  run.steps.push_back({"</script>", judged(hand_.problem, mapping_)});
  run.bound = {1, "by hand"};
  report.runs.push_back(run);
  std::ostringstream html;
  write_html_report(html, report, account_of(run));
  EXPECT_THAT(html.str(), HasSubstr("\\u003c/script>\\u003cb>"));
  EXPECT_THAT(html.str(), HasSubstr("\"c\\u003c>\""));
}

TEST_F(TraceByHand, ColoursByKindAndByModality) {
  const Timeline made = timeline();
  const auto paje = [&](ColourBy what) {
    std::ostringstream out;
    write_paje(out, {&made, 1}, "r", what);
    return out.str();
  };
  // Of a: computed, read and written in three colours; or all of it in that of its modality.
  const auto count = [](const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count(paje(ColourBy::kind), " S \"a\" "), 3U);
  EXPECT_EQ(count(paje(ColourBy::modality), " S \"a\" "), 1U);
  std::ostringstream svg;
  write_svg_gantt(svg, made, ColourBy::modality);
  for (const char* label : {">eye<", ">ear<", ">no modality<"}) EXPECT_THAT(svg.str(), HasSubstr(label));
}

TEST_F(TraceByHand, GraphShowsPinsFusionsAndCrossings) {
  std::ostringstream out;
  write_dot(out, hand_.problem, mapping_);
  const std::string dot = out.str();
  EXPECT_THAT(dot, HasSubstr("n0 -> n1 [style=dashed"));
  EXPECT_THAT(dot, HasSubstr("n1 -> n2 [style=bold, penwidth=3"));
  EXPECT_THAT(dot, HasSubstr("n0 -> n2 [style=dashed"));
  EXPECT_EQ(dot.find("peripheries=2"), dot.rfind("peripheries=2")) << "of b alone";
  EXPECT_THAT(dot, HasSubstr("fpga1 X"));
  EXPECT_THAT(dot, Not(HasSubstr("fpga2 X"))) << "it has no layers";
}

TEST_F(TraceByHand, ChromeEventsInMicroseconds) {
  const Timeline made = timeline();
  std::ostringstream out;
  write_chrome_trace(out, {&made, 1});
  const auto json = nlohmann::json::parse(out.str());
  std::size_t bars = 0;
  std::map<std::string, int> phases;
  for (const auto& event : json["traceEvents"]) {
    ++phases[event["ph"]];
    if (event["ph"] != "X") continue;
    ++bars;
    EXPECT_EQ(event["ts"], 1e6 * event["args"]["start_s"].get<double>());
    EXPECT_EQ(event["args"].contains("bytes"), event["cat"] != "compute");
  }
  EXPECT_EQ(bars, 8U);
  // Both ends of an arrow lie in bars: a's output and the inputs of b and c.
  std::vector<double> ends;
  for (const auto& event : json["traceEvents"]) {
    if (event["ph"] == "s" || event["ph"] == "f") ends.push_back(event["ts"]);
  }
  EXPECT_THAT(ends, ElementsAre(4e6, 6e6, 4e6, 9e6));
  EXPECT_EQ(phases["s"], 2);
  EXPECT_EQ(phases["f"], 2);
  EXPECT_EQ(phases["i"], 1);
}

// Two frames with `eye` on, two with `ear`; links carry 64 B/s, every computation takes 1 s. c's weights are
// pinned, as are those of a, and 64 B of others lie on fpga1. When ear comes, 64 + 256 B go, and b's come.
//   frame 1, 0 s    a on fpga0: 16 in, out 32: 0 to 1.75     c on fpga1: 32 in, 8 out: 1.75 to 3.375
//   frame 2, 1 s    a: 1.75 to 3.5                           c: 3.5 to 5.125
//   frame 3, 2 s    e on fpga1: 16 in, fused: 5.125 to 6.375
//                   b on fpga1: 256 weights, 16 out: 6.375 to 10.375, to 11.625
//   frame 4, 3 s    e: 11.625 to 12.875                      b: 12.875 to 14.125
class StreamTraceByHand : public testing::Test {
 protected:
  StreamTraceByHand() {
    Mapping eye = Mapping::none(eye_.problem);
    eye.append(0, 0);
    eye.append(1, 1);
    eye.pinned = {1, 1};
    Mapping ear = Mapping::none(ear_.problem);
    ear.append(0, 1);
    ear.append(1, 1);
    ear.pinned = {0, 1};
    ear.fused[ear_.problem.inputs(1)[0]] = 1;
    const Stream stream{Execution::serial,
                        {{&eye_.problem, eye, {}}, {&ear_.problem, ear, {0, 1}}},
                        {{0, 0}, {0, 1}, {1, 2}, {1, 3}}};
    run_.mapper = "hand";
    run_.arrivals_s = {0, 1, 2, 3};
    StreamMeter meter(stream);
    analytic_stream(stream, [&](std::size_t frame, const Schedule& schedule) {
      meter.add(frame, schedule);
      run_.schedules.push_back(schedule);
    });
    run_.links = meter.links();
    run_.end_s = meter.end_s();
    add_phase({0, {"eye"}, "", {}}, eye_.problem, eye, {512, 256 + 64});
    add_phase({2, {"ear"}, "a voice", {}}, ear_.problem, ear, {512, 256});
  }

  void add_phase(const ScenarioPhase& phase, const Problem& problem, const Mapping& mapping,
                 std::vector<std::int64_t> buffered_bytes) {
    PhaseRun& run = run_.phases.emplace_back();
    run.phase = phase;
    run.frames = 2;
    run.begins_s = run_.arrivals_s[phase.first_frame];
    run.problem = std::shared_ptr<const Problem>(std::shared_ptr<void>(), &problem);
    run.judgement = std::make_shared<const Judgement>(judged(problem, mapping));
    run.buffered_bytes = std::move(buffered_bytes);
  }

  static constexpr std::string_view kCatalogue =
      "accelerators:\n  X: {types: [pool, fc], model: table, parameters: {default_s: 1, layers: {a: 1}},\n"
      "      data_bits: 8, dram: {capacity: 1kB, weight_share: 0.6}, power: {active_W: 10, idle_W: 1}}\n";
  const std::vector<test::FpgaByHand> fpgas_ = {{"fpga0", "X", 64}, {"fpga1", "X", 64}};
  const ByHand eye_{
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, modality: eye, in_features: 16, out_features: 32}\n"
      "  - {name: c, type: fc, modality: eye, in_features: 32, out_features: 8, inputs: [a]}\n",
      kCatalogue, fpgas_};
  const ByHand ear_{
      "name: w\nlayers:\n"
      "  - {name: e, type: pool, modality: ear, channels: 16, out_height: 1, out_width: 1, kernel: 1,\n"
      "     stride: 1}\n"
      "  - {name: b, type: fc, modality: ear, in_features: 16, out_features: 16, inputs: [e]}\n",
      kCatalogue, fpgas_};
  ScenarioRun run_;
};

TEST_F(StreamTraceByHand, BarsOfAllFramesLieInTheirLanes) {
  const Timeline made = make_timeline(run_);
  using Span = std::tuple<std::string, double, double, std::int64_t>;
  const auto spans = [&](std::size_t fpga, std::size_t lane) {
    std::vector<Span> all;
    for (const Timeline::Bar& bar : made.fpgas[fpga].lanes[lane]) {
      EXPECT_EQ(made.layers[bar.layer].fpga, fpga);
      all.emplace_back(made.layers[bar.layer].name, bar.start_s, bar.end_s, bar.bytes);
    }
    return all;
  };
  EXPECT_THAT(spans(0, 0), ElementsAre(Span{"a", 0.25, 1.25, 0}, Span{"a", 2, 3, 0}));
  EXPECT_THAT(spans(1, 0), ElementsAre(Span{"c", 2.25, 3.25, 0}, Span{"c", 4, 5, 0},
                                       Span{"e", 5.375, 6.375, 0}, Span{"b", 10.375, 11.375, 0},
                                       Span{"e", 11.875, 12.875, 0}, Span{"b", 12.875, 13.875, 0}));
  EXPECT_THAT(spans(0, 1), ElementsAre());
  EXPECT_THAT(spans(1, 1), ElementsAre(Span{"b", 6.375, 10.375, 256})) << "brought once";
  EXPECT_EQ(made.latency_s, 14.125);
  EXPECT_EQ(made.extent_s(), 14.125);
  ASSERT_EQ(made.layers.size(), 4U);
  EXPECT_EQ(made.layers[2].name, "e");
  EXPECT_FALSE(made.layers[2].pinned);
  EXPECT_TRUE(made.layers[3].pinned);
  EXPECT_EQ(made.layers[3].modality, "ear");
}

TEST_F(StreamTraceByHand, ArrowsJoinLayersOfOneFrame) {
  const Timeline made = make_timeline(run_);
  ASSERT_EQ(made.arrows.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(made.arrows[i].producer, 0U);
    EXPECT_EQ(made.arrows[i].consumer, 1U);
    EXPECT_EQ(made.arrows[i].start_s, i == 0 ? 1.75 : 3.5);
    EXPECT_EQ(made.arrows[i].end_s, i == 0 ? 1.75 : 3.5);
  }
}

TEST_F(StreamTraceByHand, PhasesThatComeBackShareTheirLayers) {
  PhaseRun again = run_.phases.back();
  run_.phases.back().frames = 1;
  again.frames = 1;
  again.phase.first_frame = 3;
  again.begins_s = 3;
  run_.phases.push_back(again);
  const Timeline made = make_timeline(run_);
  EXPECT_EQ(made.layers.size(), 4U);
  ASSERT_EQ(made.fpgas[1].lanes[0].size(), 6U);
  EXPECT_EQ(made.fpgas[1].lanes[0][4].layer, made.fpgas[1].lanes[0][2].layer);
}

TEST_F(StreamTraceByHand, WhatIsOnAndWhatChanges) {
  const Timeline made = make_timeline(run_);
  ASSERT_EQ(made.phases.size(), 2U);
  EXPECT_EQ(made.phases[0].modalities, "eye");
  EXPECT_EQ(made.phases[0].end_s, 2);
  EXPECT_EQ(made.phases[1].modalities, "ear");
  EXPECT_EQ(made.phases[1].start_s, 2);
  EXPECT_EQ(made.phases[1].end_s, 14.125);
  ASSERT_EQ(made.marks.size(), 1U);
  EXPECT_EQ(made.marks[0].name, "+ear -eye: a voice");
  EXPECT_EQ(made.marks[0].time_s, 2);
  EXPECT_THAT(made.frames_under_way.steps,
              ElementsAre(Step{0, 1}, Step{1, 2}, Step{2, 3}, Step{3, 4}, Step{3.375, 3}, Step{5.125, 2},
                          Step{11.625, 1}, Step{14.125, 0}));
}

TEST_F(StreamTraceByHand, WeightsComeAndGo) {
  const Timeline made = make_timeline(run_);
  ASSERT_TRUE(made.fpgas[0].weights && made.fpgas[1].weights);
  EXPECT_THAT(made.fpgas[0].weights->all_bytes.steps, ElementsAre(Step{0, 512}));
  EXPECT_THAT(made.fpgas[0].weights->idle_bytes.steps, ElementsAre(Step{0, 0}, Step{3.5, 512}))
      << "when the frames before have left";
  EXPECT_THAT(made.fpgas[1].weights->all_bytes.steps,
              ElementsAre(Step{0, 320}, Step{5.125, 0}, Step{6.375, 256}));
  EXPECT_THAT(made.fpgas[1].weights->idle_bytes.steps, ElementsAre(Step{0, 64}, Step{5.125, 0}));
  EXPECT_THAT(made.fpgas[0].dram_in_use_bytes.steps, ElementsAre(Step{0, 512}));
  // The 16 B between e and b, from the beginning of e.
  EXPECT_THAT(made.fpgas[1].dram_in_use_bytes.steps,
              ElementsAre(Step{0, 320}, Step{5.125, 16}, Step{6.375, 272}, Step{14.125, 256}));
}

TEST_F(StreamTraceByHand, WeightsThatAreKept) {
  run_.phases.back().buffered_bytes = {512, 256 + 256};
  const Timeline made = make_timeline(run_);
  EXPECT_THAT(made.fpgas[1].weights->all_bytes.steps,
              ElementsAre(Step{0, 320}, Step{5.125, 256}, Step{6.375, 512}));
  EXPECT_THAT(made.fpgas[1].weights->idle_bytes.steps, ElementsAre(Step{0, 64}, Step{5.125, 256}));
  EXPECT_THAT(made.fpgas[1].dram_in_use_bytes.steps,
              ElementsAre(Step{0, 320}, Step{5.125, 272}, Step{6.375, 528}, Step{14.125, 512}));
}

TEST_F(StreamTraceByHand, LinksAndPowerOfAllFrames) {
  const Timeline made = make_timeline(run_);
  EXPECT_THAT(made.fpgas[1].power_W.steps,
              ElementsAre(Step{0, 1}, Step{1.75, 10}, Step{3.375, 1}, Step{3.5, 10}, Step{14.125, 1}));
  EXPECT_THAT(made.power_W.steps, ElementsAre(Step{0, 11}, Step{1.75, 20}, Step{3.375, 11}, Step{14.125, 2}));
  ASSERT_EQ(made.links.size(), 4U);
  EXPECT_EQ(made.links[2].name, "fpga1_DOWN");
  EXPECT_EQ(made.links[2].bytes, 2 * 32 + 2 * 16 + 256);
  EXPECT_THAT(
      made.links[2].rate_Bps.steps,
      ElementsAre(Step{0, 0}, Step{1.75, 64}, Step{2.25, 0}, Step{3.5, 64}, Step{4, 0}, Step{5.125, 64},
                  Step{5.375, 0}, Step{6.375, 64}, Step{10.375, 0}, Step{11.625, 64}, Step{11.875, 0}));
}

TEST(Curve, KeepsAPeakOfNoDuration) {
  // a, b and c on one FPGA, each edge fused; b takes no time, and both its tensors are in the DRAM then.
  const ByHand hand(
      "name: w\nlayers:\n"
      "  - {name: a, type: fc, in_features: 1, out_features: 10}\n"
      "  - {name: b, type: fc, in_features: 10, out_features: 20, inputs: [a]}\n"
      "  - {name: c, type: fc, in_features: 20, out_features: 1, inputs: [b]}\n",
      "accelerators:\n  X: {types: [fc], model: table, parameters: {layers: {a: 1, b: 0, c: 1}},\n"
      "      data_bits: 8, dram: {capacity: 1kB}, power: {active_W: 1}}\n",
      {{"fpga0", "X"}});
  Mapping mapping = Mapping::none(hand.problem);
  for (LayerIndex layer = 0; layer < 3; ++layer) mapping.append(layer, 0);
  mapping.pinned = {0, 1, 1};
  for (TensorIndex tensor = 0; tensor < hand.problem.tensors(); ++tensor)
    mapping.fused[tensor] = hand.problem.tensor(tensor).is_network_input() ? 0 : 1;
  const Judgement judgement = judged(hand.problem, mapping);
  const Curve curve = dram_of({&hand.problem, &mapping, &judgement.schedule}).front();
  EXPECT_EQ(curve.peak(), 200 + 20 + 10 + 20);
  EXPECT_EQ(curve.peak(), static_cast<double>(
                              accelerator_use(hand.problem, mapping, judgement.schedule)[0].dram_peak_bytes));
}

/// States of a Paje trace as they stand in it, by container: start, end and name.
struct PajeStates {
  using State = std::tuple<double, double, std::string>;
  std::map<std::string, std::vector<State>> by_container;
  std::size_t links = 0;

  explicit PajeStates(const std::string& text) {
    std::istringstream in(text);
    std::map<std::string, std::string> names;
    std::map<std::string, std::pair<double, std::string>> open;
    std::map<std::string, double> begun;
    double now_s = 0;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with('%')) continue;
      std::istringstream fields(line);
      int event = 0;
      fields >> event;
      constexpr int kFirstTimed = 6;
      std::string type;
      std::string container;
      if (event == 5) {
        std::string alias;
        fields >> alias >> type;
        names[alias] =
            line.substr(line.find('"') + 1, line.find('"', line.find('"') + 1) - line.find('"') - 1);
      }
      if (event < kFirstTimed) continue;
      std::string time;
      fields >> time >> type >> container;
      EXPECT_EQ(time.find_first_not_of("0123456789."), std::string::npos) << line;
      const double time_s = std::stod(time);
      EXPECT_GE(time_s, now_s) << line;
      now_s = std::max(now_s, time_s);
      if (event == 8) {
        std::string value;
        fields >> value;
        EXPECT_FALSE(open.contains(container)) << line;
        open[container] = {time_s, names.at(value)};
      } else if (event == 9) {
        by_container[container].emplace_back(open.at(container).first, time_s, open.at(container).second);
        open.erase(container);
      } else if (event == 12 || event == 13) {
        std::string value;
        std::string end;
        std::string key;
        fields >> value >> end >> key;
        if (event == 12) {
          EXPECT_TRUE(begun.try_emplace(key, time_s).second) << line;
        } else {
          EXPECT_LE(begun.at(key), time_s) << line;
          begun.erase(key);
          ++links;
        }
      }
    }
    EXPECT_TRUE(open.empty());
    EXPECT_TRUE(begun.empty()) << "every arrow ends";
  }
};

TEST(TraceProperty, EveryViewHasTheTimesOfTheSchedule) {
  test::Random random(71);
  for (int i = 0; i < 200; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(random, test::random_description(random, 4), i % 2 == 0);
    const Problem problem(workload, system);
    const Mapping mapping = test::random_mapping(random, problem);
    const Judgement judgement = judged(problem, mapping);
    const Timeline timeline = make_timeline(problem, judgement, "random");
    std::ostringstream out;
    write_paje(out, {&timeline, 1}, "root");
    PajeStates states(out.str());
    std::map<std::string, std::vector<PajeStates::State>> expected;
    std::size_t crossing = 0;
    for (const Activity& activity : judgement.schedule.activities()) {
      const AcceleratorIndex a = mapping.accelerator[activity.layer];
      expected["r0f" + std::to_string(a) + std::string(to_string(activity.stage))].emplace_back(
          activity.start_s, activity.end_s, workload.layer(activity.layer).name);
      if (activity.stage != Stage::input || problem.tensor(activity.tensor).is_network_input()) continue;
      crossing += mapping.accelerator[problem.tensor(activity.tensor).producer] != a ? 1 : 0;
    }
    for (auto* all : {&expected, &states.by_container}) {
      for (auto& [container, list] : *all) std::sort(list.begin(), list.end());
    }
    ASSERT_EQ(states.by_container, expected) << "case " << i;
    ASSERT_EQ(states.links, crossing);
  }
}

TEST(TraceProperty, CurvesAgreeWithWhatIsReported) {
  test::Random random(72);
  for (int i = 0; i < 300; ++i) {
    const Workload workload = test::random_workload(random);
    PlatformDescription platform = test::random_description(random, 4);
    for (Link& link : platform.links) {
      link.idle_W = test::chance(random, 0.5) ? 0.5 : 0;
      link.busy_W = link.idle_W + 1;
      link.is_fatpipe = test::chance(random, 0.2);
    }
    const System system = test::random_system(random, platform, i % 2 == 0);
    const Problem problem(workload, system);
    const Mapping mapping = test::random_mapping(random, problem);
    const Judgement judgement = judged(problem, mapping);
    const double latency_s = judgement.latency_s;
    const auto use = accelerator_use(problem, mapping, judgement.schedule);
    const RanFrame frame{&problem, &mapping, &judgement.schedule};
    const auto dram = dram_of(frame);
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a)
      ASSERT_EQ(dram[a].peak(), static_cast<double>(use[a].dram_peak_bytes)) << "case " << i;
    const auto rates = link_rate_curves({&frame, 1});
    const auto links = link_use(problem, mapping, judgement.schedule);
    for (std::size_t link = 0; link < rates.size(); ++link) {
      const auto bytes = static_cast<double>(links[link].bytes);
      ASSERT_NEAR(rates[link].integral(latency_s), bytes, 1e-9 * bytes);
      const Curve busy = rates[link].mapped([](double rate) { return rate > 0 ? 1 : 0; });
      ASSERT_NEAR(busy.integral(latency_s), links[link].busy_s, 1e-9 * latency_s);
      ASSERT_EQ(rates[link].steps.back().value, 0) << "nothing is left behind";
    }
    const Curve power = system_power_curve(system, power_curves({&frame, 1}), rates);
    const double total_J = judgement.energy.total_J();
    ASSERT_NEAR(power.integral(latency_s), total_J, 1e-9 * total_J) << "case " << i;
  }
}

/// Frames of a random workload, during which its modalities come and go at random.
FrameSequence random_sequence(Random& random, const Workload& workload, const System& system,
                              double period_s) {
  FrameSequence sequence = steady_sequence(
      workload, system, Activations::host,
      arrival_times(Arrivals::periodic, static_cast<std::size_t>(test::draw(random, 4, 12)), period_s, 1));
  sequence.phases.clear();
  for (std::size_t frame = 0; frame < sequence.arrivals_s.size(); ++frame) {
    if (frame > 0 && test::chance(random, 0.6)) continue;
    ScenarioPhase phase{frame, {}, "", {}};
    for (const std::string& name : workload.modalities()) {
      if (test::chance(random, 0.6)) phase.modalities.push_back(name);
    }
    try {
      workload_of(workload, phase);
    } catch (const Error&) {
      phase.modalities = workload.modalities();  // nothing would be left
    }
    sequence.phases.push_back(phase);
  }
  return sequence;
}

TEST(TraceProperty, WeightsOfAStreamFitAndItsBytesCrossTheLinks) {
  Random random(73);
  const Registry registry = builtin_registry();
  const Mapper mapper = make_mapper("h2h", registry);
  AnalyticEvaluator evaluator;
  std::size_t idle = 0;
  std::size_t loading = 0;
  std::size_t evicting = 0;
  for (int i = 0; i < 150; ++i) {
    const Workload workload = test::random_workload(random);
    const System system = test::random_system(random, test::random_description(random, 4), i % 2 == 0);
    const double period_s = analytic_latency_s(Problem(workload, system),
                                               test::random_mapping(random, Problem(workload, system)));
    const FrameSequence sequence = random_sequence(random, workload, system, period_s / 4);
    SequenceOptions options;
    options.remap = i % 3 == 0 ? Remap::cold : i % 3 == 1 ? Remap::warm : Remap::keep;
    options.cold = i % 5 == 0;
    options.find_rate = false;
    options.keep_schedules = true;
    StepContext context{evaluator};
    const ScenarioRun run =
        run_sequence(sequence, mapper, context, {{analytic_schedule}, analytic_stream}, options);
    const Timeline timeline = make_timeline(run);
    for (AcceleratorIndex a = 0; a < system.accelerators.size(); ++a) {
      const Accelerator& device = system.accelerators[a];
      const Timeline::Fpga& fpga = timeline.fpgas[a];
      ASSERT_TRUE(fpga.weights);
      const Curve& all = fpga.weights->all_bytes;
      ASSERT_LE(all.peak(), static_cast<double>(device.weight_budget_bytes)) << "case " << i;
      ASSERT_LE(fpga.dram_in_use_bytes.peak(), static_cast<double>(device.dram_bytes)) << "case " << i;
      ASSERT_EQ(all.steps.back().value, static_cast<double>(run.phases.back().buffered_bytes[a]));
      ASSERT_LE(all.integral(run.end_s), fpga.dram_in_use_bytes.integral(run.end_s) * (1 + 1e-9));
      for (const Step& step : fpga.weights->idle_bytes.steps) ASSERT_GE(step.value, 0) << "case " << i;
      if (fpga.weights->idle_bytes.peak() > 0) ++idle;
      for (std::size_t k = 1; k < all.steps.size(); ++k) {
        ASSERT_GT(all.steps[k].time_s, all.steps[k - 1].time_s) << "case " << i;
        ++(all.steps[k].value > all.steps[k - 1].value ? loading : evicting);
      }
    }
    std::int64_t brought_bytes = 0;
    for (const Timeline::Link& link : timeline.links) {
      const auto bytes = static_cast<double>(link.bytes);
      ASSERT_NEAR(link.rate_Bps.integral(run.end_s), bytes, 1e-9 * bytes) << "case " << i;
    }
    for (const Timeline::Fpga& fpga : timeline.fpgas) {
      for (const Timeline::Bar& bar : fpga.lanes[1])
        brought_bytes += timeline.layers[bar.layer].pinned ? bar.bytes : 0;
    }
    ASSERT_EQ(brought_bytes, run.loaded_bytes()) << "case " << i;
    ASSERT_NEAR(timeline.power_W.integral(run.end_s), run.energy.total_J(), 1e-9 * run.energy.total_J());
    std::ostringstream out;
    write_paje(out, {&timeline, 1}, "root");
    const PajeStates states(out.str());
    std::size_t bars = 0;
    std::size_t activities = 0;
    for (const auto& [container, list] : states.by_container) bars += list.size();
    for (const Schedule& schedule : run.schedules) activities += schedule.activities().size();
    ASSERT_EQ(bars, activities + run.phases.size()) << "case " << i;
  }
  EXPECT_GT(idle, 0U) << "else nothing was tested";
  EXPECT_GT(loading, 0U);
  EXPECT_GT(evicting, 0U);
}

}  // namespace
}  // namespace h2h
