# SPDX-License-Identifier: Apache-2.0
"""What contention does to the paper's claim: mappings made without it replayed where links are shared, and mappings whose
remapping was judged by replay."""

import pathlib
import tempfile

from . import paper, runs
from .tool import Tool, problem, rounded, side_by_side

FREE = "h2h2022.xml"
PLATFORMS = {
    FREE: "contention-free",
    "h2h2022-contended.xml": "10 Gb/s host port and uplink",
    "h2h2022-single-switch.xml": "one 10 Gb/s host link",
}
SHARED = [platform for platform in PLATFORMS if platform != FREE]

BASELINE = "+".join(paper.STEPS[:2])
MAPPINGS = {"step 2": BASELINE, "step 4": runs.TEXT}
BY_REPLAY = "step 4 by replay"


def _one(tool: Tool, model, bandwidth, rate) -> list[dict]:
    rows = []

    def add(platform, mapping, row):
        rows.append({"model": model.name, "bandwidth": bandwidth, "GBps": rate, "platform": platform,
                     "mapping": mapping, "latency_s": rounded(row["latency_s"]),
                     "analytic_latency_s": rounded(row["analytic_latency_s"])})

    with tempfile.TemporaryDirectory(prefix="h2h-reproduce-") as folder:
        for mapping, mapper in MAPPINGS.items():
            file = pathlib.Path(folder) / "mapping.yaml"
            tool.run(*problem(model, rate), "--mapper", mapper, "--no-replay", "--no-timing", "--save-mapping", file)
            for platform in PLATFORMS:
                add(platform, mapping, tool.csv("replay", *problem(model, rate, platform), "--mapping", file)[-1])
    for platform in SHARED:
        add(platform, BY_REPLAY, tool.csv(*problem(model, rate, platform), "--mapper", runs.TEXT, "--evaluator", "replay",
                                          "--no-timing")[-1])
    return rows


def study(tool: Tool) -> list[dict]:
    """contention.csv: a row a model, bandwidth, platform and mapping."""
    parts = side_by_side(_one, [(tool, model, bandwidth, rate) for model in paper.MODELS
                                for bandwidth, rate in paper.BANDWIDTHS.items()])
    return [row for part in parts for row in part]


class Study:
    """contention.csv by model, bandwidth, platform and mapping."""

    def __init__(self, rows: list[dict]):
        self._seconds = {(row["model"], row["bandwidth"], row["platform"], row["mapping"]): float(row["latency_s"])
                         for row in rows}

    def seconds(self, model, bandwidth, platform, mapping) -> float:
        return self._seconds[model, bandwidth, platform, mapping]

    def slowdown_percent(self, model, bandwidth, platform, mapping="step 4") -> float:
        """How much longer the same mapping takes than without contention."""
        free, shared = (self.seconds(model, bandwidth, p, mapping) for p in [FREE, platform])
        return 100 * (shared / free - 1)

    def reduction_percent(self, model, bandwidth, platform) -> float:
        """The paper's measure: latency after step 4 below that after step 2, both on this platform."""
        before, after = (self.seconds(model, bandwidth, platform, m) for m in MAPPINGS)
        return 100 * (1 - after / before)

    def gain_percent(self, model, bandwidth, platform) -> float:
        """What judging moves by replay takes off the latency."""
        blind, seeing = (self.seconds(model, bandwidth, platform, m) for m in ["step 4", BY_REPLAY])
        return 100 * (1 - seeing / blind)

    def all(self, measure, *arguments) -> list[tuple[float, str, str]]:
        """A measure in each model and bandwidth, with their names, the smallest first."""
        return sorted((measure(model.name, bandwidth, *arguments), model.name, bandwidth)
                      for model in paper.MODELS for bandwidth in paper.BANDWIDTHS)
