# SPDX-License-Identifier: Apache-2.0
"""compare: the ranking as table, markdown, CSV and JSON, and its messages."""

import csv
import io
import json
import math
import unittest

from support import INPUT, USAGE, CommandLineTest

FIELD = ["--mapper", "h2h", "--mapper", "h2h-release", "--mapper", "heft", "--mapper", "best[evals=2000]", "--no-timing"]


class Compare(CommandLineTest):
    def compare(self, *more):
        return self.succeed("compare", "-p", "cloud.xml", "-w", "mocap.yaml", "-w", "casua_surf.yaml", *FIELD, *more)

    def test_table(self):
        table = self.compare()
        self.assertLessEqual(max(map(len, table.splitlines())), 80)
        self.assert_golden("compare.txt", table)

    def test_markdown(self):
        self.assert_golden("compare.md", self.compare("--markdown", "-"))

    def test_csv_and_json_agree_with_single_runs(self):
        rows = list(csv.DictReader(io.StringIO(self.compare("--csv", "-"))))
        self.assertEqual(len(rows), 8)
        contests = json.loads(self.compare("--json", "-"))
        self.assertEqual(contests["schema"], "h2h-sim/comparison/1")
        entries = [(contest, entry) for contest in contests["contests"] for entry in contest["entries"]]
        for row, (contest, entry) in zip(rows, entries):
            self.assertEqual((row["workload"], row["mapper"]), (contest["workload"], entry["mapper"]))
            for key in ["latency_s", "analytic_latency_s", "energy_J", "gap"]:
                self.assertEqual(float(row[key]), entry[key])
            self.assertEqual(float(row["bound_s"]), contest["bound"]["latency_s"])
            self.assertAlmostEqual(float(row["gap"]), float(row["latency_s"]) / float(row["bound_s"]) - 1, places=9)
            self.assertEqual(float(row["ratio"]), float(row["latency_s"]) / contest["entries"][0]["latency_s"])
            single = self.succeed("-p", "cloud.xml", "-w", f"{row['workload']}.yaml", "--mapper", row["mapper"], "--no-timing",
                                  "--csv", "-")
            self.assertEqual(list(csv.DictReader(io.StringIO(single)))[-1]["latency_s"], row["latency_s"])
        for contest in contests["contests"]:
            latencies = [entry["latency_s"] for entry in contest["entries"]]
            self.assertEqual(latencies, sorted(latencies))

    def test_standings_are_geometric_means(self):
        rows = list(csv.DictReader(io.StringIO(self.compare("--csv", "-"))))
        mean = math.prod(float(row["ratio"]) for row in rows if row["mapper"] == "heft") ** 0.5
        line = next(line for line in self.compare().split("all 2:")[1].splitlines() if line.split()[:1] == ["heft"])
        self.assertEqual(line.split()[1], f"{mean:.3f}")

    def test_several_bandwidths(self):
        rows = list(csv.DictReader(io.StringIO(self.compare("--csv", "-", "--bandwidth", "0.25GBps", "--bandwidth", "1GBps"))))
        self.assertEqual([row["bandwidth"] for row in rows], 2 * (4 * ["0.25GBps"] + 4 * ["1GBps"]))

    def test_same_bytes_whatever_the_jobs(self):
        self.assertEqual(self.compare("--csv", "-", "-j", "1"), self.compare("--csv", "-", "-j", "3"))

    def test_messages(self):
        self.fail_with(USAGE, "--platform is missing; such as --platform cloud.xml; it may be repeated", "compare")
        self.fail_with(USAGE, "--workload is missing; such as --workload vlocnet.yaml; it may be repeated", "compare", "-p", "cloud.xml")
        self.fail_with(USAGE, "only one result can go to standard output; give the others a file", "compare", "--csv", "-",
                       "--markdown", "-")
        self.fail_with(USAGE, "compare starts from no mapping; leave --mapping out, or use run", "compare", "-p", "cloud.xml", "-w",
                       "mocap.yaml", "--mapping", "m.yaml")
        self.fail_with(USAGE, "--mapper heft is given twice; name each once", "compare", "-p", "cloud.xml", "-w", "mocap.yaml",
                       "--mapper", "heft", "--mapper", "peft", "--mapper", "heft")
        mine = self.write("mine.yaml", "name: w")
        done = self.call("compare", "-p", "cloud.xml", "-w", mine, "--csv", mine)
        self.assertEqual((done.returncode, (self.folder / mine).read_text()), (USAGE, "name: w"), done.stderr)
        self.assertEqual(self.call("compare", "-p", "cloud.xml", "-w", "nothing.yaml").returncode, INPUT)


class Streams(CommandLineTest):
    def compare(self, *more):
        return self.succeed("compare", "-p", "cloud.xml", "--scenario", "erased-modality.yaml", "--mapper", "h2h", "--mapper", "heft",
                            *more)

    def test_table(self):
        table = self.compare()
        self.assertLessEqual(max(map(len, table.splitlines())), 80)
        self.assert_golden("compare-erased-modality.txt", table)

    def test_markdown(self):
        self.assert_golden("compare-erased-modality.md", self.compare("--markdown", "-"))

    def rows(self, *more):
        return list(csv.DictReader(io.StringIO(self.compare("--csv", "-", "--no-timing", *more))))

    def test_ranks(self):
        rows = self.rows()
        self.assertEqual(sorted((row["mapper"], row["remap"]) for row in rows),
                         [(mapper, remap) for mapper in ("h2h", "heft") for remap in ("cold", "keep", "warm")])
        ranks = [(float(row["median_s"]), float(row["lost_s"])) for row in rows]
        self.assertEqual(ranks, sorted(ranks))

    def test_rows_are_those_of_single_runs(self):
        for row in self.rows():
            single = self.succeed("-p", "cloud.xml", "--scenario", "erased-modality.yaml", "--mapper", row["mapper"], "--remap",
                                  row["remap"], "--no-timing", "--csv", "-")
            whole = next(one for one in csv.DictReader(io.StringIO(single)) if one["phase"] == "all" and one["remap"] == row["remap"])
            for column in ["frames", "mean_s", "median_s", "p95_s", "p99_s", "max_s", "deadline_misses", "lost_s", "loaded_bytes",
                           "layers_moved", "sustainable_period_s", "throughput_Hz", "energy_per_frame_J", "evict"]:
                self.assertEqual(row[column], whole[column], column)

    def test_json_agrees_with_csv(self):
        document = json.loads(self.compare("--json", "-", "--no-timing"))
        self.assertEqual(document["schema"], "h2h-sim/scenario-comparison/1")
        contest, = document["contests"]
        for row, entry in zip(self.rows(), contest["entries"], strict=True):
            self.assertEqual((row["mapper"], row["remap"], row["scenario"]), (entry["mapper"], entry["remap"], contest["scenario"]))
            for key in ["median_s", "lost_s", "loaded_bytes", "sustainable_period_s", "energy_per_frame_J"]:
                self.assertEqual(float(row[key]), entry[key])

    def test_one_way_of_remapping(self):
        self.assertEqual({row["remap"] for row in self.rows("--remap", "keep")}, {"keep"})

    def test_several_contests_and_the_same_bytes_whatever_the_jobs(self):
        several = ["--bandwidth", "0.25GBps", "--bandwidth", "1GBps", "--remap", "warm"]
        rows = self.rows(*several, "-j", "1")
        self.assertEqual([row["bandwidth"] for row in rows], 2 * ["0.25GBps"] + 2 * ["1GBps"])
        self.assertEqual(rows, self.rows(*several, "-j", "3"))

    def test_without_a_change_there_is_one_row_a_mapper(self):
        table = self.succeed("compare", "-p", "cloud.xml", "-w", "mocap.yaml", "--frames", "3", "--period", "5ms")
        mappers = [line.split()[:2] for line in table.splitlines()[4:] if line.strip()][:7]
        self.assertEqual(sorted(mappers), [[name, "-"] for name in ["h2h", "heft", "heft-lookahead", "kwon", "min-min", "peft",
                                                                    "series-parallel"]])

    def test_wall_times_can_be_left_out(self):
        with_times = list(csv.DictReader(io.StringIO(self.compare("--csv", "-", "--remap", "warm"))))
        self.assertGreater(float(with_times[0]["search_s"]), 0)
        self.assertNotIn("search_s", self.rows("--remap", "warm")[0])

    def test_messages(self):
        stream = ["compare", "-p", "cloud.xml", "--scenario", "silence.yaml"]
        self.fail_with(USAGE, "--bound is about a single frame, and there are streams; leave it out", *stream, "--bound", "lp")
        self.fail_with(USAGE, "compare --trace is about single frames, and there are streams; trace one by h2h-sim run", *stream,
                       "--trace", "t.trace")
        self.fail_with(USAGE, "--remap without a stream; give --frames or --scenario", "compare", "-p", "cloud.xml", "-w", "mocap.yaml",
                       "--remap", "warm")
        self.fail_with(USAGE, "9 frames without a period; give --period, the time from one to the next, such as --period 40ms",
                       "compare", "-p", "cloud.xml", "-w", "mocap.yaml", "--frames", "9")
        self.fail_with(USAGE, "--platform is missing; such as --platform cloud.xml; it may be repeated", "compare", "--scenario",
                       "silence.yaml")
        self.fail_with(USAGE, "--mapper heft is given twice; name each once", *stream, "--mapper", "heft", "--mapper", "heft")
        mine = self.write("mine.yaml", "name: mine")
        self.fail_with(USAGE, "--csv mine.yaml would overwrite what is read from there; give another file", "compare", "-p",
                       "cloud.xml", "--scenario", mine, "--csv", mine)


class Best(CommandLineTest):
    def test_limits(self):
        self.fail_with(USAGE, "mapper 'best': a search is limited by evals or by time, not by both", "-p", "cloud.xml", "-w",
                       "mocap.yaml", "--mapper", "best[evals=10,time=1s]")

    def latency_and_energy(self, objective):
        out = self.succeed("-p", "cloud.xml", "-w", "vlocnet.yaml", "--no-timing", "--csv", "-", "--mapper",
                           f"best[evals=20000,objective={objective}]")
        row = list(csv.DictReader(io.StringIO(out)))[-1]
        return float(row["latency_s"]), float(row["energy_J"])

    def test_objectives(self):
        fast, frugal, both = map(self.latency_and_energy, ["latency", "energy", "edp"])
        self.assertLess(fast[0], frugal[0])
        self.assertLess(frugal[1], fast[1])
        self.assertLessEqual(both[0] * both[1], min(fast[0] * fast[1], frugal[0] * frugal[1]))

    def test_by_replay_it_is_no_worse_than_without(self):
        def latency(evaluator):
            out = self.succeed("-p", "cloud-contended.xml", "-w", "mocap.yaml", "--no-timing", "--csv", "-", "--mapper",
                               "best[evals=100000]", "--evaluator", evaluator)
            return float(list(csv.DictReader(io.StringIO(out)))[-1]["latency_s"])
        self.assertLessEqual(latency("replay"), latency("analytic") * (1 + 1e-9))


if __name__ == "__main__":
    unittest.main()
