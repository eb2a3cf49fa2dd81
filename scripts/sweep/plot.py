#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A sweep as a plot: one axis against latency, a line a mapper, a panel a workload.

    scripts/sweep/plot.py results.csv --x bandwidth --out plot [--y energy_J] [--where platform=cloud.xml]
"""

import argparse
import math
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from reproduce.tool import read_csv  # noqa: E402

FIRST_RESULT = "status"  # columns before it are axes
PREFIXES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
            "m": 1e-3, "u": 1e-6, "n": 1e-9}
# Base units of the study's quantities, the bit as a part of a byte.
UNITS = {"Bps": ("B/s", 1), "bps": ("B/s", 1 / 8), "B": ("B", 1), "b": ("B", 1 / 8), "s": ("s", 1), "Hz": ("Hz", 1),
         "W": ("W", 1), "f": ("flop/s", 1), "": ("", 1)}
LONGEST_FIRST = sorted(filter(None, PREFIXES), key=len, reverse=True)
QUANTITY = re.compile(r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?) ?(" + "|".join(LONGEST_FIRST) + r")?("
                      + "|".join(filter(None, UNITS)) + r")?")
LABELS = {"latency_s": "latency", "analytic_latency_s": "analytic latency", "energy_J": "energy",
          "bound_s": "lower bound"}
RESULT_UNITS = ["s", "J"]  # behind the last underscore of a column


class PlotError(Exception):
    """What the user should change."""


def parse(text: str) -> tuple[float, str]:
    """A value of an axis in its base unit, and that unit. Raises ValueError for words."""
    match = QUANTITY.fullmatch(text)
    if not match or (match[2] and not match[3]):
        raise ValueError(text)
    unit, factor = UNITS[match[3] or ""]
    return float(match[1]) * PREFIXES[match[2] or ""] * factor, unit


def prefixed(values: list[float], unit: str) -> tuple[float, str]:
    """The factor and the unit in which values are best read: 1e9 and GB/s."""
    largest = max(map(abs, values), default=0)
    if not unit or not largest:
        return 1, unit
    candidates = [(factor, prefix) for prefix, factor in PREFIXES.items() if len(prefix) < 2]
    factor, prefix = max((pair for pair in candidates if pair[0] <= largest * (1 + 1e-9)), default=min(candidates))
    return factor, {"u": "µ"}.get(prefix, prefix) + unit


def selected(rows: list[dict], conditions: list[str]) -> list[dict]:
    """The rows with status ok that meet every KEY=VALUE."""
    axes = axes_of(rows)
    for condition in conditions:
        key, equals, value = condition.partition("=")
        if not equals or key not in axes:
            raise PlotError(f"--where {condition}: give AXIS=VALUE, the axis one of {', '.join(axes)}")
        if value not in {row[key] for row in rows}:
            raise PlotError(f"--where {condition}: there are {', '.join(dict.fromkeys(row[key] for row in rows))}")
        rows = [row for row in rows if row[key] == value]
    return [row for row in rows if row["status"] == "ok"]


def axes_of(rows: list[dict]) -> list[str]:
    columns = list(rows[0])
    return columns[columns.index("workload"):columns.index(FIRST_RESULT)]


def lines(rows: list[dict], x: str, y: str) -> tuple[dict[str, dict[str, list]], str]:
    """By workload and mapper the points (x, y), x in ascending order; and the unit of x."""
    axes = axes_of(rows)
    if x not in axes:
        raise PlotError(f"no axis '{x}'; there are {', '.join(axes)}")
    if y not in rows[0]:
        raise PlotError(f"no column '{y}'")
    others = [axis for axis in axes if axis not in ("workload", "mapper", x) and len({row[axis] for row in rows}) > 1]
    if others:
        raise PlotError(f"{' and '.join(others)} {'varies' if len(others) == 1 else 'vary'}, too: choose by --where, "
                        f"such as --where {others[0]}={rows[0][others[0]]}")
    panels: dict[str, dict[str, list]] = {}
    units = set()
    for row in rows:
        try:
            value, unit = parse(row[x])
        except ValueError:
            raise PlotError(f"{x} '{row[x]}' is no number") from None
        units.add(unit)
        if row[y]:
            panels.setdefault(row["workload"], {}).setdefault(row["mapper"], []).append((value, float(row[y])))
    if len(units) != 1:
        names = ", ".join(sorted(unit or "none" for unit in units))
        raise PlotError(f"the values of {x} have different units: {names}")
    for panel in panels.values():
        for points in panel.values():
            points.sort()
    return panels, units.pop()


def is_wide(values: list[float], least: float) -> bool:
    return min(values) > 0 and max(values) / min(values) >= least


def ticks(values: list[float]) -> list[float]:
    """Of values on a logarithmic axis those that leave room for their labels."""
    room = math.log(max(values) / min(values)) / 7
    chosen: list[float] = []
    for value in sorted(set(values)):
        if not chosen or math.log(value / chosen[-1]) >= room:
            chosen.append(value)
    return chosen


def draw(rows: list[dict], x: str, y: str, path: pathlib.Path) -> None:
    """Writes path.png and path.svg."""
    panels, x_unit = lines(rows, x, y)
    from reproduce.figures import BLUE, GREEN, GREY, ORANGE, SKY, VERMILION, plt, save  # needs matplotlib
    colours, markers = [BLUE, ORANGE, GREEN, VERMILION, SKY, "black", GREY], "osD^vPX"

    mappers = list(dict.fromkeys(row["mapper"] for row in rows))
    all_x = [point[0] for panel in panels.values() for points in panel.values() for point in points]
    all_y = [point[1] for panel in panels.values() for points in panel.values() for point in points]
    stem, _, y_unit = y.rpartition("_")
    if y_unit not in RESULT_UNITS:
        stem, y_unit = y, ""
    x_factor, x_label = prefixed(all_x, x_unit)
    y_factor, y_label = prefixed(all_y, y_unit)

    columns = min(3, len(panels))
    lines_of_panels = -(-len(panels) // columns)
    figure, axes = plt.subplots(lines_of_panels, columns, figsize=(0.8 + 2.9 * columns, 0.6 + 2.4 * lines_of_panels),
                                layout="constrained", squeeze=False)
    for ax in axes.flat[len(panels):]:
        ax.set_visible(False)
    handles = {}
    for ax, (workload, panel) in zip(axes.flat, panels.items()):
        for mapper, points in panel.items():
            i = mappers.index(mapper)
            handles[mapper], = ax.plot([point[0] / x_factor for point in points],
                                       [point[1] / y_factor for point in points], color=colours[i % len(colours)], marker=markers[i % len(markers)], markersize=4,
                                       markeredgecolor="white", markeredgewidth=0.5, linewidth=1.4,
                                       linestyle="-" if i < len(colours) else "--")
        ax.set_title(pathlib.PurePath(workload).stem)
        shown = [point[1] for points in panel.values() for point in points]
        if is_wide(all_x, 8):
            ax.set_xscale("log")
            values = ticks([value / x_factor for value in all_x])
            ax.set_xticks(values, [f"{value:g}" for value in values])
            ax.minorticks_off()
        if is_wide(shown, 30):
            ax.set_yscale("log")
        else:
            ax.set_ylim(bottom=min(0, min(shown) / y_factor))
    figure.supxlabel(f"{x} ({x_label})" if x_label else x, fontsize=8)
    figure.supylabel(f"{LABELS.get(y, stem.replace('_', ' '))} ({y_label})" if y_label else y, fontsize=8)
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.22 / figure.get_figheight()))
    figure.legend(handles=[handles[mapper] for mapper in mappers if mapper in handles],
                  labels=[mapper for mapper in mappers if mapper in handles], loc="upper center", ncols=6,
                  borderaxespad=0.2, columnspacing=1.5)
    save(figure, path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="plot.py", description="One axis of a sweep against latency.")
    parser.add_argument("csv", type=pathlib.Path, help="what h2h-sim sweep or merge wrote")
    parser.add_argument("--x", required=True, metavar="AXIS", help="a numeric axis, such as bandwidth or a parameter")
    parser.add_argument("--y", default="latency_s", metavar="COLUMN", help="a column of results [latency_s]")
    parser.add_argument("--where", action="append", default=[], metavar="AXIS=VALUE",
                        help="only these points; may be repeated")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the plot, without .png and .svg")
    options = parser.parse_args()
    try:
        rows = read_csv(options.csv)
        if not rows or FIRST_RESULT not in rows[0]:
            raise PlotError(f"{options.csv} holds no results of h2h-sim sweep")
        chosen = selected(rows, options.where)
        if not chosen:
            raise PlotError("no feasible point is left")
        draw(chosen, options.x, options.y, options.out)
    except (PlotError, OSError) as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
