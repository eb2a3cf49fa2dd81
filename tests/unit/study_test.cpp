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
