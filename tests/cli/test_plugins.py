# SPDX-License-Identifier: Apache-2.0
"""Plug-ins as a user loads them: by path, from the folders of H2H_PLUGIN_PATH, into every command; and what is said of
those that do not fit."""

import json
import os
import pathlib
import random
import shutil
import unittest

from support import INPUT, INTERNAL, SOURCE, USAGE, WELL, CommandLineTest

PLUGINS = pathlib.Path(os.environ["H2H_BINARY_DIR"]) / "tests/plugins"

CATALOGUE = """accelerators:
  K: {types: [conv, fc, lstm], model: constant, parameters: {seconds: 0.001}, data_bits: 8,
      dram: {capacity: 1GB}, power: {active_W: 1}}
"""


class PluginTest(CommandLineTest):
    def setUp(self):
        super().setUp()
        for name in ["good", "faulty", "no_entry", "unresolved", "weight_locality"]:
            shutil.copy(PLUGINS / f"{name}.so", self.folder)
        self.both = ["-w", "mocap.yaml", "-p", "cloud.xml"]

    def set(self, **variables):
        """Sets environment variables until the test ends."""
        for name, value in variables.items():
            os.environ[name] = str(value)
            self.addCleanup(os.environ.pop, name, None)


class Loading(PluginTest):
    def run_of(self, *arguments, platform="cloud.xml"):
        return json.loads(self.succeed("-w", "mocap.yaml", "-p", platform, "--no-timing", "--json", "-", *arguments))

    def test_by_path(self):
        result = self.run_of("--plugin", "good.so", "--mapper", "fitted")
        self.assertEqual([step["name"] for step in result["runs"][0]["steps"]],
                         ["first-fit", "weight-locality", "activation-transfer"])
        self.assertEqual(result["inputs"][-1]["path"], "good.so", "a plug-in is an input of the result")
        self.assertEqual(len(self.run_of()["inputs"]), len(result["inputs"]) - 1)

    def test_several_and_one_twice(self):
        result = self.run_of("--plugin", "good.so", "--plugin", "./faulty.so", "--plugin", self.folder / "good.so")
        self.assertEqual([file["path"] for file in result["inputs"]][3:], ["good.so", "./faulty.so"])

    def test_from_folders(self):
        (self.folder / "plugins").mkdir()
        shutil.move(self.folder / "good.so", self.folder / "plugins")
        self.set(H2H_PLUGIN_PATH=":plugins:")
        self.assertEqual(self.run_of("--mapper", "first-fit")["inputs"][-1]["path"], "plugins/good.so")
        # One that is named as well is loaded once.
        self.assertEqual(len(self.run_of("--plugin", "plugins/good.so")["inputs"]), 4)

    def test_every_command(self):
        self.write("constant.yaml", CATALOGUE)
        platform = (SOURCE / "platforms/cloud.xml").read_text()
        for name in ["J.Z", "C.Z", "W.J", "J.Q", "A.C", "Y.G", "T.M", "A.P", "X.W", "S.H", "X.Z", "B.L"]:
            platform = platform.replace(f'value="{name}"', 'value="K"')
        self.write("constant.xml", platform.replace('value="accelerators.yaml"', 'value="constant.yaml"'))
        both = ["-w", "mocap.yaml", "-p", "constant.xml", "--plugin", "good.so"]
        self.succeed(*both, "--mapper", "fitted", "--save-mapping", "m.yaml")
        self.succeed("run", *both, "--mapper", "fitted")
        self.succeed("replay", *both, "--mapping", "m.yaml")
        self.assertIn("1.00", self.succeed("costs", *both))
        self.assertIn("mapping: valid", self.succeed("check", *both, "--mapping", "m.yaml"))
        self.succeed("list", "accelerators", "--plugin", "good.so", "--accelerators", "constant.yaml")
        self.fail_with(INPUT, "constant.yaml:2:39: unknown model 'constant'; known: convolver-array, h2h-release, loop-unroll, "
                       "matrix-vector, roofline, table, tiled-loop, tiled-loop-ports, vector-trace and winograd",
                       "-w", "mocap.yaml", "-p", "constant.xml")

    def test_lists_say_what_is_from_where(self):
        mappers = self.succeed("list", "mappers", "--plugin", "good.so")
        self.assertIn("fitted\n    first-fit, then steps 2 and 3\n    from plug-in good.so\n    = first-fit+", mappers)
        self.assertIn("first-fit\n    every layer on the first accelerator that runs it\n    from plug-in good.so\n", mappers)
        self.assertEqual(mappers.count("from plug-in"), 2)
        models = self.succeed("list", "models", "--plugin", "good.so")
        self.assertIn("constant\n    every type: the same time\n    from plug-in good.so\n", models)
        self.assertEqual(self.succeed("--plugin", "good.so", "list", "mappers"), mappers)

    def test_searches_by_replay_whatever_the_jobs(self):
        runs = [self.run_of("--plugin", "good.so", "--evaluator", "replay", "--jobs", jobs, "--mapper",
                            "fitted+data-locality-remapping", platform="cloud-contended.xml") for jobs in (1, 3)]
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(runs[0]["runs"][0]["evaluator"], "replay")


class Refusals(PluginTest):
    def refused(self, message, file, *arguments):
        self.fail_with(INPUT, f"{file}: {message}", *self.both, "--plugin", file, *arguments)

    def test_files(self):
        self.refused("cannot be read: No such file or directory", "god.so")
        self.write("text.so", "no shared object")
        self.refused("is no shared object; h2h_add_plugin() of find_package(h2h) builds one", "text.so")
        self.refused("is no plug-in of h2h-sim: it has no entry point; define one by H2H_PLUGIN(name) { ... }", "no_entry.so")
        self.refused("is no plug-in of h2h-sim: it has no entry point; define one by H2H_PLUGIN(name) { ... }",
                     next((PLUGINS.parent.parent / "src").glob("libh2h.so")))
        self.refused("needs elsewhere::defined(double), which neither h2h-sim nor a library that it links has; link what defines it; "
                     "h2h_add_plugin() of find_package(h2h) refuses to build without", "unresolved.so")
        self.refused("a second mapping step is called 'weight-locality'; names must be unique", "weight_locality.so")

    def test_another_version(self):
        version = self.succeed("--version").split()[1]
        content = (self.folder / "good.so").read_bytes()
        (self.folder / "old.so").write_bytes(content.replace(f"version={version};".encode(), b"version=" + b"9" * len(version) + b";"))
        self.refused(f"was built for h2h-sim {'9' * len(version)} with plug-in interface 1; this is {version} with interface 1; "
                     "build it again", "old.so")

    def test_code_that_fails(self):
        for fault, message in [
            ("crash", "crashes (Segmentation fault) on loading; that is when constructors of static objects and H2H_PLUGIN { ... } run"),
            ("exit", "ends the process (exit status 0) on loading; that is when constructors of static objects and H2H_PLUGIN { ... } run"),
            ("throws", "fails to register: there is no licence"),
            ("no-name", "fails to register: a mapper has no name"),
            ("taken", "a second mapping step is called 'weight-locality'; names must be unique"),
        ]:
            with self.subTest(fault):
                self.set(H2H_TEST_FAULT=fault)
                self.refused(message, "faulty.so")

    def test_names_of_another_plugin(self):
        self.set(H2H_TEST_FAULT="taken-by-plugin")
        self.fail_with(INPUT, "faulty.so: a second mapping step is called 'first-fit'; names must be unique; good.so has the first",
                       *self.both, "--plugin", "good.so", "--plugin", "faulty.so")

    def test_folders(self):
        self.set(H2H_PLUGIN_PATH="none")
        self.fail_with(INPUT, "none: cannot be read: No such file or directory; name folders that hold plug-ins", *self.both)
        (self.folder / "none").mkdir()
        self.succeed(*self.both)
        shutil.copy(self.folder / "no_entry.so", self.folder / "none")
        self.fail_with(INPUT, "none/no_entry.so: is no plug-in of h2h-sim: it has no entry point; define one by H2H_PLUGIN(name) "
                       "{ ... }", *self.both)
        self.succeed("--help")

    def test_unknown_names(self):
        self.fail_with(USAGE, "unknown mapper or step 'first-fot'; did you mean 'first-fit'?", *self.both, "--plugin", "good.so",
                       "--mapper", "first-fot")

    def test_steps_that_fail(self):
        for fault, message in [
            ("run-throws", "no idea; this is a defect of h2h-sim or of a plug-in; please report it"),
            ("run-throws-number", "a plug-in throws something that is no std::exception"),
            ("run-returns-nothing", "a result breaks rule 'complete': the mapping belongs to another workload or platform; this is a "
                                    "defect of the mapper or of h2h-sim; please report it"),
            ("makes-none", "the factory of step 'failing' makes none"),
            ("", "step 'failing' leaves layers unmapped"),
        ]:
            with self.subTest(fault):
                self.set(H2H_TEST_FAULT=fault)
                self.fail_with(INTERNAL, message, *self.both, "--plugin", "faulty.so", "--mapper", "failing")

    def test_files_that_are_damaged(self):
        """A file that is cut short, or has any bit of its ELF header wrong, is loaded or refused."""
        content = (self.folder / "good.so").read_bytes()
        dice = random.Random(1)
        places = range(64)
        for place in places:
            with self.subTest(place):
                damaged = bytearray(content)
                damaged[place] ^= 1 << dice.randrange(8)
                (self.folder / "damaged.so").write_bytes(damaged)
                self.assertIn(self.call("list", "models", "--plugin", "damaged.so").returncode, [WELL, INPUT])
        for length in [dice.randrange(len(content)) for _ in range(20)]:
            with self.subTest(length=length):
                (self.folder / "damaged.so").write_bytes(content[:length])
                self.assertIn(self.call("list", "models", "--plugin", "damaged.so").returncode, [WELL, INPUT])


if __name__ == "__main__":
    unittest.main()
