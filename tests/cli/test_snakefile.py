# SPDX-License-Identifier: Apache-2.0
"""scripts/sweep: the Snakefile runs a study in shards and plots it; what plot.py makes of values, and its messages."""

import os
import shutil
import subprocess
import sys
import unittest

from support import SOURCE, TOOL, CommandLineTest

FOLDER = SOURCE / "scripts/sweep"
sys.path.insert(0, str(FOLDER))

import plot  # noqa: E402

STUDY = """schema: h2h-sim/study/1
name: mine
workloads: [mocap.yaml, cnn_lstm.yaml]
platforms: [cloud.xml]
mappers: [heft, kwon]
parameters: {accelerators.C.Z.dram.bandwidth: [4.5GBps, 9GBps]}
"""
PLOT_IS_POSSIBLE = subprocess.run(["/usr/bin/python3", "-c", "import matplotlib"], capture_output=True).returncode == 0


class Snakefile(CommandLineTest):
    def snakemake(self, *config):
        environment = dict(os.environ, H2H_DATA_DIR=str(SOURCE), XDG_CACHE_HOME=str(self.folder / "cache"), HOME=str(self.folder))
        return subprocess.run(["snakemake", "--snakefile", FOLDER / "Snakefile", "--cores", "2", "--nocolor", "--config",
                               f"tool={TOOL}", *config], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300)

    @unittest.skipUnless(shutil.which("snakemake"), "snakemake is not installed (scripts/setup.sh test)")
    def test_runs_merges_and_plots(self):
        study = self.write("my study.yaml", STUDY)
        figure = ["x=accelerators.C.Z.dram.bandwidth"] if PLOT_IS_POSSIBLE else []
        done = self.snakemake(f"study={study}", "shards=3", "out=my results", *figure)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = self.folder / "my results"
        self.assertEqual((out / "my study.csv").read_text(), self.succeed("sweep", study, "--csv", "-"))
        self.assertEqual(sorted(path.name for path in (out / "shards").iterdir()), ["1of3.csv", "2of3.csv", "3of3.csv"])
        if PLOT_IS_POSSIBLE:
            self.assertEqual((out / "my study.png").read_bytes()[:4], b"\x89PNG")
            svg = (out / "my study.svg").read_text()
            for word in ["heft", "kwon", "mocap", "cnn_lstm", "latency (ms)"]:
                self.assertIn(f"<!-- {word} -->", svg)

        again = self.snakemake(f"study={study}", "shards=3", "out=my results", *figure)
        self.assertIn("Nothing to be done", again.stderr)

    @unittest.skipUnless(shutil.which("snakemake"), "snakemake is not installed (scripts/setup.sh test)")
    def test_failures_are_those_of_the_tool(self):
        study = self.write("bad.yaml", STUDY.replace("kwon", "kwn"))
        done = self.snakemake(f"study={study}", "shards=1")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("h2h-sim: bad.yaml:5:17: unknown mapper or step 'kwn'; did you mean 'kwon'?", done.stderr)
        self.assertIn("no study: add --config study=study.yaml", self.snakemake("shards=1").stderr)


class Plot(CommandLineTest):
    def plot(self, *words):
        return subprocess.run(["/usr/bin/python3", FOLDER / "plot.py", *words], cwd=self.folder, capture_output=True, text=True)

    def test_values(self):
        for text, value in {"4.5GBps": (4.5e9, "B/s"), "1Gbps": (1.25e8, "B/s"), "1KiB": (1024, "B"), "50us": (5e-5, "s"),
                            "0.5": (0.5, ""), "150 MHz": (1.5e8, "Hz"), "1e-3": (1e-3, ""), "0s": (0, "s")}.items():
            number, unit = plot.parse(text)
            self.assertAlmostEqual(number, value[0], delta=1e-12 * value[0], msg=text)
            self.assertEqual(unit, value[1], text)
        for text in ["own", "", "1G", "1 apple", "GBps"]:
            with self.assertRaises(ValueError, msg=text):
                plot.parse(text)

    def test_units_in_which_values_are_best_read(self):
        self.assertEqual(plot.prefixed([1.25e8, 1.25e9], "B/s"), (1e9, "GB/s"))
        self.assertEqual(plot.prefixed([2e-4], "s"), (1e-6, "µs"))
        self.assertEqual(plot.prefixed([5e-12], "s"), (1e-9, "ns"))
        self.assertEqual(plot.prefixed([3.0, 4.0], ""), (1, ""))

    def row(self, **more):
        return {"study": "x", "workload": "w", "platform": "p", "bandwidth": "1GBps", "mapper": "m", "seed": "1", "status": "ok",
                "message": "", "latency_s": "2", **more}

    def test_lines(self):
        rows = [self.row(bandwidth=rate, mapper=mapper, latency_s=str(i))
                for i, (rate, mapper) in enumerate([("2GBps", "a"), ("1GBps", "a"), ("1GBps", "b")])]
        self.assertEqual(plot.lines(rows, "bandwidth", "latency_s"),
                         ({"w": {"a": [(1e9, 1.0), (2e9, 0.0)], "b": [(1e9, 2.0)]}}, "B/s"))

    def test_conditions(self):
        rows = [self.row(seed="1"), self.row(seed="2"), self.row(seed="2", status="infeasible")]
        self.assertEqual(plot.selected(rows, ["seed=2"]), [rows[1]])

    def test_messages(self):
        (self.folder / "notes.csv").write_text("a,b\n1,2\n")
        done = self.plot("notes.csv", "--x", "bandwidth", "--out", "f")
        self.assertEqual((done.returncode, done.stderr), (2, "plot.py: notes.csv holds no results of h2h-sim sweep\n"))
        for rows, x, message in [([self.row()], "band", "no axis 'band'; there are workload, platform, bandwidth, mapper, seed"),
                                 ([self.row(), self.row(seed="2")], "bandwidth",
                                  "seed varies, too: choose by --where, such as --where seed=1"),
                                 ([self.row(bandwidth="own")], "bandwidth", "bandwidth 'own' is no number"),
                                 ([self.row(), self.row(bandwidth="3")], "bandwidth",
                                  "the values of bandwidth have different units: B/s, none")]:
            with self.assertRaises(plot.PlotError) as caught:
                plot.lines(rows, x, "latency_s")
            self.assertEqual(str(caught.exception), message)
        with self.assertRaises(plot.PlotError) as caught:
            plot.selected([self.row()], ["seed=4"])
        self.assertEqual(str(caught.exception), "--where seed=4: there are 1")


if __name__ == "__main__":
    unittest.main()
