# SPDX-License-Identifier: Apache-2.0
"""Topologies: switches, the links between them, and one path between any two switches.

FPGAs and the host node attach to switches, each by a port of its own; FPGAs are spread evenly over a topology's
switches, in order, so that counts differ by one at most.
"""

import abc
import math
from dataclasses import dataclass
from typing import ClassVar

from . import Refused

# The file has a route between each two switches with FPGAs. SimGrid's Floyd zones, of which rings and tori are made,
# take time in the third power of the FPGAs, ten seconds at this many.
MOST_SWITCHES = 1000
MOST_FPGAS_ON_TORUS = 2048


@dataclass(frozen=True)
class Sizes:
    """The numbers on the command line that shape a topology; None is to be chosen."""

    switches: int | None = None
    per_switch: int | None = None
    radix: int | None = None
    dims: list[int] | None = None
    groups: int | None = None

    OPTIONS: ClassVar = {"switches": "--switches", "per_switch": "--per-switch", "radix": "--radix", "dims": "--dims",
                         "groups": "--groups"}


class Topology(abc.ABC):
    """What is wired how.

    switches  names of the switches that FPGAs attach to
    seats     FPGAs at a full switch
    uplinks   links by which a switch's FPGAs leave it: its oversubscription is the bandwidth of `seats` ports over
              that of `uplinks` links
    wiring    a sentence for the reader of the file
    """

    name = ""
    takes = ()  # of Sizes.OPTIONS
    default_oversubscription = None  # without one, links are as fast as ports
    uplinks = 1

    @abc.abstractmethod
    def __init__(self, n, sizes):
        """Fits the topology to n FPGAs. Raises Refused if they do not fit."""

    @property
    def host_switches(self):
        """Where the host node may attach, the default first."""
        return self.switches

    def links(self):
        """Pairs of switches that a link joins."""
        return []

    def path(self, source, target):
        """The switches on the way from one switch to another, both included."""
        return [source, target]

    def switch_of_fpgas(self, n):
        """The switch of each of n FPGAs."""
        count = len(self.switches)
        return [self.switches[s] for s in range(count) for _ in range(n * (s + 1) // count - n * s // count)]


class SingleSwitch(Topology):
    name = "single-switch"
    uplinks = 0
    wiring = "One switch."

    def __init__(self, n, sizes):
        self.switches = ["switch0"]
        self.seats = n


class TwoSwitches(Topology):
    name = "two-switches"
    default_oversubscription = 1
    wiring = "Two switches and an uplink between them."

    def __init__(self, n, sizes):
        if n < 2:
            raise Refused(f"two-switches: {n} FPGA leaves a switch empty; give -n 2 or more")
        self.switches = ["switch0", "switch1"]
        self.seats = (n + 1) // 2

    def links(self):
        return [tuple(self.switches)]


class Tree(Topology):
    name = "tree"
    takes = ("switches", "per_switch")
    default_oversubscription = 1
    core = "core"

    def __init__(self, n, sizes):
        self.switches, self.seats = _row(self.name, n, sizes, per_switch=16, least=2)
        if n < len(self.switches):
            raise Refused(f"tree: {n} FPGAs leave some of {len(self.switches)} switches empty; give fewer --switches, "
                          f"or -n {len(self.switches)} or more")
        self.wiring = f"{len(self.switches)} switches, each with an uplink to one core switch."

    @property
    def host_switches(self):
        return [*self.switches, self.core]

    def links(self):
        return [(switch, self.core) for switch in self.switches]

    def path(self, source, target):
        return [source, target] if self.core in (source, target) else [source, self.core, target]


class FatTree(Topology):
    """The k-ary three-level fat-tree (Al-Fares et al., SIGCOMM 2008): k pods of k/2 edge and k/2 aggregation
    switches, (k/2)^2 core switches, k/2 FPGAs at each edge switch.

    Switches spread the load over equal paths by source and target switch: between edge switches a and b the way up
    is by aggregation switch (a + b) mod k/2 and core switch floor((a + b) / (k/2)) mod k/2 of it, the same both ways.
    """

    name = "fat-tree"
    takes = ("radix",)
    default_oversubscription = 1

    def __init__(self, n, sizes):
        least = next(k for k in range(4, 2 * n + 6, 2) if k**3 // 4 >= n)
        radix = sizes.radix or least
        if radix % 2 or radix < 4:
            raise Refused(f"fat-tree: --radix {radix}; the ports of its switches are an even number, 4 or more")
        if radix**3 // 4 < n:
            raise Refused(f"fat-tree: --radix {radix} has room for {radix**3 // 4} FPGAs, not for {n}; "
                          f"give {least} or more")
        self.half = radix // 2
        self.seats = self.uplinks = self.half
        self.switches = _numbered("edge", radix * self.half)
        self.wiring = (f"A fat-tree of {radix}-port switches: {radix} pods of {self.half} edge and {self.half} "
                       f"aggregation switches, {self.half**2} core switches.")
        self._index = {switch: i for i, switch in enumerate(self.switches)}

    def _aggregation(self, pod, i):
        return f"aggregation{pod * self.half + i}"

    def _core(self, i, j):
        return f"core{i * self.half + j}"

    def links(self):
        half = range(self.half)
        pods = range(2 * self.half)
        return ([(f"edge{pod * self.half + e}", self._aggregation(pod, i)) for pod in pods for e in half for i in half]
                + [(self._aggregation(pod, i), self._core(i, j)) for pod in pods for i in half for j in half])

    def path(self, source, target):
        a, b = self._index[source], self._index[target]
        i, j = (a + b) % self.half, (a + b) // self.half % self.half
        up, down = self._aggregation(a // self.half, i), self._aggregation(b // self.half, i)
        return [source, up, target] if up == down else [source, up, self._core(i, j), down, target]


class Dragonfly(Topology):
    """Groups of switches, all joined within a group, and each two groups by one link (Kim et al., ISCA 2008).

    Port t of group i, at its switch floor(t / h), leads to group (i + t + 1) mod g. Routing is minimal: to the
    switch with the link to the target's group, over that link, to the target.
    """

    name = "dragonfly"
    takes = ("groups", "switches", "per_switch")

    def __init__(self, n, sizes):
        # Balanced, as in the paper: a = 2p = 2h, of which a h + 1 groups can be had.
        balanced = next(p for p in range(1, n + 1) if 2 * p * p * (2 * p * p + 1) >= n)
        self.seats = sizes.per_switch or balanced
        self.group_size = sizes.switches or 2 * self.seats
        least = max(2, math.ceil(n / (self.seats * self.group_size)))
        self.groups = sizes.groups or least
        if self.groups < 2:
            raise Refused(f"dragonfly: --groups {self.groups}; it has 2 or more")
        if self.groups < least:
            raise Refused(f"dragonfly: {self.groups} groups of {self.group_size} switches have room for "
                          f"{self.groups * self.group_size * self.seats} FPGAs, not for {n}; give --groups {least} or "
                          "more")
        self.uplinks = math.ceil((self.groups - 1) / self.group_size)
        self.switches = _numbered("switch", self.groups * self.group_size)
        self.wiring = (f"A dragonfly of {self.groups} groups of {self.group_size} switches; switch i is in group "
                       f"floor(i / {self.group_size}).")
        self._index = {switch: i for i, switch in enumerate(self.switches)}

    def _gateway(self, group, other):
        """The switch of a group with the link to another."""
        port = (other - group - 1) % self.groups
        return self.switches[group * self.group_size + port // self.uplinks]

    def links(self):
        size = self.group_size
        within = [(self.switches[g * size + i], self.switches[g * size + j])
                  for g in range(self.groups) for i in range(size) for j in range(i + 1, size)]
        between = [(self._gateway(g, other), self._gateway(other, g))
                   for g in range(self.groups) for other in range(g + 1, self.groups)]
        return within + between

    def path(self, source, target):
        group, other = self._index[source] // self.group_size, self._index[target] // self.group_size
        if group == other:
            return [source, target]
        way = [source, self._gateway(group, other), self._gateway(other, group), target]
        return [switch for i, switch in enumerate(way) if i == 0 or way[i - 1] != switch]


class Torus(Topology):
    """A grid whose rows and columns are rings, in any number of dimensions. The wiring, and with it links and paths, is
    left to SimGrid's own torus, which routes along the first dimension first, the shorter way round."""

    name = "torus"
    takes = ("dims", "per_switch")

    def __init__(self, n, sizes):
        self.dims = sizes.dims or _squarest(math.ceil(n / (sizes.per_switch or 1)))
        if len(self.dims) < 2:
            raise Refused("torus: --dims has 2 dimensions or more, such as 4,4; one dimension is a ring")
        self._set_up(n, sizes)
        self.wiring = (f"A torus of {' x '.join(map(str, self.dims))} switches, numbered along the first dimension "
                       "first.")

    def _set_up(self, n, sizes):
        if min(self.dims) < 3:
            raise Refused(f"{self.name}: a ring of {min(self.dims)} is none; every dimension has 3 switches or more")
        if n > MOST_FPGAS_ON_TORUS:
            raise Refused(f"{self.name}: {n} FPGAs; SimGrid routes at most {MOST_FPGAS_ON_TORUS} in reasonable time")
        self.uplinks = 2 * len(self.dims)
        self.switches = _numbered("switch", math.prod(self.dims), MOST_FPGAS_ON_TORUS)
        self.seats = _seats(self.name, n, len(self.switches), sizes.per_switch)


class Ring(Torus):
    name = "ring"
    takes = ("switches", "per_switch")

    def __init__(self, n, sizes):
        self.dims = [sizes.switches or math.ceil(n / (sizes.per_switch or 1))]
        self._set_up(n, sizes)
        self.wiring = f"A ring of {self.dims[0]} switches."


TOPOLOGIES = {kind.name: kind for kind in (SingleSwitch, TwoSwitches, Tree, FatTree, Ring, Torus, Dragonfly)}


def make_topology(name, n, sizes):
    """A topology for n FPGAs. Raises Refused for sizes that it does not take or that cannot be."""
    kind = TOPOLOGIES[name]
    for size, option in Sizes.OPTIONS.items():
        if getattr(sizes, size) is not None and size not in kind.takes:
            own = " and ".join(Sizes.OPTIONS[taken] for taken in kind.takes)
            raise Refused(f"{option} does not go with {name}" + (f", which takes {own}" if own else ""))
    return kind(n, sizes)


def _numbered(word, count, most=MOST_SWITCHES):
    if count > most:
        raise Refused(f"{count} switches; give sizes that make at most {most}")
    return [f"{word}{i}" for i in range(count)]


def _seats(name, n, switches, per_switch):
    if per_switch and switches * per_switch < n:
        raise Refused(f"{name}: {switches} switches have room for {switches * per_switch} FPGAs, not for {n}; "
                      f"give --per-switch {math.ceil(n / switches)} or more switches")
    return per_switch or math.ceil(n / switches)


def _row(name, n, sizes, per_switch, least):
    """Names of so many switches as given or needed, and the seats at each."""
    count = sizes.switches or max(least, math.ceil(n / (sizes.per_switch or per_switch)))
    if count < least:
        raise Refused(f"{name}: --switches {count}; it has {least} or more")
    return _numbered("switch", count), _seats(name, n, count, sizes.per_switch)


def _squarest(count):
    """Two dimensions, at most 2 : 1, with the fewest places beyond `count`, then the squarest."""
    best = None
    for short in range(3, max(3, math.ceil(math.sqrt(count))) + 1):
        long = max(short, math.ceil(count / short))
        if long <= 2 * short:
            best = min(best or (math.inf,), (long * short - count, long - short, [long, short]))
    return best[2]
