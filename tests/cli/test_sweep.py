# SPDX-License-Identifier: Apache-2.0
"""sweep and merge: points, results, interruption at any moment, shards, messages."""

import csv
import io
import json
import os
import pathlib
import pty
import random
import re
import signal
import subprocess
import time
import unittest

from support import INFEASIBLE, INPUT, INTERNAL, SOURCE, TOOL, USAGE, WELL, CommandLineTest

# Two layers on one FPGA: a point takes a few milliseconds.
WORKLOAD = """name: two
layers:
  - {name: c, type: conv, out_channels: 16, in_channels: 16, out_height: 8, out_width: 8, kernel: 3, stride: 1, inputs: []}
  - {name: f, type: fc, in_features: 1024, out_features: 8, inputs: [c]}
"""
# Two senses, of which one comes and goes.
TWO_SENSES = """name: senses
layers:
  - {name: see, type: fc, modality: eye, in_features: 64, out_features: 32, inputs: []}
  - {name: hear, type: fc, modality: ear, in_features: 64, out_features: 32, inputs: []}
  - {name: tell, type: fc, in_features: 64, out_features: 8, inputs: [see, hear]}
"""
PLATFORM = """<?xml version="1.0"?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <zone id="one" routing="Full">
    <prop id="accelerators" value="one.yaml"/>
    <host id="host" speed="1Gf"><prop id="role" value="host"/></host>
    <host id="fpga" speed="1Gf"><prop id="accelerator" value="any"/></host>
    <link id="port" bandwidth="1GBps" latency="1us"/>
    <route src="host" dst="fpga"><link_ctn id="port"/></route>
  </zone>
</platform>
"""
CATALOGUE = """accelerators:
  any: {types: [conv, fc], model: roofline, parameters: {peak_GOPS: 100, efficiency: 1}, data_bits: 16,
    dram: {capacity: 1GB, bandwidth: 10GBps}, power: {active_W: 10, idle_W: 1}}
  conv: {types: [conv], model: roofline, parameters: {peak_GOPS: 100, efficiency: 1}, data_bits: 16,
    dram: {capacity: 1GB, bandwidth: 10GBps}, power: {active_W: 10}}
"""
BEGIN = "schema: h2h-sim/study/1\nname: small\nworkloads: [two.yaml]\nplatforms: [one.xml]\n"
SMALL = BEGIN + "mappers: [heft, h2h]\nparameters: {links.port.bandwidth: [1GBps, 2GBps, 4GBps]}\n"


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


class SweepTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        for name, content in {"two.yaml": WORKLOAD, "one.xml": PLATFORM, "one.yaml": CATALOGUE}.items():
            self.write(name, content)
        self.study = self.write("small.yaml", SMALL)

    def read(self, name):
        return (self.folder / name).read_text()

    def rows(self, *arguments):
        return rows_of(self.succeed("sweep", *arguments, "--csv", "-"))

    def start(self, *arguments, **more):
        """The tool in the background, with a process group of its own."""
        child = subprocess.Popen([TOOL, *map(str, arguments)], cwd=self.folder, env=dict(os.environ, H2H_DATA_DIR=str(SOURCE)),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
                                 **{"stderr": subprocess.DEVNULL, **more})
        self.addCleanup(self.end, child)
        return child

    @staticmethod
    def end(child):
        if child.poll() is None:
            child.kill()
        child.wait()

    def wait_until(self, condition, what, seconds=30):
        last = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), last, what)
            time.sleep(0.005)


def processes(select):
    """Ids of processes whose (parent, group) are selected."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, group = stat.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z" and select(int(parent), int(group)):
            found.append(int(stat.parent.name))
    return found


class Results(SweepTest):
    def test_rows_are_those_of_single_runs(self):
        rows = self.rows(self.study)
        self.assertEqual([(row["mapper"], row["links.port.bandwidth"]) for row in rows],
                         [(mapper, rate) for mapper in ("heft", "h2h") for rate in ("1GBps", "2GBps", "4GBps")])
        for row in rows:
            (self.folder / "one.xml").write_text(PLATFORM.replace("1GBps", row["links.port.bandwidth"]))
            single = rows_of(self.succeed("-p", "one.xml", "-w", "two.yaml", "--mapper", row["mapper"], "--no-timing", "--csv", "-"))
            for column in ["latency_s", "analytic_latency_s", "energy_J", "idle_J", "total_J", "bound_s", "gap", "chain_inputs_s"]:
                self.assertEqual(row[column], single[-1][column], column)
            self.assertEqual(int(row["evaluations"]), sum(int(step["evaluations"]) for step in single))

    def test_settings_are_those_of_the_options(self):
        study = self.write("settings.yaml", """schema: h2h-sim/study/1
name: settings
workloads: [mocap.yaml]
platforms: [cloud.xml]
mappers: ['h2h+sa[evals=500]']
bandwidths: [own, 1GBps]
batches: [2]
modalities: [all, 'speech,text']
evaluators: [analytic, replay]
seeds: [3]
""")
        rows = self.rows(study)
        self.assertEqual(len(rows), 8)
        for row in rows:
            words = ["-p", row["platform"], "-w", row["workload"], "--mapper", row["mapper"], "--batch", row["batch"],
                     "--evaluator", row["evaluator"], "--seed", row["seed"], "--no-timing", "--csv", "-"]
            if row["bandwidth"] != "own":
                words += ["--bandwidth", row["bandwidth"]]
            if row["modalities"] != "all":
                words += ["--modalities", row["modalities"]]
            self.assertEqual(row["latency_s"], rows_of(self.succeed(*words))[-1]["latency_s"], row)

    def test_execution_and_activations_are_those_of_the_options(self):
        study = self.write("ways.yaml", """schema: h2h-sim/study/1
name: ways
workloads: [mocap.yaml]
platforms: [cloud-contended.xml]
mappers: [h2h]
evaluators: [analytic, replay]
activations: [host, direct]
execution: [serial, overlap]
exclude: [{execution: overlap, evaluator: analytic}]
""")
        rows = self.rows(study)
        self.assertEqual(len(rows), 6)
        for row in rows:
            single = rows_of(self.succeed("-p", row["platform"], "-w", row["workload"], "--mapper", row["mapper"], "--evaluator",
                                          row["evaluator"], "--execution", row["execution"], "--activations", row["activations"],
                                          "--no-timing", "--csv", "-"))[-1]
            for column in ["latency_s", "analytic_latency_s", "energy_J", "bound_s", "bound_kind", "gap"]:
                self.assertEqual(row[column], single[column], (column, row))
        self.assertEqual(len({row["latency_s"] for row in rows if row["evaluator"] == "replay"}), 4, "some way makes no difference")
        self.assertEqual(len({row["bound_s"] for row in rows if row["activations"] == "host"}), 2, "bounds are those of the execution")

    def test_json_has_the_same(self):
        rows = self.rows(self.study)
        result = json.loads(self.succeed("sweep", self.study, "--csv", "t.csv", "--json", "-"))
        self.assertEqual((result["schema"], result["points"]), ("h2h-sim/sweep/1", 6))
        for row, point in zip(rows, result["results"], strict=True):
            self.assertEqual(row["study"], result["study"])
            self.assertEqual(point["axes"]["links.port.bandwidth"], row["links.port.bandwidth"])
            self.assertEqual((point["latency_s"], point["exact"]), (float(row["latency_s"]), row["exact"] == "true"))

    def test_infeasible_points_are_recorded(self):
        study = self.write("infeasible.yaml", BEGIN + "mappers: [heft]\nparameters: {hosts.fpga.accelerator: [conv, any]}\n")
        done = self.succeed("sweep", study)
        self.assertEqual(done, "study small: 2 points, 1 of them infeasible, in infeasible.csv\n")
        first, second = rows_of(self.read("infeasible.csv"))
        alone = self.call("-p", self.write("bad.xml", PLATFORM.replace('"any"', '"conv"')), "-w", "two.yaml")
        self.assertEqual(alone.returncode, INFEASIBLE)
        self.assertEqual((first["status"], first["latency_s"]), ("infeasible", ""))
        self.assertIn(first["message"], alone.stderr)
        self.assertEqual((second["status"], second["message"]), ("ok", ""))

    def test_dry_run_lists_points(self):
        lines = self.succeed("sweep", self.study, "--dry-run", "--shard", "2/3").splitlines()
        self.assertEqual(lines, ["point,workload,platform,bandwidth,batch,modalities,mapper,evaluator,seed,execution,activations,"
                                 "links.port.bandwidth",
                                 "2,two.yaml,one.xml,own,,all,heft,analytic,1,serial,host,2GBps",
                                 "5,two.yaml,one.xml,own,,all,h2h,analytic,1,serial,host,2GBps"])
        self.assertEqual(list(self.folder.glob("*.csv*")), [])

    def test_no_replay(self):
        for row in self.rows(self.study, "--no-replay"):
            self.assertEqual(row["latency_s"], row["analytic_latency_s"])

    def test_time_limits_are_warned_of(self):
        study = self.write("timed.yaml", BEGIN + "mappers: ['h2h+sa[time=10ms]']\n")
        done = self.call("sweep", study)
        self.assertEqual(done.returncode, WELL)
        self.assertEqual(done.stderr, "h2h-sim: warning: timed.yaml:5:11: mapper 'h2h+sa[time=10ms]' is limited by wall time: its "
                         "results depend on the machine and on --jobs, and differ from run to run; limit it by evals, such as "
                         "best[evals=100000]\n")

    def test_what_is_odd_of_a_platform_is_said_once(self):
        study = self.write("odd.yaml", """schema: h2h-sim/study/1
name: odd
workloads: [mocap.yaml]
platforms: [cloud.xml]
mappers: [heft]
parameters: {links.uplink.latency: [1us, 2us, 3us]}
""")
        done = self.call("sweep", study, "-j", "1")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (WELL, 1), done.stderr)
        self.assertRegex(done.stderr, r"warning: point 1 \(links.uplink.latency 1us\): .*cloud.xml: host routes over link 'host_port_")


class Determinism(SweepTest):
    def test_same_bytes_whatever_the_jobs(self):
        outputs = [self.succeed("sweep", self.study, "-j", jobs, "--csv", "-") for jobs in (1, 2, 5)]
        self.assertEqual(len(set(outputs)), 1)

    def test_no_result_goes_where_the_journal_is(self):
        self.fail_with(USAGE, "--json and the journal both write to o.csv.journal; give each a file of its own", "sweep", self.study,
                       "--csv", "o.csv", "--json", "o.csv.journal")
        self.assertFalse((self.folder / "o.csv").exists())

    def test_shards_merge_to_the_whole(self):
        self.succeed("sweep", self.study, "--csv", "whole.csv", "--json", "whole.json")
        shards = [f"small.{i}of4.csv" for i in range(1, 5)]
        for i in range(1, 5):
            said = self.succeed("sweep", self.study, "--shard", f"{i}/4")
            self.assertRegex(said, rf"^study small, shard {i}/4: [12] points in small.{i}of4.csv\n$")
        self.succeed("merge", "-o", "all.csv", "--json", "all.json", *reversed(shards))
        self.assertEqual(self.read("all.csv"), self.read("whole.csv"))
        self.assertEqual(self.read("all.json"), self.read("whole.json"))
        self.assertEqual(self.succeed("merge", *shards), self.read("whole.csv"))

        self.fail_with(INPUT, "1 of 6 points are missing: 4; give every shard", "merge", *shards[:3])
        self.fail_with(INPUT, "small.1of4.csv: point 1 is in small.1of4.csv, too; give every shard once", "merge", *shards, shards[0])
        self.write("two.yaml", WORKLOAD.replace("kernel: 3", "kernel: 1"))
        before = rows_of(self.read(shards[0]))[0]["study"]
        self.succeed("sweep", self.study, "--shard", "1/4")
        after = rows_of(self.read(shards[0]))[0]["study"]
        self.fail_with(INPUT, f"small.2of4.csv: is of study {before}, and small.1of4.csv of study {after}; merge what one study file "
                       "gave, by one version of h2h-sim and from unchanged inputs", "merge", *shards)

    def test_more_shards_than_points(self):
        whole = self.succeed("sweep", self.study, "--csv", "-")
        for i in range(1, 9):
            self.succeed("sweep", self.study, "--shard", f"{i}/8", "--csv", f"{i}.csv")
        self.assertEqual(self.succeed("merge", *[f"{i}.csv" for i in range(1, 9)]), whole)


class Streams(SweepTest):
    AXES = "frames: [7]\nperiods: [1ms]\nevery: [1, 3]\nremap: [warm, cold]\n"

    def setUp(self):
        super().setUp()
        self.write("two.yaml", TWO_SENSES)
        self.write("blink.yaml", "name: blink\nworkload: two.yaml\nevents: [{frame: 2, off: [eye]}, {frame: 4, on: [eye]}]\n")
        self.begin = "schema: h2h-sim/study/1\nname: streams\nplatforms: [one.xml]\nmappers: [h2h, heft]\n"
        self.streams = self.write("streams.yaml", self.begin + "scenarios: [blink.yaml]\n" + self.AXES)

    def test_points(self):
        lines = self.succeed("sweep", self.streams, "--dry-run").splitlines()
        self.assertEqual(lines[0], "point,workload,platform,bandwidth,batch,modalities,mapper,evaluator,seed,execution,activations,"
                                   "scenario,every,frames,period,deadline,remap,evict")
        self.assertEqual(lines[-1], "8,two.yaml,one.xml,own,,all,heft,analytic,1,serial,host,blink.yaml,3,7,1ms,,cold,lru")

    def test_rows(self):
        rows = self.rows(self.streams)
        self.assertEqual([(row["frames_run"], row["phases"]) for row in rows], 2 * [("7", "7"), ("7", "7"), ("7", "3"), ("7", "3")])
        for row in rows:
            self.assertEqual((row["status"], row["deadline_misses"], row["workload"]), ("ok", "", "two.yaml"))
            latencies = [float(row[column]) for column in ("median_s", "p95_s", "p99_s", "max_s")]
            self.assertEqual(latencies, sorted(latencies))
            self.assertGreaterEqual(float(row["latency_s"]), float(row["bound_s"]))

    def test_same_bytes_whatever_the_jobs_and_in_shards(self):
        outputs = {self.succeed("sweep", self.streams, "-j", jobs, "--csv", "-") for jobs in (1, 2, 5)}
        self.assertEqual(len(outputs), 1)
        for i in (1, 2, 3):
            self.succeed("sweep", self.streams, "--shard", f"{i}/3")
        self.assertEqual(self.succeed("merge", *[f"streams.{i}of3.csv" for i in (1, 2, 3)]), outputs.pop())

    def test_killed_it_goes_on(self):
        study = self.write("long.yaml", self.begin + "scenarios: [blink.yaml]\nframes: [50, 200, 400]\nperiods: [1ms]\nevery: [1, 2, 3]\n")
        self.succeed("sweep", study, "-j", "1", "--csv", "undisturbed.csv")
        child = self.start("sweep", study, "-j", "1", "--csv", "killed.csv")
        journal = self.folder / "killed.csv.journal"
        self.wait_until(lambda: journal.exists() and journal.read_text().count("\n") > 2, "no rows come")
        self.end(child)
        self.assertTrue(journal.exists(), "it came to its end before it was killed")
        self.succeed("sweep", study, "-j", "1", "--csv", "killed.csv")
        self.assertEqual(self.read("killed.csv"), self.read("undisturbed.csv"))

    def test_json_has_numbers_and_null(self):
        self.succeed("sweep", self.streams, "--json", "s.json", "--csv", "s.csv")
        point = json.loads(self.read("s.json"))["results"][0]
        self.assertEqual(point["axes"]["scenario"], "blink.yaml")
        self.assertEqual((point["frames_run"], point["phases"], point["deadline_misses"]), (7, 7, None))

    def test_another_scenario_is_another_study(self):
        self.succeed("sweep", self.streams)
        (self.folder / "blink.yaml").write_text(self.read("blink.yaml") + "deadline: 1s\n")
        self.assertEqual(self.succeed("sweep", self.streams), "study streams: 8 points in streams.csv\n")
        self.assertEqual({row["deadline_misses"] for row in rows_of(self.read("streams.csv"))}, {"0"})

    def test_a_stream_of_one_frame_is_a_plain_point(self):
        plain = self.rows(self.write("plain.yaml", self.begin + "workloads: [two.yaml]\n"))
        streams = self.rows(self.write("one-frame.yaml", self.begin + "workloads: [two.yaml]\nframes: [1]\n"))
        self.assertEqual(len(plain), 2)
        for one, other in zip(plain, streams):
            for column in one.keys() - {"study", "evaluations"}:  # a stream judges the mapping found once more
                self.assertEqual(one[column], other[column], column)

    def test_messages(self):
        begin = self.begin + "scenarios: [blink.yaml]\n"
        self.write("s.yaml", begin + "frames: [9]\n")
        self.fail_with(INPUT, "s.yaml:5:13: 9 frames without a period; give the time from one to the next, such as periods: [40ms]",
                       "sweep", "s.yaml")
        self.write("s.yaml", begin + "modalities: [eye]\n")
        self.fail_with(INPUT, "s.yaml:6:14: modalities 'eye' with scenario 'blink.yaml', which says which are on; leave modalities out",
                       "sweep", "s.yaml")
        self.write("s.yaml", begin.replace("blink", "wink"))
        self.fail_with(INPUT, "s.yaml:5:13: wink.yaml: no such file; did you mean 'blink.yaml'?", "sweep", "s.yaml")
        self.write("wink.yaml", "name: wink\nworkload: two.yaml\nevents: [{frame: 2, off: [eyes]}]\n")
        self.write("s.yaml", begin.replace("blink", "wink") + "frames: [9]\nperiods: [1ms]\n")
        self.fail_with(INPUT, "s.yaml:5:13: wink.yaml:3:10: the workload has no modality 'eyes'; did you mean 'eye'?", "sweep", "s.yaml")
        self.write("s.yaml", begin + "frames: [1, 9]\nperiods: [1ms]\n")
        done = self.call("sweep", "s.yaml")
        self.assertEqual((done.returncode, done.stderr), (WELL, "h2h-sim: warning: s.yaml:5:13: point 1 (mapper h2h, frames 1): no event "
                                                          "comes before the last frame\n"))


class Interruption(SweepTest):
    def test_killed_at_random_moments(self):
        seeds = ", ".join(map(str, range(300)))
        study = self.write("many.yaml", BEGIN + f"mappers: [heft]\nbandwidths: [1GBps, 2GBps]\nseeds: [{seeds}]\n")
        began = time.monotonic()
        self.succeed("sweep", study, "-j", "2", "--csv", "undisturbed.csv")
        whole_s = time.monotonic() - began
        moments = random.Random(20)
        resumed = 0
        for _ in range(20):
            child = self.start("sweep", study, "-j", "2", "--csv", "killed.csv")
            time.sleep(moments.uniform(0, whole_s / 3))
            child.kill()
            child.wait()
            self.wait_until(lambda: not processes(lambda parent, group: group == child.pid), "workers outlive a killed sweep")
            journal = self.folder / "killed.csv.journal"
            if (self.folder / "killed.csv").exists() and not journal.exists():
                (self.folder / "killed.csv").unlink()  # it came to its end: begin again
            elif journal.exists() and journal.read_text().count("\n") > 1:
                resumed += 1
        self.assertGreater(resumed, 3)
        self.succeed("sweep", study, "-j", "2", "--csv", "killed.csv")
        self.assertEqual(self.read("killed.csv"), self.read("undisturbed.csv"))
        # A file beside the result may be left where the kill fell between its writing and its renaming.
        left = [path.name for path in self.folder.glob("killed*") if path.suffix != ".part"]
        self.assertEqual(left, ["killed.csv"])

    def interrupted(self):
        """A study whose last points never end, under way, with four rows in its journal."""
        study = self.write("slow.yaml", BEGIN + "mappers: [heft, h2h, 'h2h+sa[evals=100000000]']\nseeds: [1, 2]\n")
        child = self.start("sweep", study, "-j", "1")
        journal = self.folder / "slow.csv.journal"
        self.wait_until(lambda: journal.exists() and journal.read_text().count("\n") == 5, "no rows come")
        return study, child, journal

    def test_a_changed_study_is_refused(self):
        study, child, journal = self.interrupted()
        self.fail_with(INPUT, "slow.csv.journal: another sweep is at work on it; wait for it, or give another --csv", "sweep", study)
        self.end(child)
        hint = "undo that, give another --csv, or discard the results by --restart"
        begun = "slow.csv.journal: holds results of a sweep that was interrupted; since then"
        quick = BEGIN + "mappers: [heft]\n"
        kept = journal.read_text()
        for change, file, content in [("the study file", "slow.yaml", quick),
                                      ("workload two.yaml", "two.yaml", WORKLOAD + "# mine\n"),
                                      ("platform one.xml", "one.xml", PLATFORM + "<!-- mine -->\n"),
                                      ("the catalogue of platform one.xml", "one.yaml", CATALOGUE + "# mine\n")]:
            before = self.read(file)
            self.write(file, content)
            self.fail_with(INPUT, f"{begun} {change} has changed; {hint}", "sweep", study)
            self.write(file, before)
        self.fail_with(INPUT, f"{begun} --cfg or --no-replay has changed; {hint}", "sweep", study, "--no-replay")
        self.fail_with(INPUT, f"{begun} --shard has changed; {hint}", "sweep", study, "--shard", "1/2", "--csv", "slow.csv")
        self.assertEqual(journal.read_text(), kept)
        self.write("slow.yaml", quick)
        self.assertEqual(self.succeed("sweep", study, "--restart"), "study small: 1 points in slow.csv\n")
        self.assertFalse(journal.exists())

    def test_comments_may_change(self):
        self.succeed("sweep", self.study)
        self.write("small.yaml", "# why\n" + SMALL)
        self.assertEqual(self.succeed("sweep", self.study), "study small: all 6 points are in small.csv already; --restart runs them again\n")

    def test_a_finished_study(self):
        self.succeed("sweep", self.study, "--json", "first.json")
        before = (self.folder / "small.csv").stat()
        self.assertIn("already", self.succeed("sweep", self.study, "--json", "second.json"))
        self.assertEqual((self.folder / "small.csv").stat().st_mtime_ns, before.st_mtime_ns)
        self.assertEqual(self.read("first.json"), self.read("second.json"))
        self.assertEqual(self.succeed("sweep", self.study, "--restart"), "study small: 6 points in small.csv\n")
        self.write("one.yaml", CATALOGUE.replace("active_W: 10", "active_W: 20"))
        first = rows_of(self.read("small.csv"))[0]
        self.assertEqual(self.succeed("sweep", self.study), "study small: 6 points in small.csv\n")
        self.assertEqual(float(rows_of(self.read("small.csv"))[0]["energy_J"]), 2 * float(first["energy_J"]))

    def test_a_worker_that_dies(self):
        self.write("slow.yaml", BEGIN + "mappers: ['h2h+sa[evals=100000000]', heft, h2h]\n")
        child = self.start("sweep", "slow.yaml", "-j", "1", stderr=subprocess.PIPE)
        self.wait_until(lambda: (self.folder / "slow.csv.journal").exists(), "no journal")
        workers = []

        def found():
            workers[:] = processes(lambda parent, group: parent == child.pid)
            return bool(workers)
        self.wait_until(found, "no worker")
        os.kill(workers[0], signal.SIGKILL)
        _, said = child.communicate(timeout=60)
        self.assertEqual(child.returncode, INTERNAL)
        self.assertEqual(said.decode(), "h2h-sim: point 1 (mapper h2h+sa[evals=100000000]): signal 9 (Killed) ended its process; all other "
                         "points are done, and the same command tries again what is missing\n")
        self.assertEqual(self.read("slow.csv.journal").count("\n"), 3)
        self.assertFalse((self.folder / "slow.csv").exists())


class Messages(SweepTest):
    def test_usage(self):
        self.fail_with(USAGE, "no study; give a study file, such as h2h-sim sweep study.yaml", "sweep")
        self.fail_with(USAGE, "no file to merge; give the CSV of every shard, such as shard-*.csv", "merge")
        for shard in ["0/2", "3/2", "1", "1/", "x/2", "-1/2", "1/1000000", "1/99999999999999999999"]:
            self.fail_with(USAGE, f"--shard '{shard}'; give I/N, such as 1/4 for the first of four, N at most 100000", "sweep",
                           self.study, "--shard", shard)
        self.fail_with(USAGE, "only one result can go to standard output; give the others a file", "sweep", self.study, "--csv", "-",
                       "--json", "-")
        self.fail_with(USAGE, "--csv two.yaml would overwrite what is read from there; give another file", "sweep", self.study,
                       "--csv", "two.yaml")
        self.fail_with(USAGE, "unknown option '--shards'; did you mean '--shard'?", "sweep", self.study, "--shards", "1/2")

    def test_files(self):
        self.fail_with(INPUT, "nothing.yaml: cannot be read: No such file or directory", "sweep", "nothing.yaml")
        self.fail_with(INPUT, "two.yaml:1:1: the document lacks the key 'schema'", "sweep", "two.yaml")
        self.fail_with(INPUT, "two.yaml:1: holds no results of h2h-sim sweep", "merge", "two.yaml")
        self.write("broken.yaml", BEGIN + "mappers: [heft]\nparameters: {links.prt.bandwidth: [1GBps]}\n")
        self.fail_with(INPUT, "broken.yaml:6:36: one.xml has no 'links.prt.bandwidth'; did you mean 'links.port.bandwidth'?", "sweep",
                       "broken.yaml")
        self.write("deaf.yaml", BEGIN.replace("two", "mocap") + "mappers: [heft]\nmodalities: [all, 'text,spech']\n")
        self.fail_with(INPUT, "deaf.yaml:6:19: workload 'mocap' has no modality 'spech'; did you mean 'speech'?", "sweep", "deaf.yaml")
        self.write("small.csv.journal", "notes")
        self.fail_with(INPUT, "small.csv.journal: is no journal of h2h-sim sweep; give another --csv, or move the file away", "sweep",
                       self.study)

    def test_overlap_needs_replays(self):
        self.write("overlap.yaml", BEGIN + "mappers: [h2h]\nexecution: [overlap]\n")
        self.fail_with(INPUT, "overlap.yaml:6:13: execution overlap: the analytic evaluator knows serial execution only; search by "
                       "evaluators: [replay], or leave such points out, by exclude: [{execution: overlap, evaluator: analytic}]",
                       "sweep", "overlap.yaml")
        self.write("overlap.yaml", BEGIN + "mappers: [h2h]\nexecution: [overlap]\nevaluators: [replay]\n")
        self.fail_with(USAGE, "overlap.yaml:6:13: execution overlap with --no-replay: only replays know overlapped execution; leave "
                       "--no-replay out", "sweep", "overlap.yaml", "--no-replay")

    def test_direct_activations_need_routes_between_fpgas(self):
        self.write("apart.xml", PLATFORM.replace('<link id="port"', '<host id="other" speed="1Gf"><prop id="accelerator" value="any"/></host>\n'
                                                 '    <link id="port"')
                   .replace("</zone>", '  <route src="host" dst="other"><link_ctn id="port"/></route>\n  </zone>'))
        self.write("apart.yaml", BEGIN.replace("one.xml", "apart.xml") + "mappers: [h2h]\nactivations: [host, direct]\n")
        done = self.call("sweep", "apart.yaml", "-j", "1")
        self.assertEqual(done.returncode, INPUT, done.stderr)
        alone = self.call("-p", "apart.xml", "-w", "two.yaml", "--activations", "direct")
        self.assertEqual(alone.returncode, INPUT, alone.stderr)
        self.assertEqual(done.stderr, alone.stderr.replace("h2h-sim: ", "h2h-sim: point 2 (activations direct): "))
        self.assertEqual(self.read("apart.csv.journal").count("\n"), 2)

    def test_what_only_simgrid_finds_ends_the_sweep_and_keeps_the_rest(self):
        self.write("late.yaml", BEGIN + "mappers: [heft]\nparameters: {hosts.fpga.dram_capacity: [1GB, 2GB, 3]}\n")
        self.fail_with(INPUT, "point 3 (hosts.fpga.dram_capacity 3): one.xml: host 'fpga': property dram_capacity is '3'; give B, kB, MB, GB, "
                       "KiB, MiB or GiB, such as 1GB", "sweep", "late.yaml", "-j", "1")
        self.assertEqual(self.read("late.csv.journal").count("\n"), 3)
        self.assertFalse((self.folder / "late.csv").exists())

    def test_progress_on_a_terminal(self):
        mine, theirs = pty.openpty()
        child = self.start("sweep", self.study, "-j", "1", stderr=theirs)
        os.close(theirs)
        said = b""
        while True:
            try:
                said += os.read(mine, 4096)
            except OSError:  # the other side is closed
                break
        os.close(mine)
        self.assertEqual(child.wait(), WELL)
        shown = [line for line in said.decode().split("\r\033[K") if line]
        self.assertTrue(shown, said)
        for line in shown:
            self.assertLessEqual(len(line), 79)
            self.assertTrue(re.fullmatch(r"\[#*\.*\] [0-6]/6 points(, [0-9.e+]+/s, [0-9:]+ left)?", line), line)
        self.assertTrue(said.endswith(b"\r\033[K"), "the line stays")


if __name__ == "__main__":
    unittest.main()
