# SPDX-License-Identifier: Apache-2.0
"""--pareto: the front of latency and energy as CSV, picture and mappings, and its messages."""

import csv
import io
import unittest
import xml.etree.ElementTree as xml

from support import INPUT, USAGE, CommandLineTest

PROBLEM = ["-p", "cloud.xml", "-w", "mocap.yaml", "--pareto-evals", "100000", "--no-timing"]
SVG = "{http://www.w3.org/2000/svg}"


class Front(CommandLineTest):
    def rows(self, *more):
        return list(csv.DictReader(io.StringIO(self.succeed(*PROBLEM, "--pareto", "-", *more))))

    def test_csv(self):
        text = self.succeed(*PROBLEM, "--pareto", "-")
        self.assert_golden("front-mocap.csv", text)
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertGreater(len(rows), 2)
        for faster, slower in zip(rows, rows[1:]):
            self.assertLess(float(faster["latency_s"]), float(slower["latency_s"]))
            self.assertGreater(float(faster["energy_J"]), float(slower["energy_J"]))

    def test_its_ends_are_what_searches_for_one_objective_find(self):
        rows = self.rows()
        for objective, key, row in [("latency", "latency_s", rows[0]), ("energy", "energy_J", rows[-1])]:
            result = self.succeed("-p", "cloud.xml", "-w", "mocap.yaml", "--csv", "-", "--mapper",
                                  f"best[evals=100000,objective={objective}]")
            best = float(list(csv.DictReader(io.StringIO(result)))[-1][key])
            self.assertAlmostEqual(float(row[key]) / best, 1, delta=0.01)

    def test_mappings_replay_to_their_rows(self):
        rows = self.rows("--pareto-mappings", "front")
        self.assertEqual(len(list((self.folder / "front").iterdir())), len(rows))
        for row in [rows[0], rows[-1]]:
            text = self.succeed("replay", "-p", "cloud.xml", "-w", "mocap.yaml", "--csv", "-", "--mapping",
                                f"front/point-{int(row['point']):03}.yaml")
            again = list(csv.DictReader(io.StringIO(text)))[0]
            for key in ["latency_s", "energy_J", "total_J"]:
                self.assertEqual(row[key], again[key])

    def test_plot(self):
        table = self.succeed(*PROBLEM, "--pareto-plot", "front.svg", "--pareto", "front.csv")
        self.assertIn("h2h, searched by the analytic evaluator", table)
        points = len((self.folder / "front.csv").read_text().splitlines()) - 1
        picture = xml.parse(self.folder / "front.svg").getroot()
        self.assertEqual(len(picture.findall(f"{SVG}circle[@class='p']")), points)
        self.assertEqual([circle.find(f"{SVG}title").text.split(":")[0]
                          for circle in picture.findall(f"{SVG}circle[@class='r']")], ["h2h"])

    def test_jobs_do_not_matter(self):
        self.assertEqual(self.rows("--jobs", "1"), self.rows("--jobs", "2"))

    def test_judged_by_replay_on_shared_links(self):
        rows = list(csv.DictReader(io.StringIO(self.succeed(
            "-p", "cloud-contended.xml", "-w", "casua_surf.yaml", "--pareto-evals", "50000", "--pareto", "-"))))
        self.assertTrue(any(float(row["latency_s"]) > 1.001 * float(row["analytic_latency_s"]) for row in rows))
        for faster, slower in zip(rows, rows[1:]):
            self.assertLess(float(faster["latency_s"]), float(slower["latency_s"]))
            self.assertGreater(float(faster["energy_J"]), float(slower["energy_J"]))

    def test_nothing_that_it_began_with_beats_it(self):
        # VLocNet under scope resident is several times as fast as under scope adjacent.
        for scope in ["adjacent", "resident"]:
            text = self.succeed("-p", "cloud.xml", "-w", "vlocnet.yaml", "--mapper", "best[scope=resident,evals=20000]",
                                "--pareto", "front.csv", "--pareto-evals", "20000", "--pareto-scope", scope, "--csv", "-")
            run = list(csv.DictReader(io.StringIO(text)))[-1]
            rows = list(csv.DictReader(io.StringIO((self.folder / "front.csv").read_text())))
            self.assertLessEqual(float(rows[0]["latency_s"]), float(run["latency_s"]))
            self.assertFalse([row for row in rows if float(run["latency_s"]) < float(row["latency_s"])
                              and float(run["energy_J"]) < float(row["energy_J"])])

    def test_messages(self):
        self.write("file", "")
        self.fail_with(INPUT, "file/folder: cannot be made: Not a directory", *PROBLEM, "--pareto-mappings", "file/folder")
        self.fail_with(USAGE, "--pareto-scope: cannot be 'near'; known: adjacent and resident", "--pareto-scope", "near")
        (self.folder / "full").mkdir()
        self.write("full/old.yaml", "")
        self.fail_with(USAGE, "--pareto-mappings full is no empty folder; give a new one, so that all mappings in it are "
                       "of one front", *PROBLEM, "--pareto-mappings", "full")
        self.fail_with(USAGE, "only one result can go to standard output; give the others a file", *PROBLEM,
                       "--pareto", "-", "--json", "-")
        self.fail_with(USAGE, "--json and --pareto both write to a.csv; give each a file of its own", *PROBLEM,
                       "--pareto", "a.csv", "--json", "a.csv")
        self.fail_with(USAGE, "--pareto-evals: '0' is no whole number from 1 to 1099511627776",
                       "--pareto", "-", "--pareto-evals", "0")


if __name__ == "__main__":
    unittest.main()
