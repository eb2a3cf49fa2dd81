# SPDX-License-Identifier: Apache-2.0
"""Views of a schedule, as their viewers take them: pj_dump, dot, a browser."""

import csv
import html
import html.parser
import io
import json
import math
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from support import INPUT, SOURCE, USAGE, CommandLineTest

WORKLOADS = sorted(path.name for path in (SOURCE / "workloads").glob("*.yaml"))
TRACES = SOURCE / "traces"
SVG = "{http://www.w3.org/2000/svg}"
VIEWS = ["--trace", "--chrome", "--svg", "--dot", "--report"]
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"]


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-15)


class Views(CommandLineTest):
    def result(self, *arguments):
        """Runs the tool; returns its JSON result."""
        return json.loads(self.succeed("--no-timing", "--json", "-", *arguments))

    def run_viewer(self, *command):
        done = subprocess.run(command, cwd=self.folder, timeout=120, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def dump(self, name):
        """The rows of pj_dump by kind, which reads the trace without a complaint."""
        done = self.run_viewer("pj_dump", "-l", "20", name)
        self.assertEqual(done.stderr, "")
        rows = {}
        for row in csv.reader(io.StringIO(done.stdout), skipinitialspace=True):
            rows.setdefault(row[0], []).append(row[1:])
        return rows

    def created(self, name, kind):
        """Names of containers in the order in which ViTE shows them; pj_dump has an order of its own."""
        return re.findall(rf'^6 0 \S+ {kind} \S+ "(.*)"$', (self.folder / name).read_text(), re.MULTILINE)

    def golden(self, name, text):
        """Compares with a file of traces/; H2H_UPDATE_GOLDEN=1 writes it instead."""
        self.assert_golden(TRACES / name, text)


class Paje(Views):
    def check(self, result, rows, run):
        """The rows of one run against the JSON result."""
        layers = {layer["name"]: layer for layer in run["layers"]}
        of_layer = {}
        for lane, _, start, end, _, _, name in rows["State"]:
            stage, fpga = lane.split()
            self.assertEqual(layers[name]["accelerator"], fpga)
            of_layer.setdefault(name, {}).setdefault(stage, []).append((float(start), float(end)))
        self.assertEqual(set(of_layer), set(layers))
        for name, stages in of_layer.items():
            spans = [span for stage in stages.values() for span in stage]
            # pj_dump is off by the last bit now and then; that the trace itself is not, is a unit test.
            self.assertTrue(close(min(spans)[0], layers[name]["start_s"]))
            self.assertTrue(close(max(end for _, end in spans), layers[name]["end_s"]))
            for stage, key in [("weights", "weights_s"), ("inputs", "inputs_s"), ("compute", "compute_s"), ("outputs", "output_s")]:
                lasts = sum(end - start for start, end in stages.get(stage, []))
                self.assertTrue(math.isclose(lasts, layers[name][key], rel_tol=1e-9, abs_tol=1e-15))
        variables = {}
        for container, variable, _, _, _, value in rows["Variable"]:
            variables.setdefault((container, variable), []).append(float(value))
        models = {a["name"]: a["model"] for a in result["platform"]["accelerators"]}
        for accelerator in run["accelerators"]:
            name = f"{accelerator['name']} {models[accelerator['name']]}"
            self.assertEqual(max(variables[name, "DRAM [B]"]), accelerator["dram_peak_bytes"])
            self.assertIn((name, "FPGA power [W]"), variables)
        for link in run["links"]:
            self.assertEqual((link["name"], "Bandwidth in use [B/s]") in variables, link["bytes"] > 0)
        self.assertIn((run["mapper"], "Power [W]"), variables)
        marks = {event[3]: float(event[2]) for event in rows["Event"]}
        self.assertEqual(set(marks), {step["name"] for step in run["steps"]})
        for step in run["steps"]:
            self.assertTrue(close(marks[step["name"]], step["latency_s"]))

    def test_every_shipped_workload(self):
        for workload in WORKLOADS:
            with self.subTest(workload):
                result = self.result("-w", workload, "-p", "cloud.xml", "--trace", "t.trace")
                rows = self.dump("t.trace")
                self.check(result, rows, result["runs"][0])
                lanes = [f"{lane} {a['name']}" for a in result["platform"]["accelerators"]
                         for lane in ["compute", "weights", "inputs", "outputs"]]
                self.assertEqual(self.created("t.trace", "TLane"), lanes)
                self.assertEqual(sorted(row[5] for row in rows["Container"] if row[1] == "Lane"), sorted(lanes))

    def test_contention(self):
        result = self.result("-w", "mocap.yaml", "-p", "cloud-contended.xml", "--trace", "t.trace")
        self.check(result, self.dump("t.trace"), result["runs"][0])

    def test_a_saved_mapping(self):
        self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--save-mapping", "m.yaml")
        result = json.loads(self.succeed("replay", "-w", "mocap.yaml", "-p", "cloud.xml", "--mapping", "m.yaml", "--json", "-",
                                         "--trace", "t.trace"))
        self.check(result, self.dump("t.trace"), result["runs"][0])

    def test_golden(self):
        for colours in ["kind", "modality"]:
            trace = self.succeed("-w", "cnn_lstm.yaml", "-p", "cloud.xml", "--trace", "-", "--trace-colors", colours)
            self.golden(f"cnn_lstm-{colours}.trace", trace)

    def test_same_bytes_whatever_the_jobs(self):
        views = [word for view in VIEWS for word in (view, f"{view[2:]}.1")]
        self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--no-timing", "-j", "1", *views)
        self.succeed("-w", "mocap.yaml", "-p", "cloud.xml", "--no-timing", "-j", "3", *[v.replace(".1", ".3") for v in views])
        for view in VIEWS:
            first, second = [(self.folder / f"{view[2:]}.{jobs}").read_bytes() for jobs in (1, 3)]
            self.assertEqual(first, second, view)

    def test_compare_puts_all_under_one_root(self):
        table = self.succeed("compare", "-p", "cloud.xml", "-w", "mocap.yaml", "-w", "cnn_lstm.yaml", "--mapper", "h2h", "--mapper", "heft",
                             "--no-timing", "--trace", "t.trace")
        self.assertIn("all 2:", table)
        rows = self.dump("t.trace")
        runs = [row for row in rows["Container"] if row[1] == "Run"]
        names = [f"{mapper} ({workload} on cloud)" for workload in ["mocap", "cnn_lstm"] for mapper in ["h2h", "heft"]]
        self.assertEqual(self.created("t.trace", "TRun"), names)
        self.assertEqual(sorted(row[5] for row in runs), sorted(names))
        self.assertEqual({row[0] for row in runs}, {"h2h-sim compare"})
        self.assertEqual(len({row[3] for row in runs}), 1, "one time axis")
        self.assertEqual(len([row for row in rows["Container"] if row[1] == "Lane"]), 4 * 48)

    def test_several_mappers(self):
        self.succeed("-p", "cloud.xml", "-w", "mocap.yaml", "--mapper", "h2h", "--mapper", "heft", "--trace", "t.trace", "--chrome", "t.json")
        self.assertEqual(len([row for row in self.dump("t.trace")["Container"] if row[1] == "Run"]), 2)
        self.assertEqual(self.created("t.trace", "TRun"), ["h2h", "heft"])
        names = [event["args"]["name"] for event in json.loads((self.folder / "t.json").read_text())["traceEvents"]
                 if event["name"] == "process_name"]
        self.assertIn("heft: fpga0 J.Z", names)


class Streams(Views):
    """A trace of all frames of a scenario."""

    # By the file: what switches, and the frame that it concerns first (from 0).
    CHANGES = [(15, "+audio: somebody speaks"), (35, "-depth: the person leaves the camera's view"), (55, "-audio: silence"),
               (72, "+depth: back in view"), (89, "+audio: somebody speaks again"), (106, "-rfid: no tag in reach"),
               (115, "+rfid -audio: a tag again and silence")]
    PERIOD_S = 0.007

    def variable(self, rows, container, name):
        """The steps of a variable: times and values."""
        found = [(float(row[2]), float(row[5])) for row in rows["Variable"] if row[:2] == [container, name]]
        return [time for time, _ in found], [value for _, value in found]

    def monitored(self, *options):
        self.call_well("-p", "cloud.xml", "--scenario", "health-monitoring.yaml", "--trace", "t.trace", *options)
        return self.dump("t.trace")

    def call_well(self, *arguments):
        done = self.call(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_changes_are_marks(self):
        rows = self.monitored()
        marks = [(float(row[2]), row[3]) for row in rows["Event"]]
        self.assertEqual([name for _, name in marks], [name for _, name in self.CHANGES])
        for (time_s, _), (frame, _) in zip(marks, self.CHANGES):
            self.assertTrue(close(time_s, frame * self.PERIOD_S))
        on = [row[6] for row in rows["State"] if row[1] == "Modalities"]
        self.assertEqual(on, ["depth rfid", "depth audio rfid", "audio rfid", "rfid", "depth rfid", "depth audio rfid", "depth audio",
                              "depth rfid"])

    def test_weights_are_brought_once_and_kept(self):
        rows = self.monitored()
        for fpga, values in [("fpga0 J.Z", [7890048]), ("fpga6 T.M", [288]), ("fpga8 X.W", [92160, 92736, 166464, 461376]),
                             ("fpga9 S.H", [12596352, 16528512, 17314944])]:
            times, weights = self.variable(rows, fpga, "Weights [B]")
            self.assertEqual(weights, values, fpga)
            # When audio comes for the first time, and before depth goes; not when it comes back.
            for time_s in times[1:]:
                self.assertTrue(self.CHANGES[0][0] * self.PERIOD_S < time_s < self.CHANGES[1][0] * self.PERIOD_S)
            _, idle = self.variable(rows, fpga, "Idle weights [B]")
            self.assertLessEqual(max(idle), weights[-1])
            _, dram = self.variable(rows, fpga, "DRAM [B]")
            self.assertGreaterEqual(max(dram), weights[-1])
            self.assertEqual(min(dram), weights[0])
        times, idle = self.variable(rows, "fpga0 J.Z", "Idle weights [B]")
        self.assertEqual(idle, [0, 7890048, 0], "depth goes and comes back")
        self.assertTrue(close(times[1], self.CHANGES[1][0] * self.PERIOD_S))
        self.assertNotIn(["fpga1 C.Z", "Weights [B]"], [row[:2] for row in rows["Variable"]], "nothing lies there")
        brought = [row for row in rows["State"] if row[0].startswith("weights ")]
        self.assertEqual(len(brought), 5)
        self.assertEqual({row[0] for row in brought}, {"weights fpga8", "weights fpga9"})

    def test_a_cold_run_brings_all_that_it_uses(self):
        rows = self.monitored("--cold")
        _, weights = self.variable(rows, "fpga9 S.H", "Weights [B]")
        self.assertEqual((weights[0], weights[-1]), (0, 17314944))

    def test_overlapped_with_direct_activations(self):
        rows = self.monitored("--execution", "overlap", "--activations", "direct", "--evaluator", "replay")
        _, weights = self.variable(rows, "fpga9 S.H", "Weights [B]")
        self.assertEqual(weights, sorted(weights))
        computed = [row for row in rows["State"] if row[0].startswith("compute ")]
        begins = [0] + [frame for frame, _ in self.CHANGES] + [120]
        layers = [16, 21, 13, 8, 16, 21, 16, 16]  # of the phases
        self.assertEqual(len(computed), sum(count * (end - begin) for count, begin, end in zip(layers, begins, begins[1:])))

    def test_frames_under_way(self):
        times, frames = self.variable(self.monitored(), "events", "Frames under way")
        self.assertEqual((times[0], frames[0]), (0, 1))
        self.assertGreater(max(frames), 2, "those that wait for weights")
        self.assertEqual(sum(1 for a, b in zip([0] + frames, frames) if b > a), 120)

    def test_a_mapper_has_a_timeline(self):
        self.call_well("-p", "cloud.xml", "-w", "mocap.yaml", "--frames", "3", "--period", "9ms", "--trace", "t.trace", "--mapper", "h2h",
                       "--mapper", "heft+weight-locality")
        self.dump("t.trace")
        self.assertEqual(self.created("t.trace", "TRun"), ["h2h", "heft+weight-locality"])

    def test_golden(self):
        trace = self.succeed("-p", "cloud.xml", "--scenario", "health-monitoring.yaml", "--frames", "8", "--period", "130ms", "--trace", "-")
        self.golden("health-monitoring.trace", trace)


class Chrome(Views):
    def test_events(self):
        result = self.result("-w", "vlocnet.yaml", "-p", "cloud.xml", "--chrome", "t.json")
        events = json.loads((self.folder / "t.json").read_text())["traceEvents"]
        run = result["runs"][0]
        ends = {}
        for event in events:
            if event["ph"] == "X":
                ends[event["name"]] = max(ends.get(event["name"], 0), event["args"]["end_s"])
        self.assertEqual(ends, {layer["name"]: layer["end_s"] for layer in run["layers"]})
        flows = {phase: sorted(event["id"] for event in events if event["ph"] == phase) for phase in "sf"}
        self.assertEqual(flows["s"], flows["f"])
        self.assertGreater(len(flows["s"]), 0)
        self.assertEqual(len([event for event in events if event["ph"] == "i"]), 4)
        for event in events:
            self.assertGreaterEqual(event.get("ts", 0), 0)


class Graph(Views):
    def test_graphviz_draws_it(self):
        result = self.result("-w", "vlocnet.yaml", "-p", "cloud.xml", "--dot", "t.dot")
        drawn = xml.etree.ElementTree.fromstring(self.run_viewer("dot", "-Tsvg", "t.dot").stdout)
        groups = [group.get("class") for group in drawn.iter(f"{SVG}g")]
        used = {layer["accelerator"] for layer in result["runs"][0]["layers"]}
        self.assertEqual(groups.count("node"), 141 + len(used))
        fused = sum(len(layer["fused_inputs"]) for layer in result["runs"][0]["layers"])
        self.assertEqual((self.folder / "t.dot").read_text().count("style=bold"), fused)


class Page(html.parser.HTMLParser):
    """What a browser made of the report."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.rows, self.open = {}, {}, []
        self.title = html.unescape(text.split("<title>")[1].split("</title>")[0])
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "table":
            self.open.append(attributes.get("id"))
        if tag == "tr" and self.open:
            self.rows[self.open[-1]] = self.rows.get(self.open[-1], 0) + 1
        if "id" in attributes:
            self.ids[attributes["id"]] = attributes

    def handle_endtag(self, tag):
        if tag == "table":
            self.open.pop()


class Browsed(Views):
    def browse(self, name, *more):
        """The page as a browser has made it, without a word on its console."""
        done = self.run_viewer(*CHROMIUM, f"--user-data-dir={self.folder}/profile", "--window-size=1400,900", *more, "--dump-dom",
                               f"file://{self.folder}/{name}")
        self.assertNotIn("CONSOLE", done.stderr)
        return Page(done.stdout)


class Gantt(Browsed):
    def test_picture(self):
        result = self.result("-w", "vlocnet.yaml", "-p", "cloud.xml", "--svg", "t.svg")
        picture = xml.etree.ElementTree.parse(self.folder / "t.svg").getroot()
        titles = [bar.find(f"{SVG}title").text for bar in picture.iter(f"{SVG}rect") if bar.find(f"{SVG}title") is not None]
        for layer in result["runs"][0]["layers"]:
            self.assertTrue(any(title.startswith(f"{layer['name']} (") and ": compute" in title for title in titles), layer["name"])
        texts = [text.text for text in picture.iter(f"{SVG}text")]
        self.assertTrue(texts[0].startswith("vlocnet on cloud: 253.6 ms"), texts[0])
        for text in ["conv", "inputs", "outputs", "on the critical chain", "0 ms", "100 ms", "250 ms", "fpga0 J.Z", "unused"]:
            self.assertIn(text, texts)
        width = float(picture.get("width"))
        for bar in picture.iter(f"{SVG}rect"):
            self.assertLessEqual(float(bar.get("x")) + float(bar.get("width")), width + 0.01)
        self.assertNotRegex((self.folder / "t.svg").read_text(), r"(href|src|url\()")

    def test_a_browser_takes_it_as_an_image(self):
        self.succeed("-w", "vlocnet.yaml", "-p", "cloud.xml", "--svg", "t.svg")
        self.write("i.html", '<!DOCTYPE html><html><head><link rel="icon" href="data:,"><title>none</title></head><body>'
                   '<img src="t.svg" onload="document.title = this.naturalWidth"></body></html>')
        self.assertEqual(self.browse("i.html").title, "1600")


# A browser without a window draws when it likes; a timer is more reliable.
FRAMES = "<script>window.requestAnimationFrame = (draw) => setTimeout(draw, 10);</script>"
# What a user does with the chart; what came of it is left in the page's title.
HANDS = """
<script>
const canvas = document.getElementById("gantt");
const tooltip = document.getElementById("tooltip");
const said = {};
const box = canvas.getBoundingClientRect();
function hover(filter) {
  for (let y = 30; y < box.height; y += 7) {
    for (let x = 200; x < box.width; x += 3) {
      canvas.dispatchEvent(new MouseEvent("mousemove", { clientX: box.left + x, clientY: box.top + y, bubbles: true }));
      if (!tooltip.hidden && filter.test(tooltip.textContent)) return tooltip.textContent;
    }
  }
  return null;
}
const pixels = () => canvas.toDataURL();
said.bar = hover(/inputs/);
said.dram = hover(/in use/);
const whole = pixels();
const drawn = () => new Promise((done) => setTimeout(done, 100));
const choose = (id, value, event) => {
  document.getElementById(id).value = value;
  document.getElementById(id).dispatchEvent(new Event(event));
};
(async () => {
  canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "+" }));
  await drawn();
  said.zoomed = pixels() !== whole;
  document.getElementById("zoom-reset").click();
  await drawn();
  said.reset = pixels() === whole;
  choose("colours", "1", "change");
  await drawn();
  said.coloured = pixels() !== whole;
  said.legend = document.getElementById("legend").textContent;
  choose("find", "dep_c", "input");
  said.found = document.getElementById("found").textContent;
  document.title = JSON.stringify(said);
})();
</script>
"""


class Report(Browsed):
    def test_it_stands_by_itself(self):
        self.succeed("-w", "vlocnet.yaml", "-p", "cloud.xml", "--report", "r.html")
        page = (self.folder / "r.html").read_text()
        self.assertLess(len(page), 2_000_000)
        outside = page.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
        self.assertNotRegex(outside, r"https?://|@import|<link[^>]+stylesheet|<script[^>]+src")
        data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))
        self.assertEqual(len(data["timeline"]["layers"]), 141)
        for step in data["account"]["steps"]:
            self.assertAlmostEqual(sum(step[1]), dict(data["timeline"]["marks"])[step[0]], places=9)
        ranked = list(csv.DictReader(io.StringIO(self.succeed("explain", "-w", "vlocnet.yaml", "-p", "cloud.xml", "--csv", "-"))))
        self.assertEqual([[what.split(" ", 1)[1], latency] for what, latency, _ in data["account"]["changes"]],
                         [[row["name"], float(row["latency_s"])] for row in ranked[:10]])
        self.assertIn("--report r.html", data["command"])

    def test_a_browser_shows_it(self):
        result = self.result("-w", "vlocnet.yaml", "-p", "cloud.xml", "--report", "r.html")
        page = self.browse("r.html")
        self.assertEqual(page.rows["steps"], 1 + 4)
        self.assertEqual(page.rows["dram"], 1 + 12)
        self.assertEqual(page.rows["power"], 1 + 1 + 12)
        self.assertEqual(page.rows["inputs"], 1 + len(result["inputs"]))
        self.assertEqual(page.rows["links"], 1 + len([link for link in result["runs"][0]["links"] if link["bytes"] > 0]))
        self.assertGreater(page.rows["chain"], 2)
        self.assertEqual(page.rows["changes"], 1 + 10)
        self.assertGreater(int(page.ids["gantt"]["height"]), 300)
        self.assertEqual(page.title, "vlocnet on cloud: 253.6 ms")

    def test_a_browser_takes_users_hands(self):
        self.succeed("-w", "cnn_lstm.yaml", "-p", "cloud.xml", "--report", "r.html")
        page = (self.folder / "r.html").read_text()
        self.write("used.html", page.replace("<head>", "<head>" + FRAMES).replace("</body>", HANDS + "</body>"))
        said = json.loads(self.browse("used.html", "--virtual-time-budget=5000").title)
        self.assertRegex(said["bar"], r"^.+ \(.+\) on fpga\d+\ninputs.*: [\d.]+ [kM]?B\n.* to .*, .* long")
        self.assertRegex(said["dram"], r"^[\d.]+ [mu]?s: [\d.]+ [kM]?B of .*B in use$")
        self.assertTrue(said["zoomed"] and said["reset"] and said["coloured"], said)
        self.assertIn("depth", said["legend"])
        self.assertRegex(said["found"], r"^[1-9]\d* of \d+ layers$")


class Options(Views):
    BOTH = ["-w", "mocap.yaml", "-p", "cloud.xml"]

    def test_standard_output_instead_of_the_table(self):
        for view, begin in zip(VIEWS, ["%EventDef", "{\"displayTimeUnit\"", "<svg", "digraph", "<!DOCTYPE html>"]):
            with self.subTest(view):
                self.assertTrue(self.succeed(*self.BOTH, view, "-").startswith(begin))

    def test_conflicts(self):
        shared = "only one result can go to standard output; give the others a file"
        self.fail_with(USAGE, shared, *self.BOTH, "--trace", "-", "--svg", "-")
        self.fail_with(USAGE, shared, *self.BOTH, "--json", "-", "--report", "-")
        self.fail_with(USAGE, shared, "compare", *self.BOTH, "--trace", "-", "--csv", "-")
        self.fail_with(USAGE, "--trace and --svg both write to a; give each a file of its own", *self.BOTH, "--trace", "a", "--svg", "a")
        self.fail_with(USAGE, "--trace-colors: cannot be 'knd'; did you mean 'kind'?", *self.BOTH, "--trace", "a", "--trace-colors", "knd")
        for view in ["--svg", "--dot", "--report"]:
            self.fail_with(USAGE, f"{view} shows one mapping, and there are several mappers; run them one by one; --trace and --chrome "
                           "show several", *self.BOTH, "--mapper", "h2h", "--mapper", "heft", view, "a")
        self.write("w.yaml", "name: w")
        self.fail_with(INPUT, "w.yaml:1:1: the document lacks the key 'layers'", "-p", "cloud.xml", "-w", "w.yaml", "--trace", "w.yaml")
        self.assertEqual((self.folder / "w.yaml").read_text(), "name: w")
        done = self.call(*self.BOTH, "--trace", "no/such/folder")
        self.assertEqual((done.returncode, done.stdout), (INPUT, ""))
        shutil.copy(SOURCE / "workloads/mocap.yaml", self.folder / "mine.yaml")
        self.fail_with(USAGE, "--report mine.yaml would overwrite what is read from there; give another file", "-w", "mine.yaml", "-p",
                       "cloud.xml", "--report", "mine.yaml")


if __name__ == "__main__":
    unittest.main()
