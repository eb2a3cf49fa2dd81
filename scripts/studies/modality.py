# SPDX-License-Identifier: Apache-2.0
"""When a modality changes every k frames: is it worth it to keep the mapping warm, and what does that lose?"""

import pathlib

from .study import SOURCE, Rows, Study, percent, table

KS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100]
FRAMES = 600
REMAPS = ["warm", "cold", "keep"]
ROOMY, SMALL = "cloud.xml", "small-dram.xml"
PLATFORMS = {ROOMY: "DRAM as published", SMALL: "64 MB of DRAM"}
SCENARIOS = {"camera-loss.yaml": "VLocNet", "missing-modality.yaml": "CASUA-SURF", "text-or-image.yaml": "VFS",
             "erased-modality.yaml": "FaceBag", "health-monitoring.yaml": "CNN-LSTM", "silence.yaml": "MoCap"}
MARGIN = 1e-6  # relative: below it two latencies are equal


class Streams:
    """What each stream came to, by platform, scenario, way of remapping and k."""

    def __init__(self, rows: list[dict]):
        self._rows = {(row["platform"], row["scenario"], row["remap"], int(row["every"])): row for row in rows}

    def value(self, platform: str, scenario: str, remap: str, k: int, column: str) -> float:
        return float(self._rows[platform, scenario, remap, k][column])

    def mean_ms(self, platform: str, scenario: str, remap: str, k: int) -> float:
        """Mean latency, from arrival to end."""
        return 1e3 * self.value(platform, scenario, remap, k, "mean_s")

    def mean_with_weights_ms(self, platform: str, scenario: str, remap: str, k: int) -> float:
        """What that would be if all weights had been there at each change."""
        lost_s = self.value(platform, scenario, remap, k, "lost_s") / FRAMES
        return self.mean_ms(platform, scenario, remap, k) - 1e3 * lost_s

    def loss(self, platform: str, scenario: str, k: int) -> float:
        """By which share warm frames take longer than those mapped from scratch would with all weights there."""
        return (self.mean_with_weights_ms(platform, scenario, "warm", k)
                / self.mean_with_weights_ms(platform, scenario, "cold", k) - 1)

    def loaded_kB(self, platform: str, scenario: str, remap: str, k: int) -> float:
        """Weights loaded a change."""
        changes = self.value(platform, scenario, remap, k, "phases") - 1
        return self.value(platform, scenario, remap, k, "loaded_bytes") / changes / 1e3

    def cold_pays(self, platform: str, scenario: str) -> str:
        """The k from which on mapping from scratch gives the lower mean latency."""
        def wins(k):
            warm, cold = (self.mean_ms(platform, scenario, remap, k) for remap in ["warm", "cold"])
            return cold < warm * (1 - MARGIN)
        winning = [k for k in KS if all(wins(other) for other in KS if other >= k)]
        if winning:
            return str(winning[0])
        return "at no k" if not any(wins(k) for k in KS) else "now and then"


def as_markdown(rows: Rows) -> str:
    streams = Streams(rows["changes"])
    lines = ["From which k on, frames between two changes, mapping from scratch gives the lower mean latency than warm "
             "remapping:", ""]
    lines += table(["model"] + list(PLATFORMS.values()),
                   [[model] + [streams.cold_pays(platform, scenario) for platform in PLATFORMS]
                    for scenario, model in SCENARIOS.items()])
    lines += ["", "What warm remapping loses against the cold optimum, in percent: mean latency over that of mappings "
              "from scratch that find all their weights there:", ""]
    shown = [1, 10, 100]
    lines += table(["model", "platform"] + [f"k = {k}" for k in shown],
                   [[model, words] + [percent(streams.loss(platform, scenario, k)) for k in shown]
                    for scenario, model in SCENARIOS.items() for platform, words in PLATFORMS.items()], words=2)
    lines += ["", "Weights loaded at a change, in kB:", ""]
    lines += table(["model", "platform"] + [f"{remap}, k = {k}" for k in shown for remap in REMAPS],
                   [[model, words] + [f"{streams.loaded_kB(platform, scenario, remap, k):.0f}"
                                      for k in shown for remap in REMAPS]
                    for scenario, model in SCENARIOS.items() for platform, words in PLATFORMS.items()], words=2)
    lines += ["", "Mean latency in ms, from a frame's arrival to its end:", ""]
    lines += table(["model", "platform", "remapping"] + [str(k) for k in KS],
                   [[model, words, remap] + [f"{streams.mean_ms(platform, scenario, remap, k):.4g}" for k in KS]
                    for scenario, model in SCENARIOS.items() for platform, words in PLATFORMS.items()
                    for remap in REMAPS], words=3)
    return "\n".join(lines) + "\n"


def draw(rows: Rows, folder: pathlib.Path) -> None:
    from reproduce import figures  # needs matplotlib
    streams = Streams(rows["changes"])
    colours = dict(zip(REMAPS, [figures.VERMILION, figures.BLUE, figures.GREY]))
    markers = dict(zip(REMAPS, "osD"))
    figure, axes = figures.plt.subplots(4, 3, figsize=(8.6, 8.6), layout="constrained", sharex=True)
    for column, (scenario, model) in enumerate(SCENARIOS.items()):
        for line, (platform, words) in enumerate(PLATFORMS.items()):
            ax = axes[2 * (column // 3) + line, column % 3]
            for remap in REMAPS:
                ax.plot(KS, [streams.mean_ms(platform, scenario, remap, k) for k in KS], color=colours[remap],
                        marker=markers[remap], markersize=3.5, linewidth=1.3, label=remap)
            ax.set_title(f"{model}, {words}")
            ax.set_xscale("log")
            ax.set_yscale("log")
            ax.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
            ax.yaxis.set_major_locator(figures.plt.LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
            ax.yaxis.set_major_formatter(figures.plt.FormatStrFormatter("%.4g"))
            ax.minorticks_off()
    figure.supxlabel("frames between two changes (k)", fontsize=8)
    figure.supylabel("mean latency (ms)", fontsize=8)
    handles, _ = axes[0, 0].get_legend_handles_labels()
    figures.legend_on_top(figure, handles)
    figures.save(figure, folder / "latency")


STUDY = Study(SOURCE / "scripts/studies/modality-change", ["changes"], {}, as_markdown, draw,
              extra=(SMALL,))
