# SPDX-License-Identifier: Apache-2.0
"""When a modality changes every k frames: is it worth it to keep the mapping warm, and what does that lose?"""

import pathlib
import re
from dataclasses import dataclass
from functools import partial

from .study import SOURCE, Rows, Study, percent, table

KS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100]
FRAMES = 600
REMAPS = ["warm", "cold", "keep"]
ROOMY, SMALL = "roomy", "small"
WORDS = {ROOMY: "DRAM as published", SMALL: "small DRAM"}
MARGIN = 1e-6  # relative: below it two latencies are equal


@dataclass(frozen=True)
class Model:
    name: str
    file: str  # of the study
    # DRAM of every FPGA where it is small: half of it is for weights, which is 5 % more than the fullest FPGA has pinned when
    # h2h maps the whole model onto cloud.xml.
    small: str

    @property
    def platforms(self) -> dict[str, str]:
        return {ROOMY: "cloud.xml", SMALL: f"cloud-{self.small}.xml"}


MODELS = [Model("VLocNet", "vlocnet", "72MB"), Model("CASUA-SURF", "casua_surf", "25MB"), Model("VFS", "vfs", "850MB"),
          Model("FaceBag", "facebag", "26MB"), Model("CNN-LSTM", "cnn_lstm", "35MB"), Model("MoCap", "mocap", "11MB")]


def cloud_with(capacity: str) -> str:
    """cloud.xml with this much DRAM on every FPGA."""
    cloud = (SOURCE / "platforms/cloud.xml").read_text()
    return re.sub(r'<prop id="accelerator" value="[^"]*"/>', rf'\g<0><prop id="dram_capacity" value="{capacity}"/>', cloud)


class Streams:
    """What the streams of one model came to, by DRAM, way of remapping and k."""

    def __init__(self, model: Model, rows: Rows):
        self.name = model.name
        dram = {platform: dram for dram, platform in model.platforms.items()}
        self._rows = {(dram[row["platform"]], row["remap"], int(row["every"])): row for row in rows[model.file]}

    def value(self, dram: str, remap: str, k: int, column: str) -> float:
        return float(self._rows[dram, remap, k][column])

    def mean_ms(self, dram: str, remap: str, k: int) -> float:
        """Mean latency, from arrival to end."""
        return 1e3 * self.value(dram, remap, k, "mean_s")

    def mean_with_weights_ms(self, dram: str, remap: str, k: int) -> float:
        """What that would be if all weights had been there at each change."""
        lost_s = self.value(dram, remap, k, "lost_s") / FRAMES
        return self.mean_ms(dram, remap, k) - 1e3 * lost_s

    def loss(self, dram: str, k: int) -> float:
        """By which share warm frames take longer than those mapped from scratch would with all weights there."""
        return (self.mean_with_weights_ms(dram, "warm", k)
                / self.mean_with_weights_ms(dram, "cold", k) - 1)

    def loaded_kB(self, dram: str, remap: str, k: int) -> float:
        """Weights loaded a change."""
        changes = self.value(dram, remap, k, "phases") - 1
        return self.value(dram, remap, k, "loaded_bytes") / changes / 1e3

    def cold_pays(self, dram: str) -> str:
        """The k from which on mapping from scratch gives the lower mean latency."""
        def wins(k):
            warm, cold = (self.mean_ms(dram, remap, k) for remap in ["warm", "cold"])
            return cold < warm * (1 - MARGIN)
        winning = [k for k in KS if all(wins(other) for other in KS if other >= k)]
        if winning:
            return str(winning[0])
        return "at no k" if not any(wins(k) for k in KS) else "now and then"


def all_streams(rows: Rows) -> list[Streams]:
    return [Streams(model, rows) for model in MODELS]


def as_markdown(rows: Rows) -> str:
    models = all_streams(rows)
    lines = ["From which k on, frames between two changes, mapping from scratch gives the lower mean latency than warm "
             "remapping:", ""]
    lines += table(["model"] + list(WORDS.values()),
                   [[streams.name] + [streams.cold_pays(dram) for dram in WORDS] for streams in models])
    lines += ["", "What warm remapping loses against the cold optimum, in percent: mean latency over that of mappings "
              "from scratch that find all their weights there:", ""]
    shown = [1, 10, 100]
    lines += table(["model", "memory"] + [f"k = {k}" for k in shown],
                   [[streams.name, words] + [percent(streams.loss(dram, k)) for k in shown]
                    for streams in models for dram, words in WORDS.items()], words=2)
    lines += ["", "Weights loaded at a change, in kB:", ""]
    lines += table(["model", "memory"] + [f"{remap}, k = {k}" for k in shown for remap in REMAPS],
                   [[streams.name, words] + [f"{streams.loaded_kB(dram, remap, k):.0f}"
                                             for k in shown for remap in REMAPS]
                    for streams in models for dram, words in WORDS.items()], words=2)
    lines += ["", "Mean latency in ms, from a frame's arrival to its end:", ""]
    lines += table(["model", "memory", "remapping"] + [str(k) for k in KS],
                   [[streams.name, words, remap] + [f"{streams.mean_ms(dram, remap, k):.4g}" for k in KS]
                    for streams in models for dram, words in WORDS.items() for remap in REMAPS], words=3)
    return "\n".join(lines) + "\n"


def draw(rows: Rows, folder: pathlib.Path) -> None:
    from reproduce import figures  # needs matplotlib
    colours = dict(zip(REMAPS, [figures.VERMILION, figures.BLUE, figures.GREY]))
    markers = dict(zip(REMAPS, "osD"))
    figure, axes = figures.plt.subplots(4, 3, figsize=(8.6, 8.6), layout="constrained", sharex=True)
    for place, streams in enumerate(all_streams(rows)):
        for line, (dram, words) in enumerate(WORDS.items()):
            ax = axes[2 * (place // 3) + line, place % 3]
            for remap in reversed(REMAPS):
                ax.plot(KS, [streams.mean_ms(dram, remap, k) for k in KS], color=colours[remap],
                        marker=markers[remap], markersize=3.5, linewidth=1.3, label=remap)
            ax.set_title(f"{streams.name}, {words}")
            ax.set_xscale("log")
            if ax.get_ylim()[1] > 10 * max(ax.get_ylim()[0], 1):
                ax.set_yscale("log")
            ax.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
            ax.minorticks_off()
    figure.supxlabel("frames between two changes (k)", fontsize=8)
    figure.supylabel("mean latency (ms)", fontsize=8)
    handles, _ = axes[0, 0].get_legend_handles_labels()
    figures.legend_on_top(figure, handles)
    figures.save(figure, folder / "latency")


STUDY = Study(SOURCE / "scripts/studies/modality-change", [model.file for model in MODELS],
              {model.platforms[SMALL]: partial(cloud_with, model.small) for model in MODELS}, as_markdown, draw)
