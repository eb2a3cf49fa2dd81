# SPDX-License-Identifier: Apache-2.0
"""The command line: `h2h-platform --topology tree -n 48 --oversubscription 4 -o tree.xml`."""

import argparse
import difflib
import os
import pathlib
import re
import shlex
import shutil
import sys

from . import Refused
from .accelerators import Selection, data_folders, find_catalogue, names_of
from .document import Platform, to_xml
from .topologies import TOPOLOGIES, Sizes, make_topology
from .units import parse_rate, parse_ratio, parse_time

PROGRAM = "h2h-platform"
MOST = 100000  # FPGAs, and of each size


class Parser(argparse.ArgumentParser):
    """Says a mistake in one line, as h2h-sim does."""

    def error(self, message):
        raise Refused(message)


def make_parser():
    parser = Parser(prog=PROGRAM, allow_abbrev=False,
                    description="Writes a SimGrid platform of n FPGAs in a common topology, for h2h-sim.",
                    epilog="Rates and times need a unit, such as 1.25GBps, 10Gbps or 50us. Rates are per direction.")
    add = parser.add_argument
    add("--topology", metavar="NAME", help=", ".join(TOPOLOGIES))
    add("-n", metavar="N", help="FPGAs; may be left out where --accelerators gives counts")
    add("--accelerators", metavar="LIST", default="all",
        help="names of the catalogue, round robin (C.Z,A.C); or with counts, in this order (C.Z:4,A.C:2); default: all")
    add("--seed", metavar="SEED", help="draw the names at random, or shuffle the counts, by this number")
    add("--catalogue", metavar="FILE", default="accelerators.yaml",
        help="accelerator catalogue, as given or among the shipped ones (default: %(default)s)")
    add("--port-bandwidth", metavar="RATE", default="1.25GBps", help="of each FPGA's port (default: %(default)s)")
    add("--host-bandwidth", metavar="RATE", help="of the host node's port (default: as --port-bandwidth)")
    add("--uplink-bandwidth", metavar="RATE", help="of each link between switches")
    add("--oversubscription", metavar="RATIO",
        help="instead of --uplink-bandwidth: ports of a full switch over its links to other switches (default: 1 for "
             "two-switches, tree and fat-tree; in other topologies links are as fast as ports)")
    add("--latency", metavar="TIME", default="50us", help="of every route (default: %(default)s)")
    add("--host-switch", metavar="NAME", help="where the host node attaches (default: the first switch)")
    add("--switches", metavar="N", help="tree: lower switches; ring: switches; dragonfly: switches in a group")
    add("--per-switch", metavar="N", help="tree, ring, torus, dragonfly: FPGAs at a full switch")
    add("--radix", metavar="N", help="fat-tree: ports of a switch, even (default: the least that has room)")
    add("--dims", metavar="X,Y", help="torus: switches in each dimension (default: nearly square)")
    add("--groups", metavar="N", help="dragonfly: groups (default: as many as needed)")
    add("--name", metavar="NAME", help="of the platform (default: topology and n)")
    add("-o", metavar="FILE", default="-", help="where to write; - is standard output (default)")
    return parser


def make_platform(options, command):
    """The platform that the options describe. Raises Refused for what cannot be."""
    _check_topology(options.topology)
    catalogue = find_catalogue(options.catalogue)
    selection = Selection(options.accelerators, catalogue.name, names_of(catalogue))
    n = _whole("-n", options.n) or selection.size()
    if n is None:
        raise Refused("-n is missing; such as -n 12")
    if n > MOST:
        raise Refused(f"{n} FPGAs; give at most {MOST}")
    seed = _whole("--seed", options.seed, least=0, most=2**63 - 1)
    drawn = selection.draw(n, seed)
    topology = make_topology(options.topology, n, Sizes(
        switches=_whole("--switches", options.switches), per_switch=_whole("--per-switch", options.per_switch),
        radix=_whole("--radix", options.radix), groups=_whole("--groups", options.groups),
        dims=None if options.dims is None else [_whole("--dims", word) for word in options.dims.split(",")]))
    port_Bps = parse_rate("--port-bandwidth", options.port_bandwidth)
    host_port_Bps = port_Bps
    if options.host_bandwidth is not None:
        host_port_Bps = parse_rate("--host-bandwidth", options.host_bandwidth)
    return Platform(
        name=_name(options, n), command=command, catalogue=_name_for(catalogue, options), accelerators=drawn,
        topology=topology, port_Bps=port_Bps, host_port_Bps=host_port_Bps,
        link_Bps=_link_bandwidth(options, topology, port_Bps), latency_s=parse_time("--latency", options.latency),
        host_switch=_host_switch(options.host_switch, topology))


def _name(options, n):
    if options.name is None:
        return f"{options.topology}-{n}"
    # What the document names itself: nodes, switches, and zones and routers of them.
    taken = r"(host|fpga|switch|switches|edge|core)\d*(_\w*)?"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", options.name) or re.fullmatch(taken, options.name):
        raise Refused(f"--name '{options.name}'; give letters, digits, '.', '_' and '-', and not the name of a host "
                      "or switch")
    return options.name


def _check_topology(name):
    known = ", ".join(TOPOLOGIES)
    if name is None:
        raise Refused(f"--topology is missing; there are {known}")
    if name not in TOPOLOGIES:
        near = difflib.get_close_matches(name, TOPOLOGIES, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {known}"
        raise Refused(f"--topology: cannot be '{name}'; {hint}")


def _whole(option, text, least=1, most=MOST):
    """The number, None for none given."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and least <= int(text) <= most):
        raise Refused(f"{option}: '{text}' is no whole number from {least} to {most}")
    return int(text)


def _link_bandwidth(options, topology, port_Bps):
    for option, given in (("--uplink-bandwidth", options.uplink_bandwidth),
                          ("--oversubscription", options.oversubscription)):
        if given is not None and not topology.uplinks:
            raise Refused(f"{option} does not go with {topology.name}, which has no links between switches")
    if options.uplink_bandwidth is not None and options.oversubscription is not None:
        raise Refused("--uplink-bandwidth and --oversubscription both set the links between switches; give one")
    if options.uplink_bandwidth is not None:
        return parse_rate("--uplink-bandwidth", options.uplink_bandwidth)
    ratio = topology.default_oversubscription
    if options.oversubscription is not None:
        ratio = parse_ratio("--oversubscription", options.oversubscription)
    return topology.seats * port_Bps / (topology.uplinks * ratio) if ratio else port_Bps


def _host_switch(name, topology):
    places = topology.host_switches
    if name is None:
        return places[0]
    if name not in places:
        near = difflib.get_close_matches(name, places, n=1)
        raise Refused(f"--host-switch: the host cannot attach to '{name}'; " +
                      (f"did you mean '{near[0]}'?" if near else f"there are {places[0]} to {places[-1]}"))
    return name


def _name_for(catalogue, options):
    """How the XML names the catalogue: a shipped one by its name, another relative to the XML."""
    for folder in data_folders():
        if (folder / catalogue.name).is_file() and (folder / catalogue.name).samefile(catalogue):
            return catalogue.name
    beside = "." if options.o == "-" else pathlib.Path(options.o).parent
    name = os.path.relpath(catalogue, beside)
    if not name.isprintable():
        raise Refused(f"--catalogue: {ascii(name)} has characters that XML cannot hold; give the file another name")
    return name


def command_of(options):
    """The command in the order of --help, with what differs from defaults, without folders and -o."""
    parser = make_parser()
    words = [PROGRAM]
    for action in parser._actions:
        value = getattr(options, action.dest, None)
        if action.dest in ("help", "o") or value == parser.get_default(action.dest):
            continue
        words += [action.option_strings[0], pathlib.Path(value).name if action.dest == "catalogue" else value]
    return shlex.join(words)


def refuse_overwriting(options):
    """Raises Refused where the platform would replace the catalogue that it is made from."""
    target = pathlib.Path(options.o)
    if options.o != "-" and target.exists() and target.samefile(find_catalogue(options.catalogue)):
        raise Refused(f"-o {options.o} would overwrite the catalogue; give another file")


def write(text, name):
    """Writes the file as a whole or not at all. Raises Refused where that cannot be."""
    content = text.encode("utf-8")
    try:
        if name == "-":
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            _write_file(content, pathlib.Path(name).resolve())
    except OSError as failure:
        if name == "-":  # Python would try again at its end, and say so
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Refused(f"{name}: cannot be written: {failure.strerror}", Refused.INPUT) from failure


def _write_file(content, target):
    if target.exists():
        target.open("ab").close()  # a file that may not be changed may not be replaced either
        if not target.is_file():  # nor can a device or a pipe
            target.write_bytes(content)
            return
    beside = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def main(arguments=None):
    try:
        options = make_parser().parse_args(arguments)
        refuse_overwriting(options)
        write(to_xml(make_platform(options, command_of(options))), options.o)
    except Refused as refused:
        print(f"{PROGRAM}: {refused}", file=sys.stderr)
        return refused.status
    except ModuleNotFoundError as missing:
        print(f"{PROGRAM}: the Python module {missing.name} is missing; Debian has it in python3-{missing.name}",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
