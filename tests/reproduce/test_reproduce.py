# SPDX-License-Identifier: Apache-2.0
"""The reproduction of the paper's evaluation: its numbers are run again and compared with the committed ones (wall times and
figures aside), and they are as near to the paper as is claimed."""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["H2H_SOURCE_DIR"])
EXPECTED = SOURCE / "scripts/reproduce/expected"
sys.path.insert(0, str(SOURCE / "scripts"))

from reproduce import runs, summary  # noqa: E402
from reproduce.table import Agreement  # noqa: E402

TOLERANCE = 1e-7  # the files have nine digits


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


class Numbers(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="h2h-reproduce-test-")
        cls.out = pathlib.Path(cls._folder.name)
        done = subprocess.run([sys.executable, "-m", "reproduce", "--tool", os.environ["H2H_SIM"], "--out", cls.out, "--numbers-only"],
                              env=dict(os.environ, PYTHONPATH=str(SOURCE / "scripts")), capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    def test_every_file_is_compared(self):
        written = {path.name for path in self.out.iterdir()}
        committed = {path.name for path in EXPECTED.iterdir() if path.suffix in {".csv", ".md"}}
        self.assertEqual(written, committed - {"search_times.csv"})

    def test_csv_files_are_the_committed_ones(self):
        for path in sorted(self.out.glob("*.csv")):
            with self.subTest(path.name):
                ours, expected = rows_of(path), rows_of(EXPECTED / path.name)
                self.assertEqual(len(ours), len(expected))
                for line, (row, wanted) in enumerate(zip(ours, expected), 1):
                    self.assertEqual(len(row), len(wanted), f"line {line}")
                    for value, want in zip(row, wanted):
                        if value != want:
                            self.assertAlmostEqual(float(value), float(want), delta=TOLERANCE * abs(float(want)) + 1e-12,
                                                   msg=f"line {line}")

    def test_tables_and_summary_are_the_committed_ones(self):
        for path in sorted(self.out.glob("*.md")):
            with self.subTest(path.name):
                self.assertEqual(path.read_text(), (EXPECTED / path.name).read_text())


class Claims(unittest.TestCase):
    """What the committed results have to show."""

    @classmethod
    def setUpClass(cls):
        cls.results = summary.Results(EXPECTED)

    def test_released_rules_come_near_to_table_4(self):
        agreement = Agreement.of(self.results.table(runs.RELEASE))
        self.assertLessEqual(agreement.step1_percent, 8)
        self.assertLessEqual(agreement.step2_percent, 8)
        self.assertGreaterEqual(agreement.step4_within[1], 24)
        self.assertGreaterEqual(Agreement.of(self.results.table(runs.ORDER)).step4_within[1], 19)

    def test_text_is_better_than_the_paper_reports(self):
        self.assertTrue(all(c.step4_points_off < 0 for c in self.results.table(runs.TEXT) if abs(c.step4_points_off) > 10))

    def test_every_cell_far_off_is_explained(self):
        self.assertNotIn("not explained", (EXPECTED / "summary.md").read_text())

    def test_readmes_quote_what_was_written(self):
        for readme, part in [("README.md", "headlines.md"), ("workloads/README.md", "table2.md")]:
            self.assertIn((EXPECTED / part).read_text(), (SOURCE / readme).read_text(), readme)


if __name__ == "__main__":
    unittest.main()
