# SPDX-License-Identifier: Apache-2.0
"""Streams of frames and scenarios as a user runs them: tables, CSV, JSON against its schema, messages; and cold runs."""

import csv
import io
import itertools
import json
import math
import unittest

import jsonschema
import yaml

from support import INFEASIBLE, INPUT, SOURCE, USAGE, CommandLineTest

SCHEMA = json.loads((SOURCE / "src/report/scenario.schema.json").read_text())
RESULT_SCHEMA = json.loads((SOURCE / "src/report/result.schema.json").read_text())
SHIPPED = sorted(path.name for path in (SOURCE / "workloads" / "scenarios").glob("*.yaml"))
CLOUD = ["-p", "cloud.xml"]
MOCAP = [*CLOUD, "-w", "mocap.yaml"]
OVERLAP = ["--execution", "overlap", "--evaluator", "replay", "--mapper", "heft+weight-locality"]


class StreamTest(CommandLineTest):
    def result(self, *arguments):
        """A stream's JSON, which fits the schema."""
        result = json.loads(self.succeed(*arguments, "--no-timing", "--json", "-"))
        jsonschema.validate(result, SCHEMA)
        return result

    def plain(self, *arguments):
        """The one run of a plain result, which fits the other schema."""
        result = json.loads(self.succeed(*arguments, "--no-timing", "--json", "-"))
        jsonschema.validate(result, RESULT_SCHEMA)
        return result["runs"][0]

    def rows(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.succeed(*arguments, "--csv", "-"))))

    def two_layers_on_one_fpga(self, capacity):
        self.write("w.yaml", "name: w\nlayers:\n"
                             "  - {name: a, type: fc, in_features: 2000, out_features: 2000}\n"
                             "  - {name: b, type: fc, in_features: 2000, out_features: 1000, inputs: [a]}\n")
        self.write("c.yaml", f"""accelerators:
  T: {{types: [fc], model: table, parameters: {{layers: {{a: 10e-3, b: 20e-3}}}}, data_bits: 32,
      dram: {{capacity: {capacity}, bandwidth: 1GBps}}, power: {{active_W: 10}}}}
""")
        self.write("p.xml", """<?xml version="1.0"?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1"><zone id="z" routing="Full"><prop id="accelerators" value="c.yaml"/>
<host id="host" speed="1Gf"><prop id="role" value="host"/></host>
<host id="f0" speed="1Gf"><prop id="accelerator" value="T"/></host>
<link id="l0" bandwidth="100MBps" latency="1ms"/>
<route src="host" dst="f0"><link_ctn id="l0"/></route></zone></platform>
""")
        return ["-w", "w.yaml", "-p", "p.xml"]

    def assert_close(self, a, b):
        self.assertTrue(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-15), f"{a} {b}")


class OneFrame(StreamTest):
    def assert_same(self, *arguments):
        plain = self.plain(*arguments)
        result = self.result(*arguments, "--frames", "1")
        run = result["runs"][0]
        self.assertEqual((result["frames"], len(result["runs"]), result["scenario"], result["period_s"]), (1, 1, None, None))
        self.assertEqual(run["latencies_s"], [plain["latency_s"]])
        self.assertEqual(run["end_s"], plain["latency_s"])
        for key in ["mapper", "evaluator", "execution", "activations", "replayed", "energy_J", "energy", "accelerators", "links"]:
            self.assertEqual(run[key], plain[key], key)
        self.assertEqual(run["energy_per_frame_J"], plain["energy_J"])
        for key in ["mean_s", "median_s", "p95_s", "p99_s", "max_s"]:
            self.assertEqual(run["latency"][key], plain["latency_s"])
        self.assertEqual(run["cold"], plain.get("cold", False))
        self.assertEqual((run["layers_moved"], run["deadline_misses"]), (0, None))
        weights = run["phases"][0]["weights"]
        self.assertEqual(weights["loaded_bytes" if run["cold"] else "reused_bytes"], plain["setup"]["bytes"])
        if not run["cold"]:
            self.assertEqual(run["mappings"][0]["layers"], plain["layers"])
            self.assertEqual(run["mappings"][0]["analytic_latency_s"], plain["analytic_latency_s"])

    def test_equals_the_plain_run(self):
        for workload, platform in [("mocap", "cloud"), ("casua_surf", "cloud-contended"), ("vlocnet", "cloud")]:
            for options in [[], ["--cold"], ["--no-replay"], ["--no-replay", "--cold"], ["--activations", "direct"]]:
                with self.subTest(workload=workload, options=options):
                    self.assert_same("-w", f"{workload}.yaml", "-p", f"{platform}.xml", *options)

    def test_equals_the_plain_run_under_overlapped_execution(self):
        for workload in ["mocap", "casua_surf"]:
            for options in [[], ["--cold"], ["--activations", "direct", "--cold"]]:
                with self.subTest(workload=workload, options=options):
                    self.assert_same("-w", f"{workload}.yaml", "-p", "cloud-contended.xml", *OVERLAP, *options)

    def test_a_scenario_of_one_frame_does_too(self):
        self.write("s.yaml", "name: s\nworkload: cnn_lstm.yaml\non: [audio, rfid]\n")
        run = self.result(*CLOUD, "--scenario", "s.yaml")["runs"][0]
        plain = self.plain(*CLOUD, "-w", "cnn_lstm.yaml", "-m", "audio,rfid")
        self.assertEqual(run["latencies_s"], [plain["latency_s"]])
        self.assertEqual((run["energy"], run["accelerators"]), (plain["energy"], plain["accelerators"]))


class Cold(StreamTest):
    def test_is_the_run_of_the_same_mapping_with_nothing_pinned(self):
        for workload, platform in [("mocap", "cloud"), ("casua_surf", "cloud-contended")]:
            with self.subTest(workload):
                both = ["-w", f"{workload}.yaml", "-p", f"{platform}.xml"]
                cold = self.plain(*both, "--cold", "--save-mapping", "m.yaml")
                warm = self.plain(*both)
                self.assertIs(cold["cold"], True)
                self.assertNotIn("cold", warm)
                self.assertEqual([layer["pinned"] for layer in cold["layers"]], [layer["pinned"] for layer in warm["layers"]])
                self.assertGreater(cold["latency_s"], warm["latency_s"])
                mapping = yaml.safe_load((self.folder / "m.yaml").read_text())
                self.assertTrue(any(entry["pinned"] for entry in mapping["accelerators"].values()))
                for entry in mapping["accelerators"].values():
                    entry["pinned"] = []
                self.write("unpinned.yaml", yaml.safe_dump(mapping))
                unpinned = self.plain("replay", *both, "--mapping", "unpinned.yaml")
                for key in ["latency_s", "energy", "links"]:
                    self.assertEqual(cold[key], unpinned[key], key)
                self.assertEqual([one["busy_s"] for one in cold["accelerators"]],
                                 [one["busy_s"] for one in unpinned["accelerators"]])
                again = self.plain("replay", *both, "--mapping", "m.yaml", "--cold")
                self.assertEqual((again["latency_s"], again["cold"]), (cold["latency_s"], True))

    def test_adds_up_by_hand(self):
        # 4,000,000 weights of 32 bits at 100 MB/s and 1 ms, then 2,000,000; the tensor between them stays.
        both = self.two_layers_on_one_fpga("1GB")
        warm_s = (1e-3 + 8000 / 1e8) + 10e-3 + 20e-3 + (1e-3 + 4000 / 1e8)
        load_s = (1e-3 + 16e6 / 1e8) + (1e-3 + 8e6 / 1e8)
        self.assert_close(self.plain(*both)["latency_s"], warm_s)
        cold = self.plain(*both, "--cold")
        self.assert_close(cold["latency_s"], warm_s + load_s)
        self.assert_close(cold["energy_J"], 10 * (warm_s + load_s))
        # The first frame brings the weights, and the second waits for it.
        run = self.result(*both, "--cold", "--frames", "3", "--period", "200ms", "--deadline", "150ms")["runs"][0]
        for latency_s, expected_s in zip(run["latencies_s"], [warm_s + load_s, 2 * warm_s + load_s - 0.2, warm_s]):
            self.assert_close(latency_s, expected_s)
        self.assertEqual((run["loaded_bytes"], run["deadline_misses"]), (24000000, 1))
        self.assert_close(run["lost_s"], 2 * load_s - (0.2 - warm_s))
        weights = run["phases"][0]["weights"]
        self.assertEqual((weights["loaded_layers"], weights["buffered_bytes"]), (["a", "b"], {"f0": 24000000}))
        self.assert_close(weights["loaded_s"], load_s)
        self.assert_close(weights["loaded_J"], 10 * load_s)
        self.assertTrue(math.isclose(run["sustainable_period_s"], warm_s, rel_tol=2e-3))

    def test_csv_and_table_say_so(self):
        for options, word in [([], "false"), (["--cold"], "true")]:
            self.assertEqual({row["cold"] for row in self.rows(*MOCAP, *options)}, {word})
            header = self.succeed(*MOCAP, *options, "--no-timing", "--csv", "-").splitlines()[0]
            self.assertTrue(header.endswith(",execution,activations,cold"))
        self.assertIn("  11.0 MB of weights loaded in the run, then pinned\n", self.succeed(*MOCAP, "--cold"))
        self.assertIn("  11.0 MB of weights pinned beforehand\n", self.succeed(*MOCAP))


class Streams(StreamTest):
    def test_figures_of_a_stream(self):
        period_s = 5e-3
        result = self.result(*MOCAP, "--frames", "40", "--period", "5ms", "--deadline", "3.8ms")
        self.assertEqual((result["arrivals"], result["period_s"], result["deadline_s"]), ("periodic", period_s, 3.8e-3))
        run = result["runs"][0]
        self.assertEqual(run["arrivals_s"], [frame * period_s for frame in range(40)])
        ordered = sorted(run["latencies_s"])
        for key, rank in [("median_s", 20), ("p95_s", 38), ("p99_s", 40), ("max_s", 40)]:
            self.assertEqual(run["latency"][key], ordered[rank - 1], key)
        self.assert_close(run["latency"]["mean_s"], sum(ordered) / 40)
        self.assert_close(run["end_s"], max(a + b for a, b in zip(run["arrivals_s"], run["latencies_s"])))
        self.assert_close(run["throughput_Hz"], 40 / run["end_s"])
        self.assert_close(run["energy_per_frame_J"], run["energy_J"] / 40)
        self.assertEqual(run["deadline_misses"], sum(latency > 3.8e-3 for latency in ordered))
        self.assertEqual(run["deadline_misses"], 40)  # alone a frame takes 3.83 ms
        self.assertEqual(self.result(*MOCAP, "--frames", "40", "--period", "5ms", "--deadline", "4ms")["runs"][0]
                         ["deadline_misses"], 0)
        alone = self.plain(*MOCAP)
        self.assert_close(run["energy_per_frame_J"], alone["energy_J"])
        self.assertEqual(run["phases"][0]["alone_s"], alone["latency_s"])

    def test_keeps_up_at_the_sustainable_period_and_not_below(self):
        sustainable_s = self.result(*MOCAP, "--frames", "1")["runs"][0]["sustainable_period_s"]
        tail = lambda period_s: self.result(*MOCAP, "--frames", "400", "--period",
                                            f"{period_s * 1e9:.0f}ns")["runs"][0]["latencies_s"][-1]
        alone_s = self.plain(*MOCAP)["latency_s"]
        self.assertLess(tail(1.01 * sustainable_s), 2 * alone_s)
        self.assertGreater(tail(0.97 * sustainable_s), 2 * alone_s)
        fast = self.succeed(*MOCAP, "--frames", "400", "--period", f"{0.97e9 * sustainable_s:.0f}ns")
        self.assertIn("the stream is\n  faster, and its frames take the longer the more there are\n", fast)
        slow = self.succeed(*MOCAP, "--frames", "400", "--period", f"{1.01e9 * sustainable_s:.0f}ns")
        self.assertIn("the stream\n  stays below it\n", slow)

    def test_first_frame_and_steady_state_are_told_apart(self):
        arguments = [*MOCAP, "--frames", "30", "--period", "10ms", "--cold"]
        run = self.result(*arguments)["runs"][0]
        phase = run["phases"][0]
        self.assertEqual(phase["first_s"], run["latencies_s"][0])
        self.assertEqual(phase["steady_s"], sorted(run["latencies_s"][1:])[14])
        self.assert_close(phase["first_s"], self.plain(*MOCAP, "--cold")["latency_s"])
        table = self.succeed(*arguments, "--no-timing")
        self.assert_golden("stream-mocap-cold.txt", table)
        self.assertLessEqual(max(map(len, table.splitlines())), 80)

    def test_random_arrivals_by_seed(self):
        arguments = [*MOCAP, "--frames", "200", "--period", "5ms", "--arrivals", "poisson", "--no-replay"]
        one, again, other = (self.result(*arguments, "--seed", seed) for seed in (1, 1, 2))
        self.assertEqual(one, again)
        self.assertEqual((one["arrivals"], one["seed"], other["seed"]), ("poisson", 1, 2))
        arrivals_s = one["runs"][0]["arrivals_s"]
        self.assertEqual((arrivals_s[0], arrivals_s), (0, sorted(arrivals_s)))
        self.assertNotEqual(arrivals_s, other["runs"][0]["arrivals_s"])
        self.assertTrue(0.8 < arrivals_s[-1] / (199 * 5e-3) < 1.25)
        text = self.succeed(*arguments, "--seed", "2")
        self.assertIn("\n200 frames at random (seed 2), on average one every 5 ms (200.0 frames/s)\n", text)
        self.assertIn("stays below it on average", text)

    def test_same_bytes_whatever_the_jobs(self):
        for options in [["-p", "cloud-contended.xml", "-w", "mocap.yaml", "--frames", "20", "--period", "6ms", "--evaluator", "replay"],
                        [*CLOUD, "--scenario", "silence.yaml"]]:
            outputs = {self.succeed(*options, "--no-timing", "--json", "-", "--jobs", jobs) for jobs in (1, 1, 2)}
            self.assertEqual(len(outputs), 1)
            tables = {self.succeed(*options, "--no-timing", "--csv", "c.csv", "--jobs", jobs) +
                      (self.folder / "c.csv").read_text() for jobs in (1, 2)}
            self.assertEqual(len(tables), 1)

    def test_timing_is_what_no_timing_leaves_out(self):
        arguments = [*CLOUD, "--scenario", "silence.yaml"]
        timed = json.loads(self.succeed(*arguments, "--json", "-"))
        jsonschema.validate(timed, SCHEMA)
        untimed = self.result(*arguments)
        self.assertIn("--scenario silence.yaml", timed.pop("command"))
        for run in timed["runs"]:
            for phase in run["phases"]:
                del phase["search_s"]
        self.assertEqual(timed, untimed)
        header = self.succeed(*arguments, "--csv", "-").splitlines()[0]
        self.assertEqual(header, self.succeed(*arguments, "--no-timing", "--csv", "-").splitlines()[0] + ",search_s")

    def test_several_mappers(self):
        mappers = ["--mapper", "h2h", "--mapper", "heft+weight-locality"]
        result = self.result(*CLOUD, "--scenario", "silence.yaml", *mappers)
        self.assertEqual([(run["mapper"], run["remap"]) for run in result["runs"]],
                         list(itertools.product(["h2h", "heft+weight-locality"], ["warm", "cold", "keep"])))
        table = self.succeed(*CLOUD, "--scenario", "silence.yaml", *mappers, "--no-timing")
        self.assertEqual(table.count("searched by the analytic evaluator; remap warm, evict lru\n"), 2)
        twice = self.result(*MOCAP, "--frames", "2", "--period", "5ms", "--mapper", "h2h", "--mapper", "h2h")["runs"]
        self.assertEqual(len(twice), 2)
        self.assertEqual(twice[0], twice[1])


class Scenarios(StreamTest):
    def test_table_of_the_health_monitor(self):
        text = self.succeed(*CLOUD, "--scenario", "health-monitoring.yaml", "--no-timing")
        self.assert_golden("scenario-health-monitoring.txt", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        readme = (SOURCE / "README.md").read_text()
        section = readme[readme.index("\n## Modalities that come and go"):]
        section = section[:section.index("\n## ", 1)]
        shown = [line[4:] for line in section.splitlines() if line.startswith("    ")]
        self.assertGreater(len(shown), 15)
        printed = text.splitlines()
        for line in shown:
            if not line.startswith(("h2h-sim ", "...")):
                self.assertIn(line, printed)

    def test_every_shipped_scenario(self):
        self.assertGreaterEqual(len(SHIPPED), 6)
        for name in SHIPPED:
            for cold in [[], ["--cold"]]:
                with self.subTest(name, cold=cold):
                    result = self.result(*CLOUD, "--scenario", name, *cold)
                    self.assertEqual([run["remap"] for run in result["runs"]], ["warm", "cold", "keep"])
                    for run in result["runs"]:
                        self.check_run(result, run)
                    self.check_warm(result["runs"][0])
            text = self.succeed(*CLOUD, "--scenario", name)
            self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def check_run(self, result, run):
        phases = run["phases"]
        self.assertEqual(sum(phase["frames"] for phase in phases), result["frames"])
        self.assertEqual(len(run["latencies_s"]), result["frames"])
        for key in ["lost_s", "layers_moved", "deadline_misses"]:
            self.assert_close(run[key], sum(phase[key] for phase in phases))
        self.assertEqual(run["loaded_bytes"], sum(phase["weights"]["loaded_bytes"] for phase in phases))
        budgets = {one["name"]: one["weight_budget_bytes"] for one in result["platform"]["accelerators"]}
        for before, phase in zip([phases[0], *phases], phases):
            first = phase["first_frame"] - 1
            self.assertEqual(phase["begins_s"], run["arrivals_s"][first])
            self.assertEqual(phase["first_s"], run["latencies_s"][first])
            self.assertEqual(set(phase["modalities"]), set(before["modalities"]) - set(phase["off"]) | set(phase["on"]))
            weights = phase["weights"]
            self.assertEqual(sum(weights["buffered_bytes"].values()),
                             sum(weights[key] for key in ["loaded_bytes", "reused_bytes", "idle_bytes"]))
            for name, held in weights["buffered_bytes"].items():
                self.assertLessEqual(held, budgets[name])
            self.assertEqual(phase["alone_s"], run["mappings"][phase["mapping"]]["latency_s"])
            self.assertEqual(phase["modalities"], run["mappings"][phase["mapping"]]["modalities"])
        self.assertEqual(run["remap"] == "warm", run["sustainable_period_s"] is not None)

    def check_warm(self, run):
        """Layers whose weights are buffered stay with them, and load nothing."""
        self.assertEqual(sum(phase["weights"]["evicted_bytes"] for phase in run["phases"]), 0)
        places = {}
        for number, phase in enumerate(run["phases"]):
            layers = run["mappings"][phase["mapping"]]["layers"]
            if number > 0 or run["cold"]:
                loaded = set(phase["weights"]["loaded_layers"])
                self.assertEqual(loaded & set(places), set())
            for layer in layers:
                if layer["name"] in places:
                    self.assertEqual(layer["accelerator"], places[layer["name"]])
                    self.assertTrue(layer["pinned"])
                elif layer["pinned"] and layer["name"] in (loaded if number > 0 or run["cold"] else [layer["name"]]):
                    places[layer["name"]] = layer["accelerator"]

    def test_what_is_seen_later_is_loaded_once(self):
        self.write("s.yaml", """name: s
workload: mocap.yaml
frames: 12
period: 100ms
on: [text]
events:
  - {frame: 4, on: [speech]}
  - {frame: 7, off: [speech], note: "quiet, \\"again\\""}
  - {frame: 10, on: [speech]}
""")
        run = self.result(*CLOUD, "--scenario", "s.yaml")["runs"][0]
        first, speech, quiet, again = run["phases"]
        self.check_warm(run)
        self.assertEqual(first["weights"]["loaded_bytes"], 0)
        self.assertGreater(speech["weights"]["loaded_bytes"], 0)
        self.assertIn("sp_fc", speech["weights"]["loaded_layers"])
        self.assertGreaterEqual(quiet["weights"]["idle_bytes"], speech["weights"]["loaded_bytes"] - first["weights"]["reused_bytes"])
        self.assertEqual((again["weights"]["loaded_bytes"], again["lost_s"]), (0, 0))
        # The frame that brings the weights waits for them; those behind it arrive later than it ends.
        self.assert_close(speech["lost_s"], speech["first_s"] - speech["alone_s"])
        rows = self.rows(*CLOUD, "--scenario", "s.yaml", "--no-timing")
        self.assertEqual(rows[2]["note"], 'quiet, "again"')

    def test_csv(self):
        rows = self.rows(*CLOUD, "--scenario", "silence.yaml")
        runs = self.result(*CLOUD, "--scenario", "silence.yaml")["runs"]
        numbers = [str(number + 1) for number in range(len(runs[0]["phases"]))]
        self.assertEqual([row["phase"] for row in rows], [*numbers, "all"] * 3)
        for run, (way, group) in zip(runs, itertools.groupby(rows, key=lambda row: row["remap"])):
            self.assertEqual(run["remap"], way)
            *phases, whole = group
            before = ""
            for phase, row in zip(run["phases"], phases):
                weights = phase["weights"]
                self.assertEqual(row["modalities"], "+".join(phase["modalities"]))
                expected = {"first_frame": phase["first_frame"], "frames": phase["frames"], "begins_s": phase["begins_s"],
                            "alone_s": phase["alone_s"], "alone_energy_J": phase["alone_energy_J"], "first_s": phase["first_s"],
                            "steady_s": phase["steady_s"], "lost_s": phase["lost_s"], "layers_moved": phase["layers_moved"],
                            "deadline_misses": phase["deadline_misses"], "evaluations": phase["evaluations"],
                            **phase["latency"], **{key: weights[key] for key in
                                                   ["loaded_bytes", "loaded_s", "loaded_J", "reused_bytes", "idle_bytes",
                                                    "evicted_bytes"]}}
                for column, value in expected.items():
                    self.assertEqual(float(row[column]), value, column)
                self.assertEqual((row["before_s"], row["throughput_Hz"], row["energy_J"]), (before, "", ""))
                self.assertEqual(row["note"], phase["note"])
                before = row["alone_s"]
            for column in ["first_frame", "begins_s", "modalities", "note", "alone_s", "before_s", "first_s", "steady_s", "idle_bytes"]:
                self.assertEqual(whole[column], "", column)
            for column in ["lost_s", "loaded_bytes", "layers_moved", "deadline_misses", "throughput_Hz", "energy_J",
                           "energy_per_frame_J"]:
                self.assertEqual(float(whole[column]), run[column], column)
            self.assertEqual(whole["frames"], "100")
            self.assertEqual(whole["sustainable_period_s"] != "", way == "warm")
        self.assertEqual({(row["scenario"], row["workload"], row["platform"], row["cold"], row["evict"]) for row in rows},
                         {("silence", "mocap", "cloud", "false", "lru")})

    def test_without_a_deadline_nothing_is_missed(self):
        rows = self.rows(*MOCAP, "--frames", "2", "--period", "5ms")
        self.assertEqual([(row["phase"], row["deadline_misses"], row["scenario"]) for row in rows], [("1", "", ""), ("all", "", "")])

    def test_the_way_of_remapping_that_was_asked_for_comes_first(self):
        for way in ["cold", "keep"]:
            result = self.result(*CLOUD, "--scenario", "silence.yaml", "--remap", way, "--evict", "largest")
            self.assertEqual([run["remap"] for run in result["runs"]], [way, *(one for one in ["warm", "cold", "keep"] if one != way)])
            self.assertEqual({run["evict"] for run in result["runs"]}, {"largest"})
            self.assertIsNotNone(result["runs"][0]["sustainable_period_s"])

    def test_of_many_events_the_first_are_shown(self):
        text = (SOURCE / "workloads/scenarios/silence.yaml").read_text()
        events = "".join(f"  - {{frame: {frame}, {'off' if frame % 2 == 0 else 'on'}: [mocap]}}\n" for frame in range(2, 32))
        self.write("s.yaml", text[:text.index("events:")] + "events:\n" + events)
        table = self.succeed(*CLOUD, "--scenario", "s.yaml", "--no-timing")
        self.assertEqual(table.count("  18 more events: see the CSV or the JSON\n"), 2)
        self.assertIn("  frame 13, 60 ms: +mocap\n", table)
        self.assertNotIn("frame 14", table)
        self.assertEqual(len(self.result(*CLOUD, "--scenario", "s.yaml")["runs"][0]["phases"]), 31)

    def test_options_override_the_file(self):
        self.write("s.yaml", "name: s\nworkload: mocap.yaml\nperiod: 5ms\nframes: 4\ndeadline: 10ms\nevents:\n"
                             "  - {frame: 3, off: [mocap]}\n")
        result = self.result(*CLOUD, "--scenario", "s.yaml", "--frames", "9", "--period", "8ms", "--deadline", "1ms",
                             "--arrivals", "poisson")
        self.assertEqual((result["frames"], result["period_s"], result["deadline_s"], result["arrivals"]),
                         (9, 8e-3, 1e-3, "poisson"))
        self.assertEqual(result["runs"][0]["deadline_misses"], 9)
        self.assertEqual(len(result["runs"][0]["phases"]), 2)


class Messages(StreamTest):
    def test_what_does_not_go_together(self):
        stream = [*MOCAP, "--frames", "2", "--period", "5ms"]
        for option in ["--period", "--arrivals", "--deadline", "--remap", "--evict"]:
            value = {"--arrivals": "poisson", "--remap": "cold", "--evict": "largest"}.get(option, "5ms")
            with self.subTest(option):
                self.fail_with(USAGE, f"{option} without a stream; give --frames or --scenario", *MOCAP, option, value)
        self.fail_with(USAGE, "2 frames without a period; give --period, the time from one to the next, such as --period 40ms",
                       *MOCAP, "--frames", "2")
        for option in ["--mapping", "--save-mapping", "--chrome", "--svg", "--dot", "--report"]:
            self.write("m.yaml", "")
            with self.subTest(option):
                self.fail_with(USAGE, f"{option} is about a single frame, and there is a stream; leave it out; --json, --csv and "
                                      "--trace show streams", *stream, option, "m.yaml")
        self.fail_with(USAGE, "--bound is about a single frame, and there is a stream; leave it out; --json, --csv and --trace show "
                              "streams", *stream, "--bound", "lp")
        for option in ["--pareto", "--pareto-plot"]:
            self.fail_with(USAGE, "the front is of mappings of a single frame, and there is a stream; leave --pareto, --pareto-plot "
                                  "and --pareto-mappings out", *stream, option, "f.csv")
        self.fail_with(USAGE, "--modalities with --scenario: the scenario says which are on; leave --modalities out",
                       *CLOUD, "--scenario", "silence.yaml", "-m", "text")
        self.fail_with(USAGE, "--execution overlap: the analytic evaluator knows serial execution only; search by --evaluator replay",
                       *stream, "--execution", "overlap")
        self.fail_with(USAGE, "--execution overlap with --no-replay: only replays know overlapped execution; leave --no-replay out",
                       *stream, "--execution", "overlap", "--no-replay", "--evaluator", "replay")
        self.fail_with(USAGE, "only one result can go to standard output; give the others a file", *stream, "--json", "-", "--csv", "-")

    def test_times(self):
        for option in ["--period", "--deadline"]:
            for text in ["5", "0ms", "-1s", "2days", "100000s", "fast", "0.1ns"]:
                with self.subTest(option=option, text=text):
                    self.fail_with(USAGE, f"{option} '{text}'; give a time from 1e-09 to 86400 s with its unit: s, ms, us or ns, such "
                                          "as 50us", *MOCAP, "--frames", "2", *([] if option == "--period" else ["--period", "1s"]),
                                   f"{option}={text}")

    def test_unknown_words(self):
        for option, word, near in [("--remap", "worm", "warm"), ("--evict", "last", "largest"), ("--arrivals", "poison", "poisson")]:
            done = self.call(*MOCAP, "--frames", "2", "--period", "5ms", option, word)
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
            self.assertIn(option, done.stderr)
            self.assertIn(near, done.stderr)
        for frames in ["0", "1000001", "many", "-3"]:
            done = self.call(*MOCAP, f"--frames={frames}", "--period", "5ms")
            self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
            self.assertIn("--frames", done.stderr)

    def test_an_event_behind_the_last_frame_is_a_warning(self):
        self.write("s.yaml", "name: s\nworkload: mocap.yaml\nperiod: 5ms\nevents:\n  - {frame: 3, off: [mocap]}\n"
                             "  - {frame: 5, on: [mocap]}\n")
        done = self.call(*CLOUD, "--scenario", "s.yaml", "--frames", "4", "--no-timing")
        self.assertEqual((done.returncode, done.stderr),
                         (0, "h2h-sim: warning: s.yaml:6:5: the event comes after the last frame\n"))
        self.assertIn("\n4 frames, one every 5 ms (200.0 frames/s)\n", done.stdout)

    def test_a_mapping_beyond_the_dram_is_refused(self):
        both = self.two_layers_on_one_fpga("16B")
        self.plain(*both, "--mapper", "h2h-release")
        self.fail_with(INFEASIBLE, "mapper 'h2h-release': 'f0' needs 8000 bytes of DRAM for weights and tensors; it has 16; weights that "
                              "come and go have to fit; take a mapper that keeps to the DRAM, such as h2h",
                       *both, "--mapper", "h2h-release", "--frames", "2", "--period", "1s")
        self.succeed(*both, "--frames", "2", "--period", "1s")

    def test_what_is_no_network_is_named_with_its_event(self):
        self.write("s.yaml", "name: s\nworkload: vlocnet.yaml\nframes: 4\nperiod: 1s\nevents:\n  - {frame: 2, off: [cur_shared]}\n")
        self.fail_with(INPUT, "s.yaml:6:5: modality 'odo_cur' is on, but none of its layers is left: they read cur_shared, which is "
                              "off; switch that on too, or this off", *CLOUD, "--scenario", "s.yaml")


if __name__ == "__main__":
    unittest.main()
