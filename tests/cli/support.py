# SPDX-License-Identifier: Apache-2.0
"""What the command-line tests share: calling the tool, temporary folders, golden files."""

import os
import pathlib
import subprocess
import tempfile
import unittest

TOOL = os.environ["H2H_SIM"]
SOURCE = pathlib.Path(os.environ["H2H_SOURCE_DIR"])
GOLDEN = pathlib.Path(__file__).parent / "golden"

# Exit status of the tool.
WELL, INTERNAL, USAGE, INPUT, INFEASIBLE = 0, 1, 2, 3, 4


class CommandLineTest(unittest.TestCase):
    """A test that calls the tool in a folder of its own."""

    maxDiff = None

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="h2h-cli-")
        self.folder = pathlib.Path(self._folder.name)
        self.addCleanup(self._folder.cleanup)

    def call(self, *arguments, timeout=120):
        """Runs the tool in the test's folder; shipped files are found by name."""
        environment = dict(os.environ, H2H_DATA_DIR=str(SOURCE))
        return subprocess.run([TOOL, *map(str, arguments)], cwd=self.folder, env=environment, timeout=timeout,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")

    def succeed(self, *arguments):
        """Runs the tool, which must succeed and say nothing on standard error; returns its standard output."""
        done = self.call(*arguments)
        self.assertEqual((done.returncode, done.stderr), (WELL, ""), done.stdout)
        return done.stdout

    def fail_with(self, status, message, *arguments):
        """Runs the tool, which must fail with this status and exactly this message, and print no result."""
        done = self.call(*arguments)
        self.assertEqual(done.stderr, f"h2h-sim: {message}\n")
        self.assertEqual((done.returncode, done.stdout), (status, ""))

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content)
        return name

    def assert_golden(self, name, text):
        """Compares with a committed file; H2H_UPDATE_GOLDEN=1 writes it instead."""
        path = GOLDEN / name
        if os.environ.get("H2H_UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        self.assertEqual(path.read_text(), text)
