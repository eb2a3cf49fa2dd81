# SPDX-License-Identifier: Apache-2.0
"""What the tool prints and writes: tables as golden files, JSON against its schema, mappings read back."""

import csv
import io
import json
import math
import shutil
import unittest

import jsonschema
import yaml

from support import GOLDEN, SOURCE, USAGE, CommandLineTest

SCHEMA = json.loads((SOURCE / "src/report/result.schema.json").read_text())
WORKLOADS = ["casua_surf.yaml", "mocap.yaml", "vlocnet.yaml"]
PLATFORMS = ["cloud.xml", "cloud-contended.xml"]


class Tables(CommandLineTest):
    def test_steps_of_every_shipped_workload(self):
        for workload in WORKLOADS:
            for platform in PLATFORMS:
                with self.subTest(workload=workload, platform=platform):
                    table = self.succeed("-w", workload, "-p", platform, "--no-timing")
                    self.assert_golden(f"steps-{workload[:-5]}-{platform[:-4]}.txt", table)
                    self.assertLessEqual(max(map(len, table.splitlines())), 80)

    def test_the_readme_shows_what_the_bare_command_prints(self):
        # Wall times, the last column of the steps, differ from run to run.
        readme = [line[4:].rstrip() for line in (SOURCE / "README.md").read_text().splitlines()]
        shown = readme[readme.index("vlocnet on cloud"):]
        printed = (GOLDEN / "steps-vlocnet-cloud.txt").read_text().splitlines()
        for line, golden in zip(shown, printed):
            self.assertEqual(line[:len(golden)], golden)
            self.assertRegex(line[len(golden):], r"^( +search| +ms| +[0-9.]+|)$")

    def test_wall_times_are_the_only_difference_of_a_timed_table(self):
        timed = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml")
        self.assertIn("search", timed)
        self.assertLessEqual(max(map(len, timed.splitlines())), 80)

    def test_several_mappers(self):
        table = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--no-timing", "--no-replay", "--mapper", "h2h",
                             "--mapper", "computation-prioritized+weight-locality", "--mapper", "h2h-release")
        self.assert_golden("several-mappers.txt", table)

    def test_costs(self):
        table = self.succeed("costs", "-w", "mocap.yaml", "-p", "cloud.xml")
        self.assert_golden("costs-mocap.txt", table)
        self.assertLessEqual(max(map(len, table.splitlines())), 80)

    def test_lists(self):
        for what in ["mappers", "models", "workloads", "scenarios", "platforms", "accelerators"]:
            with self.subTest(what):
                text = self.succeed("list", what)
                self.assert_golden(f"list-{what}.txt", text)
                if what != "mappers":
                    self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_help(self):
        for command in [[], ["run"], ["replay"], ["costs"], ["check"], ["list"]]:
            with self.subTest(command):
                text = self.succeed(*command, "--help")
                self.assertLessEqual(max(map(len, text.splitlines())), 84)  # the line of exit codes
                self.assertIn("--help", text)


class Json(CommandLineTest):
    def result(self, *arguments):
        result = json.loads(self.succeed("--json", "-", *arguments))
        jsonschema.validate(result, SCHEMA)
        return result

    def check_sums(self, result):
        close = lambda a, b: self.assertTrue(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-15), f"{a} {b}")
        power = {a["name"]: a["active_W"] for a in result["platform"]["accelerators"]}
        for run in result["runs"]:
            last = run["steps"][-1]
            self.assertEqual((run["latency_s"], run["energy_J"], run["analytic_latency_s"]),
                             (last["latency_s"], last["energy_J"], last["analytic_latency_s"]))
            close(run["latency_s"], max(layer["end_s"] for layer in run["layers"]))
            close(run["latency_s"], sum(run["chain"].values()))
            if run["gap"] is None:
                self.assertIn("excesses", run)
            else:
                close(run["gap"], run["latency_s"] / run["bound"]["latency_s"] - 1)
                self.assertGreaterEqual(run["gap"], -1e-9)
            energy = run["energy"]
            close(run["energy_J"], energy["compute_J"] + energy["transfer_J"])
            close(energy["total_J"], run["energy_J"] + energy["idle_J"] + energy["network_J"])
            self.assertEqual(len(run["layers"]), result["workload"]["layers"])
            for layer in run["layers"]:
                close(layer["end_s"] - layer["start_s"],
                      layer["weights_s"] + layer["inputs_s"] + layer["compute_s"] + layer["output_s"])
            for accelerator in run["accelerators"]:
                own = [layer for layer in run["layers"] if layer["accelerator"] == accelerator["name"]]
                close(accelerator["compute_s"], sum(layer["compute_s"] for layer in own))
                close(accelerator["busy_s"], sum(layer["end_s"] - layer["start_s"] for layer in own))
                close(accelerator["busy_s"], accelerator["compute_s"] + accelerator["transfer_s"])
                close(accelerator["idle_s"], run["latency_s"] - accelerator["busy_s"])
                # In execution order, one after the other.
                for before, after in zip(own, own[1:]):
                    self.assertLessEqual(before["end_s"], after["start_s"] + 1e-12)
            close(run["energy_J"], sum(power[a["name"]] * a["busy_s"] for a in run["accelerators"]))
            for link in run["links"]:
                self.assertLessEqual(link["busy_s"], run["latency_s"] * (1 + 1e-9))

    def test_is_valid_and_its_parts_add_up(self):
        for workload in WORKLOADS:
            for platform in PLATFORMS:
                for mapper in ["h2h", "h2h-release", "h2h[scope=resident]"]:
                    with self.subTest(workload=workload, platform=platform, mapper=mapper):
                        self.check_sums(self.result("-w", workload, "-p", platform, "--mapper", mapper))

    def test_replay_equals_analytic_on_the_platform_without_contention(self):
        for bandwidth in ["0.125GBps", "0.5GBps", "1.25GBps"]:
            for workload in WORKLOADS:
                run = self.result("-w", workload, "-p", "cloud.xml", "--bandwidth", bandwidth)["runs"][0]
                for step in run["steps"]:
                    self.assertTrue(math.isclose(step["latency_s"], step["analytic_latency_s"], rel_tol=1e-9))
                latencies = [step["latency_s"] for step in run["steps"]]
                self.assertEqual(latencies, sorted(latencies, reverse=True), "no step increases the latency")

    def test_replay_is_slower_where_the_host_port_is_shared(self):
        run = self.result("-w", "vlocnet.yaml", "-p", "cloud-contended.xml")["runs"][0]
        self.assertGreater(run["latency_s"], 1.2 * run["analytic_latency_s"])
        self.assertGreater(run["chain"]["waiting_s"], 0)

    def test_records_inputs_and_command(self):
        result = self.result("-w", "mocap.yaml", "-p", "cloud.xml", "--no-replay")
        self.assertEqual([file["path"].split("/")[-1] for file in result["inputs"]],
                         ["mocap.yaml", "cloud.xml", "accelerators.yaml"])
        self.assertIn("--no-replay", result["command"])
        self.assertFalse(result["runs"][0]["replayed"])

    def test_batch_multiplies_work_and_never_weights(self):
        one = self.result("-w", "casua_surf.yaml", "-p", "cloud.xml")
        four = self.result("-w", "casua_surf.yaml", "-p", "cloud.xml", "--batch", "4")
        self.assertEqual(four["workload"]["macs"], 4 * one["workload"]["macs"])
        self.assertEqual(four["workload"]["parameters"], one["workload"]["parameters"])

    def test_modalities(self):
        layers = lambda *options: {layer["name"] for layer in
                                   self.result("-w", "mocap.yaml", "-p", "cloud.xml", *options)["runs"][0]["layers"]}
        everything = layers()
        speech = {name for name in everything if name.startswith("sp_")}
        motion = {name for name in everything if name.startswith("mo_")}
        self.assertEqual(layers("--modalities", "text,speech"), everything - motion)
        self.assertEqual(layers("--modalities=-speech"), everything - speech)


@unittest.skipUnless(shutil.which("cbc"), "needs cbc")
class Bounds(CommandLineTest):
    def bound(self, *arguments):
        result = json.loads(self.succeed("--json", "-", "--no-replay", "-w", "casua_surf.yaml", "-p", "cloud.xml", *arguments))
        jsonschema.validate(result, SCHEMA)
        kinds = {(run["bound"]["kind"], run["bound"]["latency_s"]) for run in result["runs"]}
        self.assertEqual(len(kinds), 1)
        return *kinds.pop(), min(run["latency_s"] for run in result["runs"])

    def test_methods(self):
        quick, quick_s, _ = self.bound()
        self.assertIn("critical-path", quick)
        lp, lp_s, latency_s = self.bound("--bound", "lp", "--mapper", "h2h", "--mapper", "h2h-release")
        self.assertEqual(lp, "lp")
        self.assertGreater(lp_s, quick_s)
        milp, milp_s, _ = self.bound("--bound", "milp", "--bound-time", "10")
        self.assertIn(milp, ["lp", "milp"])
        self.assertGreaterEqual(milp_s, lp_s * (1 - 1e-3))
        self.assertLess(milp_s, latency_s)

    def test_says_what_binds(self):
        table = self.succeed("--no-replay", "-w", "casua_surf.yaml", "-p", "cloud.xml", "--bound", "lp")
        self.assertRegex(table, r"lower bound [0-9.]+ ms \(lp\)")


class Exact(CommandLineTest):
    def test_proves_the_optimum_of_a_small_workload(self):
        arguments = ["--no-replay", "--json", "-", "-w", "mocap.yaml", "-p", "cloud.xml", "-m", "text"]
        run = json.loads(self.succeed(*arguments, "--bound", "exact"))["runs"][0]
        self.assertEqual(run["bound"]["kind"], "exact")
        self.assertLessEqual(run["bound"]["latency_s"], run["latency_s"])

    def test_says_when_it_proves_nothing(self):
        done = self.call("--no-replay", "-w", "vlocnet.yaml", "-p", "cloud.xml", "--bound", "exact", "--bound-time", "0.01")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, "h2h-sim: warning: --bound exact: nothing is proven in 0.01 s; lp and milp suit larger "
                                      "workloads\n")
        self.assertIn("(critical-path", done.stdout)


class Determinism(CommandLineTest):
    def test_same_bytes_whatever_the_jobs(self):
        outputs = [self.succeed("-w", "casua_surf.yaml", "-p", "cloud-contended.xml", "--evaluator", "replay", "--no-timing",
                                "--json", "-", "--jobs", jobs) for jobs in (1, 2, 5)]
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[0], outputs[2])

    def test_same_bytes_again(self):
        outputs = {self.succeed("-w", "vlocnet.yaml", "-p", "cloud.xml", "--no-timing", "--json", "-") for _ in range(2)}
        self.assertEqual(len(outputs), 1)

    def test_no_timing_leaves_out_wall_times_and_command(self):
        result = json.loads(self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--no-timing", "--json", "-"))
        self.assertNotIn("command", result)
        self.assertNotIn("search_s", result["runs"][0]["steps"][0])
        header = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--no-timing", "--csv", "-").splitlines()[0]
        self.assertNotIn("search_s", header)


class Csv(CommandLineTest):
    def test_one_row_a_run_and_step(self):
        text = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--no-timing", "--csv", "-", "--mapper", "h2h", "--mapper",
                            "h2h-release[order=release,passes=1]")
        self.assert_golden("steps-mocap.csv", text)
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(rows), 8)
        self.assertEqual(rows[4]["mapper"], "h2h-release[order=release,passes=1]")
        self.assertEqual(rows[1]["percent_of_step_2"], "100")

    def test_costs(self):
        rows = list(csv.DictReader(io.StringIO(self.succeed("costs", "-w", "mocap.yaml", "-p", "cloud.xml", "--csv", "-"))))
        one = next(row for row in rows if row["layer"] == "sp_fc" and row["model"] == "J.Q")
        # 12,800 x 256 weights of 16 bit at 1.16 GB/s; 50 us and 0.125 GB/s to the host.
        self.assertAlmostEqual(float(one["compute_s"]), 12800 * 256 * 2 / 1.16e9, places=12)
        self.assertEqual((one["weight_bytes"], one["input_bytes"], one["output_bytes"]), ("6553600", "25600", "512"))
        self.assertAlmostEqual(float(one["weights_s"]), 50e-6 + 6553600 / 0.125e9, places=12)

    def test_costs_as_json(self):
        costs = json.loads(self.succeed("costs", "-w", "mocap.yaml", "-p", "cloud.xml", "--json", "-"))
        self.assertEqual(costs["schema"], "h2h-sim/costs/1")
        self.assertEqual({row["bottleneck"] for row in costs["costs"]}, {"compute", "DRAM"})


class Mappings(CommandLineTest):
    def test_reads_back_to_the_same_schedule(self):
        for workload in WORKLOADS:
            for platform in PLATFORMS:
                with self.subTest(workload=workload, platform=platform):
                    inputs = ["-w", workload, "-p", platform, "--no-timing"]
                    before = json.loads(self.succeed(*inputs, "--json", "-", "--save-mapping", "m.yaml"))
                    after = json.loads(self.succeed("replay", *inputs, "--json", "-", "--mapping", "m.yaml"))
                    for key in ["layers", "accelerators", "links", "latency_s", "energy", "setup", "chain"]:
                        self.assertEqual(before["runs"][0][key], after["runs"][0][key], key)
                    checked = self.succeed("check", *inputs[:4], "--mapping", "m.yaml")
                    self.assertIn("mapping: valid", checked)

    def test_has_the_documented_form(self):
        self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--save-mapping", "m.yaml")
        mapping = yaml.safe_load((self.folder / "m.yaml").read_text())
        self.assertEqual((mapping["schema"], mapping["workload"]), ("h2h-sim/mapping/1", "mocap"))
        orders = [layer for entry in mapping["accelerators"].values() for layer in entry["order"]]
        self.assertEqual(len(orders), 14)
        self.assertTrue(all(len(pair) == 2 for pair in mapping["fused"]))

    def test_can_be_started_from(self):
        self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--mapper", "computation-prioritized", "--save-mapping", "m.yaml")
        direct = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--no-timing", "--csv", "-", "--mapper",
                              "computation-prioritized+weight-locality").splitlines()[-1].split(",")[5]
        resumed = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--no-timing", "--csv", "-", "--mapper", "weight-locality",
                               "--mapping", "m.yaml").splitlines()[-1].split(",")[5]
        self.assertEqual(direct, resumed)

    def test_goes_to_standard_output_alone(self):
        text = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--save-mapping", "-")
        self.assertEqual(yaml.safe_load(text)["schema"], "h2h-sim/mapping/1")
        self.fail_with(USAGE, "only one result can go to standard output; give the others a file", "-w", "mocap.yaml", "-p",
                       "cloud.xml", "--json", "-", "--csv", "-")


class Check(CommandLineTest):
    def test_says_what_there_is(self):
        self.assertEqual(self.succeed("check", "-w", "vlocnet.yaml", "-p", "cloud.xml"),
                         "workload vlocnet: 141 layers, 62.0 M parameters, 10.9 G MACs\n"
                         "platform cloud: 12 FPGAs, 28 links, all reachable from 'host'\n"
                         "every layer runs on some accelerator\n")
        self.assertEqual(self.succeed("check", "-w", "mocap.yaml"),
                         "workload mocap: 14 layers, 6.50 M parameters, 660 M MACs\n")
        self.assertEqual(self.succeed("check", "-p", "cloud.xml"),
                         "platform cloud: 12 FPGAs, 28 links, all reachable from 'host'\n")


if __name__ == "__main__":
    unittest.main()
