# SPDX-License-Identifier: Apache-2.0
"""A platform as SimGrid XML.

All latency is on the ports, half of a route's on each, so that every route between two nodes has the same: SimGrid
divides a saturated link in inverse proportion to the latency of the routes across it.
"""

import textwrap
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from fractions import Fraction

from .topologies import Topology, Torus
from .units import format_rate, format_time

# Times come from the catalogue; the speed of a SimGrid host does not matter.
SPEED = "1Gf"
HOST = "host"
HOST_PORT = "host_port"


@dataclass(frozen=True)
class Platform:
    name: str
    command: str  # that makes it, for the record
    catalogue: str  # as the XML names it
    accelerators: list[str]  # of each FPGA
    topology: Topology
    port_Bps: Fraction  # each FPGA's port; bandwidths are per direction
    link_Bps: Fraction  # each link between switches
    host_port_Bps: Fraction
    latency_s: Fraction  # of every route
    host_switch: str


def to_xml(platform):
    """The text of the platform file."""
    root = ElementTree.Element("zone", id=platform.name)
    _add(root, "prop", id="accelerators", value=platform.catalogue)
    _add(root, "prop", id="generated_by", value=platform.command)
    nodes = _nodes(platform)
    if isinstance(platform.topology, Torus):
        _star_around_torus(root, platform, nodes)
    else:
        _table_of_routes(root, platform, nodes)
    lines = ['<?xml version="1.0"?>', '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">',
             "<!--", *_comment(platform), "-->", '<platform version="4.1">', *_lines(root, "  "), "</platform>"]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class _Node:
    """The host node or an FPGA, with its port."""

    name: str
    prop: tuple[str, str]
    port: str
    port_Bps: Fraction
    switch: str

    def add_host(self, zone):
        host = _add(zone, "host", id=self.name, speed=SPEED)
        _add(host, "prop", id=self.prop[0], value=self.prop[1])

    def add_port(self, zone, latency_s):
        _add_link(zone, self.port, self.port_Bps, latency_s / 2)


def _nodes(platform):
    places = platform.topology.switch_of_fpgas(len(platform.accelerators))
    return ([_Node(HOST, ("role", "host"), HOST_PORT, platform.host_port_Bps, platform.host_switch)] +
            [_Node(f"fpga{i}", ("accelerator", accelerator), f"port{i}", platform.port_Bps, switch)
             for i, (accelerator, switch) in enumerate(zip(platform.accelerators, places))])


def _table_of_routes(root, platform, nodes):
    """A star zone for each switch with nodes; a route for each two of them, which runs both ways."""
    root.set("routing", "Full")
    topology = platform.topology
    used = sorted({node.switch for node in nodes}, key=topology.host_switches.index)
    attached = {switch: [node for node in nodes if node.switch == switch] for switch in used}
    for switch in used:
        zone = _add(root, "zone", id=switch, routing="Cluster")
        for node in attached[switch]:
            node.add_host(zone)
        _add(zone, "router", id=_router(switch))
        for node in attached[switch]:
            node.add_port(zone, platform.latency_s)
        for node in attached[switch]:
            _add(zone, "host_link", id=node.name, up=f"{node.port}_UP", down=f"{node.port}_DOWN")
    wires = {}
    for a, b in topology.links():
        name = f"{a}-{b}"
        _add_link(root, name, platform.link_Bps, 0)
        wires[a, b] = (name, "UP")
        wires[b, a] = (name, "DOWN")
    for i, source in enumerate(used):
        for target in used[i + 1:]:
            path = topology.path(source, target)
            _add_route(root, source, target, (_router(source), _router(target)),
                       [wires[hop] for hop in zip(path, path[1:])])


def _star_around_torus(root, platform, nodes):
    """SimGrid's torus, whose hosts are the switches here and take no part, and a zone for each node, joined to its
    switch by its port. The Floyd zone around them finds that all nodes meet in the torus, which then routes."""
    root.set("routing", "Floyd")
    torus = "switches"
    switches = platform.topology.switches
    _add(root, "cluster", id=torus, prefix="switch", suffix="", radical=f"0-{len(switches) - 1}", speed=SPEED,
         bw=format_rate(platform.link_Bps), lat="0us", sharing_policy="SPLITDUPLEX", topology="TORUS",
         topo_parameters=",".join(map(str, platform.topology.dims)))
    for node in nodes:
        node.add_host(_add(root, "zone", id=_zone(node), routing="Full"))
    for node in nodes:
        node.add_port(root, platform.latency_s)
    for node in nodes:
        _add_route(root, _zone(node), torus, (node.name, node.switch), [(node.port, "UP")])


def _router(switch):
    return f"{switch}_router"


def _zone(node):
    return f"{node.name}_zone"


def _add(parent, tag, **attributes):
    return ElementTree.SubElement(parent, tag, attributes)


def _add_link(zone, name, bandwidth_Bps, latency_s):
    _add(zone, "link", id=name, bandwidth=format_rate(bandwidth_Bps), latency=format_time(latency_s),
         sharing_policy="SPLITDUPLEX")


def _add_route(zone, source, target, gateways, links):
    route = _add(zone, "zoneRoute", src=source, dst=target, gw_src=gateways[0], gw_dst=gateways[1])
    for name, direction in links:
        _add(route, "link_ctn", id=name, direction=direction)


def _lines(zone, indent):
    """A line for each element of a zone, with all that is in it unless that is a zone."""
    attributes = ElementTree.tostring(ElementTree.Element(zone.tag, zone.attrib), "unicode").removesuffix(" />")
    yield f"{indent}{attributes}>"
    for child in zone:
        if child.tag == "zone":
            yield from _lines(child, indent + "  ")
        else:
            yield f"{indent}  {ElementTree.tostring(child, 'unicode').replace(' />', '/>')}"
    yield f"{indent}</{zone.tag}>"


def _comment(platform):
    topology, fpgas = platform.topology, len(platform.accelerators)
    sentences = [topology.wiring,
                 f"{fpgas} FPGA{'s' if fpgas > 1 else ''}, each with a port of {format_rate(platform.port_Bps)}; the "
                 f"host node at {platform.host_switch} with {format_rate(platform.host_port_Bps)}."]
    if topology.uplinks:
        ratio = topology.seats * platform.port_Bps / (topology.uplinks * platform.link_Bps)
        sentences.append(f"Links between switches have {format_rate(platform.link_Bps)}: an oversubscription of "
                         f"{float(ratio):g}.")
    sentences.append(f"Bandwidths are per direction. Every route has a latency of {format_time(platform.latency_s)}, "
                     "half of it on the port at either end.")
    sentences.append("Written by h2h-platform; the property generated_by has the command.")
    return textwrap.wrap(" ".join(sentences), width=118)
