# SPDX-License-Identifier: Apache-2.0
"""Generated platforms: h2h-sim accepts and replays each; SimGrid's own links and routes are as worked out by hand or
by a search of the graph; who draws which accelerator; mistakes."""

import collections
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

from support import INPUT, SOURCE, USAGE, WELL, CommandLineTest

GENERATOR = SOURCE / "scripts/h2h-platform"
ROUTES = os.environ["H2H_ROUTES"]
TOPOLOGIES = ["single-switch", "two-switches", "tree", "fat-tree", "ring", "torus", "dragonfly"]
GBPS = 1e9 / 8

# Every layer takes no time but for its transfers.
CATALOGUE = """accelerators:
  quick:
    types: [conv, fc, pool, add, concat]
    model: roofline
    parameters: {peak_GOPS: 1e12}
    data_bits: 32
    dram: {capacity: 1GB, bandwidth: 1e9GBps}
    power: {active_W: 1}
"""


class Network:
    """What SimGrid makes of a platform. Routes are by (source, target), without the ports at either end."""

    def __init__(self, path):
        done = subprocess.run([ROUTES, path], capture_output=True, text=True, timeout=120)
        assert done.returncode == WELL and not done.stderr, done.stderr
        self.bandwidth_Bps, self.latencies_s, self.ports, self.routes = {}, set(), {}, {}
        for line in done.stdout.splitlines():
            kind, *words = line.split()
            if kind == "link":
                if words[0] != "__loopback__":  # SimGrid's own
                    self.bandwidth_Bps[words[0]] = float(words[1])
            else:
                source, target, latency_s, first, *between, last = words
                self.latencies_s.add(float(latency_s))
                self.ports.setdefault(source, set()).add(first)
                self.ports.setdefault(target, set()).add(last)
                self.routes[source, target] = [hop(name) for name in between]
        self.hops = {hop(name) for name in self.bandwidth_Bps if "port" not in name}

    def neighbours(self):
        graph = collections.defaultdict(set)
        for a, b in self.hops:
            graph[a].add(b)
        return graph

    def cables(self, left):
        """How many cables join the switches for which left(switch) is true with the others."""
        return sum(left(a) and not left(b) for a, b in self.hops)


def hop(link):
    """The switches that a direction of a link leads from and to."""
    torus = re.fullmatch(r"switches_link_from_(\d+)_to_(\d+)_(UP|DOWN)", link)
    a, b, direction = torus.groups() if torus else re.fullmatch(r"(\w+)-(\w+)_(UP|DOWN)", link).groups()
    a, b = (f"switch{a}", f"switch{b}") if torus else (a, b)
    return (a, b) if direction == "UP" else (b, a)


def distances(graph, source):
    """Hops from a switch to each other by breadth-first search."""
    found = {source: 0}
    queue = collections.deque([source])
    while queue:
        a = queue.popleft()
        for b in graph[a] - found.keys():
            found[b] = found[a] + 1
            queue.append(b)
    return found


def places_in(xml):
    """The switch of each node, in the order of the file."""
    root = ElementTree.fromstring(xml)
    star = {host.get("id"): zone.get("id") for zone in root.iterfind("zone/zone") for host in zone.iterfind("host")}
    torus = {port.get("gw_src"): port.get("gw_dst") for port in root.iterfind("zone/zoneRoute[@dst='switches']")}
    return torus or star


def number(switch):
    return int(re.search(r"\d+$", switch)[0])


class GeneratorTest(CommandLineTest):
    def run_generator(self, *words, **environment):
        return subprocess.run([sys.executable, GENERATOR, *map(str, words)], cwd=self.folder, capture_output=True,
                              text=True, timeout=60, env={**os.environ, "H2H_DATA_DIR": str(SOURCE), **environment})

    def generate(self, *words, **environment):
        """The text of a platform."""
        done = self.run_generator(*words, **environment)
        self.assertEqual((done.returncode, done.stderr), (WELL, ""))
        return done.stdout

    def platform(self, *words):
        """The name of a file with the platform."""
        self.assertEqual(self.generate(*words, "-o", "platform.xml"), "")
        return "platform.xml"

    def network(self, *words):
        return Network(self.folder / self.platform(*words))

    def drawn(self, *words):
        root = ElementTree.fromstring(self.generate("--topology", "single-switch", *words))
        return [prop.get("value") for prop in root.iterfind(".//host/prop[@id='accelerator']")]



class Accepted(GeneratorTest):
    def test_each_topology_replays_without_a_warning(self):
        for topology in TOPOLOGIES:
            with self.subTest(topology):
                path = self.platform("--topology", topology, "-n", 13)
                checked = self.succeed("check", "-p", path, "-w", "mocap.yaml")
                self.assertIn(f"platform {topology}-13: 13 FPGAs", checked)
                table = self.succeed("-p", path, "-w", "mocap.yaml", "--evaluator", "replay", "--mapper",
                                     "computation-prioritized+weight-locality")
                self.assertIn(f"mocap on {topology}-13\n", table)

    def test_thousand_fpgas(self):
        for topology in TOPOLOGIES:
            with self.subTest(topology):
                path = self.platform("--topology", topology, "-n", 1000)
                self.assertIn(": 1000 FPGAs", self.succeed("check", "-p", path, "-w", "mocap.yaml"))

    def test_one_fpga_where_that_is_a_network(self):
        for topology in ["single-switch", "fat-tree", "torus", "dragonfly"]:
            with self.subTest(topology):
                self.write("quick.yaml", CATALOGUE)
                path = self.platform("--topology", topology, "-n", 1, "--catalogue", "quick.yaml")
                checked = self.succeed("check", "-p", path, "-w", "casua_surf.yaml")
                self.assertIn(f"platform {topology}-1: 1 FPGAs", checked)

    def test_replay_shares_the_uplink(self):
        """Two of four FPGAs are behind a switch whose uplink has half of their ports: their transfers take twice the
        time; the host's own port is faster than all."""
        self.write("quick.yaml", CATALOGUE)
        self.write("work.yaml", "name: work\nlayers:\n" + "".join(
            f"  - {{name: f{i}, type: fc, in_features: 1000, out_features: 1000, inputs: []}}\n" for i in range(2)))
        path = self.platform("--topology", "tree", "-n", 4, "--switches", 2, "--oversubscription", 2, "--catalogue",
                             "quick.yaml", "--accelerators", "quick", "--port-bandwidth", "1GBps", "--host-bandwidth",
                             "100GBps", "--latency", "100us", "--host-switch", "core")
        for fpgas, share in [(("fpga0", "fpga1"), 2), (("fpga0", "fpga2"), 1)]:
            self.write("mapping.yaml", "schema: h2h-sim/mapping/1\nworkload: work\naccelerators:\n" + "".join(
                f"  {fpga}: {{order: [f{i}], pinned: []}}\n" for i, fpga in enumerate(fpgas)) + "fused: []\n")
            self.succeed("replay", "-p", path, "-w", "work.yaml", "--mapping", "mapping.yaml", "--json", "result.json")
            run = json.loads((self.folder / "result.json").read_text())["runs"][0]
            # 4 MB of weights, 4 kB in, 4 kB out, one after the other.
            self.assertAlmostEqual(run["latency_s"], 3 * 100e-6 + share * 4.008e6 / 1e9, delta=1e-8)


class Wiring(GeneratorTest):
    def test_links_by_hand(self):
        for words, cables in [
            ("single-switch -n 12", 0),
            ("two-switches -n 12", 1),
            ("tree -n 48", 3),
            ("tree -n 48 --switches 6", 6),
            ("fat-tree -n 16", 32),  # k = 4: k^3/4 from edge to aggregation, and as many from there to core
            ("fat-tree -n 16 --radix 6", 108),
            ("ring -n 12", 12),
            ("ring -n 12 --per-switch 3", 4),
            ("torus -n 12", 24),  # 4 x 3, two links a switch
            ("torus -n 16 --dims 4,4", 32),
            ("torus -n 27 --dims 3,3,3", 81),
            # p = 2, a = 4, h = 2, g = 9: a (a - 1) / 2 in each group, g (g - 1) / 2 between groups
            ("dragonfly -n 72", 9 * 6 + 36),
            ("dragonfly -n 20 --groups 5 --switches 2 --per-switch 2", 5 * 1 + 10),
        ]:
            with self.subTest(words):
                network = self.network("--topology", *words.split())
                self.assertEqual(len(network.hops), 2 * cables)
                nodes = int(words.split()[2]) + 1
                self.assertEqual(len([link for link in network.bandwidth_Bps if "port" in link]), 2 * nodes)

    def test_bisections_by_hand(self):
        self.assertEqual(self.network("--topology", "ring", "-n", 10).cables(lambda s: number(s) < 5), 2)
        self.assertEqual(self.network("--topology", "torus", "--dims", "4,6", "-n", 24).cables(
            lambda s: number(s) % 4 < 2), 2 * 6)  # two cuts of six rows
        self.assertEqual(self.network("--topology", "torus", "--dims", "4,6", "-n", 24).cables(
            lambda s: number(s) // 4 < 3), 2 * 4)
        # Full bisection: as many cables to the core from half of the pods as FPGAs in them.
        fat_tree = self.network("--topology", "fat-tree", "--radix", 6, "-n", 54)
        self.assertEqual(fat_tree.cables(lambda s: not s.startswith("core") and number(s) < 9), 27)
        # One cable for each two groups: 3 groups against 6.
        self.assertEqual(self.network("--topology", "dragonfly", "-n", 72).cables(lambda s: number(s) < 12), 3 * 6)

    def test_fpgas_are_spread_evenly_in_order(self):
        for words, counts in [("two-switches -n 5", [2, 3]), ("tree -n 48", [16, 16, 16]),
                              ("tree -n 10 --switches 4", [2, 3, 2, 3]), ("fat-tree -n 12", [1, 2, 1, 2, 1, 2, 1, 2]),
                              ("ring -n 9 --switches 3", [3, 3, 3]), ("torus -n 18 --dims 3,3", [2] * 9),
                              ("dragonfly -n 6", [1] * 6)]:
            with self.subTest(words):
                places = places_in(self.generate("--topology", *words.split()))
                self.assertEqual(list(places), ["host"] + [f"fpga{i}" for i in range(len(places) - 1)])
                of_fpgas = [places[node] for node in places if node != "host"]
                self.assertEqual([len(list(group)) for _, group in itertools.groupby(of_fpgas)], counts)

    def test_each_node_has_a_port_of_its_own(self):
        for topology in TOPOLOGIES:
            with self.subTest(topology):
                network = self.network("--topology", topology, "-n", 13)
                expected = {f"fpga{i}": {f"port{i}_UP", f"port{i}_DOWN"} for i in range(13)}
                self.assertEqual(network.ports, {**expected, "host": {"host_port_UP", "host_port_DOWN"}})


class Routes(GeneratorTest):
    CASES = ["single-switch -n 5", "two-switches -n 7", "tree -n 11 --per-switch 3",
             "tree -n 11 --per-switch 3 --host-switch core",
             "fat-tree -n 16", "fat-tree -n 40 --host-switch edge9", "ring -n 6", "ring -n 7 --host-switch switch3",
             "ring -n 8 --per-switch 2", "torus -n 20 --dims 5,4 --host-switch switch7", "torus -n 27 --dims 3,3,3",
             "torus -n 30 --dims 4,3", "dragonfly -n 48", "dragonfly -n 20 --groups 5 --switches 2 --per-switch 2",
             "dragonfly -n 8 --groups 4 --switches 1 --per-switch 2", "dragonfly -n 18 --groups 6 --switches 3"]

    built = {}  # the network and the places of nodes of each case

    def each(self):
        for case in self.CASES:
            if case not in self.built:
                path = self.folder / self.platform("--topology", *case.split())
                self.built[case] = Network(path), places_in(path.read_text())
            yield case, *self.built[case]

    def test_lead_from_switch_to_switch(self):
        for case, network, places in self.each():
            with self.subTest(case):
                self.assertEqual(len(network.routes), len(places) * (len(places) - 1))
                for (source, target), hops in network.routes.items():
                    at = places[source]
                    for a, b in hops:
                        self.assertEqual(a, at)
                        at = b
                    self.assertEqual(at, places[target])

    def test_are_shortest(self):
        for case, network, places in self.each():
            with self.subTest(case):
                graph = network.neighbours()
                size = int(re.search(r"--switches (\d+)|$", case)[1] or 4)  # of a dragonfly's group
                for source, target in network.routes:
                    a, b = places[source], places[target]
                    allowed = graph
                    if case.startswith("dragonfly"):  # minimal is by at most one link between groups
                        groups = {number(a) // size, number(b) // size}
                        inside = {switch for switch in graph if number(switch) // size in groups}
                        allowed = {switch: graph[switch] & inside for switch in inside}
                    self.assertEqual(len(network.routes[source, target]), distances(allowed, a)[b], (source, target))

    def test_hops_by_hand(self):
        ring = self.network("--topology", "ring", "-n", 9)
        torus = self.network("--topology", "torus", "-n", 20, "--dims", "5,4")
        for i, j in itertools.permutations(range(9), 2):
            self.assertEqual(len(ring.routes[f"fpga{i}", f"fpga{j}"]), min((i - j) % 9, (j - i) % 9))
        for i, j in itertools.permutations(range(20), 2):
            x, y = (i - j) % 5, (i // 5 - j // 5) % 4
            self.assertEqual(len(torus.routes[f"fpga{i}", f"fpga{j}"]), min(x, 5 - x) + min(y, 4 - y))
        for words, longest in [("tree -n 32", 2), ("fat-tree -n 16", 4), ("dragonfly -n 72", 3)]:
            network = self.network("--topology", *words.split())
            self.assertEqual(max(map(len, network.routes.values())), longest)

    def test_have_one_latency(self):
        for case, network, _ in self.each():
            with self.subTest(case):
                self.assertEqual(len(network.latencies_s), 1)
                self.assertAlmostEqual(max(network.latencies_s), 50e-6, delta=1e-12)
        for text, seconds in [("0us", 0), ("1.5ms", 1.5e-3), ("333ns", 333e-9)]:
            latencies = self.network("--topology", "torus", "-n", 9, "--latency", text).latencies_s
            self.assertEqual(len(latencies), 1)
            self.assertAlmostEqual(latencies.pop(), seconds, delta=1e-15)

    def test_torus_goes_along_the_first_dimension_first(self):
        network = self.network("--topology", "torus", "-n", 20, "--dims", "5,4")
        for hops in network.routes.values():
            along_rows = [number(a) // 5 == number(b) // 5 for a, b in hops]
            self.assertEqual(along_rows, sorted(along_rows, reverse=True))

    def test_ring_breaks_ties_as_documented(self):
        routes = self.network("--topology", "ring", "-n", 6).routes
        for i in range(6):
            opposite = (i + 3) % 6
            step = 1 if opposite != 0 else -1
            expected = [(f"switch{(i + step * k) % 6}", f"switch{(i + step * (k + 1)) % 6}") for k in range(3)]
            self.assertEqual(routes[f"fpga{i}", f"fpga{opposite}"], expected)

    def test_others_go_back_as_they_came(self):
        for case, network, _ in self.each():
            if case.startswith(("torus", "ring")):
                continue
            with self.subTest(case):
                for (source, target), hops in network.routes.items():
                    self.assertEqual([(b, a) for a, b in reversed(hops)], network.routes[target, source])

    def test_fat_tree_spreads_the_load(self):
        """From one edge switch to the four FPGAs at each of the 28 in other pods of a full 8-port tree: over four links
        up, and 16 core switches, of which twelve serve two of the 28 and four serve one."""
        network = self.network("--topology", "fat-tree", "-n", 128)
        load = collections.Counter()
        for i in range(16, 128):
            load.update(network.routes["fpga0", f"fpga{i}"][:2])
        edge, core = [], []
        for (a, _), routes in load.items():
            (edge if a.startswith("edge") else core).append(routes)
        self.assertEqual((edge, sorted(core)), ([28] * 4, [4] * 4 + [8] * 12))


class Bandwidths(GeneratorTest):
    def test_oversubscription_is_ports_over_uplinks(self):
        for words, expected_Bps in [
            ("two-switches -n 12", 6 * 10 * GBPS),
            ("two-switches -n 12 --oversubscription 3", 2 * 10 * GBPS),
            ("two-switches -n 5 --oversubscription 2", 1.5 * 10 * GBPS),
            ("tree -n 48", 16 * 10 * GBPS),
            ("tree -n 48 --oversubscription 4", 4 * 10 * GBPS),
            ("tree -n 10 --switches 4 --oversubscription 1.5", 2 * 10 * GBPS),
            ("fat-tree -n 16", 10 * GBPS),
            ("fat-tree -n 16 --oversubscription 4", 2.5 * GBPS),
            ("ring -n 12", 10 * GBPS),
            ("ring -n 12 --per-switch 4 --oversubscription 2", 10 * GBPS),  # 4 ports, 2 links
            ("torus -n 18 --dims 3,3 --oversubscription 0.5", 10 * GBPS),  # 2 ports, 4 links
            ("dragonfly -n 72", 10 * GBPS),
            ("dragonfly -n 72 --oversubscription 2", 5 * GBPS),  # 2 ports, 2 links to other groups
            ("dragonfly -n 20 --groups 5 --switches 2 --per-switch 3 --oversubscription 1", 15 * GBPS),
            ("tree -n 48 --uplink-bandwidth 25Gbps", 25 * GBPS),
            ("torus -n 9 --uplink-bandwidth 100MBps", 1e8),
        ]:
            with self.subTest(words):
                network = self.network("--topology", *words.split(), "--port-bandwidth", "10Gbps")
                rates_Bps = {rate for link, rate in network.bandwidth_Bps.items() if "port" not in link}
                self.assertEqual(len(rates_Bps), 1)
                self.assertAlmostEqual(rates_Bps.pop() / expected_Bps, 1, delta=1e-11)

    def test_ports(self):
        for topology in TOPOLOGIES:
            for host, expected_Bps in [([], 2e8), (["--host-bandwidth", "100Gbps"], 1.25e10)]:
                network = self.network("--topology", topology, "-n", 9, "--port-bandwidth", "0.2GBps", *host)
                rates = network.bandwidth_Bps
                for direction in ("UP", "DOWN"):
                    self.assertEqual(rates[f"host_port_{direction}"], expected_Bps)
                    self.assertEqual({rates[f"port{i}_{direction}"] for i in range(9)}, {2e8})


class Accelerators(GeneratorTest):
    ALL = ["J.Z", "C.Z", "W.J", "J.Q", "A.C", "Y.G", "T.M", "A.P", "X.W", "S.H", "X.Z", "X.Z-PYNQ", "B.L"]

    def test_round_robin(self):
        self.assertEqual(self.drawn("-n", 15), self.ALL + ["J.Z", "C.Z"])
        self.assertEqual(self.drawn("-n", 5, "--accelerators", "S.H,C.Z"), ["S.H", "C.Z", "S.H", "C.Z", "S.H"])

    def test_counts(self):
        counts = ["--accelerators", "C.Z:3,A.C:2"]
        self.assertEqual(self.drawn(*counts), ["C.Z"] * 3 + ["A.C"] * 2)
        self.assertEqual(self.drawn("-n", 5, *counts), ["C.Z"] * 3 + ["A.C"] * 2)
        shuffled = self.drawn("--seed", 1, *counts)
        self.assertEqual(shuffled, ["C.Z", "A.C", "A.C", "C.Z", "C.Z"])  # the same on every machine

    def test_seed(self):
        once = self.drawn("-n", 40, "--seed", 1)
        self.assertEqual(once, self.drawn("-n", 40, "--seed", 1))
        self.assertNotEqual(once, self.drawn("-n", 40, "--seed", 2))
        self.assertEqual(once[:5], ["C.Z", "X.Z-PYNQ", "S.H", "J.Q", "T.M"])  # the same on every machine
        many = collections.Counter(self.drawn("-n", 13000, "--seed", 3))
        self.assertEqual(set(many), set(self.ALL))
        self.assertTrue(all(900 < count < 1100 for count in many.values()), many)
        self.assertEqual(set(self.drawn("-n", 40, "--seed", 1, "--accelerators", "C.Z,A.C")), {"C.Z", "A.C"})

    def test_catalogues(self):
        for name in ["h2h2022.yaml", SOURCE / "platforms/h2h2022.yaml"]:
            text = self.generate("--topology", "ring", "-n", 12, "--catalogue", name, "-o", "-")
            self.assertIn('<prop id="accelerators" value="h2h2022.yaml"/>', text)
        (self.folder / "sub").mkdir()
        self.write("quick.yaml", CATALOGUE)
        for out, value in [("near.xml", "quick.yaml"), ("sub/far.xml", "../quick.yaml")]:
            self.generate("--topology", "ring", "-n", 3, "--catalogue", "quick.yaml", "-o", out)
            self.assertIn(f'<prop id="accelerators" value="{value}"/>', (self.folder / out).read_text())
            self.succeed("check", "-p", out, "-w", "casua_surf.yaml")


class Output(GeneratorTest):
    def test_same_arguments_same_bytes(self):
        for topology in TOPOLOGIES:
            words = ["--topology", topology, "-n", 20, "--seed", 7]
            text = self.generate(*words, PYTHONHASHSEED="1")
            self.assertEqual(text, self.generate(*words, PYTHONHASHSEED="2"))
            self.generate(*words, "-o", "file.xml")
            self.assertEqual(text, (self.folder / "file.xml").read_text())
            self.assertNotIn(str(SOURCE), text)
            self.assertNotIn(str(self.folder), text)

    def test_recorded_command_makes_the_file_again(self):
        self.write("my catalogue.yaml", CATALOGUE)
        text = self.generate("--host-switch", "switch1", "--oversubscription", "4", "-n", "9", "--topology", "tree",
                             "--per-switch", "3", "--seed", "5", "--catalogue", "my catalogue.yaml", "-o", "-")
        command = ElementTree.fromstring(text).find("zone/prop[@id='generated_by']").get("value")
        self.assertEqual(command, "h2h-platform --topology tree -n 9 --seed 5 --catalogue 'my catalogue.yaml' "
                                  "--oversubscription 4 --host-switch switch1 --per-switch 3")
        self.assertEqual(self.generate(*shlex.split(command)[1:]), text)

    def test_golden(self):
        self.assert_golden("platform_two_switches.xml", self.generate(
            "--topology", "two-switches", "-n", 4, "--oversubscription", 2, "--host-bandwidth", "40Gbps"))
        self.assert_golden("platform_torus.xml", self.generate(
            "--topology", "torus", "-n", 10, "--dims", "3,3", "--accelerators", "C.Z:9,S.H:1", "--name", "mesh"))

    def test_a_mistake_keeps_the_file(self):
        self.write("kept.xml", "mine")
        self.run_generator("--topology", "tree", "-n", 1, "-o", "kept.xml")
        self.assertEqual((self.folder / "kept.xml").read_text(), "mine")
        self.generate("--topology", "tree", "-n", 2, "-o", "kept.xml")
        self.assertIn("<platform", (self.folder / "kept.xml").read_text())
        self.assertEqual(os.listdir(self.folder), ["kept.xml"])


class Mistakes(GeneratorTest):
    def refuse(self, status, message, *words):
        done = self.run_generator(*words)
        self.assertEqual(done.stderr, f"h2h-platform: {message}\n")
        self.assertEqual((done.returncode, done.stdout), (status, ""))

    def test_usage(self):
        unit = "give a positive number with a unit: Bps, kBps, MBps, GBps, Mbps or Gbps, such as 1.25GBps"
        kinds = "single-switch, two-switches, tree, fat-tree, ring, torus, dragonfly"
        for message, words in [
            (f"--topology is missing; there are {kinds}", "-n 4"),
            ("--topology: cannot be 'fattree'; did you mean 'fat-tree'?", "-n 4 --topology fattree"),
            (f"--topology: cannot be 'hypercube'; there are {kinds}", "-n 4 --topology hypercube"),
            ("unrecognized arguments: --top ring", "-n 4 --top ring"),
            ("-n is missing; such as -n 12", "--topology ring"),
            ("-n: '0' is no whole number from 1 to 100000", "--topology ring -n 0"),
            ("-n: 'many' is no whole number from 1 to 100000", "--topology ring -n many"),
            ("-n: '1.5' is no whole number from 1 to 100000", "--topology ring -n 1.5"),
            ("-n: '100001' is no whole number from 1 to 100000", "--topology ring -n 100001"),
            ("200000 FPGAs; give at most 100000", "--topology ring --accelerators C.Z:200000"),
            ("--seed: '-1' is no whole number from 0 to 9223372036854775807", "--topology ring -n 4 --seed=-1"),
            ("two-switches: 1 FPGA leaves a switch empty; give -n 2 or more", "--topology two-switches -n 1"),
            ("tree: 3 FPGAs leave some of 4 switches empty; give fewer --switches, or -n 4 or more",
             "--topology tree -n 3 --switches 4"),
            ("tree: --switches 1; it has 2 or more", "--topology tree -n 3 --switches 1"),
            ("tree: 2 switches have room for 8 FPGAs, not for 9; give --per-switch 5 or more switches",
             "--topology tree -n 9 --switches 2 --per-switch 4"),
            ("fat-tree: --radix 5; the ports of its switches are an even number, 4 or more",
             "--topology fat-tree -n 9 --radix 5"),
            ("fat-tree: --radix 2; the ports of its switches are an even number, 4 or more",
             "--topology fat-tree -n 2 --radix 2"),
            ("fat-tree: --radix 4 has room for 16 FPGAs, not for 17; give 6 or more",
             "--topology fat-tree -n 17 --radix 4"),
            ("1152 switches; give sizes that make at most 1000", "--topology fat-tree -n 9 --radix 48"),
            ("ring: a ring of 2 is none; every dimension has 3 switches or more", "--topology ring -n 2"),
            ("ring: 3000 FPGAs; SimGrid routes at most 2048 in reasonable time", "--topology ring -n 3000"),
            ("torus: a ring of 2 is none; every dimension has 3 switches or more", "--topology torus -n 2 --dims 2,4"),
            ("torus: --dims has 2 dimensions or more, such as 4,4; one dimension is a ring",
             "--topology torus -n 2 --dims 4"),
            ("--dims: 'x' is no whole number from 1 to 100000", "--topology torus -n 2 --dims 4,x"),
            ("--dims: '' is no whole number from 1 to 100000", "--topology torus -n 2 --dims="),
            ("9000000 switches; give sizes that make at most 2048", "--topology torus -n 2 --dims 3000,3000"),
            ("torus: 9 switches have room for 9 FPGAs, not for 10; give --per-switch 2 or more switches",
             "--topology torus -n 10 --dims 3,3 --per-switch 1"),
            ("dragonfly: 2 groups of 4 switches have room for 16 FPGAs, not for 48; give --groups 6 or more",
             "--topology dragonfly -n 48 --groups 2"),
            ("dragonfly: --groups 1; it has 2 or more", "--topology dragonfly -n 2 --groups 1"),
            ("--radix does not go with ring, which takes --switches and --per-switch",
             "--topology ring -n 4 --radix 4"),
            ("--dims does not go with single-switch", "--topology single-switch -n 4 --dims 3,3"),
            ("--oversubscription does not go with single-switch, which has no links between switches",
             "--topology single-switch -n 4 --oversubscription 3"),
            ("--uplink-bandwidth and --oversubscription both set the links between switches; give one",
             "--topology tree -n 4 --oversubscription 3 --uplink-bandwidth 1GBps"),
            (f"--port-bandwidth '10'; {unit}", "--topology tree -n 4 --port-bandwidth 10"),
            (f"--port-bandwidth '0GBps'; {unit}", "--topology tree -n 4 --port-bandwidth 0GBps"),
            (f"--port-bandwidth '-1GBps'; {unit}", "--topology tree -n 4 --port-bandwidth=-1GBps"),
            (f"--port-bandwidth 'infGBps'; {unit}", "--topology tree -n 4 --port-bandwidth infGBps"),
            (f"--host-bandwidth '1GB'; {unit}", "--topology tree -n 4 --host-bandwidth 1GB"),
            (f"--host-bandwidth ''; {unit}", "--topology tree -n 4 --host-bandwidth="),
            (f"--uplink-bandwidth '1Gps'; {unit}", "--topology tree -n 4 --uplink-bandwidth 1Gps"),
            ("--oversubscription '4:1'; give a number greater than zero, such as 4",
             "--topology tree -n 4 --oversubscription 4:1"),
            ("--oversubscription '0'; give a number greater than zero, such as 4",
             "--topology tree -n 4 --oversubscription 0"),
            ("--latency '50'; give a number, zero or more, with a unit: s, ms, us or ns, such as 50us",
             "--topology tree -n 4 --latency 50"),
            ("--host-switch: the host cannot attach to 'swich1'; did you mean 'switch1'?",
             "--topology tree -n 4 --host-switch swich1"),
            ("--host-switch: the host cannot attach to 'rack'; there are edge0 to edge7",
             "--topology fat-tree -n 4 --host-switch rack"),
            ("--accelerators: accelerators.yaml has no 'CZ'; did you mean 'C.Z'?",
             "--topology tree -n 4 --accelerators CZ"),
            ("--accelerators: accelerators.yaml has no 'X.Z-PINQ'; did you mean 'X.Z-PYNQ'?",
             "--topology tree -n 4 --accelerators C.Z,X.Z-PINQ"),
            ("--accelerators: h2h2022.yaml has no 'GPU'; it has " +
             ", ".join(re.findall(r"^  (\S+):$", (SOURCE / "platforms/h2h2022.yaml").read_text(), re.MULTILINE)),
             "--topology tree -n 4 --catalogue h2h2022.yaml --accelerators GPU"),
            ("--accelerators: 'C.Z:0'; give a whole number after the colon, such as C.Z:2",
             "--topology tree --accelerators C.Z:0"),
            ("--accelerators: 'C.Z:x'; give a whole number after the colon, such as C.Z:2",
             "--topology tree --accelerators C.Z:x"),
            ("--accelerators 'C.Z:2,A.C'; give counts to all names or to none",
             "--topology tree --accelerators C.Z:2,A.C"),
            ("--accelerators: the counts add up to 3, but -n is 4; leave -n out, or change the counts",
             "--topology tree -n 4 --accelerators C.Z:2,A.C:1"),
            ("--name 'switch0'; give letters, digits, '.', '_' and '-', and not the name of a host or switch",
             "--topology tree -n 4 --name switch0"),
            ("--name 'a/b'; give letters, digits, '.', '_' and '-', and not the name of a host or switch",
             "--topology tree -n 4 --name a/b"),
        ]:
            with self.subTest(words):
                self.refuse(USAGE, message, *words.split())
        self.assertEqual(os.listdir(self.folder), [])

    def test_files(self):
        tree = ["--topology", "tree", "-n", 4]
        self.write("own.yaml", CATALOGUE)
        self.refuse(USAGE, "-o own.yaml would overwrite the catalogue; give another file", *tree, "--catalogue", "own.yaml",
                    "-o", "own.yaml")
        self.assertEqual((self.folder / "own.yaml").read_text(), CATALOGUE)
        self.refuse(INPUT, "--catalogue: there is no file none.yaml, nor a shipped catalogue of this name",
                    *tree, "--catalogue", "none.yaml")
        for content in ["", "[]", "accelerators: 3", "accelerators: {}", "accelerators: {1: {}}"]:
            self.refuse(INPUT, "bad.yaml: is no catalogue; one has 'accelerators:' with an entry for each",
                        *tree, "--catalogue", self.write("bad.yaml", content))
        done = self.run_generator(*tree, "--catalogue", self.write("bad.yaml", "a: [\n"))
        self.assertEqual((done.returncode, done.stdout), (INPUT, ""))
        self.assertIn("h2h-platform: bad.yaml: cannot be read: while parsing a flow node", done.stderr)
        self.refuse(INPUT, "no/such.xml: cannot be written: No such file or directory", *tree, "-o", "no/such.xml")
        self.refuse(USAGE, r"--catalogue: '\x01.yaml' has characters that XML cannot hold; give the file another name",
                    *tree, "--catalogue", self.write("\x01.yaml", CATALOGUE))
        self.write("locked.xml", "mine")
        (self.folder / "locked.xml").chmod(0o400)
        if os.geteuid() != 0:  # whom no lock stops
            self.refuse(INPUT, "locked.xml: cannot be written: Permission denied", *tree, "-o", "locked.xml")
        self.refuse(INPUT, ".: cannot be written: Is a directory", *tree, "-o", ".")
        self.refuse(INPUT, "/dev/full: cannot be written: No space left on device", *tree, "-o", "/dev/full")


if __name__ == "__main__":
    unittest.main()
