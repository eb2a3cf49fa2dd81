# SPDX-License-Identifier: Apache-2.0
"""The plot of the field, from field.csv alone."""

import pathlib

from reproduce.figures import BLUE, GREY, VERMILION, plt, save

from . import contests


def draw(rows: list[dict], path: pathlib.Path) -> None:
    """A row a mapper: every cell a dot, the geometric mean a bar."""
    cells = contests.ratios(rows)
    ranking = contests.ranking(rows)
    figure, ax = plt.subplots(figsize=(8, 4.6), layout="constrained")
    for line, (mapper, mean) in enumerate(ranking):
        values = sorted(of[mapper] for of in cells.values())
        ax.plot(values, [line] * len(values), linestyle="none", marker="o", markersize=3.5, markerfacecolor="none",
                markeredgecolor=GREY, markeredgewidth=0.7)
        colour = VERMILION if mapper == contests.REFERENCE else BLUE
        ax.plot([mean, mean], [line - 0.38, line + 0.38], color=colour, linewidth=2.5)
        ax.annotate(f"{mean:.2f}", (1.01, line), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    ax.axvline(1, color="black", linewidth=0.8)
    ax.set_xscale("log")
    ticks = [0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 8]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks(range(len(ranking)), [mapper for mapper, _ in ranking])
    ax.set_ylim(len(ranking) - 0.5, -0.5)
    ax.grid(False, axis="y")
    ax.grid(True, axis="x")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(f"latency / latency of {contests.REFERENCE}; dots: 6 models x 5 bandwidths, bars: geometric mean")
    save(figure, path)
