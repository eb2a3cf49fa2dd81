# SPDX-License-Identifier: Apache-2.0
"""Broken files of every kind: the tool never crashes, hangs or reports an internal error.

Shipped files are cut, mixed and garbled at random (with a fixed seed) and handed back.
"""

import os
import random
import unittest

from support import INFEASIBLE, INPUT, SOURCE, USAGE, WELL, CommandLineTest

ROUNDS = int(os.environ.get("H2H_FUZZ_ROUNDS", "60"))


class BrokenInputs(CommandLineTest):
    def garbled(self, text, generator):
        """One of several ways in which a file can be wrong."""
        lines = text.splitlines(keepends=True)
        tokens = ["-1", "0", "1e400", "nan", "inf", "99999999999999999999", "[", "}", ":", "\t", "&x", "*x", "true", '"', "\u00e9", "~",
                  "<!--", "]]>", "GBps", "SPLITDUPLEX"]
        kind = generator.randrange(7)
        if kind == 0:
            return text[:generator.randrange(len(text))]
        if kind == 1:
            del lines[generator.randrange(len(lines))]
        elif kind == 2:
            lines.insert(generator.randrange(len(lines)), generator.choice(lines))
        elif kind == 3:
            a, b = generator.randrange(len(lines)), generator.randrange(len(lines))
            lines[a], lines[b] = lines[b], lines[a]
        elif kind == 4:
            at = generator.randrange(len(text))
            return text[:at] + chr(generator.randrange(1, 256)) + text[at + 1:]
        else:
            # A word or a number becomes another.
            line = generator.randrange(len(lines))
            words = lines[line].split(" ")
            words[generator.randrange(len(words))] = generator.choice(tokens)
            lines[line] = " ".join(words)
        return "".join(lines)

    def survive(self, *arguments):
        done = self.call(*arguments, timeout=60)
        self.assertIn(done.returncode, (WELL, USAGE, INPUT, INFEASIBLE), (arguments, done.stderr))
        if done.returncode != WELL:
            message = [line for line in done.stderr.splitlines() if line.startswith("h2h-sim: ")]
            self.assertEqual(len(message), 1, done.stderr)
            self.assertNotIn("warning", message[0])

    def test_garbled_files(self):
        generator = random.Random(20220405)
        for name, option in [("workloads/mocap.yaml", "-w"), ("platforms/cloud.xml", "-p"), ("platforms/accelerators.yaml", "--accelerators"),
                             ("workloads/scenarios/health-monitoring.yaml", "--scenario"), ("mapping", "--mapping")]:
            if name == "mapping":
                text = self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--save-mapping", "-")
            else:
                text = (SOURCE / name).read_text()
            for _ in range(ROUNDS):
                arguments = {"-w": "cnn_lstm.yaml" if option == "--scenario" else "mocap.yaml", "-p": "cloud.xml",
                             "--accelerators": str(SOURCE / "platforms/accelerators.yaml")}
                broken = self.garbled(text, generator)
                self.write("broken", broken)
                arguments[option] = "broken"
                with self.subTest(name=name, text=broken[:2000]):
                    command = {"--mapping": "replay", "--scenario": "check"}.get(option, "run")
                    self.survive(command, *[word for pair in arguments.items() for word in pair])

    def test_binary_and_odd_files(self):
        generator = random.Random(1)
        (self.folder / "binary").write_bytes(generator.randbytes(10000))
        self.write("deep.yaml", "[" * 100000)
        self.write("wide.yaml", "a: " + "x" * 1000000)
        self.write("bomb.yaml", "a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(24)))
        self.write("entity.xml", '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><platform version="4.1">&x;</platform>')
        self.write("deep.xml", '<platform version="4.1">' + '<zone id="z" routing="Full">' * 5000)
        self.write("empty", "")
        for name in ["binary", "deep.yaml", "wide.yaml", "bomb.yaml", "entity.xml", "deep.xml", "empty", ".", "/dev/null"]:
            for option in ["-w", "-p", "--accelerators", "--mapping", "--scenario"]:
                arguments = {"-w": "mocap.yaml", "-p": "cloud.xml"}
                arguments[option] = name
                if option == "--mapping":
                    arguments["--mapper"] = "weight-locality"  # reads a mapping
                with self.subTest(name=name, option=option):
                    done = self.call("check" if option == "--scenario" else "run", *[word for pair in arguments.items() for word in pair])
                    self.assertEqual(done.returncode, INPUT, done.stderr)

    def test_a_pipe_may_be_an_input(self):
        done = self.call("check", "-w", "/dev/zero", timeout=60)
        self.assertEqual((done.returncode, done.stderr), (INPUT, "h2h-sim: /dev/zero: is larger than 256 MiB; no input of h2h-sim is that large\n"))


if __name__ == "__main__":
    unittest.main()
