// SPDX-License-Identifier: Apache-2.0
//
// Studies: their files, the points, values in documents, results, journals, and how points are handed out.

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <h2h/base/files.hpp>
#include <h2h/report/csv.hpp>
#include <h2h/study/journal.hpp>
#include <h2h/study/sweep.hpp>

#include "support/temporary.hpp"
#include "unit/error_text.hpp"

namespace h2h {
namespace {

using test::error_of;
using test::marked;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kBegin = "schema: h2h-sim/study/1\nname: s\n";

Study parse(const std::string& rest) {
  return Study::parse(std::string(kBegin) + rest, "s.yaml");
}

/// The error of a study in which '@' marks the place that it must name.
void expect_error(const std::string& rest, const std::string& message) {
  const auto [text, place] = marked(std::string(kBegin) + rest);
  EXPECT_EQ(error_of([&text = text] { Study::parse(text, "s.yaml"); }),
            "input: s.yaml:" + place + ": " + message);
}

TEST(Study, PointsAreTheProductInTheOrderOfTheFile) {
  const Study study = parse(
      "mappers: [h2h, heft]\nworkloads: [w.yaml]\nplatforms: [p.xml]\n"
      "parameters: {links.l.bandwidth: [1GBps, 2GBps]}\nseeds: [1, 2]\n");
  ASSERT_EQ(study.size(), 8U);
  EXPECT_THAT(study.columns(),
              ElementsAre("workload", "platform", "bandwidth", "batch", "modalities", "mapper", "evaluator",
                          "seed", "execution", "activations", "links.l.bandwidth"));
  EXPECT_THAT(study.row(0), ElementsAre("w.yaml", "p.xml", "own", "", "all", "h2h", "analytic", "1", "serial",
                                        "host", "1GBps"));
  EXPECT_THAT(study.row(1), ElementsAre("w.yaml", "p.xml", "own", "", "all", "h2h", "analytic", "2", "serial",
                                        "host", "1GBps"));
  EXPECT_THAT(study.row(2), ElementsAre("w.yaml", "p.xml", "own", "", "all", "h2h", "analytic", "1", "serial",
                                        "host", "2GBps"));
  EXPECT_THAT(study.row(4), ElementsAre("w.yaml", "p.xml", "own", "", "all", "heft", "analytic", "1",
                                        "serial", "host", "1GBps"));
  EXPECT_EQ(study.describe(4), "point 5 (mapper heft, links.l.bandwidth 1GBps, seed 1)");
  EXPECT_THAT(study.parameters(2), ElementsAre(Parameter{"links.l.bandwidth", "2GBps"}));
}

TEST(Study, ExecutionAndActivations) {
  const Study study = parse(
      "workloads: [w]\nplatforms: [p]\nmappers: [h2h]\nactivations: [host, direct]\n"
      "execution: [serial, overlap]\n");
  ASSERT_EQ(study.size(), 4U);
  EXPECT_EQ(study.describe(1), "point 2 (activations host, execution overlap)");
  EXPECT_EQ(study.activations(1), Activations::host);
  EXPECT_EQ(study.execution(1), Execution::overlap);
  EXPECT_EQ(study.activations(2), Activations::direct);
  EXPECT_EQ(study.execution(2), Execution::serial);
  const Study plain = parse("workloads: [w]\nplatforms: [p]\nmappers: [h2h]\n");
  EXPECT_EQ(plain.activations(0), Activations::host);
  EXPECT_EQ(plain.execution(0), Execution::serial);
}

TEST(Study, StreamsHaveColumnsOfTheirOwn) {
  const std::string files = "platforms: [p]\nmappers: [h2h]\n";
  const Study study = parse(files + "scenarios: [a.yaml, none]\nevery: [2, 5]\nremap: [cold]\n");
  EXPECT_TRUE(study.has_streams());
  EXPECT_THAT(study.columns(),
              ElementsAre("workload", "platform", "bandwidth", "batch", "modalities", "mapper", "evaluator",
                          "seed", "execution", "activations", "scenario", "every", "frames", "period",
                          "deadline", "remap", "evict"));
  EXPECT_EQ(study.describe(1), "point 2 (scenario a.yaml, every 5)");
  EXPECT_EQ(study.setting(2, Setting::scenario), "none");
  EXPECT_EQ(study.setting(2, Setting::remap), "cold");
  EXPECT_EQ(study.setting(2, Setting::evict), "lru");
  EXPECT_EQ(study.setting(2, Setting::frames), "");
  EXPECT_FALSE(study.has(Setting::workload));
  const Study stream = parse(files + "workloads: [w]\nframes: [1, 7]\nperiods: [1ms]\nevict: [largest]\n");
  EXPECT_TRUE(stream.has_streams());
  EXPECT_EQ(stream.setting(0, Setting::scenario), "none");
  EXPECT_FALSE(parse(files + "workloads: [w]\n").has_streams());
}

TEST(Study, SettingsOfStreamsNeedStreams) {
  const std::string files = "workloads: [w]\nplatforms: [p]\nmappers: [h2h]\n";
  expect_error(files + "every: @[2]", "'every' without a scenario; give scenarios");
  expect_error(files + "frames: [9]\nevery: @[2]", "'every' without a scenario; give scenarios");
  const std::string hint = " without a stream; give frames or scenarios";
  expect_error(files + "periods: @[1ms]", "'periods'" + hint);
  expect_error(files + "deadlines: @[1ms]", "'deadlines'" + hint);
  expect_error(files + "remap: @[cold]", "'remap'" + hint);
  expect_error(files + "evict: @[lru]", "'evict'" + hint);
  EXPECT_EQ(error_of([] { parse("platforms: [p]\nmappers: [h2h]\nframes: [1]"); }),
            "input: s.yaml:1:1: the document lacks the key 'workloads'");
}

TEST(Study, ExcludesPoints) {
  const Study study = parse(
      "workloads: [a, b]\nplatforms: [p]\nmappers: [h2h, heft]\nseeds: [1, 2]\n"
      "exclude:\n  - {workload: a, mapper: heft}\n  - {seed: 2}\n");
  ASSERT_EQ(study.size(), 3U);
  EXPECT_EQ(study.describe(1), "point 2 (workload b, mapper h2h, seed 1)");
}

TEST(Study, CanonicalFormKnowsNoLayout) {
  const std::string rest = "workloads: [a]\nplatforms: [p]\nmappers: [h2h]\n";
  EXPECT_EQ(parse(rest).canonical(),
            parse("# a comment\nworkloads:\n- a\nplatforms: ['p']\nmappers: [h2h]").canonical());
  EXPECT_NE(parse(rest).canonical(), parse("platforms: [p]\nworkloads: [a]\nmappers: [h2h]\n").canonical());
  EXPECT_NE(parse(rest).canonical(), parse(rest + "seeds: [1]").canonical());
}

TEST(Study, ErrorsNameThePlace) {
  const std::string files = "workloads: [w]\nplatforms: [p]\nmappers: [h2h]\n";
  expect_error(files + "bandwidth: @[1GBps]", "unknown key 'bandwidth'; did you mean 'bandwidths'?");
  expect_error("workloads: [w]\nplatforms: [p]\nmapers: @[h2h]",
               "unknown key 'mapers'; did you mean 'mappers'?");
  expect_error(files + "seeds: [1, @x]", "'x' is no whole number from 0 to 9223372036854775807");
  expect_error(files + "batches: [@0]", "'0' is no whole number from 1 to 1073741824");
  expect_error(files + "evaluators: [@anlytic]", "unknown evaluator 'anlytic'; did you mean 'analytic'?");
  expect_error(files + "execution: [serial, @overlapp]",
               "unknown execution 'overlapp'; did you mean 'overlap'?");
  expect_error(files + "activations: [@drect]", "unknown activations 'drect'; did you mean 'direct'?");
  expect_error(
      files + "bandwidths: [@0.1]",
      "bandwidth '0.1'; give a positive number with a unit: Bps, kBps, MBps, GBps, Mbps or Gbps, such as "
      "0.125GBps");
  expect_error(files + "frames: [1, @0]", "'0' is no whole number from 1 to 1000000");
  expect_error(files + "scenarios: [s]\nevery: [@x]", "'x' is no whole number from 1 to 1000000");
  const std::string times =
      "; give a time from 1e-09 to 86400 s with its unit: s, ms, us or ns, such as 50us";
  expect_error(files + "frames: [9]\nperiods: [1ms, @2]", "period '2'" + times);
  expect_error(files + "frames: [9]\ndeadlines: [@100000s]", "deadline '100000s'" + times);
  expect_error(files + "frames: [9]\nremap: [@worm]", "unknown way to remap 'worm'; did you mean 'warm'?");
  expect_error(files + "frames: [9]\nevict: [@largst]", "unknown eviction 'largst'; did you mean 'largest'?");
  expect_error(files + "seeds: [1, 2, @1]", "'1' stands twice; keep one");
  expect_error(files + "seeds: @[]", "'seeds' has no value; give one or several");
  expect_error(files + "exclude: [{mapper: @h2}]", "no point has mapper 'h2'; did you mean 'h2h'?");
  expect_error(files + "exclude: [{maper: @h2h}]",
               "unknown key 'maper' in 'exclude[0]'; did you mean 'mapper'?");
  expect_error(files + "exclude: [@{}]", "names no axis; such as {mapper: h2h, seed: 1}");
  expect_error(files + "exclude: @[{mapper: h2h}]", "all points are excluded");
  EXPECT_EQ(error_of([] { Study::parse("schema: h2h-sim/study/2\nname: s", "s.yaml"); }),
            "input: s.yaml:1:9: schema 'h2h-sim/study/2'; h2h-sim reads h2h-sim/study/1");
}

TEST(Study, TooManyPoints) {
  std::string seeds = "seeds: [0";
  for (int i = 1; i <= 1000; ++i) seeds += ", " + std::to_string(i);
  std::string batches = "]\nbatches: [1";
  for (int i = 2; i <= 1000; ++i) batches += ", " + std::to_string(i);
  EXPECT_EQ(
      error_of([&] { parse("workloads: [w]\nplatforms: [p]\nmappers: [h2h]\n" + seeds + batches + "]"); }),
      "input: s.yaml: the axes have more than 1000000 points; divide the study");
}

// Everything below works on a small study of the shipped files.

StudyInputs read(const TemporaryFolder& folder, const std::string& rest) {
  const auto file = folder.write("s.yaml", std::string(kBegin) + rest);
  StudyRequest request;
  request.workload_folders = {test::source_file("workloads")};
  request.platform_folders = {test::source_file("platforms")};
  request.scenario_folders = {test::source_file("workloads/scenarios")};
  return read_study(file, std::move(request), builtin_registry());
}

const std::string kSmall = "workloads: [mocap.yaml]\nplatforms: [cloud.xml]\nmappers: [heft, min-min]\n";

/// Rows of all points of a study, by so many processes.
StudyTable results(const StudyInputs& inputs, unsigned jobs) {
  StudyTable table = empty_table(inputs);
  SweepListener listener;
  listener.done = [&](Study::PointIndex point, const StudyRow& row) { table.rows[point] = row; };
  listener.warn = [](const std::string&) {};
  listener.idle = [] {};
  run_points(inputs, builtin_registry(), points_of(inputs.study, {}), jobs, listener);
  return table;
}

std::string field(const StudyTable& table, Study::PointIndex point, const std::string& column) {
  const auto at = std::find(table.columns.begin(), table.columns.end(), column) - table.columns.begin();
  return table.rows.at(point).at(at);
}

TEST(StudyInputs, ParametersThatAreNotThere) {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& path) {
    return error_of([&] { read(folder, kSmall + "parameters:\n  " + path + ": [1GBps]\n"); });
  };
  EXPECT_THAT(error("accelerators.C.Y.dram.bandwidth"),
              testing::AllOf(HasSubstr("s.yaml:7:37: "),
                             HasSubstr("accelerators.yaml has no 'accelerators.C.Y.dram.bandwidth'; "
                                       "did you mean 'accelerators.C.Z.dram.bandwidth'?")));
  EXPECT_THAT(error("links.uplnk.bandwidth"),
              HasSubstr("cloud.xml has no 'links.uplnk.bandwidth'; did you mean 'links.uplink.bandwidth'?"));
  EXPECT_THAT(error("hosts.fpga0.dram_capcity"), HasSubstr("did you mean 'hosts.fpga0.dram_capacity'?"));
  EXPECT_THAT(error("accelerators.C.Z.dram"), HasSubstr("has no 'accelerators.C.Z.dram'"));
}

TEST(StudyInputs, ValuesAreCheckedBeforeTheWork) {
  const TemporaryFolder folder;
  EXPECT_THAT(
      error_of([&] { read(folder, kSmall + "parameters: {accelerators.C.Z.dram.bandwidth: [1GBps, 2]}\n"); }),
      testing::AllOf(HasSubstr("s.yaml:6:55: "), HasSubstr("accelerators.yaml:"),
                     HasSubstr("'accelerators.C.Z.dram.bandwidth' is 2 of what?")));
  EXPECT_THAT(
      error_of([&] { read(folder, kSmall + "parameters: {links.port0.latency: [1us, 2]}\n"); }),
      testing::AllOf(HasSubstr("s.yaml:6:41: "), HasSubstr("cloud.xml:24:7: link 'port0': latency=\"2\"")));
}

TEST(StudyInputs, MappersAndFiles) {
  const TemporaryFolder folder;
  const std::string files = "workloads: [mocap.yaml]\nplatforms: [cloud.xml]\n";
  EXPECT_THAT(error_of([&] { read(folder, files + "mappers: [h2h, hefft]"); }),
              HasSubstr("s.yaml:5:16: unknown mapper or step 'hefft'; did you mean 'heft'?"));
  EXPECT_THAT(
      error_of([&] { read(folder, "workloads: [mocp.yaml]\nplatforms: [cloud.xml]\nmappers: [h2h]"); }),
      HasSubstr("s.yaml:3:13: mocp.yaml: no such file; did you mean 'mocap.yaml'?"));
  const StudyInputs timed = read(folder, files +
                                             "mappers: [h2h, best, 'best[evals=100]', 'h2h+sa[time=1s]', "
                                             "heft+lns, heft+ga, 'heft+lns[evals=9]', 'heft+ga[evals=9]']");
  ASSERT_EQ(timed.warnings.size(), 4U);
  EXPECT_THAT(timed.warnings[0], HasSubstr("s.yaml:5:16: mapper 'best' is limited by wall time"));
  EXPECT_THAT(timed.warnings[1], HasSubstr("mapper 'h2h+sa[time=1s]'"));
}

TEST(StudyInputs, OverlapNeedsReplays) {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& rest) { return error_of([&] { read(folder, kSmall + rest); }); };
  const std::string both = "execution: [serial, overlap]\nevaluators: [analytic, replay]\n";
  EXPECT_THAT(error(both),
              HasSubstr("s.yaml:6:21: execution overlap: the analytic evaluator knows serial execution "
                        "only; search by evaluators: [replay], or leave such points out, by exclude: "
                        "[{execution: overlap, evaluator: analytic}]"));
  EXPECT_EQ(
      read(folder, kSmall + both + "exclude: [{execution: overlap, evaluator: analytic}]\n").study.size(),
      6U);
  StudyRequest request;
  request.workload_folders = {test::source_file("workloads")};
  request.platform_folders = {test::source_file("platforms")};
  request.replay = false;
  const auto file =
      folder.write("s.yaml", std::string(kBegin) + kSmall + "execution: [overlap]\nevaluators: [replay]\n");
  EXPECT_THAT(error_of([&] { read_study(file, request, builtin_registry()); }),
              testing::AllOf(
                  testing::StartsWith("usage: "),
                  HasSubstr("s.yaml:6:13: execution overlap with --no-replay: only replays know overlapped "
                            "execution; leave --no-replay out")));
}

TEST(StudyInputs, FilesBesideTheStudyComeFirst) {
  const TemporaryFolder folder;
  const std::string before = read(folder, kSmall).digest;
  EXPECT_EQ(read(folder, kSmall + "# comment\n").digest, before);
  folder.write("mocap.yaml",
               "name: mine\nlayers:\n  - {name: f, type: fc, in_features: 8, out_features: 4, inputs: []}\n");
  const StudyInputs mine = read(folder, kSmall);
  EXPECT_NE(mine.digest, before);
  EXPECT_EQ(mine.workloads.at("mocap.yaml").path, folder.path() / "mocap.yaml");
}

constexpr std::string_view kStream = "platforms: [cloud.xml]\nmappers: [heft]\n";

TEST(StudyInputs, ScenariosNameWorkloads) {
  const TemporaryFolder folder;
  const std::string stream(kStream);
  const StudyInputs inputs = read(folder, stream + "scenarios: [silence.yaml, erased-modality.yaml]\n");
  EXPECT_EQ(inputs.study.setting(0, Setting::workload), "mocap.yaml");
  EXPECT_EQ(inputs.study.setting(1, Setting::workload), "facebag.yaml");
  EXPECT_THAT(inputs.study.values(Setting::workload), ElementsAre("facebag.yaml", "mocap.yaml"));
  EXPECT_THAT(inputs.warnings, testing::IsEmpty());

  folder.write("mute.yaml", "name: mute\n");
  EXPECT_THAT(error_of([&] { read(folder, stream + "scenarios: [silence.yaml, mute.yaml]\n"); }),
              HasSubstr("s.yaml:5:27: scenario 'mute.yaml' names no workload; give workloads"));
  EXPECT_THAT(error_of([&] { read(folder, stream + "scenarios: [none]\n"); }),
              HasSubstr("s.yaml:5:13: scenario 'none' names no workload; give workloads"));
  EXPECT_THAT(error_of([&] { read(folder, stream + "scenarios: [silense.yaml]\n"); }),
              HasSubstr("s.yaml:5:13: silense.yaml: no such file; did you mean 'silence.yaml'?"));
  std::filesystem::create_directory(folder.path() / "other");
  folder.write("other/mocap.yaml", "");
  folder.write("other/mine.yaml", "name: mine\nworkload: mocap.yaml\n");
  EXPECT_THAT(error_of([&] { read(folder, stream + "scenarios: [silence.yaml, other/mine.yaml]\n"); }),
              HasSubstr("s.yaml:5:27: scenario 'other/mine.yaml' means another mocap.yaml than those above; "
                        "give workloads"));
  folder.write("mute.yaml", "name: mute\nworkload: nothing.yaml\n");
  EXPECT_THAT(
      error_of([&] { read(folder, stream + "scenarios: [mute.yaml]\n"); }),
      testing::AllOf(HasSubstr("s.yaml:5:13: "), HasSubstr("mute.yaml:2:11: nothing.yaml: no such file")));
}

TEST(StudyInputs, ScenariosAreCheckedBeforeTheWork) {
  const TemporaryFolder folder;
  const std::string stream(kStream);
  const auto error = [&](const std::string& rest) { return error_of([&] { read(folder, stream + rest); }); };
  folder.write("mine.yaml", "name: mine\nevents: [{frame: 2, off: [speech]}, {frame: 3, off: [text]}]\n");
  const std::string mine = "workloads: [mocap.yaml]\nscenarios: [mine.yaml]\n";
  EXPECT_THAT(error(mine + "frames: [9]\n"),
              HasSubstr("s.yaml:6:13: 9 frames without a period; give the time from one to the next, such as "
                        "periods: [40ms]"));
  EXPECT_THAT(error("workloads: [mocap.yaml]\nframes: [1, 9]\n"), HasSubstr("s.yaml:6:13: 9 frames"));
  EXPECT_THAT(
      error(mine + "every: [5]\nframes: [9]\nperiods: [5ms]\n"),
      testing::AllOf(HasSubstr("s.yaml:6:13: "),
                     HasSubstr("mine.yaml:2:10: switches 'speech' off, which is off then; the events begin "
                               "again behind the last, so that they must end as they began")));
  EXPECT_THAT(error("workloads: [vlocnet.yaml]\nscenarios: [silence.yaml]\n"),
              testing::AllOf(HasSubstr("s.yaml:6:13: "), HasSubstr("silence.yaml:"),
                             HasSubstr("the workload has no modality 'text'")));
  EXPECT_THAT(
      error(mine + "modalities: [all, 'text,mocap']\n"),
      HasSubstr("s.yaml:7:19: modalities 'text,mocap' with scenario 'mine.yaml', which says which are "
                "on; leave modalities out"));
  folder.write("empty.yaml", "name: empty\nworkload: two.yaml\nevents: [{frame: 2, off: [m]}]\n");
  folder.write("two.yaml",
               "name: two\nlayers:\n  - {name: a, type: fc, modality: m, in_features: 4, out_features: 4}\n");
  EXPECT_THAT(error("scenarios: [empty.yaml]\nframes: [2]\nperiods: [1ms]\n"),
              testing::AllOf(HasSubstr("s.yaml:5:13: "), HasSubstr("empty.yaml:3:10: ")));
  const StudyInputs late = read(folder, stream + mine + "frames: [1, 3]\nperiods: [1ms]\n");
  EXPECT_THAT(late.warnings, ElementsAre(testing::EndsWith("s.yaml:6:13: point 1 (frames 1): no event comes "
                                                           "before the last frame")));
}

TEST(StudyInputs, TheRecordHoldsScenarios) {
  const TemporaryFolder folder;
  const std::string rest = std::string(kStream) + "workloads: [mocap.yaml]\nscenarios: [mine.yaml]\n";
  folder.write("mine.yaml", "name: mine\nframes: 1\n");
  const StudyInputs before = read(folder, rest);
  EXPECT_EQ(before.record.at("scenario mine.yaml"), sha256("name: mine\nframes: 1\n"));
  folder.write("mine.yaml", "name: mine\nframes: 1\ndeadline: 1ms\n");
  EXPECT_NE(read(folder, rest).digest, before.digest);
}

TEST(Sweep, ParametersTakeEffect) {
  const TemporaryFolder folder;
  const StudyTable table =
      results(read(folder,
                   "workloads: [mocap.yaml]\nplatforms: [cloud.xml]\nmappers: [heft]\nparameters:\n"
                   "  links.uplink.latency: [0us, 10ms]\n"
                   "  accelerators.B.L.power.active_W: [1, 1000]\n"
                   "  hosts.fpga0.idle_W: [0, 5]\n"),
              1);
  ASSERT_EQ(table.rows.size(), 8U);
  const auto number = [&](Study::PointIndex point, const std::string& column) {
    return std::stod(field(table, point, column));
  };
  EXPECT_EQ(number(0, "latency_s"), number(2, "latency_s"));
  EXPECT_LT(number(0, "latency_s"), number(4, "latency_s"));
  EXPECT_LT(number(0, "energy_J"), number(2, "energy_J"));
  EXPECT_EQ(number(0, "energy_J"), number(1, "energy_J"));
  EXPECT_EQ(number(0, "idle_J"), 0);
  EXPECT_GT(number(1, "idle_J"), 0);
}

TEST(Sweep, SameRowsWhateverTheJobs) {
  const TemporaryFolder folder;
  const StudyInputs inputs =
      read(folder, kSmall + "bandwidths: [own, 0.25GBps, 1GBps]\nevaluators: [analytic, replay]\n");
  const StudyTable one = results(inputs, 1);
  EXPECT_EQ(one.rows.size(), 12U);
  EXPECT_EQ(one.rows, results(inputs, 3).rows);
  EXPECT_EQ(one.rows, results(inputs, 40).rows);
}

TEST(Sweep, AStreamOfOneFrameIsAPlainPoint) {
  const TemporaryFolder folder;
  const std::string rest = kSmall + "bandwidths: [own, 0.25GBps]\nmodalities: [all, 'text,mocap']\n";
  const StudyTable plain = results(read(folder, rest), 1);
  const StudyTable stream = results(read(folder, rest + "frames: [1]\n"), 1);
  ASSERT_EQ(plain.rows.size(), 8U);
  for (const auto& [point, _] : plain.rows) {
    for (std::size_t i = 1; i < plain.columns.size(); ++i) {
      const std::string& column = plain.columns[i];
      if (column == "evaluations") continue;  // a stream looks at the mappings of the phases before, too
      EXPECT_EQ(field(plain, point, column), field(stream, point, column)) << column;
    }
    for (const std::string column : {"first_s", "mean_s", "median_s", "p95_s", "p99_s", "max_s"})
      EXPECT_EQ(field(stream, point, column), field(stream, point, "latency_s")) << column;
    EXPECT_EQ(field(stream, point, "energy_per_frame_J"), field(stream, point, "energy_J"));
    EXPECT_EQ(field(stream, point, "deadline_misses"), "");
  }
}

TEST(Sweep, ScenariosAndTheirSettingsTakeEffect) {
  const TemporaryFolder folder;
  const StudyTable table = results(read(folder,
                                        "scenarios: [erased-modality.yaml]\nplatforms: [cloud.xml]\n"
                                        "mappers: [heft]\nevery: [5, 20]\nremap: [warm, cold]\n"
                                        "deadlines: [1us, 1s]\nframes: [41]\n"),
                                   1);
  ASSERT_EQ(table.rows.size(), 8U);
  for (const auto& [point, _] : table.rows) {
    EXPECT_EQ(field(table, point, "workload"), "facebag.yaml");
    EXPECT_EQ(field(table, point, "frames_run"), "41");
    EXPECT_EQ(field(table, point, "phases"), point < 4 ? "9" : "3");
    const bool is_warm = point % 4 < 2;
    EXPECT_EQ(field(table, point, "loaded_bytes") == "0", is_warm);
    EXPECT_EQ(field(table, point, "lost_s") == "0", is_warm);
    EXPECT_EQ(field(table, point, "deadline_misses"), point % 2 == 0 ? "41" : "0");
  }
}

TEST(Sweep, StreamsHaveTheSameRowsWhateverTheJobs) {
  const TemporaryFolder folder;
  const StudyInputs inputs =
      read(folder, std::string(kStream) +
                       "scenarios: [silence.yaml, health-monitoring.yaml]\nremap: [warm, cold, keep]\n"
                       "evaluators: [analytic, replay]\nframes: [110]\n");
  const StudyTable one = results(inputs, 1);
  EXPECT_EQ(one.rows.size(), 12U);
  EXPECT_EQ(one.rows, results(inputs, 3).rows);
  std::ostringstream text;
  write_study_csv(text, one);
  const StudyTable again = parse_study_csv(text.str(), "t.csv");
  EXPECT_EQ(again.columns, one.columns);
  EXPECT_EQ(again.rows, one.rows);
}

TEST(Sweep, InfeasiblePointsAreResults) {
  const TemporaryFolder folder;
  folder.write("p.xml", R"(<?xml version="1.0"?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1"><zone id="z" routing="Full">
<prop id="accelerators" value="c.yaml"/>
<host id="h" speed="1Gf"><prop id="role" value="host"/></host>
<host id="f" speed="1Gf"><prop id="accelerator" value="both"/></host>
<link id="l" bandwidth="1GBps" latency="1us"/><route src="h" dst="f"><link_ctn id="l"/></route>
</zone></platform>)");
  folder.write("c.yaml", R"(accelerators:
  conv: {types: [conv], model: roofline, parameters: {peak_GOPS: 100, efficiency: 1}, data_bits: 16,
    dram: {capacity: 1GB, bandwidth: 10GBps}, power: {active_W: 10}}
  both: {types: [conv, fc, lstm, pool, add, concat], model: roofline, parameters: {peak_GOPS: 100, efficiency: 1},
    data_bits: 16, dram: {capacity: 1GB, bandwidth: 10GBps}, power: {active_W: 10}}
)");
  const StudyTable table = results(read(folder,
                                        "workloads: [cnn_lstm.yaml]\nplatforms: [p.xml]\nmappers: [heft]\n"
                                        "parameters:\n  hosts.f.accelerator: [conv, both]\n"),
                                   1);
  EXPECT_TRUE(is_infeasible(table, table.rows.at(0)));
  EXPECT_THAT(field(table, 0, "message"), HasSubstr("runs on no accelerator of platform"));
  EXPECT_EQ(field(table, 0, "latency_s"), "");
  EXPECT_EQ(field(table, 1, "status"), "ok");
  EXPECT_NE(field(table, 1, "latency_s"), "");
}

TEST(Sweep, Shards) {
  const Study study = parse("workloads: [w]\nplatforms: [p]\nmappers: [h2h]\nseeds: [0, 1, 2, 3, 4]");
  EXPECT_THAT(points_of(study, {1, 2}), ElementsAre(0, 2, 4));
  EXPECT_THAT(points_of(study, {2, 2}), ElementsAre(1, 3));
  EXPECT_THAT(points_of(study, {7, 9}), ElementsAre());
}

/// A table of a study of @p points points with rows for some of them.
StudyTable table_of(const StudyInputs& inputs, const std::vector<Study::PointIndex>& points) {
  StudyTable table = empty_table(inputs);
  for (const Study::PointIndex point : points) {
    table.rows[point] =
        infeasible_row(inputs, point, Error(ErrorKind::infeasible, "no \"way\", none", "a\nhint"));
  }
  return table;
}

TEST(StudyResults, CsvReadsBack) {
  const TemporaryFolder folder;
  const StudyTable table = table_of(read(folder, kSmall + "seeds: [1, 2]"), {0, 2, 3});
  std::ostringstream text;
  write_study_csv(text, table);
  const StudyTable again = parse_study_csv(text.str(), "t.csv");
  EXPECT_EQ(again.columns, table.columns);
  EXPECT_EQ(again.rows, table.rows);
  EXPECT_EQ(again.digest, table.digest);
  EXPECT_EQ(again.points, 4U);
}

TEST(StudyResults, Merging) {
  const TemporaryFolder folder;
  const StudyInputs inputs = read(folder, kSmall + "seeds: [1, 2]");
  const StudyTable odd = table_of(inputs, {0, 2});
  const StudyTable even = table_of(inputs, {1, 3});
  const StudyTable none = table_of(inputs, {});
  EXPECT_EQ(merge({{"b", even}, {"c", none}, {"a", odd}}).rows, table_of(inputs, {0, 1, 2, 3}).rows);
  EXPECT_EQ(error_of([&] {
              merge({{"a", odd}, {"c", none}});
            }),
            "input: 2 of 4 points are missing: 2, 4; give every shard");
  EXPECT_EQ(error_of([&] {
              merge({{"a", odd}, {"b", even}, {"c", odd}});
            }),
            "input: c: point 1 is in a, too; give every shard once");
  EXPECT_EQ(error_of([&] { merge({{"c", none}}); }), "input: no point is in these files; give every shard");
  const StudyInputs other = read(folder, kSmall + "seeds: [3, 4]");
  EXPECT_EQ(error_of([&] {
              merge({{"a", odd}, {"b", table_of(other, {1, 3})}});
            }),
            "input: b: is of study " + other.digest + ", and a of study " + inputs.digest +
                "; merge what one study file gave, by one version of h2h-sim and from unchanged inputs");
}

TEST(StudyResults, MalformedCsv) {
  const TemporaryFolder folder;
  std::ostringstream text;
  write_study_csv(text, table_of(read(folder, kSmall), {0}));
  const auto error = [](const std::string& csv) { return error_of([&] { parse_study_csv(csv, "t.csv"); }); };
  EXPECT_EQ(error("a,b\n"), "input: t.csv:1: holds no results of h2h-sim sweep");
  EXPECT_EQ(error(""), "input: t.csv:1: holds no results of h2h-sim sweep");
  const std::string header = text.str().substr(0, text.str().find('\n') + 1);
  EXPECT_EQ(error(header + "a,b\n"), "input: t.csv:2: 2 fields under 34 columns");
  EXPECT_EQ(error(header + "a\"b\n"),
            "input: t.csv:2: is no row of comma-separated values; quote fields that hold quotes, commas or "
            "ends of lines");
}

TEST(Csv, QuotedFieldsReadBack) {
  const std::vector<std::vector<std::string>> rows = {
      {"a", "", "b c"}, {"\"", ",", "\n"}, {"", "x\r\ny", "\"\""}};
  std::ostringstream text;
  for (const auto& row : rows) write_csv_row(text, row);
  EXPECT_EQ(parse_csv(text.str(), "f"), rows);
  EXPECT_EQ(parse_csv("a,b\r\nc,d", "f"), (std::vector<std::vector<std::string>>{{"a", "b"}, {"c", "d"}}));
}

class JournalTest : public testing::Test {
 protected:
  Journal open(const StudyInputs& inputs, Journal::Start start = Journal::Start::resume) const {
    return Journal(file_, inputs, "1/1", start);
  }
  std::size_t rows_in(const StudyInputs& inputs) const {
    StudyTable table = empty_table(inputs);
    return open(inputs).read_into(table);
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "j";
  StudyInputs inputs_ = read(folder_, kSmall);
};

TEST_F(JournalTest, GoesOnWhereItEnded) {
  const StudyTable written = table_of(inputs_, {0, 1});
  {
    Journal journal = open(inputs_);
    for (const auto& [point, row] : written.rows) journal.append(point, row);
  }
  StudyTable table = empty_table(inputs_);
  EXPECT_EQ(open(inputs_).read_into(table), 2U);
  EXPECT_EQ(table.rows, written.rows);
  { EXPECT_EQ(open(inputs_, Journal::Start::anew).read_into(table), 0U); }
  EXPECT_EQ(rows_in(inputs_), 0U);
}

TEST_F(JournalTest, TornAnywhereItKeepsWholeLines) {
  const StudyTable written = table_of(inputs_, {0, 1});
  {
    Journal journal = open(inputs_);
    for (const auto& [point, row] : written.rows) journal.append(point, row);
  }
  const std::string whole = read_file(file_);
  const std::size_t header = whole.find('\n');
  constexpr std::size_t kStride = 37;  // in the header, which is long, and all of which goes
  for (std::size_t bytes = 0; bytes < whole.size(); bytes += bytes + kStride < header ? kStride : 1) {
    const std::string torn = whole.substr(0, bytes);
    folder_.write("j", torn);
    const auto lines = static_cast<std::size_t>(std::count(torn.begin(), torn.end(), '\n'));
    ASSERT_EQ(rows_in(inputs_), lines == 0 ? 0 : lines - 1) << bytes;
    { open(inputs_).append(1, written.rows.at(1)); }
    ASSERT_EQ(rows_in(inputs_), lines < 2 ? 1U : 2U) << bytes;
  }
}

TEST_F(JournalTest, RefusesWhatIsNotItsOwn) {
  { open(inputs_).append(0, table_of(inputs_, {0}).rows.at(0)); }
  const std::string before = read_file(file_);
  const StudyInputs other = read(folder_, kSmall + "seeds: [2]");
  EXPECT_EQ(error_of([&] { open(other); }), "input: " + file_.string() +
                                                ": holds results of a sweep that was interrupted; since then "
                                                "the study file has changed; undo that, give "
                                                "another --csv, or discard the results by --restart");
  folder_.write("mocap.yaml", read_file(test::source_file("workloads/vlocnet.yaml")));
  const StudyInputs changed = read(folder_, kSmall);
  EXPECT_THAT(error_of([&] { open(changed); }), HasSubstr("since then workload mocap.yaml has changed"));
  EXPECT_THAT(error_of([&] { Journal(file_, inputs_, "1/2", Journal::Start::resume); }),
              HasSubstr("since then --shard has changed"));
  EXPECT_EQ(read_file(file_), before);
  { open(other, Journal::Start::anew); }
  EXPECT_EQ(rows_in(other), 0U);
  folder_.write("j", "my notes\n");
  EXPECT_EQ(error_of([&] { open(inputs_); }),
            "input: " + file_.string() +
                ": is no journal of h2h-sim sweep; give another --csv, or move the file away");
  folder_.write("j", "my notes");
  EXPECT_THAT(error_of([&] { open(inputs_); }), HasSubstr("is no journal of h2h-sim sweep"));
  EXPECT_EQ(read_file(file_), "my notes");
}

}  // namespace
}  // namespace h2h
