# SPDX-License-Identifier: Apache-2.0
"""`explain`: where the latency comes from, what would help, why nothing maps; and its messages."""

import csv
import io
import json
import unittest

import jsonschema

from support import INFEASIBLE, SOURCE, USAGE, WELL, CommandLineTest

SCHEMA = json.loads((SOURCE / "src/report/explanation.schema.json").read_text())
MOCAP = ["-p", "cloud.xml", "-w", "mocap.yaml"]
CONTENDED = ["-p", "cloud-contended.xml", "-w", "casua_surf.yaml"]
SPLIT = """name: split
layers:
  - {name: c, type: conv, out_channels: 8, in_channels: 3, out_height: 8, out_width: 8, kernel: 3}
  - {name: l, type: lstm, input_size: 8, hidden_size: 8, layers: 1, sequence_length: 4, outputs: last}
  - {name: f, type: fc, in_features: 8, out_features: 8, inputs: [l]}
"""
CATALOGUE = """accelerators:
  Conv: {types: [conv], ENTRY
  Fc: {types: [fc], ENTRY
  Lstm: {types: [lstm], ENTRY
  Lstm2: {types: [lstm, conv], ENTRY
""".replace("ENTRY", "model: roofline, parameters: {peak_GOPS: 1, efficiency: 1}, data_bits: 8, "
            "dram: {capacity: 1MB, bandwidth: 1GBps}, power: {active_W: 1}}")
PLATFORM = """<?xml version="1.0"?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1"><zone id="small" routing="Full">
<prop id="accelerators" value="c.yaml"/>
<host id="host" speed="1Gf"><prop id="role" value="host"/></host>
<host id="fpga0" speed="1Gf"><prop id="accelerator" value="Conv"/></host>
<link id="l" bandwidth="1GBps" latency="0s"/>
<route src="host" dst="fpga0"><link_ctn id="l"/></route>
</zone></platform>
"""


class Explain(CommandLineTest):
    def explain(self, *arguments):
        result = json.loads(self.succeed("explain", "--json", "-", *arguments))
        jsonschema.validate(result, SCHEMA)
        return result

    def assert_adds_up(self, result):
        """The parts of the path, its stretches and the shares of accelerators and links."""
        latency, path = result["latency_s"], result["path"]
        self.assertAlmostEqual(sum(path["parts"].values()) / latency, 1, delta=1e-9)
        rest = sum(path["parts"][part] - path["queued"][part] for part in path["parts"])
        self.assertAlmostEqual((rest + path["waiting_for_accelerator_s"]) / latency, 1, delta=1e-9)
        stretches = path["stretches"]
        self.assertEqual(stretches[0]["start_s"], 0)
        self.assertEqual(stretches[-1]["end_s"], latency)
        for before, after in zip(stretches, stretches[1:]):
            self.assertEqual(before["end_s"], after["start_s"])
        self.assertAlmostEqual(sum(share["path_s"] for share in result["accelerators"]) / latency, 1, delta=1e-9)
        transfers = sum(stretch["end_s"] - stretch["start_s"] for stretch in stretches if stretch["stage"] != "compute")
        self.assertAlmostEqual(sum(link["binding_s"] for link in result["links"]), transfers, delta=1e-9 * latency)

    def test_tables(self):
        for name, arguments in [("mocap", MOCAP), ("vlocnet", ["-p", "cloud.xml", "-w", "vlocnet.yaml"]),
                                ("casua_surf-contended", CONTENDED), ("mocap-all", [*MOCAP, "--all"])]:
            with self.subTest(name):
                table = self.succeed("explain", *arguments)
                self.assert_golden(f"explain-{name}.txt", table)
                self.assertLessEqual(max(map(len, table.splitlines())), 80)

    def test_the_readme_shows_what_it_prints(self):
        readme = [line[4:] for line in (SOURCE / "README.md").read_text().splitlines()]
        printed = self.succeed("explain", *CONTENDED).splitlines()
        begin = readme.index(printed[0])
        self.assertEqual(readme[begin:begin + len(printed)], printed)

    def test_json_adds_up(self):
        for arguments in [MOCAP, CONTENDED, [*CONTENDED, "--no-replay"], [*MOCAP, "--mapper", "heft"],
                          [*CONTENDED, "--activations", "direct"],
                          [*MOCAP, "--execution", "overlap", "--evaluator", "replay"]]:
            with self.subTest(arguments):
                result = self.explain(*arguments)
                self.assert_adds_up(result)
                self.assertEqual(result["judge"], "analytic" if "--no-replay" in arguments else "replay")

    def test_is_of_what_run_reports(self):
        run = json.loads(self.succeed(*CONTENDED, "--json", "-"))["runs"][0]
        result = self.explain(*CONTENDED)
        self.assertEqual(result["latency_s"], run["latency_s"])
        self.assertGreater(run["chain"]["waiting_s"], 0)
        self.assertEqual(result["path"]["parts"]["contention_s"], run["chain"]["waiting_s"])
        self.assertEqual([link["busy_s"] for link in result["links"]], [link["busy_s"] for link in run["links"]])

    def test_a_saved_mapping(self):
        self.succeed(*MOCAP, "--save-mapping", "m.yaml")
        saved, made = self.explain(*MOCAP, "--mapping", "m.yaml"), self.explain(*MOCAP)
        self.assertEqual((saved["mapper"], made["mapper"]), ("saved mapping", "h2h"))
        self.assertEqual(saved["path"], made["path"])
        self.assertEqual(saved["what_if"], made["what_if"])
        self.assertEqual(saved["inputs"][-1]["path"], "m.yaml")

    def test_a_link_that_is_twice_as_fast_is_one_of_a_faster_platform(self):
        upgrades = {(one["kind"], one["name"]): one["latency_s"]
                    for one in self.explain(*CONTENDED)["what_if"]["upgrades"]}
        self.succeed(*CONTENDED, "--save-mapping", "m.yaml")
        text = (SOURCE / "platforms/cloud-contended.xml").read_text()
        line = next(line for line in text.splitlines() if 'id="host_port"' in line)
        bandwidth = line.split('bandwidth="')[1].split('"')[0]
        number = bandwidth.rstrip("GMBbps")
        faster = line.replace(bandwidth, f"{2 * float(number):g}{bandwidth[len(number):]}")
        self.write("faster.xml", text.replace(line, faster))
        replayed = json.loads(self.succeed("replay", "-p", "faster.xml", "-w", "casua_surf.yaml", "--mapping", "m.yaml",
                                           "--json", "-"))["runs"][0]["latency_s"]
        self.assertLess(replayed, self.explain(*CONTENDED)["latency_s"] * 0.99)
        self.assertAlmostEqual(upgrades["link", "host_port"] / replayed, 1, delta=1e-9)

    def test_csv_ranks(self):
        rows = list(csv.DictReader(io.StringIO(self.succeed("explain", *MOCAP, "--csv", "-", "--factor", "3"))))
        savings = [float(row["saving_s"]) for row in rows]
        self.assertEqual(savings, sorted(savings, reverse=True))
        self.assertEqual([int(row["rank"]) for row in rows], list(range(1, len(rows) + 1)))
        self.assertEqual({row["factor"] for row in rows}, {"3"})
        upgrades = self.explain(*MOCAP, "--factor", "3")["what_if"]["upgrades"]
        self.assertEqual([float(row["latency_s"]) for row in rows], [one["latency_s"] for one in upgrades])

    def test_jobs_do_not_matter(self):
        outputs = {self.succeed("explain", *CONTENDED, "--json", "-", "--jobs", jobs) for jobs in (1, 2, 5)}
        self.assertEqual(len(outputs), 1)

    def test_candidates_of_most_promise_come_first(self):
        everything, some = self.explain(*MOCAP)["what_if"], self.explain(*MOCAP, "--candidates", "3")["what_if"]
        self.assertEqual(some["upgrades"], everything["upgrades"][:3])
        self.assertEqual(some["not_judged"], len(everything["upgrades"]) - 3)
        table = self.succeed("explain", *MOCAP, "--candidates", "3")
        self.assertIn(f"{some['not_judged']} of less promise", " ".join(table.split()))

    def test_files_beside_the_table(self):
        table = self.succeed("explain", *MOCAP, "--json", "e.json", "--csv", "e.csv", "--top", "2")
        self.assertIn("mocap on cloud, h2h:", table)
        jsonschema.validate(json.loads((self.folder / "e.json").read_text()), SCHEMA)
        self.assertTrue((self.folder / "e.csv").read_text().startswith("workload,platform,mapper,rank,kind,name,"))

    def test_messages(self):
        self.fail_with(USAGE, "--factor: '1' is no number above 1 and up to 1e+06", "explain", *MOCAP, "--factor", "1")
        self.fail_with(USAGE, "--top: '0' is no whole number from 1 to 1000000000", "explain", *MOCAP, "--top", "0")
        self.fail_with(USAGE, "--candidates: 'x' is no whole number from 1 to 1000000000", "explain", *MOCAP,
                       "--candidates", "x")
        self.fail_with(USAGE, "one mapping is explained, and there are several mappers; explain them one by one",
                       "explain", *MOCAP, "--mapper", "h2h", "--mapper", "heft")
        self.fail_with(USAGE, "mapper 'heft' begins with step 'heft', which maps from nothing and ignores --mapping; begin "
                       "with a step that improves a mapping, such as --mapper data-locality-remapping", "explain",
                       *MOCAP, "--mapper", "heft", "--mapping", "m.yaml")
        self.fail_with(USAGE, "only one result can go to standard output; give the others a file", "explain", *MOCAP,
                       "--json", "-", "--csv", "-")
        self.fail_with(USAGE, "--json and --csv both write to a; give each a file of its own", "explain", *MOCAP,
                       "--json", "a", "--csv", "a")
        self.fail_with(USAGE, "--execution overlap: the analytic evaluator knows serial execution only; search by --evaluator "
                       "replay", "explain", *MOCAP, "--execution", "overlap")
        self.fail_with(USAGE, "--workload is missing; such as --workload vlocnet.yaml", "explain", "-p", "cloud.xml")
        self.fail_with(USAGE, "unknown option '--factr'; did you mean '--factor'?", "explain", *MOCAP, "--factr", "3")


class NothingMaps(CommandLineTest):
    MESSAGE = ("h2h-sim: layer 'l' (lstm) runs on no accelerator of platform 'small'; its accelerators run conv; add one that "
               "runs lstm; all layers run with Fc + Lstm or Fc + Lstm2 of the catalogue\n")

    def setUp(self):
        super().setUp()
        self.write("w.yaml", SPLIT)
        self.write("c.yaml", CATALOGUE)
        self.write("p.xml", PLATFORM)

    def explain(self, *arguments):
        done = self.call("explain", "-p", "p.xml", "-w", "w.yaml", *arguments)
        self.assertEqual(done.returncode, INFEASIBLE)
        return done

    def test_says_why_and_the_smallest_change(self):
        done = self.explain()
        self.assertEqual(done.stderr, self.MESSAGE)
        self.assert_golden("explain-nothing-maps.txt", done.stdout)

    def test_every_command_gives_the_hint(self):
        for command in ["run", "costs", "check"]:
            self.fail_with(INFEASIBLE, self.MESSAGE[9:-1], command, "-p", "p.xml", "-w", "w.yaml")

    def test_the_change_works(self):
        fpgas = "".join(f'<host id="fpga{i}" speed="1Gf"><prop id="accelerator" value="{name}"/></host>\n'
                        for i, name in enumerate(["Conv", "Fc", "Lstm2"]))
        routes = "".join(f'<route src="host" dst="fpga{i}"><link_ctn id="l"/></route>\n' for i in range(3))
        head, tail = PLATFORM.split('<host id="fpga0"')
        link = tail[tail.index("<link "):tail.index("<route")]
        self.write("p.xml", head + fpgas + link + routes + "</zone></platform>\n")
        self.assertEqual(self.call("explain", "-p", "p.xml", "-w", "w.yaml").returncode, WELL)

    def test_as_json(self):
        done = self.explain("--json", "-", "--csv", "c.csv")
        result = json.loads(done.stdout)
        jsonschema.validate(result, SCHEMA)
        self.assertFalse(result["feasible"])
        self.assertEqual([gap["type"] for gap in result["gaps"]], ["fc", "lstm"])
        self.assertEqual(result["least_sets"], [["Fc", "Lstm"], ["Fc", "Lstm2"]])
        self.assertEqual(done.stderr, self.MESSAGE)
        self.assertFalse((self.folder / "c.csv").exists(), "no change was tried")

    def test_what_no_entry_of_the_catalogue_runs(self):
        self.write("c.yaml", "\n".join(line for line in CATALOGUE.splitlines() if "lstm" not in line) + "\n")
        done = self.explain()
        self.assert_golden("explain-hopeless.txt", done.stdout)
        self.assertEqual(done.stderr, "h2h-sim: layer 'l' (lstm) runs on no accelerator of platform 'small'; its accelerators run "
                         "conv; add one that runs lstm\n")


if __name__ == "__main__":
    unittest.main()
