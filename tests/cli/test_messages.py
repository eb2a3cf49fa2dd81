# SPDX-License-Identifier: Apache-2.0
"""Every mistake gives its message and its exit status, prints no result, and leaves no half-written file."""

import os
import re
import unittest
import unittest.mock

from support import INFEASIBLE, INPUT, SOURCE, USAGE, CommandLineTest

WORKLOAD = """name: small
layers:
  - {name: a, type: conv, out_channels: 8, in_channels: 3, out_height: 8, out_width: 8, kernel: 3, inputs: []}
  - {name: b, type: conv, out_channels: 8, in_channels: 8, out_height: 8, out_width: 8, kernel: 3, inputs: [a]}
"""


class Usage(CommandLineTest):
    def test_options(self):
        both = ["-w", "mocap.yaml", "-p", "cloud.xml"]
        for message, arguments in [
            ("--platform is missing; such as --platform cloud.xml", ["-w", "mocap.yaml"]),
            ("--workload is missing; such as --workload vlocnet.yaml", ["-p", "cloud.xml"]),
            ("unknown option '--platfrom'; did you mean '--platform'?", ["--platfrom", "cloud.xml"]),
            ("unknown option '--josn'; did you mean '--json'?", [*both, "--josn=x"]),
            ("unknown option '--frobnicate'; --help says what there is", [*both, "--frobnicate"]),
            ("unknown command 'cost'; did you mean 'costs'?", ["cost"]),
            ("unknown command 'everything'; --help says what there is", ["list", "everything"]),
            ("--evaluator: cannot be 'repaly'; did you mean 'replay'?", [*both, "--evaluator", "repaly"]),
            ("--batch: '0' is no whole number from 1 to 1073741824", [*both, "-b", "0"]),
            ("--batch: 'many' is no whole number from 1 to 1073741824", [*both, "-b", "many"]),
            ("--jobs: '-3' is no whole number from 1 to 1024", [*both, "--jobs=-3"]),
            ("--bound: cannot be 'lpp'; did you mean 'lp'?", [*both, "--bound", "lpp"]),
            ("--bound-time: '0' is no number above 0 and up to 86400", [*both, "--bound-time", "0"]),
            ("--bound-time: 'long' is no number above 0 and up to 86400", [*both, "--bound-time", "long"]),
            ("--bandwidth '0.125'; give a positive number with a unit: Bps, kBps, MBps, GBps, Mbps or Gbps, such as 0.125GBps",
             [*both, "--bandwidth", "0.125"]),
            ("--bandwidth '0GBps'; give a positive number with a unit: Bps, kBps, MBps, GBps, Mbps or Gbps, such as 0.125GBps",
             [*both, "--bandwidth", "0GBps"]),
            ("workload 'mocap' has no modality 'video'; known: text, speech and mocap", [*both, "-m", "video"]),
            ("no layer of workload 'mocap' is left; its modalities are text, speech and mocap", [*both, "--modalities=-text,-speech,-mocap"]),
            ("--log-level: cannot be 'loud'; known: trace, debug, info, warn, error and off", ["--log-level", "loud"]),
            ("--mapping is missing; give a mapping that --save-mapping wrote", ["replay", *both]),
            ("--execution: cannot be 'overlapped'; did you mean 'overlap'?", [*both, "--execution", "overlapped"]),
            ("--activations: cannot be 'dirct'; did you mean 'direct'?", [*both, "--activations", "dirct"]),
            ("--execution overlap: the analytic evaluator knows serial execution only; search by --evaluator replay",
             [*both, "--execution", "overlap"]),
            ("--execution overlap: the analytic evaluator knows serial execution only; search by --evaluator replay",
             ["compare", *both, "--execution", "overlap"]),
            ("--execution overlap with --no-replay: only replays know overlapped execution; leave --no-replay out",
             [*both, "--execution", "overlap", "--evaluator", "replay", "--no-replay"]),
            ("--execution overlap with --no-replay: only replays know overlapped execution; leave --no-replay out",
             ["replay", *both, "--mapping", "m.yaml", "--execution", "overlap", "--no-replay"]),
            ("nothing to check; give --workload, --platform, --scenario or several, and --mapping with the first two", ["check"]),
            ("--mapping needs --workload and --platform", ["check", "-p", "cloud.xml", "--mapping", "m.yaml"]),
            ("only one result can go to standard output; give the others a file", [*both, "--json", "-", "--csv", "-"]),
            ("--save-mapping saves one mapping, and there are several mappers; run them one by one",
             [*both, "--mapper", "h2h", "--mapper", "h2h-release", "--save-mapping", "m.yaml"]),
        ]:
            with self.subTest(message):
                self.fail_with(USAGE, message, *arguments)

    def test_solver(self):
        """A solver that is not there is a mistake; one that fails spoils no result."""
        small = ["-w", self.write("w.yaml", WORKLOAD), "-p", "cloud.xml", "--no-replay", "--bound"]
        for method in ["lp", "milp"]:
            with self.subTest(method), unittest.mock.patch.dict(os.environ, PATH=str(self.folder)):
                self.fail_with(USAGE, "the solver 'cbc' is not on the PATH; install it (Debian: apt install coinor-cbc), "
                                      "or use --bound quick or exact, which need none", *small, method)
        solver = self.folder / "cbc"
        for script, message in [
            ("echo some words; exit 3", "the solver cbc ended with status 3 ('some words')"),
            ("kill -9 $$", "the solver cbc was ended by signal 9"),
            ("exit 0", "the solver cbc found no solution in its time"),
            ("exec sleep 1000", "the solver cbc found no solution in its time"),
        ]:
            with self.subTest(script):
                solver.write_text(f"#!/bin/sh\n{script}\n")
                solver.chmod(0o755)
                with unittest.mock.patch.dict(os.environ, PATH=f"{self.folder}:{os.environ['PATH']}", TMPDIR=str(self.folder)):
                    done = self.call(*small, "lp", "--bound-time", "0.5")
                kind = re.search(r"lower bound .*\((.*)\)", done.stdout)[1]
                self.assertIn("critical-path", kind)
                self.assertEqual(done.stderr, f"h2h-sim: warning: --bound lp: {message}; the bound of kind {kind} stands\n")
                self.assertEqual(done.returncode, 0)
                self.assertEqual(list(self.folder.glob("h2h-cbc-*")), [])

    def test_a_solver_that_is_not_done_in_time(self):
        """The linear program has a solution, all of whose multipliers are 0; then the time is up."""
        solver = self.folder / "cbc"
        solver.write_text("#!/bin/sh\ncase \"$*\" in *-initialSolve*) for last; do :; done; echo Optimal > \"$last\" ;; esac\n")
        solver.chmod(0o755)
        with unittest.mock.patch.dict(os.environ, PATH=f"{self.folder}:{os.environ['PATH']}"):
            done = self.call("-w", self.write("w.yaml", WORKLOAD), "-p", "cloud.xml", "--no-replay", "--bound", "milp")
        kind = re.search(r"lower bound .*\((.*)\)", done.stdout)[1]
        self.assertEqual(done.stderr, "h2h-sim: warning: --bound milp: not finished in 60 s; the bound of kind "
                                      f"{kind} stands\n")
        self.assertEqual(done.returncode, 0)

    def test_mappers(self):
        both = ["-w", "mocap.yaml", "-p", "cloud.xml", "--mapper"]
        for message, chain in [
            ("unknown mapper or step 'h2g'; did you mean 'h2h'?", "h2g"),
            ("unknown mapper or step 'wieght-locality'; did you mean 'weight-locality'?", "computation-prioritized+wieght-locality"),
            ("mapper 'h2h': unknown key 'scop'; did you mean 'scope'?", "h2h[scop=resident]"),
            ("mapper 'h2h': 'scope' cannot be 'near'; known: adjacent and resident", "h2h[scope=near]"),
            ("mapper 'computation-prioritized': 'nodes' is 0; it must be greater than zero", "computation-prioritized[nodes=0]"),
            ("mapper 'computation-prioritized': 'nodes' must be a number, not 'few'", "computation-prioritized[nodes=few]"),
            ("mapper 'h2h-release': key 'passes' stands twice; keep one", "h2h-release[passes=1,passes=2]"),
            ("mapper 'h2h[scope' cannot be read from its character 4 on; write step[option=value,...]+step+..., such as h2h or "
             "computation-prioritized+weight-locality", "h2h[scope"),
            ("step 'weight-locality' improves a mapping, and there is none yet; put a step before it that maps every layer, such as "
             "computation-prioritized+weight-locality", "weight-locality"),
        ]:
            with self.subTest(chain):
                self.fail_with(USAGE, message, *both, chain)

    def test_simgrid_settings(self):
        both = ["-w", "mocap.yaml", "-p", "cloud.xml"]
        self.fail_with(USAGE, "SimGrid refuses an option: Bad config key: foo/bar; the keys of --cfg and --log are in SimGrid's "
                       "documentation", *both, "--cfg", "foo/bar:1")
        self.fail_with(USAGE, "SimGrid refuses an option: Unknown priority name: blah (must be one of: "
                       "trace,debug,verbose,info,warning,error,critical); the keys of --cfg and --log are in SimGrid's documentation",
                       *both, "--log", "root.thresh:blah")

    def test_bandwidth_of_a_platform_without_links_of_their_own(self):
        shared = (SOURCE / "platforms/cloud.xml").read_text()
        for i in range(12):
            shared = shared.replace(f'up="port{i}_UP" down="port{i}_DOWN"', 'up="port0_UP" down="port0_DOWN"')
        self.write("shared.xml", shared)
        self.write("accelerators.yaml", (SOURCE / "platforms/accelerators.yaml").read_text())
        self.fail_with(USAGE, "--bandwidth changes nothing in shared.xml; it sets the links that belong to one FPGA alone, and here "
                       "every link serves several", "-w", "mocap.yaml", "-p", "shared.xml", "--bandwidth", "1GBps")


class Files(CommandLineTest):
    def test_missing(self):
        self.fail_with(INPUT, "vlocnett.yaml: no such file; did you mean 'vlocnet.yaml'?", "-w", "vlocnett.yaml", "-p", "cloud.xml")
        self.fail_with(INPUT, "clouds.xml: no such file; did you mean 'cloud.xml'?", "-w", "mocap.yaml", "-p", "clouds.xml")
        self.fail_with(INPUT, "no/such/thing: no such file; it is looked up as given, then in the installed data folders", "-w",
                       "no/such/thing", "-p", "cloud.xml")

    def test_folder(self):
        self.fail_with(INPUT, f"{self.folder}: is a folder; give a file", "-w", self.folder, "-p", "cloud.xml")

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_unreadable(self):
        self.write("w.yaml", WORKLOAD)
        (self.folder / "w.yaml").chmod(0)
        self.fail_with(INPUT, "w.yaml: cannot be read: Permission denied", "-w", "w.yaml", "-p", "cloud.xml")

    def test_catalogue(self):
        platform = (SOURCE / "platforms/cloud.xml").read_text()
        self.write("p.xml", platform.replace('<prop id="accelerators" value="accelerators.yaml"/>', ""))
        self.fail_with(INPUT, 'p.xml: names no accelerator catalogue; add <prop id="accelerators" value="accelerators.yaml"/> to the '
                       "root zone, or give --accelerators", "-w", "mocap.yaml", "-p", "p.xml")
        self.write("q.xml", platform.replace('value="T.M"', 'value="T.N"'))
        self.write("accelerators.yaml", (SOURCE / "platforms/accelerators.yaml").read_text())
        self.fail_with(INPUT, "q.xml: host 'fpga6': catalogue accelerators.yaml has no accelerator 'T.N'; did you mean 'T.M'?", "-w",
                       "mocap.yaml", "-p", "q.xml")

    def test_properties(self):
        platform = (SOURCE / "platforms/cloud.xml").read_text()
        for key, value, hint in [("dram_capacity", "1", "give B, kB, MB, GB, KiB, MiB or GiB, such as 1GB"),
                                 ("dram_capacity", "0GB", "give B, kB, MB, GB, KiB, MiB or GiB, such as 1GB"),
                                 ("weight_share", "1.5", "give a number from 0 to 1"),
                                 ("active_W", "nan", "give a number, zero or more"),
                                 ("idle_W", "-1", "give a number, zero or more")]:
            with self.subTest(key=key, value=value):
                self.write("p.xml", platform.replace('value="C.Z"/>', f'value="C.Z"/><prop id="{key}" value="{value}"/>'))
                self.fail_with(INPUT, f"p.xml: host 'fpga1': property {key} is '{value}'; {hint}", "-w", "mocap.yaml", "-p", "p.xml",
                               "--accelerators", SOURCE / "platforms/accelerators.yaml")

    def refuses_property(self, platform, behind, key, of, meant):
        """Puts a property behind some text of the platform, which makes it wrong there."""
        at = platform.index(behind) + len(behind)
        self.write("p.xml", platform[:at] + f'<prop id="{key}" value="1"/>' + platform[at:])
        line = platform[:at].count("\n") + 1
        done = self.call("check", "-p", "p.xml", "--accelerators", SOURCE / "platforms/accelerators.yaml")
        self.assertRegex(done.stderr, rf"^h2h-sim: p.xml:{line}:[0-9]+: {of}: unknown property '{key}'; did you mean '{meant}'\?\n$")
        self.assertEqual(done.returncode, INPUT)

    def test_misspelt_properties(self):
        platform = (SOURCE / "platforms/cloud.xml").read_text()
        for key, meant in [("idle_w", "idle_W"), ("dram_capcity", "dram_capacity"), ("weightshare", "weight_share")]:
            with self.subTest(key):
                self.refuses_property(platform, 'value="C.Z"/>', key, "host 'fpga1'", meant)
        with self.subTest("a host that would be none of ours"):
            self.refuses_property(platform.replace('<prop id="accelerator" value="C.Z"/>', "<!-- here -->"), "<!-- here -->",
                                  "acclerator", "host 'fpga1'", "accelerator")
        link = '<link id="extra" bandwidth="1GBps" latency="0s">'
        self.refuses_property(platform.replace("</zone>", link + "</link></zone>"), link, "idle_w", "link 'extra'", "idle_W")
        self.refuses_property(platform, '<prop id="accelerators" value="accelerators.yaml"/>', "acelerators", "root zone", "accelerators")
        self.write("p.xml", platform.replace('value="C.Z"/>', 'value="C.Z"/><prop id="watts" value="1"/>'))
        self.succeed("check", "-p", "p.xml", "--accelerators", SOURCE / "platforms/accelerators.yaml")

    def test_logging_before_and_behind_a_command(self):
        both = ["-w", "mocap.yaml", "-p", "cloud.xml", "--no-replay"]
        for words in [["-v", "run", *both], ["run", "-v", *both], ["run", *both, "--log-level", "info"]]:
            with self.subTest(words):
                self.assertIn("h2h-sim: info: mapping mocap on cloud by h2h", self.call(*words).stderr)
        for words in [["run", "-q"], ["-q", "run"]]:
            self.assertEqual(self.call(*words, *both).stderr, "")

    def test_empty_values(self):
        both = ["-w", "mocap.yaml", "-p", "cloud.xml"]
        for option in ["--csv", "--json", "--save-mapping", "--bandwidth", "--accelerators", "--modalities", "--pareto", "--plugin"]:
            for command in [[], ["run"]]:
                with self.subTest(option=option, command=command):
                    self.fail_with(USAGE, f"{option} is empty; give a value, or leave it out", *command, *both, option, "")
        self.fail_with(USAGE, "--markdown is empty; give a value, or leave it out", "compare", *both, "--markdown", "")

    def test_outputs_that_cannot_be_written(self):
        for option in ["--json", "--csv", "--save-mapping"]:
            with self.subTest(option):
                done = self.call("-w", "mocap.yaml", "-p", "cloud.xml", "--no-replay", option, "no/such/folder/out")
                self.assertEqual(done.returncode, INPUT)
                self.assertEqual(done.stderr, "h2h-sim: no/such/folder/out: cannot be written: No such file or directory; give a path "
                                              "in a folder that can be written\n")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_an_output_is_replaced_as_a_whole_or_not_at_all(self):
        self.write("out.json", "old")
        self.fail_with(INPUT, "vlocnett.yaml: no such file; did you mean 'vlocnet.yaml'?", "-w", "vlocnett.yaml", "-p", "cloud.xml",
                       "--json", "out.json")
        self.assertEqual((self.folder / "out.json").read_text(), "old")
        self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--json", "out.json")
        self.assertTrue((self.folder / "out.json").read_text().startswith("{"))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["out.json"])


class Workloads(CommandLineTest):
    def test_places(self):
        lines = WORKLOAD.splitlines(keepends=True)
        for message, text in [
            ("w.yaml: is empty; give a YAML file", ""),
            ("w.yaml: is not text: it holds a zero byte; give a YAML file", "name: \0"),
            ("w.yaml:3:5: 'layers[0]' lacks the key 'name'", WORKLOAD.replace("name: a, ", "")),
            ("w.yaml:3:21: unknown key 'tipe'; did you mean 'type'?", WORKLOAD.replace("{name: a, type", "{name: a, tipe")),
            ("w.yaml:4:21: 'layers[1].type' cannot be 'konv'; did you mean 'conv'?", WORKLOAD.replace("b, type: conv", "b, type: konv")),
            ("w.yaml:3:41: 'layers[0].out_channels' is 0; it must be greater than zero", WORKLOAD.replace("8, in_channels: 3", "0, in_channels: 3")),
            ("w.yaml:4:5: layer 'b': in_channels is 9, but the inputs have 8 channels (8); set in_channels: 8",
             WORKLOAD.replace("in_channels: 8", "in_channels: 9")),
            ("w.yaml:3:5: layer 'a': is on a cycle: a -> b -> a; a workload must be acyclic", WORKLOAD.replace("inputs: []", "inputs: [b]").replace("in_channels: 3", "in_channels: 8")),
            ("w.yaml:5:1: key 'name' stands twice; keep one", WORKLOAD + "name: other\n"),
        ]:
            with self.subTest(message):
                self.write("w.yaml", text)
                done = self.call("check", "-w", "w.yaml")
                self.assertEqual(done.returncode, INPUT)
                self.assertEqual(done.stderr, f"h2h-sim: {message}\n")
        self.assertEqual(len(lines), 4)

    def test_nothing_maps(self):
        self.write("w.yaml", WORKLOAD + "  - {name: c, type: attention, sequence_length: 8, model_size: 8, inputs: []}\n")
        self.write("cloud.xml", (SOURCE / "platforms/cloud.xml").read_text().replace('value="B.L"', 'value="S.H"'))
        self.write("accelerators.yaml", (SOURCE / "platforms/accelerators.yaml").read_text())
        self.fail_with(INFEASIBLE, "layer 'c' (attention) runs on no accelerator of platform 'cloud'; its accelerators run add, concat, "
                       "conv, fc, lstm, matmul and pool; add one that runs attention; all layers run with B.L of the "
                       "catalogue", "-w", "w.yaml", "-p", "cloud.xml")

    def test_mapping_of_another_workload(self):
        self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--save-mapping", "m.yaml")
        self.fail_with(INPUT, "m.yaml:2:11: this is a mapping of workload 'mocap', not of 'vlocnet'", "replay", "-w", "vlocnet.yaml",
                       "-p", "cloud.xml", "--mapping", "m.yaml")

    def test_mapping_that_exceeds_a_memory(self):
        self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--save-mapping", "m.yaml")
        small = (SOURCE / "platforms/cloud.xml").read_text()
        for accelerator in ["Y.G", "B.L", "X.W", "J.Z", "S.H"]:
            small = small.replace(f'value="{accelerator}"/>', f'value="{accelerator}"/><prop id="dram_capacity" value="10kB"/>')
        self.write("small.xml", small)
        self.write("accelerators.yaml", (SOURCE / "platforms/accelerators.yaml").read_text())
        done = self.call("check", "-w", "mocap.yaml", "-p", "small.xml", "--mapping", "m.yaml")
        self.assertEqual(done.returncode, INPUT)
        self.assertRegex(done.stderr, r"^h2h-sim: m.yaml: breaks rule 'weights': '\w+' pins \d+ bytes of weights; its share of the DRAM is "
                                      r"5000; also: ")


if __name__ == "__main__":
    unittest.main()
