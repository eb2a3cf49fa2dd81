# SPDX-License-Identifier: Apache-2.0
"""The installed package: the tool runs from any folder, a program builds against the library by find_package and by
pkg-config, and so does a plug-in, which the installed tool loads."""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

BUILD = os.environ["H2H_BINARY_DIR"]

PROGRAM = textwrap.dedent("""\
    #include <iostream>
    #include <h2h/h2h.hpp>

    int main(int count, char** words) {
      const h2h::Registry registry = h2h::builtin_registry();
      h2h::InputRequest request;
      request.workload = words[1];
      request.platform = words[count - 1];
      h2h::Inputs inputs = h2h::read_inputs(request, registry);
      const h2h::Problem problem(inputs.workload, inputs.system);
      h2h::AnalyticEvaluator evaluator;
      h2h::StepContext context{evaluator};
      h2h::Mapping mapping = h2h::Mapping::none(problem);
      for (const auto& step : h2h::make_mapper("h2h", registry).steps) {
        mapping = step.step->run(problem, mapping, context).mapping;
      }
      std::cout << h2h::replay(problem, mapping, inputs.simulator).latency_s() / h2h::analytic_latency_s(problem, mapping) << std::endl;
    }
    """)

PROJECT = textwrap.dedent("""\
    cmake_minimum_required(VERSION 3.22)
    project(consumer CXX)
    find_package(h2h 0.1 REQUIRED)
    add_executable(consumer consumer.cpp)
    target_link_libraries(consumer PRIVATE h2h::h2h)
    """)


def run(*words, **options):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{words}\n{done.stdout}\n{done.stderr}")
    return done.stdout


class InstalledPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="h2h-package-")
        cls.folder = pathlib.Path(cls._folder.name)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.data = cls.prefix / "share/h2h-sim"
        (cls.folder / "consumer.cpp").write_text(PROGRAM)
        (cls.folder / "CMakeLists.txt").write_text(PROJECT)
        cls.library = next(cls.prefix.glob("lib/**/libh2h.so")).parent

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    def check_program(self, program):
        ratio = float(run(program, self.data / "workloads/mocap.yaml", self.data / "platforms/cloud.xml", cwd="/",
                          env=dict(os.environ, LD_LIBRARY_PATH=str(self.library))))
        self.assertAlmostEqual(ratio, 1, places=6)

    def test_platforms_can_be_generated_from_any_folder(self):
        environment = {key: value for key, value in os.environ.items() if key != "H2H_DATA_DIR"}
        platform = self.folder / "ring.xml"
        run(sys.executable, self.prefix / "bin/h2h-platform", "--topology", "ring", "-n", 13, "-o", platform, cwd="/", env=environment)
        checked = run(self.prefix / "bin/h2h-sim", "check", "-p", platform, "-w", "mocap.yaml", cwd="/", env=environment)
        self.assertIn("platform ring-13: 13 FPGAs", checked)

    def test_tool_finds_shipped_files_from_any_folder(self):
        environment = {key: value for key, value in os.environ.items() if key != "H2H_DATA_DIR"}
        table = run(self.prefix / "bin/h2h-sim", "--platform", "cloud.xml", "--workload", "vlocnet.yaml", cwd="/", env=environment)
        self.assertIn("vlocnet on cloud\n141 layers", table)
        table = run(self.prefix / "bin/h2h-sim", "-p", "h2h2022.xml", "-w", "h2h2022/mocap.yaml", cwd="/", env=environment)
        self.assertIn("h2h2022/mocap on h2h2022\n33 layers", table)

    def test_find_package(self):
        run("cmake", "-S", self.folder, "-B", self.folder / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", self.folder / "build")
        self.check_program(self.folder / "build/consumer")

    def test_pkg_config(self):
        environment = dict(os.environ, PKG_CONFIG_PATH=str(self.library / "pkgconfig"))
        flags = run("pkg-config", "--cflags", "--libs", "h2h", env=environment).split()
        run("c++", self.folder / "consumer.cpp", "-o", self.folder / "consumer", *flags)
        self.check_program(self.folder / "consumer")

    def build_example(self):
        """Builds mappers/example as its README says, outside the source tree, once."""
        example = self.folder / "example"
        if not example.is_dir():
            shutil.copytree(pathlib.Path(os.environ["H2H_SOURCE_DIR"]) / "mappers/example", example)
            run("cmake", "-S", example, "-B", example / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
            run("cmake", "--build", example / "build")
        return example, example / "build/h2h_example.so"

    def test_example_plugin(self):
        example, plugin = self.build_example()
        listed = run(self.prefix / "bin/h2h-sim", "list", "mappers", "--plugin", plugin)
        self.assertIn(f"from plug-in {plugin}", listed)
        # Without --mapper, compare takes what maps from nothing: of a plug-in, too.
        table = run(self.prefix / "bin/h2h-sim", "compare", "--plugin", plugin, "-p", example / "platform.xml", "-w", "vlocnet.yaml",
                    "--csv", "-", cwd="/")
        mappers = {row["mapper"] for row in csv.DictReader(table.splitlines())}
        self.assertLessEqual({"fastest", "fastest-accelerator", "h2h"}, mappers)
        result = json.loads(run(self.prefix / "bin/h2h-sim", "--plugin", plugin, "-p", example / "platform.xml", "-w", "vlocnet.yaml",
                                "--mapper", "fastest", "--mapper", "fastest-accelerator[count=compute]+weight-locality",
                                "--mapper", "h2h", "--json", "-", cwd="/"))
        fastest, compute, h2h = result["runs"]
        self.assertEqual(fastest["steps"][0]["name"], "fastest-accelerator")
        for one in result["runs"]:
            self.assertTrue(one["replayed"])
            self.assertAlmostEqual(one["latency_s"] / one["analytic_latency_s"], 1, places=6)
        # The large array computes all but the tiniest layers the fastest; of two equal small ones the first is taken.
        busy_s = {accelerator["name"]: accelerator["busy_s"] for accelerator in compute["accelerators"]}
        self.assertGreater(busy_s["fpga0"], 10 * busy_s["fpga1"])
        self.assertEqual(busy_s["fpga2"], 0)
        self.assertLessEqual(h2h["latency_s"], fastest["steps"][0]["latency_s"])

    def test_example_model(self):
        """Cycles of the formula in mappers/example/systolic_array.cpp by hand."""
        example, plugin = self.build_example()
        (self.folder / "w.yaml").write_text(textwrap.dedent("""\
            name: w
            batch: 3
            layers:
              - {name: c, type: conv, out_channels: 40, in_channels: 64, out_height: 10, out_width: 10, kernel: 3, groups: 2, inputs: []}
              - {name: f, type: fc, in_features: 4000, out_features: 100, inputs: [c]}
            """))
        costs = json.loads(run(self.prefix / "bin/h2h-sim", "costs", "--plugin", plugin, "-p", example / "platform.xml", "-w",
                               self.folder / "w.yaml", "--json", "-"))["costs"]
        seconds = {(cost["layer"], cost["model"]): (cost["compute_s"], cost["bottleneck"]) for cost in costs}
        # Two groups; 3 x 10 x 10 pixels by 20 channels of 32 x 3 x 3 taps on 16 x 16 at 250 MHz: 19 x 2 blocks.
        self.assertEqual(seconds["c", "SA16"], (2 * 19 * 2 * (2 * 16 + 16 + 288 - 2) / 250e6, "compute"))
        # 5 x 1 blocks on 64 x 64 at 200 MHz.
        self.assertEqual(seconds["c", "SA64"], (2 * 5 * 1 * (2 * 64 + 64 + 288 - 2) / 200e6, "compute"))
        # 3 rows by 100 columns: 1 x 7 blocks on the small array, 1 x 2 on the large one.
        self.assertEqual(seconds["f", "SA16"], (7 * (2 * 16 + 16 + 4000 - 2) / 250e6, "compute"))
        self.assertEqual(seconds["f", "SA64"], (2 * (2 * 64 + 64 + 4000 - 2) / 200e6, "compute"))

    def test_no_path_of_the_build_machine_is_installed(self):
        source = os.environ["H2H_SOURCE_DIR"].encode()
        for path in self.prefix.rglob("*"):
            if path.is_file():
                self.assertNotIn(source, path.read_bytes(), path)

    def test_schema_and_notes_are_installed(self):
        for name in ["result.schema.json", "explanation.schema.json", "scenario.schema.json", "platforms/accelerators.yaml", "workloads/vlocnet.yaml",
                     "workloads/scenarios/health-monitoring.yaml"]:
            self.assertTrue((self.data / name).is_file(), name)


if __name__ == "__main__":
    unittest.main()
