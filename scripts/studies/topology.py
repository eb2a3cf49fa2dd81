# SPDX-License-Identifier: Apache-2.0
"""Which layout of switches and which port of the host a cloud of 12 or 48 FPGAs needs."""

import pathlib

from reproduce import paper

from .study import SOURCE, Rows, Study, percent, table

# The accelerators of cloud.xml in its order; 48 FPGAs are four of each, round robin.
ACCELERATORS = "J.Z,C.Z,W.J,J.Q,A.C,Y.G,T.M,A.P,X.W,S.H,X.Z,B.L"
PORT = "1.25GBps"
# The largest oversubscriptions are those with which no uplink is slower than a port.
OVERSUBSCRIPTIONS = {12: [1, 2, 4], 48: [1, 2, 4, 8, 16]}
PER_SWITCH = {12: 4, 48: 16}  # of a tree
ACTIVATIONS = {"host": "activations over the host", "direct": "direct activations"}
HOST_PORTS = {"1.25GBps": "10 Gb/s", "2.5GBps": "20 Gb/s", "5GBps": "40 Gb/s"}
ENOUGH = 0.05  # what a network may add to the latency without being the bottleneck


def layouts(n: int) -> dict[str, list[str]]:
    """Options of h2h-platform by what the layout is called."""
    found = {"single-switch": ["single-switch"]}
    for ratio in OVERSUBSCRIPTIONS[n]:
        found[f"two-switches o{ratio}"] = ["two-switches", "--oversubscription", str(ratio)]
    for ratio in OVERSUBSCRIPTIONS[n]:
        found[f"tree o{ratio}"] = ["tree", "--per-switch", str(PER_SWITCH[n]), "--oversubscription", str(ratio)]
    for name in ["fat-tree", "ring", "torus", "dragonfly"]:
        found[name] = [name]
    return found


def file_of(layout: str, n: int) -> str:
    name, _, ratio = layout.partition(" ")
    return f"{name}-{n}{'-' + ratio if ratio else ''}.xml"


PLATFORMS = {file_of(layout, n): ["--topology", *options, "-n", str(n), "--accelerators", ACCELERATORS,
                                  "--port-bandwidth", PORT]
             for n in OVERSUBSCRIPTIONS for layout, options in layouts(n).items()}


def slowdown(row: dict) -> float:
    """By which share the network makes the latency of the row's mapping longer than it is without contention."""
    return float(row["latency_s"]) / float(row["analytic_latency_s"]) - 1


def _label(layout: str) -> str:
    """As a reader knows it: "tree o4" has an oversubscription of 4:1."""
    name, _, ratio = layout.partition(" o")
    return f"{name} {ratio}:1" if ratio else name


def _key(row: dict) -> tuple[str, str, str, str]:
    return row["platform"], row["activations"], row["links.host_port.bandwidth"], row["workload"]


class Slowdowns:
    """Shares by platform, activations, port of the host and workload."""

    def __init__(self, rows: list[dict]):
        self._of = {_key(row): slowdown(row) for row in rows}

    def of(self, platform: str, activations: str, port: str, model) -> float:
        return self._of[platform, activations, port, model.file]

    def is_enough(self, platform: str, activations: str, port: str, model) -> bool:
        return self.of(platform, activations, port, model) <= ENOUGH


def _sufficient(slowdowns: Slowdowns, n: int, activations: str, port: str, model) -> str:
    """In a word which layouts are enough."""
    good = [layout for layout in layouts(n) if slowdowns.is_enough(file_of(layout, n), activations, port, model)]
    if len(good) == len(layouts(n)):
        return "all"
    if not good:
        return "none"
    bad = [layout for layout in layouts(n) if layout not in good]
    return "all but " + ", ".join(map(_label, bad)) if len(bad) < len(good) else "only " + ", ".join(map(_label, good))


def as_markdown(rows: Rows) -> str:
    slowdowns = Slowdowns(rows["layouts"])
    kinds = [(activations, port) for activations in ACTIVATIONS for port in HOST_PORTS]

    def ports(layout, n, activations, model):
        return " / ".join(percent(slowdowns.of(file_of(layout, n), activations, port, model)) for port in HOST_PORTS)

    lines = ["Layouts that lengthen the latency by no more than 5 %, by activations and the host's port:"]
    for n in OVERSUBSCRIPTIONS:
        lines += ["", f"{n} FPGAs:", ""]
        lines += table(["model"] + [f"{activations}, {HOST_PORTS[port]}" for activations, port in kinds],
                       [[model.name] + [_sufficient(slowdowns, n, *kind, model) for kind in kinds]
                        for model in paper.MODELS],
                       words=len(kinds) + 1)
    for n in OVERSUBSCRIPTIONS:
        for activations, words in ACTIVATIONS.items():
            lines += ["", f"By how much the network lengthens the latency, in percent: {n} FPGAs, {words}, with a "
                      f"host's port of {' / '.join(HOST_PORTS.values())}:", ""]
            lines += table(["layout"] + [model.name for model in paper.MODELS],
                           [[_label(layout)] + [ports(layout, n, activations, model) for model in paper.MODELS]
                            for layout in layouts(n)])
    lines += ["", "What a search by replay finds, which knows the contention, beside the contention-free search: "
              "latency in ms by replay, on a sample of 48 FPGAs:", ""]
    free = {_key(row): row for row in rows["judged"] if row["evaluator"] == "analytic"}
    judged = {_key(row): row for row in rows["judged"] if row["evaluator"] == "replay"}
    names = {model.file: model.name for model in paper.MODELS}
    body = []
    for key, row in judged.items():
        before, after = float(free[key]["latency_s"]), float(row["latency_s"])
        if abs(after / before - 1) >= 0.01:
            platform, activations, port, workload = key
            body.append([names[workload], platform.removesuffix(".xml"), activations, HOST_PORTS[port],
                         f"{1e3 * before:.4g}", f"{1e3 * after:.4g}", percent(after / before - 1)])
    lines += table(["model", "platform", "activations", "host's port", "contention-free", "by replay",
                    "change in percent"], body, words=4)
    lines += ["", f"The other {len(judged) - len(body)} of {len(judged)} points change by less than 1 %."]
    return "\n".join(lines) + "\n"


def draw(rows: Rows, folder: pathlib.Path) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap  # needs matplotlib
    from reproduce import figures
    slowdowns = Slowdowns(rows["layouts"])
    # White is enough; then steps of one hue, so that the figures stay legible on it.
    norm = BoundaryNorm([0, 5, 10, 20, 50, 100, 1e9], 6)
    colours = ListedColormap(["#ffffff", "#fdebcf", "#fbd49c", "#f5b562", "#e88b3c", "#d0602a"])
    for n in OVERSUBSCRIPTIONS:
        names = list(layouts(n))
        figure, axes = figures.plt.subplots(2, 3, figsize=(9, 1.4 + 0.36 * len(names)), layout="constrained",
                                           sharex=True, sharey=True)
        for line, (activations, words) in enumerate(ACTIVATIONS.items()):
            for column, (port, label) in enumerate(HOST_PORTS.items()):
                ax = axes[line, column]
                shares = [[100 * slowdowns.of(file_of(layout, n), activations, port, model) for model in paper.MODELS]
                          for layout in names]
                ax.imshow([[max(0, share) for share in row] for row in shares], norm=norm, cmap=colours, aspect="auto")
                for y, row in enumerate(shares):
                    for x, share in enumerate(row):
                        ax.text(x, y, f"{round(share) + 0:d}", ha="center", va="center", fontsize=7, color="black")
                ax.set_title(f"{words},\nhost's port {label}")
                ax.set_xticks(range(len(paper.MODELS)), [model.name for model in paper.MODELS], rotation=40, ha="right",
                              rotation_mode="anchor")
                ax.set_yticks(range(len(names)), [_label(name) for name in names])
                ax.tick_params(length=0)
                ax.grid(False)
                ax.spines[:].set_visible(False)
        figure.supxlabel(f"{n} FPGAs; by how many percent the network lengthens the latency of a mapping; "
                         "white: 5 or less", fontsize=8)
        figures.save(figure, folder / f"layouts-{n}")


STUDY = Study(SOURCE / "scripts/studies/network-topology", ["layouts", "judged"], PLATFORMS, as_markdown, draw)
