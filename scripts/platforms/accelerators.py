# SPDX-License-Identifier: Apache-2.0
"""The accelerators of a catalogue, and which of them each FPGA is configured as."""

import difflib
import os
import pathlib
import random

from . import Refused


def data_folders():
    """Where shipped platforms and catalogues are, as h2h-sim looks for them: of the source tree or installed."""
    package = pathlib.Path(__file__).resolve().parent
    named = os.environ.get("H2H_DATA_DIR")
    return ([pathlib.Path(named) / "platforms"] if named else []) + [package.parents[1] / "platforms"]


def find_catalogue(name):
    """The file of this name, as given or among the shipped ones. Raises Refused if there is none."""
    for path in [pathlib.Path(name)] + [folder / name for folder in data_folders()]:
        if path.is_file():
            return path
    raise Refused(f"--catalogue: there is no file {name}, nor a shipped catalogue of this name", Refused.INPUT)


def names_of(path):
    """The accelerators of a catalogue, in its order. Raises Refused for a file that is none."""
    import yaml  # not of the standard library, so --help does without it
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as failure:
        raise Refused(f"{path.name}: cannot be read: {' '.join(str(failure).split())}", Refused.INPUT) from failure
    entries = document.get("accelerators") if isinstance(document, dict) else None
    if not isinstance(entries, dict) or not entries or not all(isinstance(name, str) for name in entries):
        raise Refused(f"{path.name}: is no catalogue; one has 'accelerators:' with an entry for each", Refused.INPUT)
    return list(entries)


class Selection:
    """What --accelerators says: `all`, names (`C.Z,A.C`) or counts (`C.Z:4,A.C:2`)."""

    def __init__(self, text, catalogue, known):
        """Raises Refused for names that the catalogue does not have, and for counts that are none."""
        self.names = []
        self.counts = []
        if text == "all":
            self.names = list(known)
            return
        for word in text.split(","):
            name, colon, count = word.strip().rpartition(":")
            if not colon:
                name, count = count, ""
            if name not in known:
                raise Refused(f"--accelerators: {catalogue} has no '{name}'; {_suggest(name, known)}")
            if colon and not (count.isascii() and count.isdigit() and 0 < int(count[:10])):
                raise Refused(f"--accelerators: '{word}'; give a whole number after the colon, such as {name}:2")
            self.names.append(name)
            self.counts += [int(count)] if colon else []
        if self.counts and len(self.counts) != len(self.names):
            raise Refused(f"--accelerators '{text}'; give counts to all names or to none")

    def size(self):
        """How many FPGAs the counts make; None without counts."""
        return sum(self.counts) if self.counts else None

    def draw(self, n, seed):
        """The accelerator of each of n FPGAs. Names go round robin, or with a seed are drawn at random; counts go
        in the order given, or with a seed are shuffled. Raises Refused if counts do not add up to n."""
        # Only random() itself is promised to stay the same from one version of Python to the next.
        uniform = random.Random(seed).random
        if self.counts:
            if self.size() != n:
                raise Refused(f"--accelerators: the counts add up to {self.size()}, but -n is {n}; leave -n out, "
                              "or change the counts")
            drawn = [name for name, count in zip(self.names, self.counts) for _ in range(count)]
            return drawn if seed is None else sorted(drawn, key=lambda _: uniform())
        if seed is None:
            return [self.names[i % len(self.names)] for i in range(n)]
        return [self.names[int(uniform() * len(self.names))] for _ in range(n)]


def _suggest(name, known):
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if not near:  # 'cz' for C.Z
        near = [entry for entry in known if entry.replace(".", "").lower() == name.replace(".", "").lower()]
    return f"did you mean '{near[0]}'?" if near else f"it has {', '.join(known)}"
