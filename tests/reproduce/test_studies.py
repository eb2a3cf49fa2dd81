# SPDX-License-Identifier: Apache-2.0
"""The studies: committed results are those of the committed files, and what is claimed of them holds."""

import csv
import io
import os
import pathlib
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["H2H_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "scripts"))

from reproduce import paper  # noqa: E402
from reproduce.tool import Tool  # noqa: E402
from studies import bandwidth, modality, topology  # noqa: E402

TOLERANCE = 1e-9  # other compilers and C libraries may round otherwise
# Every so-manieth point is run again: primes, so that all values of the inner axes come up.
SAMPLES = {"free": 17, "contended": 23, "layouts": 71, "judged": 13, **{model.file: 11 for model in modality.MODELS}}
MODELS = {model.name: model for model in paper.MODELS}


class Results:
    """What every study's results have to show."""

    study = None

    def test_there_is_a_row_a_point_of_one_study(self):
        for file, rows in self.study.rows(self.study.expected).items():
            with self.subTest(file):
                self.assertEqual([int(row["point"]) for row in rows], list(range(1, int(rows[0]["points"]) + 1)))
                self.assertEqual({(row["study"], row["points"], row["status"]) for row in rows},
                                 {(rows[0]["study"], str(len(rows)), "ok")})

    def test_a_sample_runs_to_the_same_digits(self):
        """The digest of the study, which hashes its files, is in each row."""
        tool = Tool(pathlib.Path(os.environ["H2H_SIM"]), SOURCE)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            self.study.prepare(folder)
            for file, expected in self.study.rows(self.study.expected).items():
                parts = SAMPLES[file]
                text = tool.run("sweep", folder / f"{file}.yaml", "--shard", f"{parts // 2}/{parts}", "--csv", "-")
                rows = list(csv.DictReader(io.StringIO(text)))
                self.assertGreater(len(rows), 5)
                for row in rows:
                    with self.subTest(file=file, point=row["point"]):
                        self.compare(row, expected[int(row["point"]) - 1])

    def compare(self, row, expected):
        self.assertEqual(list(row), list(expected))
        for key, text in row.items():
            try:
                value, wanted = float(text), float(expected[key])
            except ValueError:
                self.assertEqual(text, expected[key], key)
            else:
                self.assertAlmostEqual(value, wanted, delta=TOLERANCE * max(abs(wanted), 1e-3), msg=key)

    def test_all_generated_platforms_are_used(self):
        used = {row["platform"] for rows in self.study.rows(self.study.expected).values() for row in rows}
        self.assertLessEqual(set(self.study.platforms), used)

    def test_the_tables_are_those_of_the_numbers(self):
        rows = self.study.rows(self.study.expected)
        self.assertEqual((self.study.expected / "tables.md").read_text(), self.study.as_markdown(rows))


class Bandwidth(Results, unittest.TestCase):
    maxDiff = None
    study = bandwidth.STUDY

    @classmethod
    def setUpClass(cls):
        cls.rows = cls.study.rows(cls.study.expected)
        cls.latencies = bandwidth.Latencies(cls.rows)

    def test_links_of_their_own_do_not_contend(self):
        for row in self.rows["free"]:
            latency_s = float(row["latency_s"])
            self.assertAlmostEqual(latency_s, float(row["analytic_latency_s"]), delta=1e-8 * latency_s)

    def test_shared_links_change_nothing_but_contention(self):
        """A mapper that does not know of the contention maps alike on both networks."""
        rate = {f"two-switches-{rate:g}GBps.xml": f"{rate:g}GBps" for rate in bandwidth.RATES}
        free = {(row["workload"], row["bandwidth"], row["mapper"]): row for row in self.rows["free"]}
        for row in self.rows["contended"]:
            if row["evaluator"] == "analytic":
                alone = float(free[row["workload"], rate[row["platform"]], row["mapper"]]["latency_s"])
                self.assertAlmostEqual(float(row["analytic_latency_s"]), alone, delta=1e-8 * alone)
                self.assertGreaterEqual(float(row["latency_s"]), alone * (1 - 1e-8))

    def test_what_the_readme_says(self):
        names = ["MoCap", "VLocNet", "CASUA-SURF", "CNN-LSTM", "VFS", "FaceBag"]

        def enough(network, mapper):
            return [self.latencies.enough(network, name, mapper) for name in names]
        self.assertEqual(enough(bandwidth.FREE, "h2h-release"), ["8", "8", "16", "2", "> 16", "> 16"])
        self.assertEqual(enough(bandwidth.FREE, "h2h"), ["2", "8", "8", "2", "> 16", "> 16"])
        self.assertEqual(enough(bandwidth.FREE, "heft-lookahead"), ["≤ 0.25", "2", "16", "2", "16", "> 16"])
        self.assertEqual(enough(bandwidth.FREE, bandwidth.BEST), ["≤ 0.25", "1", "1", "2", "16", "> 16"])
        self.assertEqual(enough(bandwidth.SHARED, bandwidth.BEST), ["≤ 0.25", "4", "1", "2", "> 16", "> 16"])
        contention = self.latencies.contention
        for name in MODELS:
            self.assertLess(self.latencies.over_best(name, "h2h", 16), 1.02, name)
            self.assertLess(self.latencies.over_best(name, "heft-lookahead", 0.125), 1.25, name)
            if name not in ("VFS", "VLocNet"):
                for rate in bandwidth.RATES:
                    self.assertLess(contention(bandwidth.SHARED, name, bandwidth.BEST, rate), 0.06, (name, rate))
        self.assertAlmostEqual(self.latencies.over_best("FaceBag", "h2h", 0.125), 3.55, delta=0.05)
        self.assertAlmostEqual(contention(bandwidth.SHARED, "VFS", bandwidth.BEST, 1), 0.477, delta=0.005)
        self.assertAlmostEqual(contention(bandwidth.JUDGED, "VFS", bandwidth.BEST, 1), 0.365, delta=0.005)


class Topology(Results, unittest.TestCase):
    maxDiff = None
    study = topology.STUDY

    @classmethod
    def setUpClass(cls):
        cls.rows = cls.study.rows(cls.study.expected)
        cls.slowdowns = topology.Slowdowns(cls.rows["layouts"])

    def test_all_layouts_have_the_same_mappings(self):
        found = {}
        for row in self.rows["layouts"]:
            n = 12 if "-12" in row["platform"] else 48
            key = n, row["workload"], row["activations"]
            found.setdefault(key, set()).add(f"{float(row['analytic_latency_s']):.9g}")
        self.assertEqual({len(latencies) for latencies in found.values()}, {1})

    def test_what_the_readme_says(self):
        narrow, wide = "1.25GBps", "5GBps"
        for n, share in {12: 0.431, 48: 1.054}.items():  # the host's port binds, whatever the layout
            for layout in topology.layouts(n):
                platform = topology.file_of(layout, n)
                self.assertAlmostEqual(self.slowdowns.of(platform, "host", narrow, MODELS["VLocNet"]), share,
                                       delta=0.001)
        free = {12: ["single-switch", "two-switches o1", "two-switches o2", "two-switches o4", "tree o1", "tree o2"],
                48: ["single-switch"] + [f"{name} o{ratio}" for name in ("two-switches", "tree")
                                         for ratio in (1, 2, 4, 8)]}
        for model in paper.MODELS:
            for n, names in free.items():
                for layout in names:
                    platform = topology.file_of(layout, n)
                    self.assertLessEqual(self.slowdowns.of(platform, "host", wide, model), 0.023, (layout, model.name))
                    alone = 1 + self.slowdowns.of(f"single-switch-{n}.xml", "direct", wide, model)
                    self.assertLessEqual(1 + self.slowdowns.of(platform, "direct", wide, model), 1.011 * alone,
                                         (layout, model.name))
            if model.name != "VLocNet":
                for n in topology.OVERSUBSCRIPTIONS:
                    for layout in topology.layouts(n):
                        if layout != "ring":
                            platform = topology.file_of(layout, n)
                            self.assertTrue(self.slowdowns.is_enough(platform, "direct", "2.5GBps", model))
        self.assertFalse(self.slowdowns.is_enough("tree-48-o16.xml", "host", wide, MODELS["VLocNet"]))
        self.assertFalse(self.slowdowns.is_enough("ring-48.xml", "host", wide, MODELS["MoCap"]))


class Modality(Results, unittest.TestCase):
    maxDiff = None
    study = modality.STUDY

    @classmethod
    def setUpClass(cls):
        cls.streams = {streams.name: streams for streams in modality.all_streams(cls.study.rows(cls.study.expected))}

    def test_warm_remapping_loads_only_what_was_never_on(self):
        for name, streams in self.streams.items():
            for dram in modality.WORDS:
                for k in modality.KS:
                    loaded = streams.value(dram, "warm", k, "loaded_bytes")
                    with self.subTest(name, dram=dram, k=k):
                        self.assertEqual(loaded > 0, name == "CNN-LSTM")
                        self.assertLessEqual(loaded, streams.value(dram, "cold", k, "loaded_bytes"))

    def test_what_the_readme_says(self):
        names = ["VLocNet", "CASUA-SURF", "VFS", "FaceBag", "CNN-LSTM", "MoCap"]

        def pays(dram):
            return [self.streams[name].cold_pays(dram) for name in names]
        self.assertEqual(pays(modality.ROOMY), ["1", "1", "5", "1", "1", "at no k"])
        self.assertEqual(pays(modality.SMALL), ["2", "1", "50", "5", "1", "70"])
        for k, losses in [(1, [0.066, 0.702, 0.005, 0.11, 0.058, 0.337]), (100, [0.066, 0.555, 0.212, 0.098, 0.07, 0.265])]:
            for name, loss in zip(names, losses):
                self.assertAlmostEqual(self.streams[name].loss(modality.ROOMY, k), loss, delta=0.001, msg=(name, k))
        self.assertGreater(self.streams["MoCap"].mean_ms(modality.SMALL, "cold", 1), 2000)
        self.assertGreater(self.streams["VFS"].mean_ms(modality.SMALL, "cold", 1), 30000)
        for name in names:
            warm, keep = (self.streams[name].mean_ms(modality.ROOMY, remap, 10) for remap in ["warm", "keep"])
            self.assertAlmostEqual(warm / keep, 1, delta=0.03, msg=name)


if __name__ == "__main__":
    unittest.main()
