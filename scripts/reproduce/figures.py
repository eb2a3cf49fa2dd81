# SPDX-License-Identifier: Apache-2.0
"""The figures of section 5 and two more, as PNG and SVG, from the CSV files alone."""

import pathlib
import statistics

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from . import contention, paper, runs
from .contention import Study
from .tool import read_csv

plt.rcParams.update({
    "font.family": "DejaVu Sans", "font.size": 8, "axes.titlesize": 9, "axes.labelsize": 8, "legend.fontsize": 8,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "axes.grid": True, "axes.grid.axis": "y",
    "grid.color": "#dddddd", "grid.linewidth": 0.6, "legend.frameon": False, "savefig.dpi": 160,
    "svg.hashsalt": "h2h-sim",  # equal input, equal bytes
})

# Okabe and Ito's colours, which people with any colour vision can tell apart.
ORANGE, SKY, GREEN, BLUE, VERMILION, GREY = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#999999"
BANDWIDTH_COLOURS = dict(zip(paper.BANDWIDTHS, plt.get_cmap("viridis")([0.0, 0.25, 0.5, 0.72, 0.93])))
NAMES = [model.name for model in paper.MODELS]


def save(figure, path: pathlib.Path) -> None:
    figure.savefig(path.with_suffix(".png"), metadata={"Software": None})
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)


def legend_on_top(figure, handles=None) -> None:
    """One row above all axes, for which the layout leaves half a centimetre."""
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.22 / figure.get_figheight()))
    figure.legend(handles=handles, loc="upper center", ncols=9, borderaxespad=0.2, columnspacing=1.5)


def _bandwidth_label(bandwidth) -> str:
    return f"{bandwidth} ({paper.BANDWIDTHS[bandwidth]:g} GB/s)"


def figure4(steps: list[dict], path: pathlib.Path) -> None:
    """Latency and energy after each step."""
    figure, axes = plt.subplots(2, len(NAMES), figsize=(11, 4.6), layout="constrained", sharex=True)
    table = paper.table4()
    width = 0.8 / len(paper.BANDWIDTHS)
    for column, model in enumerate(NAMES):
        for b, bandwidth in enumerate(paper.BANDWIDTHS):
            rows = [row for row in steps if (row["model"], row["bandwidth"], row["mapper"], row["evaluator"])
                    == (model, bandwidth, runs.RELEASE, "analytic")]
            x = [step + (b - 2) * width for step in range(1, 5)]
            for line, key in enumerate(["latency_s", "energy_J"]):
                axes[line, column].bar(x, [float(row[key]) for row in rows], width, color=BANDWIDTH_COLOURS[bandwidth])
            cell = table[model, bandwidth]
            theirs = [cell.step1_s, cell.step2_s, cell.step2_s * cell.step3_percent / 100,
                      cell.step2_s * cell.step4_percent / 100]
            axes[0, column].plot(x, theirs, linestyle="none", marker="D", markersize=2.6, color=VERMILION,
                                 markeredgecolor="white", markeredgewidth=0.3)
        axes[0, column].set_title(model)
        axes[1, column].set_xticks(range(1, 5), ["1", "2", "3", "4"])
        for ax in axes[:, column]:
            ax.tick_params(axis="x", length=0)
    axes[0, 0].set_ylabel("latency (s)")
    axes[1, 0].set_ylabel("energy (J)")
    figure.supxlabel("after step", fontsize=8)
    handles = [Patch(color=BANDWIDTH_COLOURS[b], label=_bandwidth_label(b)) for b in paper.BANDWIDTHS]
    handles.append(Line2D([], [], linestyle="none", marker="D", markersize=4, color=VERMILION, label="paper, Table 4"))
    legend_on_top(figure, handles)
    save(figure, path)


def figure5a(busy: list[dict], path: pathlib.Path) -> None:
    """Computation against communication, before and after."""
    figure, ax = plt.subplots(figsize=(6.4, 3), layout="constrained")
    for row in busy:
        seconds = [float(row["compute_s"]), float(row["transfer_s"])]
        share = 100 * seconds[0] / sum(seconds)
        x = NAMES.index(row["model"]) + (-0.2 if row["after_step"] == "2" else 0.2)
        ax.bar(x, share, 0.36, color=ORANGE)
        ax.bar(x, 100 - share, 0.36, bottom=share, color=SKY)
        ax.text(x, 1.5, f"{share:.0f}", ha="center", va="bottom", fontsize=7)
        ax.text(x, -2, f"step {row['after_step']}", ha="center", va="top", fontsize=7)
    mocap = NAMES.index("MoCap")
    ax.plot([mocap - 0.2, mocap + 0.2], paper.MOCAP_COMPUTATION, linestyle="none", marker="D", markersize=5, color=VERMILION,
            markeredgecolor="white")
    ax.set_xticks(range(len(NAMES)), NAMES)
    ax.tick_params(axis="x", length=0, pad=12)
    ax.set_ylim(0, 100)
    ax.set_ylabel("share of busy time (%)")
    legend_on_top(figure, [Patch(color=ORANGE, label="computation"), Patch(color=SKY, label="communication"),
                            Line2D([], [], linestyle="none", marker="D", color=VERMILION, label="paper, computation")])
    save(figure, path)


def figure5b(times: list[dict], path: pathlib.Path) -> None:
    """Search time of all four steps, the median of the five bandwidths."""
    seconds: dict[tuple[str, str, str], float] = {}
    for row in times:
        if row["evaluator"] == "analytic":
            key = (row["mapper"], row["model"], row["bandwidth"])
            seconds[key] = seconds.get(key, 0) + float(row["search_s"])
    figure, ax = plt.subplots(figsize=(6.4, 2.8), layout="constrained")
    for i, (mapper, colour) in enumerate([(runs.RELEASE, ORANGE), (runs.TEXT, BLUE)]):
        median = [1e3 * statistics.median(seconds[mapper, model, bandwidth] for bandwidth in paper.BANDWIDTHS) for model in NAMES]
        bars = ax.bar([x + (i - 0.5) * 0.38 for x in range(len(NAMES))], median, 0.36, color=colour, label=mapper)
        ax.bar_label(bars, [f"{value:.2g}" for value in median], fontsize=7, padding=1)
    limit_ms = 1e3 * paper.SEARCH_LIMIT_S
    ax.axhline(limit_ms, color=VERMILION, linewidth=1, linestyle="--")
    ax.text(len(NAMES) - 0.5, limit_ms * 0.85, "paper: below this for every model", color=VERMILION, ha="right", va="top")
    ax.set_yscale("log")
    ax.set_ylim(top=limit_ms * 2)
    ax.set_xticks(range(len(NAMES)), NAMES)
    ax.tick_params(axis="x", length=0)
    ax.set_ylabel("search time (ms)")
    legend_on_top(figure)
    save(figure, path)


def contention_figure(rows: list[dict], path: pathlib.Path) -> None:
    """Latency of step 2, step 4 and step 4 by replay, on links of its own and on shared ones."""
    study = Study(rows)
    bandwidths = ["Low-", "Mid", "High"]
    figure, axes = plt.subplots(len(bandwidths), len(NAMES), figsize=(11, 5.6), layout="constrained", sharex=True)
    bars = [("step 2", GREY), ("step 4", ORANGE), (contention.BY_REPLAY, BLUE)]
    for line, bandwidth in enumerate(bandwidths):
        for column, model in enumerate(NAMES):
            ax = axes[line, column]
            for p, platform in enumerate(contention.PLATFORMS):
                # Without contention a search by replay is the search by the analytic evaluation.
                shown = bars[:2] if platform == contention.FREE else bars
                for i, (mapping, colour) in enumerate(shown):
                    ax.bar(p + (i - (len(shown) - 1) / 2) * 0.27, study.seconds(model, bandwidth, platform, mapping), 0.25,
                           color=colour)
            if line == 0:
                ax.set_title(model)
            ax.set_xticks(range(3), ["own\nlinks", "two\nswitches", "one\nswitch"])
            ax.tick_params(axis="x", length=0)
        axes[line, 0].set_ylabel(f"{_bandwidth_label(bandwidth)}\nlatency (s)")
    figure.supxlabel("own links: contention-free; two switches, one switch: a shared port of 10 Gb/s at the host", fontsize=8)
    legend_on_top(figure, [Patch(color=GREY, label="after step 2"), Patch(color=ORANGE, label="after step 4"),
                            Patch(color=BLUE, label="after step 4, searched by replay on that platform")])
    save(figure, path)


def validation_figure(rows: list[dict], path: pathlib.Path) -> None:
    """Model against reported times of the accelerators, from platforms/validation.csv."""
    figure, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
    # Variants of an entry carry what is changed behind its name.
    accelerators = list(dict.fromkeys(row["accelerator"].split(" ")[0] for row in rows))
    markers = {"paper": "o", "recalled": "D", "code": "s"}
    ax.axvspan(1 / 1.2, 1.2, color="#eeeeee", zorder=0)
    ax.axvline(1, color="black", linewidth=0.8)
    for line, name in enumerate(accelerators):
        ax.axhline(line + 0.5, color="#dddddd", linewidth=0.6)
        reported = [row for row in rows if row["accelerator"].split(" ")[0] == name and row["ratio"]]
        if not reported:
            ax.text(1, line, "no reported time", ha="center", va="center", fontsize=7, color="#555555",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        for i, row in enumerate(reported):
            spread = 0.64 * (i / (len(reported) - 1) - 0.5) if len(reported) > 1 else 0
            colour = ORANGE if row["fitted"] else BLUE
            ax.plot(float(row["ratio"]), line + spread, linestyle="none", marker=markers[row["confidence"]], markersize=4.5,
                    markeredgecolor=colour, markerfacecolor="white" if row["fitted"] else colour)
    ax.set_xscale("log")
    ticks = [0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 2.5]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks(range(len(accelerators)), accelerators)
    ax.set_ylim(len(accelerators) - 0.5, -0.5)
    ax.grid(False)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("time by the model / time reported")
    legend_on_top(figure, [
        Line2D([], [], linestyle="none", marker="o", color=BLUE, label="no constant fitted"),
        Line2D([], [], linestyle="none", marker="o", markerfacecolor="white", markeredgecolor=ORANGE, label="a constant fitted to it"),
        *(Line2D([], [], linestyle="none", marker=marker, color=GREY, label=f"from {source}" if source != "recalled" else source)
          for source, marker in markers.items()),
        Patch(color="#eeeeee", label="within 20 %")])
    save(figure, path)


def draw(folder: pathlib.Path, validation: pathlib.Path) -> None:
    """All figures into the folder of the CSV files."""
    figure4(read_csv(folder / "steps.csv"), folder / "fig4")
    figure5a(read_csv(folder / "busy_times.csv"), folder / "fig5a")
    figure5b(read_csv(folder / "search_times.csv"), folder / "fig5b")
    contention_figure(read_csv(folder / "contention.csv"), folder / "contention")
    validation_figure(read_csv(validation), folder / "validation")
