# SPDX-License-Identifier: Apache-2.0
"""Scenario files as a user meets them: check, list, and what is wrong with one."""

import unittest

from support import INPUT, SOURCE, USAGE, CommandLineTest

SCENARIOS = SOURCE / "workloads" / "scenarios"
SHIPPED = sorted(path.name for path in SCENARIOS.glob("*.yaml"))


class Check(CommandLineTest):
    def scenario(self, text):
        return self.write("s.yaml", "name: s\n" + text)

    def test_phases_of_the_health_monitor(self):
        text = self.succeed("check", "--scenario", "health-monitoring.yaml")
        self.assert_golden("check-health-monitoring.txt", text)
        indented = "".join(f"    {line}\n" for line in text.splitlines())
        self.assertIn(indented, (SCENARIOS / "README.md").read_text())

    def test_every_shipped_scenario(self):
        self.assertGreaterEqual(len(SHIPPED), 6)
        for name in SHIPPED:
            with self.subTest(name):
                lines = self.succeed("check", "--scenario", name).splitlines()
                self.assertTrue(lines[0].startswith("workload "), lines[0])
                self.assertTrue(lines[1].startswith(f"scenario {name[:-5]}: "), lines[1])
                self.assertGreater(len(lines), 5)
                self.assertLessEqual(max(map(len, lines)), 80)
                self.assertIn(f"| `{name}` |", (SCENARIOS / "README.md").read_text())

    def test_shipped_scenarios_on_the_models_as_the_authors_have_them(self):
        for name, model in [("health-monitoring", "cnn_lstm"), ("missing-modality", "casua_surf"),
                            ("erased-modality", "facebag")]:
            with self.subTest(name):
                text = self.succeed("check", "--scenario", f"{name}.yaml", "-w", f"h2h2022/{model}.yaml")
                self.assertTrue(text.startswith(f"workload h2h2022/{model}: "), text)

    def test_beside_platform_and_mapping(self):
        both = ["-p", "cloud.xml", "-w", "mocap.yaml"]
        self.succeed(*both, "--save-mapping", "m.yaml", "--no-timing")
        scenario = ["--scenario", "silence.yaml", "--mapping", "m.yaml"]
        text = self.succeed("check", *both, *scenario)
        self.assertEqual([line.split()[0] for line in text.splitlines()[:6]],
                         ["workload", "platform", "every", "mapping:", "scenario", "phase"])
        # The scenario's workload is the one that is checked with the platform, and that the mapping is for.
        self.assertEqual(self.succeed("check", "-p", "cloud.xml", *scenario), text)

    def test_without_a_workload_the_file_alone(self):
        self.scenario("every: 3\nevents: [{off: [nobody]}, {on: [nobody]}]\n")
        self.assertEqual(self.succeed("check", "--scenario", "s.yaml"), "scenario s: 2 events, one every 3 frames\n")
        self.scenario("frames: 7\n")
        self.assertEqual(self.succeed("check", "--scenario", "s.yaml", "-p", "cloud.xml").splitlines()[1],
                         "scenario s: 7 frames, 0 events")

    def test_a_scenario_finds_the_workload_beside_it(self):
        (self.folder / "sub").mkdir()
        self.write("sub/mine.yaml",
                   "name: mine\nlayers:\n  - {name: a, type: fc, modality: m, in_features: 4, out_features: 4}\n")
        self.write("sub/s.yaml", "name: s\nworkload: mine.yaml\n")
        self.assertTrue(self.succeed("check", "--scenario", "sub/s.yaml").startswith("workload mine: 1 layers"))

    def test_where_the_file_gives_no_frames_there_are_as_many_as_events_need(self):
        for events in ["events:\n  - {frame: 21, off: [audio]}\n  - {frame: 100, on: [audio]}\n",
                       "period: 1ms\nevents:\n  - {frame: 21, off: [audio]}\n  - {time: 99ms, on: [audio]}\n"]:
            self.scenario("workload: cnn_lstm.yaml\n" + events)
            lines = self.succeed("check", "--scenario", "s.yaml").splitlines()
            self.assertEqual(lines[1], "scenario s: 2 events")
            self.assertEqual([line.split()[:2] for line in lines[3:]], [["1", "1"], ["2", "21"], ["3", "100"]])

    def test_nothing_on(self):
        self.write("w.yaml", "name: w\nlayers:\n"
                             "  - {name: a, type: fc, modality: m, in_features: 4, out_features: 4}\n"
                             "  - {name: b, type: fc, in_features: 4, out_features: 4}\n")
        self.scenario("workload: w.yaml\non: []\nevents: [{frame: 2, on: [m]}]\n")
        self.assertEqual([line.split() for line in self.succeed("check", "--scenario", "s.yaml").splitlines()[3:]],
                         [["1", "1", "none", "1", "16"], ["2", "2", "m", "2", "32"]])

    def test_an_event_that_no_frame_comes_to_is_a_warning(self):
        self.scenario("workload: cnn_lstm.yaml\nframes: 20\nevents:\n  - {frame: 21, off: [audio]}\n")
        done = self.call("check", "--scenario", "s.yaml")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr,
                         "h2h-sim: warning: s.yaml:5:5: the event concerns no frame, as the last arrives before\n")
        self.assertEqual(len(done.stdout.splitlines()), 4)

    def test_what_is_wrong(self):
        workload = "workload: vlocnet.yaml\n"
        for message, text in [
            ("s.yaml:2:9: 'frames' is 0; it must be from 1 to 1000000", "frames: 0\n"),
            ("s.yaml:2:9: 'period' is 50 of what?; give a number with a unit: s, ms, us or ns, such as 50us",
             "period: 50\n"),
            ("s.yaml:4:5: the workload has no modality 'globel'; did you mean 'global'?",
             workload + "events:\n  - {frame: 2, off: [globel]}\n"),
            ("s.yaml:5:5: switches 'global' off, which is off then; leave it out here, or switch it the other way "
             "before", workload + "events:\n  - {frame: 2, off: [global]}\n  - {frame: 3, off: [global]}\n"),
            ("s.yaml:4:5: modality 'odo_cur' is on, but none of its layers is left: they read cur_shared, which is "
             "off; switch that on too, or this off", workload + "events:\n  - {frame: 2, off: [cur_shared]}\n"),
            ("s.yaml:3:5: modality 'odometry' is on, but none of its layers is left: they read odo_prev and odo_cur, "
             "which are off; switch one of these on too, or this off", workload + "on: [cur_shared, odometry]\n"),
            ("s.yaml:4:5: no layer of workload 'vlocnet' is left; its modalities are odo_prev, cur_shared, odo_cur, "
             "global and odometry",
             workload + "events:\n  - {frame: 2, off: [odo_prev, odo_cur, cur_shared, global, odometry]}\n"),
            ("s.yaml:4:5: an event at a time needs the scenario's 'period'; give one, such as period: 50ms, or say at "
             "which frame it is", workload + "events:\n  - {time: 2s, off: [global]}\n"),
        ]:
            with self.subTest(message):
                self.scenario(text)
                self.fail_with(INPUT, message, "check", "--scenario", "s.yaml")

    def test_files_that_are_not_there(self):
        done = self.call("check", "--scenario", "health-monitor.yaml")
        self.assertEqual((done.returncode, done.stdout), (INPUT, ""))
        self.assertIn("did you mean 'health-monitoring.yaml'?", done.stderr)
        self.scenario("workload: cnn-lstm.yaml\n")
        done = self.call("check", "--scenario", "s.yaml")
        self.assertEqual((done.returncode, done.stdout), (INPUT, ""))
        self.assertTrue(done.stderr.startswith("h2h-sim: s.yaml:2:11: "), done.stderr)
        self.assertIn("did you mean 'cnn_lstm.yaml'?", done.stderr)

    def test_options_that_do_not_go_together(self):
        self.fail_with(USAGE, "--modalities with --scenario: the scenario says which are on; leave --modalities out",
                       "check", "--scenario", "silence.yaml", "-m", "text")
        self.fail_with(USAGE, "--mapping needs --workload and --platform",
                       "check", "--scenario", "silence.yaml", "--mapping", "m.yaml")


class Modalities(CommandLineTest):
    def test_what_is_no_network_is_refused_by_any_command(self):
        message = ("modality 'odo_cur' is on, but none of its layers is left: they read cur_shared, which is off; "
                   "switch that on too, or this off")
        for command in [["check"], ["run", "-p", "cloud.xml"], ["costs", "-p", "cloud.xml"]]:
            with self.subTest(command):
                self.fail_with(USAGE, message, *command, "-w", "vlocnet.yaml", "-m", "odo_prev,odo_cur")

    def test_what_hangs_on_one_that_is_off_is_off_too(self):
        self.assertIn(": 55 layers", self.succeed("check", "-w", "vlocnet.yaml", "-m", "-cur_shared"))
        self.assertIn(": 55 layers", self.succeed("check", "-w", "vlocnet.yaml", "-m", "odo_prev,odometry"))


class List(CommandLineTest):
    def test_scenarios_are_no_workloads(self):
        self.assertNotIn("scenarios", self.succeed("list", "workloads"))
        for name in SHIPPED:
            self.assertIn(f"{name}\n", self.succeed("list", "scenarios"))


if __name__ == "__main__":
    unittest.main()
