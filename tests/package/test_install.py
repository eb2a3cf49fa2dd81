# SPDX-License-Identifier: Apache-2.0
"""The installed package: the tool runs from any folder, and a program builds against the library by find_package and
by pkg-config."""

import os
import pathlib
import subprocess
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

    def test_no_path_of_the_build_machine_is_installed(self):
        source = os.environ["H2H_SOURCE_DIR"].encode()
        for path in self.prefix.rglob("*"):
            if path.is_file():
                self.assertNotIn(source, path.read_bytes(), path)

    def test_schema_and_notes_are_installed(self):
        for name in ["result.schema.json", "platforms/accelerators.yaml", "workloads/vlocnet.yaml"]:
            self.assertTrue((self.data / name).is_file(), name)


if __name__ == "__main__":
    unittest.main()
