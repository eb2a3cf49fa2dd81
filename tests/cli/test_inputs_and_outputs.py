# SPDX-License-Identifier: Apache-2.0
"""What is read is what is recorded, what is written overwrites nothing else, and every failure has its exit status."""

import csv
import hashlib
import io
import json
import os
import pty
import re
import stat
import subprocess
import unittest

from support import INPUT, SOURCE, TOOL, USAGE, WELL, CommandLineTest

BOTH = ["-w", "mocap.yaml", "-p", "cloud.xml"]
CLOUD = (SOURCE / "platforms/cloud.xml").read_text()


class Case(CommandLineTest):
    def run_with(self, arguments, **options):
        """Runs the tool with streams of the test's own."""
        environment = dict(os.environ, H2H_DATA_DIR=str(SOURCE))
        options.setdefault("stdout", subprocess.DEVNULL)
        return subprocess.run([TOOL, *arguments], cwd=self.folder, env=environment, timeout=60, stdin=subprocess.DEVNULL, **options)

    def one_accelerator_everywhere(self, catalogue_entry):
        """A platform like the shipped one whose FPGAs are all of one design."""
        self.write("p.xml", re.sub(r'id="accelerator" value="[^"]+"', 'id="accelerator" value="X"', CLOUD))
        self.write("accelerators.yaml", "accelerators:\n  X: " + catalogue_entry)
        return "p.xml"


class StandardStreams(Case):
    def test_exit_status_where_standard_error_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            self.assertEqual(self.run_with(["-w", "nothing.yaml", "-p", "cloud.xml"], stderr=full).returncode, INPUT)
            self.assertEqual(self.run_with([*BOTH, "--bandwidth", "1"], stderr=full).returncode, USAGE)

    def test_no_message_ends_up_in_a_result_where_standard_error_is_closed(self):
        done = self.run_with([*BOTH, "--cfg=network/bandwidth-factor:2", "--json", "out.json"], preexec_fn=lambda: os.close(2))
        self.assertEqual(done.returncode, WELL)
        self.assertEqual(json.loads((self.folder / "out.json").read_text())["schema"], "h2h-sim/result/1")
        self.assertEqual(self.run_with(["-w", "nothing.yaml", "-p", "cloud.xml"], preexec_fn=lambda: os.close(2)).returncode, INPUT)
        self.assertEqual(self.run_with(BOTH, stdout=None, stderr=subprocess.DEVNULL, preexec_fn=lambda: os.close(1)).returncode, INPUT)

    def test_progress_on_a_terminal_alone(self):
        for quiet, shown in [([], True), (["-q"], False)]:
            master, slave = pty.openpty()
            done = self.run_with([*BOTH, *quiet], stderr=slave)
            os.close(slave)
            self.assertEqual(done.returncode, WELL)
            try:
                said = os.read(master, 65536).decode()
            except OSError:  # nothing was written
                said = ""
            os.close(master)
            self.assertEqual("h2h: data-locality-remapping ..." in said, shown, said)
            self.assertTrue(said.endswith("\r\033[K") or not shown, "the line goes when it is over")


class Inputs(Case):
    def test_a_platform_may_come_through_a_pipe(self):
        content = CLOUD.encode()
        read, write = os.pipe()
        os.write(write, content)
        os.close(write)
        done = self.run_with(["-w", "mocap.yaml", "-p", f"/dev/fd/{read}", "--json", "-"], pass_fds=[read], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        os.close(read)
        self.assertEqual((done.returncode, done.stderr), (WELL, b""))
        platform = json.loads(done.stdout)["inputs"][1]
        self.assertEqual(platform["sha256"], hashlib.sha256(content).hexdigest())

    def test_only_utf8(self):
        (self.folder / "w.yaml").write_bytes(b'name: "b\xff"\nlayers: []\n')
        self.fail_with(INPUT, "w.yaml:1:9: is not text in UTF-8; convert it, such as by iconv", "-w", "w.yaml", "-p", "cloud.xml")
        (self.folder / "p.xml").write_bytes(CLOUD.encode().replace(b'id="fpga3"', b'id="f\xff"'))
        done = self.call("-w", "mocap.yaml", "-p", "p.xml")
        self.assertEqual(done.returncode, INPUT)
        self.assertRegex(done.stderr, r"^h2h-sim: p.xml:\d+:\d+: is not text in UTF-8; ")

    def test_a_path_may_be_of_any_bytes(self):
        name = b"m\xff.yaml"
        with open(os.path.join(os.fsencode(self.folder), name), "wb") as file:
            file.write((SOURCE / "workloads/mocap.yaml").read_bytes())
        for command in [["-w", name, "-p", "cloud.xml", "--json", "-"], ["costs", "-w", name, "-p", "cloud.xml", "--json", "-"]]:
            done = self.run_with(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr), (WELL, b""))
            json.loads(done.stdout.decode())

    def test_a_mapping_is_on_record(self):
        self.succeed(*BOTH, "--mapper", "computation-prioritized", "--save-mapping", "m.yaml")
        expected = {"path": "m.yaml", "sha256": hashlib.sha256((self.folder / "m.yaml").read_bytes()).hexdigest()}
        for command in [["replay"], ["run", "--mapper", "weight-locality"]]:
            result = json.loads(self.succeed(*command, *BOTH, "--mapping", "m.yaml", "--json", "-"))
            self.assertEqual(result["inputs"][3:], [expected])
        self.succeed("replay", *BOTH, "--mapping", "m.yaml", "--save-mapping", "again.yaml")
        self.assertEqual((self.folder / "again.yaml").read_text(), (self.folder / "m.yaml").read_text())

    def test_a_mapping_that_would_be_ignored(self):
        self.succeed(*BOTH, "--save-mapping", "m.yaml")
        self.fail_with(USAGE, "mapper 'h2h' begins with step 'computation-prioritized', which maps from nothing and ignores --mapping; "
                       "begin with a step that improves a mapping, such as --mapper data-locality-remapping", *BOTH, "--mapping", "m.yaml")

    def test_a_mapping_beyond_the_dram(self):
        platform = self.one_accelerator_everywhere(
            "{types: [fc], model: table, parameters: {layers: {}, default_s: 1e-3}, data_bits: 32, dram: {capacity: 16B}, "
            "power: {active_W: 1}}")
        self.write("w.yaml", "name: w\nlayers:\n  - {name: a, type: fc, in_features: 25, out_features: 40}\n")
        inputs = ["-w", "w.yaml", "-p", platform]
        excess = "pins 4000 bytes of weights; its share of the DRAM is 8"
        # The released rules round its 2 numbers up to a thousand; they say so.
        table = self.succeed(*inputs, "--mapper", "h2h-release", "--save-mapping", "m.yaml")
        self.assertIn(excess, " ".join(table.split()))
        result = json.loads(self.succeed(*inputs, "--mapper", "h2h-release", "--json", "-"))["runs"][0]
        self.assertIn(excess, result["excesses"][0])
        self.assertEqual(["excesses" in step for step in result["steps"]], [False, True, True, True])
        rows = csv.DictReader(io.StringIO(self.succeed(*inputs, "--mapper", "h2h-release", "--csv", "-")))
        self.assertEqual([row["exceeds_dram"] for row in rows], ["false", "true", "true", "true"])
        # The same units within the DRAM.
        self.assertNotIn(excess, self.succeed(*inputs, "--mapper", "computation-prioritized+weight-locality[weights=release]"))
        for command in [["replay"], ["check"], ["run", "--mapper", "weight-locality"]]:
            done = self.call(*command, *inputs, "--mapping", "m.yaml")
            self.assertEqual(done.returncode, INPUT)
            self.assertRegex(done.stderr, r"^h2h-sim: m.yaml: breaks rule 'weights': 'fpga\d+' " + excess)

    def test_check_heeds_what_changes_a_workload_or_is_odd_about_a_platform(self):
        self.assertIn("14 layers, 6.50 M parameters, 2.64 G MACs", self.succeed("check", "-w", "mocap.yaml", "--batch", "4"))
        self.assertNotIn("14 layers", self.succeed("check", "-w", "mocap.yaml", "--modalities", "text"))
        self.write("p.xml", CLOUD.replace('latency="50us"', 'latency="60us"', 1))
        self.write("accelerators.yaml", (SOURCE / "platforms/accelerators.yaml").read_text())
        for workload in [[], ["-w", "mocap.yaml"]]:
            done = self.call("check", "-p", "p.xml", *workload)
            self.assertEqual(done.returncode, WELL)
            self.assertRegex(done.stderr, r"^h2h-sim: warning: p.xml: host routes over link '\w+' have latencies from ")

    def test_settings_that_change_simgrids_model(self):
        chain = "computation-prioritized+weight-locality+activation-transfer+data-locality-remapping"
        results = []
        for prune in ["on", "off"]:
            done = self.call(*BOTH, "--cfg=network/bandwidth-factor:4", "--evaluator", "replay", "--no-timing", "--json", "-", "--mapper",
                             f"{chain}[prune={prune}]")
            self.assertEqual(done.returncode, WELL, done.stderr)
            self.assertIn("warning: ", done.stderr)
            self.assertIn("--cfg=network/bandwidth-factor:4 changes SimGrid's model: a replay may be quicker than the analytic latency",
                          done.stderr)
            results.append({key: value for key, value in json.loads(done.stdout)["runs"][0].items() if key != "mapper"})
        self.assertLess(results[0]["latency_s"], results[0]["analytic_latency_s"])
        self.assertEqual(results[0], results[1], "nothing is pruned by what is no bound")
        self.fail_with(USAGE, "--cfg=network/bandwidth-factor:-1; give numbers that are finite and not negative", *BOTH,
                       "--cfg=network/bandwidth-factor:-1")
        # Our own settings, given once more, change nothing.
        self.succeed(*BOTH, "--cfg=network/optim:Full")

    def test_numbers_out_of_range(self):
        self.fail_with(USAGE, "--seed: '-1' is no whole number from 0 to 9223372036854775807", *BOTH, "--seed", "-1")
        for rate in ["1e-300GBps", "1e30GBps"]:
            self.fail_with(USAGE, f"--bandwidth '{rate}'; give a rate from 1Bps to 1000TBps", *BOTH, "--bandwidth", rate)


class Outputs(Case):
    def test_an_input_is_not_overwritten(self):
        original = (SOURCE / "workloads/mocap.yaml").read_text()
        self.write("mine.yaml", original)
        os.symlink("mine.yaml", self.folder / "link.yaml")
        os.link(self.folder / "mine.yaml", self.folder / "hard.yaml")
        for target in ["mine.yaml", "./mine.yaml", "link.yaml", "hard.yaml"]:
            self.fail_with(USAGE, f"--json {target} would overwrite what is read from there; give another file", "-w", "mine.yaml", "-p",
                           "cloud.xml", "--json", target)
        self.fail_with(USAGE, "--csv mine.yaml would overwrite what is read from there; give another file", "costs", "-w", "mine.yaml", "-p",
                       "cloud.xml", "--csv", "mine.yaml")
        self.succeed(*BOTH, "--save-mapping", "m.yaml")
        self.fail_with(USAGE, "--json m.yaml would overwrite what is read from there; give another file", "replay", *BOTH, "--mapping",
                       "m.yaml", "--json", "m.yaml")
        self.assertEqual((self.folder / "mine.yaml").read_text(), original)

    def test_two_results_have_two_files(self):
        for other in ["f", "./f"]:
            self.fail_with(USAGE, f"--json and --csv both write to {other}; give each a file of its own", *BOTH, "--json", "f", "--csv", other)
        self.succeed(*BOTH, "--json", "/dev/null", "--csv", "/dev/null")
        self.fail_with(USAGE, "only one result can go to standard output; give the other a file", "costs", *BOTH, "--json", "-", "--csv", "-")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_links_and_modes_stay(self):
        self.write("target.json", "old")
        os.chmod(self.folder / "target.json", 0o640)
        os.symlink("target.json", self.folder / "link.json")
        self.succeed(*BOTH, "--json", "link.json")
        self.assertTrue((self.folder / "link.json").is_symlink())
        self.assertEqual(json.loads((self.folder / "target.json").read_text())["schema"], "h2h-sim/result/1")
        self.assertEqual(stat.S_IMODE((self.folder / "target.json").stat().st_mode), 0o640)

    def test_standard_output_by_its_name(self):
        for name in ["/dev/stdout", "/dev/fd/1"]:
            with open(self.folder / "all.txt", "w") as out:
                out.write("before\n")
                out.flush()
                done = self.run_with([*BOTH, "--csv", name], stdout=out)
            self.assertEqual(done.returncode, WELL)
            self.assertTrue(os.path.islink("/dev/stdout"))
            self.assertTrue((self.folder / "all.txt").read_text().startswith("before\n"))

    def test_a_path_that_cannot_be_written_is_found_before_the_search(self):
        done = self.call(*BOTH, "--mapper", "computation-prioritized+sa[time=100s]", "--json", "no/such/folder/out", timeout=30)
        self.assertEqual(done.returncode, INPUT)

    def test_costs_name_every_accelerator_and_tell_kinds_apart(self):
        platform = self.one_accelerator_everywhere(
            "{types: [fc], model: table, parameters: {layers: {}, default_s: 1e-3}, data_bits: 32, dram: {capacity: 1GB}, "
            "power: {active_W: 1}}")
        self.write(platform, (self.folder / platform).read_text().replace('bandwidth="125MBps"', 'bandwidth="500MBps"', 1))
        self.write("w.yaml", "name: w\nlayers:\n  - {name: a, type: fc, in_features: 25, out_features: 40}\n")
        inputs = ["-w", "w.yaml", "-p", platform]
        rows = list(csv.DictReader(io.StringIO(self.succeed("costs", *inputs, "--csv", "-"))))
        self.assertEqual(sorted(len(row["accelerators"].split()) for row in rows), [1, 11])
        rows = json.loads(self.succeed("costs", *inputs, "--json", "-"))["costs"]
        self.assertEqual(sorted(len(row["accelerators"]) for row in rows), [1, 11])
        table = self.succeed("costs", *inputs)
        self.assertRegex(table, r"\nlayer +X#1 +X#2\n")
        self.assertRegex(table, r"\nX#1: X on fpga\d+")
        self.assertLessEqual(max(map(len, table.splitlines())), 80)

    def test_tables_keep_to_80_columns(self):
        chain = "computation-prioritized+weight-locality+activation-transfer+" + "+".join(["data-locality-remapping[passes=1]"] * 4)
        table = self.succeed(*BOTH, "--mapper", chain)
        self.assertIn(chain, table.replace("\n", ""))
        self.assertLessEqual(max(map(len, table.splitlines())), 80)
        slow = self.succeed(*BOTH, "--bandwidth", "1Bps")
        self.assertLessEqual(max(map(len, slow.splitlines())), 80)
        self.assertRegex(slow, r"\d\.\d\de\d")


if __name__ == "__main__":
    unittest.main()
