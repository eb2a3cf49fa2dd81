# SPDX-License-Identifier: Apache-2.0
"""Direct activations and overlapped execution, as a user asks for them."""

import csv
import io
import json
import unittest

import jsonschema

from support import INPUT, SOURCE, CommandLineTest

SCHEMA = json.loads((SOURCE / "src/report/result.schema.json").read_text())
BOTH = ["-w", "mocap.yaml", "-p", "cloud.xml"]
OVERLAP = ["--execution", "overlap"]
DIRECT = ["--activations", "direct"]


class Execution(CommandLineTest):
    def run_of(self, *arguments):
        """The one run of a result, which fits the schema."""
        result = json.loads(self.succeed(*arguments, "--no-timing", "--json", "-"))
        jsonschema.validate(result, SCHEMA)
        return result["runs"][0]

    def test_direct_runs_are_replayed_as_computed_and_steps_never_get_worse(self):
        run = self.run_of(*BOTH, *DIRECT)
        self.assertEqual((run["execution"], run["activations"]), ("serial", "direct"))
        latencies = [step["analytic_latency_s"] for step in run["steps"]]
        self.assertEqual(latencies, sorted(latencies, reverse=True))
        self.assertGreaterEqual(run["latency_s"], run["analytic_latency_s"] * (1 - 1e-9))
        self.assertGreaterEqual(run["gap"], -1e-9)
        chain = run["chain"]
        self.assertAlmostEqual(sum(chain.values()), run["latency_s"], delta=1e-9 * run["latency_s"])

    def test_only_results_and_what_an_fpga_reads_again_is_stored(self):
        run = self.run_of(*BOTH, *DIRECT, "--mapper", "best[evals=2000,scope=resident]")
        stored = [layer["name"] for layer in run["layers"] if layer["output_s"] > 0]
        host = self.run_of(*BOTH, "--mapper", "best[evals=2000,scope=resident]")
        self.assertLess(len(stored), len([layer for layer in host["layers"] if layer["output_s"] > 0]) + 1)
        self.assertGreater(len(stored), 0)

    def test_a_mapping_runs_under_every_model(self):
        self.succeed(*BOTH, "--no-timing", "--save-mapping", "m.yaml", "--json", "r.json")
        serial = json.loads((self.folder / "r.json").read_text())["runs"][0]
        run = self.run_of("replay", *BOTH, "--mapping", "m.yaml", *OVERLAP)
        self.assertEqual((run["execution"], run["activations"], run["analytic_latency_s"]), ("overlap", "host", None))
        self.assertLess(run["latency_s"], serial["latency_s"])
        self.assertGreaterEqual(run["gap"], 0)
        for one in run["accelerators"]:
            self.assertLessEqual(one["busy_s"], run["latency_s"] * (1 + 1e-9))
        self.assertAlmostEqual(sum(run["chain"].values()), run["latency_s"], delta=1e-9 * run["latency_s"])
        both = self.run_of("replay", *BOTH, "--mapping", "m.yaml", *OVERLAP, *DIRECT)
        self.assertEqual((both["execution"], both["activations"]), ("overlap", "direct"))
        for arguments in [[], OVERLAP, DIRECT, OVERLAP + DIRECT]:
            text = self.succeed("check", *BOTH, "--mapping", "m.yaml", *arguments)
            self.assertIn("mapping: valid; ", text)
            self.assertEqual("analytic and serial" in text, arguments[:2] == OVERLAP)

    def test_searches_by_replay_judge_overlapped_execution(self):
        run = self.run_of(*BOTH, *OVERLAP, "--evaluator", "replay", "--mapper", "best[evals=3000]")
        again = self.run_of(*BOTH, *OVERLAP, "--evaluator", "replay", "--mapper", "best[evals=3000]", "-j", "2")
        self.assertEqual(run, again)
        self.assertIsNone(run["steps"][0]["analytic_latency_s"])
        table = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", *OVERLAP, *DIRECT, "--no-timing", "--evaluator", "replay",
                             "--mapper", "heft+weight-locality+activation-transfer")
        self.assertIn("overlapped execution, direct activations\n", table)
        self.assertNotIn("analytic", table)
        self.assertLessEqual(max(map(len, table.splitlines())), 80)

    def test_step_4_replays_every_move_and_no_step_gets_worse(self):
        run = self.run_of(*BOTH, *OVERLAP, "--evaluator", "replay", "-m", "text")
        latencies = [step["latency_s"] for step in run["steps"]]
        self.assertEqual(len(latencies), 4)
        for before, after in zip(latencies, latencies[1:]):
            self.assertLessEqual(after, before * (1 + 1e-9))
        self.assertEqual(run, self.run_of(*BOTH, *OVERLAP, "--evaluator", "replay", "-m", "text", "-j", "1"))

    def test_csv_and_comparison_name_the_model(self):
        rows = list(csv.DictReader(io.StringIO(self.succeed(
            *BOTH, *OVERLAP, "--evaluator", "replay", "--mapper", "heft", "--csv", "-"))))
        self.assertEqual([(row["execution"], row["activations"], row["analytic_latency_s"]) for row in rows],
                         [("overlap", "host", "")])
        contest = json.loads(self.succeed("compare", *BOTH, *DIRECT, "--mapper", "heft", "--mapper", "peft", "--json", "-"))
        self.assertEqual([(one["execution"], one["activations"]) for one in contest["contests"]], [("serial", "direct")])
        text = self.succeed("compare", *BOTH, *DIRECT, "--mapper", "heft", "--no-timing")
        self.assertIn("searched by the analytic evaluator; direct activations\n", text)

    def test_bounds_say_what_they_do_not_know(self):
        for model, words in [(DIRECT, "does not know direct activations"),
                             ([*OVERLAP, "--evaluator", "replay"], "knows serial execution only")]:
            with self.subTest(words):
                done = self.call(*BOTH, *model, "--mapper", "heft", "--bound", "exact")
                self.assertRegex(done.stderr, f"^h2h-sim: warning: --bound exact {words}; the bound of kind .* stands\n$")
                self.assertEqual(done.returncode, 0)

    def test_a_route_between_fpgas_that_is_missing(self):
        self.write("p.xml", """<?xml version="1.0"?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1"><zone id="z" routing="Full"><prop id="accelerators" value="accelerators.yaml"/>
<host id="host" speed="1Gf"><prop id="role" value="host"/></host>
<host id="f0" speed="1Gf"><prop id="accelerator" value="X.Z"/></host>
<host id="f1" speed="1Gf"><prop id="accelerator" value="B.L"/></host>
<link id="l0" bandwidth="1GBps" latency="0s"/><link id="l1" bandwidth="1GBps" latency="0s"/>
<route src="host" dst="f0"><link_ctn id="l0"/></route><route src="host" dst="f1"><link_ctn id="l1"/></route>
</zone></platform>
""")
        self.succeed("check", "-p", "p.xml")
        done = self.call("check", "-p", "p.xml", *DIRECT)
        self.assertEqual(done.returncode, INPUT, done.stderr)
        self.assertIn("'f1' cannot be reached from 'f0'", done.stderr)
        self.assertIn("direct activations need a route from every FPGA to every other one", done.stderr)


if __name__ == "__main__":
    unittest.main()
