# SPDX-License-Identifier: Apache-2.0
"""The comparison of all mappers: two contests are run again and compared with the committed ones, and what is claimed holds."""

import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ["H2H_SOURCE_DIR"])
EXPECTED = SOURCE / "scripts/field/expected"
sys.path.insert(0, str(SOURCE / "scripts"))

from field import contests  # noqa: E402
from reproduce import paper  # noqa: E402
from reproduce.tool import Tool, read_csv  # noqa: E402

TOLERANCE = 1e-7  # the file has nine digits


class Field(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.rows = read_csv(EXPECTED / "field.csv")

    def test_contests_are_the_committed_ones(self):
        tool = Tool(pathlib.Path(os.environ["H2H_SIM"]), SOURCE)
        for name, bandwidth in [("CNN-LSTM", "Mid-"), ("CASUA-SURF", "Low-")]:
            model = next(model for model in paper.MODELS if model.name == name)
            with self.subTest(name):
                ours = contests.contest(tool, model, bandwidth, paper.BANDWIDTHS[bandwidth])
                expected = [row for row in self.rows if (row["model"], row["bandwidth"]) == (name, bandwidth)]
                self.assertEqual([row["mapper"] for row in ours], [row["mapper"] for row in expected])
                for row, want in zip(ours, expected):
                    for key in ["latency_s", "energy_J", "bound_s"]:
                        self.assertAlmostEqual(float(row[key]), float(want[key]), delta=TOLERANCE * float(want[key]),
                                               msg=row["mapper"])

    def test_the_table_is_that_of_the_numbers(self):
        self.assertEqual((EXPECTED / "field.md").read_text(), contests.as_markdown(self.rows))

    def test_best_is_best(self):
        ranking = contests.ranking(self.rows)
        self.assertTrue(ranking[0][0].startswith("best["), ranking[0])
        self.assertLessEqual(ranking[0][1], 0.645)

    def test_replay_confirms_the_analytic_latencies(self):
        for row in self.rows:
            self.assertAlmostEqual(float(row["latency_s"]), float(row["analytic_latency_s"]),
                                   delta=1e-8 * float(row["latency_s"]))


if __name__ == "__main__":
    unittest.main()
