# SPDX-License-Identifier: Apache-2.0
"""How sensitive the models are to the bandwidth of the network, with links of their own and with shared ones."""

import pathlib
import re

from reproduce import paper

from .study import SOURCE, Rows, Study, percent, table

RATES = [0.125 * 2**power for power in range(8)]  # GB/s; steps of two, so that halving needs no interpolation
BEST = "best[evals=400000]"
MAPPERS = ["h2h-release", "h2h", "heft-lookahead", BEST]
BY_REPLAY = ["h2h", BEST]  # those that also search by replay
LITTLE = 0.05  # what halving the bandwidth may cost where the network is no longer the limit

# h2h2022-contended.xml at each bandwidth: ports, the host's port and the uplink alike.
PLATFORMS = {
    f"two-switches-{rate:g}GBps.xml": ["--topology", "two-switches", "-n", "12", "--catalogue", "h2h2022.yaml",
                                       "--latency", "0us", "--port-bandwidth", f"{rate:g}GBps",
                                       "--uplink-bandwidth", f"{rate:g}GBps"]
    for rate in RATES}

FREE, SHARED, JUDGED = "free", "shared", "judged"  # links of their own; shared ones; shared ones, searched by replay


class Latencies:
    """Latencies in seconds by network, model, mapper and bandwidth."""

    def __init__(self, rows: Rows):
        names = {f"h2h2022/{model.file}": model.name for model in paper.MODELS}
        self._seconds = {}
        for row in rows["free"]:
            self._keep(FREE, names, row, row["bandwidth"])
        for row in rows["contended"]:
            network = JUDGED if row["evaluator"] == "replay" else SHARED
            self._keep(network, names, row, re.search(r"[0-9.]+GBps", row["platform"])[0])

    def _keep(self, network, names, row, rate):
        key = network, names[row["workload"]], row["mapper"], float(rate.removesuffix("GBps"))
        self._seconds[key] = float(row["latency_s"])

    def of(self, network: str, model: str, mapper: str, rate: float) -> float:
        return self._seconds[network, model, mapper, rate]

    def halving(self, network: str, model: str, mapper: str, rate: float) -> float:
        """By which share the latency grows if the network has half of this bandwidth."""
        return self.of(network, model, mapper, rate / 2) / self.of(network, model, mapper, rate) - 1

    def enough(self, network: str, model: str, mapper: str) -> str:
        """The least bandwidth from which on halving it costs little, in GB/s."""
        rates = [rate for rate in RATES[1:] if all(abs(self.halving(network, model, mapper, other)) < LITTLE
                                                   for other in RATES if other >= rate)]
        if not rates:
            return f"> {RATES[-1]:g}"
        return f"≤ {rates[0]:g}" if rates[0] == RATES[1] else f"{rates[0]:g}"

    def over_best(self, model: str, mapper: str, rate: float) -> float:
        return self.of(FREE, model, mapper, rate) / self.of(FREE, model, BEST, rate)

    def contention(self, network: str, model: str, mapper: str, rate: float) -> float:
        """By which share the latency grows over that of the same mapper on links of its own."""
        return self.of(network, model, mapper, rate) / self.of(FREE, model, mapper, rate) - 1


def _short(mapper: str) -> str:
    return "best" if mapper == BEST else mapper


def as_markdown(rows: Rows) -> str:
    latencies = Latencies(rows)
    names = [model.name for model in paper.MODELS]
    networks = [(FREE, mapper) for mapper in MAPPERS] + [(SHARED, BEST), (JUDGED, BEST)]
    words = {FREE: "", SHARED: ", shared links", JUDGED: ", shared links, by replay"}
    rates = [f"{rate:g}" for rate in RATES]
    lines = ["Bandwidth in GB/s from which on halving it costs less than 5 % of latency:", ""]
    lines += table(["model"] + [_short(mapper) + words[network] for network, mapper in networks],
                   [[name] + [latencies.enough(network, name, mapper) for network, mapper in networks]
                    for name in names])
    lines += ["", "Latency in ms of `best`, by bandwidth in GB/s; links of their own:", ""]
    lines += table(["model"] + rates, [[name] + [f"{1e3 * latencies.of(FREE, name, BEST, rate):.4g}" for rate in RATES]
                                       for name in names])
    lines += ["", "What halving the bandwidth costs `best`, in percent; links of their own:", ""]
    lines += table(["model"] + rates[1:],
                   [[name] + [percent(latencies.halving(FREE, name, BEST, rate)) for rate in RATES[1:]]
                    for name in names])
    lines += ["", "Latency over that of `best`; links of their own:", ""]
    lines += table(["model", "mapper"] + rates,
                   [[name, mapper] + [f"{latencies.over_best(name, mapper, rate):.2f}" for rate in RATES]
                    for name in names for mapper in MAPPERS if mapper != BEST], words=2)
    lines += ["", "What contention costs: latency on shared links over that of the same mapper on links of its own, in "
              "percent:", ""]
    kinds = [(SHARED, mapper) for mapper in MAPPERS] + [(JUDGED, mapper) for mapper in BY_REPLAY]
    lines += table(["model", "mapper"] + rates,
                   [[name, _short(mapper) + (", by replay" if network == JUDGED else "")]
                    + [percent(latencies.contention(network, name, mapper, rate)) for rate in RATES]
                    for name in names for network, mapper in kinds], words=2)
    return "\n".join(lines) + "\n"


def _ticks(least: float, most: float) -> list[float]:
    """Round values on a logarithmic axis, as many as are worth labels."""
    for digits in [(1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)]:
        ticks = [digit * 10**power for power in range(6) for digit in digits if least <= digit * 10**power <= most]
        if len(ticks) > 3:
            break
    return ticks


def draw(rows: Rows, folder: pathlib.Path) -> None:
    from reproduce import figures  # needs matplotlib
    latencies = Latencies(rows)
    colours = dict(zip(MAPPERS, [figures.GREY, figures.ORANGE, figures.GREEN, figures.BLUE]))
    markers = dict(zip(MAPPERS, "sDvo"))

    def line(ax, seconds, network, mapper):
        style = {FREE: "-", SHARED: "-", JUDGED: "--"}[network]
        ax.plot(RATES, seconds, color=colours[mapper], marker=markers[mapper], markersize=4, linewidth=1.3,
                linestyle=style, markerfacecolor="white" if network == JUDGED else colours[mapper],
                markeredgecolor=colours[mapper], markeredgewidth=0.8,
                label=_short(mapper) + (", searched by replay" if network == JUDGED else ""))

    def panels(path, y, content):
        figure, axes = figures.plt.subplots(2, 3, figsize=(8.6, 4.8), layout="constrained", sharex=True)
        for ax, model in zip(axes.flat, paper.MODELS):
            ax.set_title(model.name)
            ax.set_xscale("log")
            content(ax, model.name)
            ax.set_xticks(RATES, [f"{rate:g}".removeprefix("0") for rate in RATES], fontsize=7)
            ax.minorticks_off()
        figure.supxlabel("bandwidth of the network's links (GB/s)", fontsize=8)
        figure.supylabel(y, fontsize=8)
        handles, _ = axes[0, 0].get_legend_handles_labels()
        figures.legend_on_top(figure, handles)
        figures.save(figure, path)

    def latency(ax, name):
        for mapper in MAPPERS:
            line(ax, [1e3 * latencies.of(FREE, name, mapper, rate) for rate in RATES], FREE, mapper)
        ax.set_yscale("log")
        ticks = _ticks(*ax.get_ylim())
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])

    def contention(ax, name):
        for network, mapper in [(SHARED, mapper) for mapper in MAPPERS] + [(JUDGED, mapper) for mapper in BY_REPLAY]:
            line(ax, [100 * latencies.contention(network, name, mapper, rate) for rate in RATES], network, mapper)
        ax.axhline(0, color="black", linewidth=0.8)

    panels(folder / "latency", "latency on links of their own (ms)", latency)
    panels(folder / "contention", "what contention adds to the latency on links of their own (%)", contention)


STUDY = Study(SOURCE / "scripts/studies/bandwidth-sensitivity", ["free", "contended"], PLATFORMS, as_markdown, draw)
