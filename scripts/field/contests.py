# SPDX-License-Identifier: Apache-2.0
"""The field: which mappers compete, on what, and what it comes to."""

import math

from reproduce import paper
from reproduce.tool import Tool, problem, rounded, side_by_side

# Searches are limited in evaluations, not in time, so that the figures are the same on every machine.
EVALUATIONS = 400000

MAPPERS = {
    f"best[evals={EVALUATIONS}]": "starts, then annealing in rounds",
    f"h2h+sa[evals={EVALUATIONS}]": "simulated annealing from H2H",
    f"heft+lns[evals={EVALUATIONS}]": "large-neighbourhood search from HEFT",
    f"heft+ga[evals={EVALUATIONS}]": "MAGMA's genetic algorithm from HEFT",
    "series-parallel": "Wilhelm and Pionteck, 2025",
    "h2h": "H2H as the paper's text has it, to convergence",
    "h2h-release": "H2H by the rules of the released code",
    "kwon": "the paper's baseline, steps 1 and 2",
    "heft": "Topcuoglu et al., 2002",
    "heft-lookahead": "Bittencourt et al., 2010",
    "cpop": "Topcuoglu et al., 2002",
    "peft": "Arabnejad and Barbosa, 2014",
    "dls": "Sih and Lee, 1993",
    "min-min": "Ibarra and Kim, 1977",
    "max-min": "Ibarra and Kim, 1977",
    "sufferage": "Maheswaran et al., 1999",
    "taura-chien": "Taura and Chien, 2000",
}

REFERENCE = "h2h-release"  # what every latency is divided by
_KEPT = ["mapper", "latency_s", "analytic_latency_s", "energy_J", "bound_s", "bound_kind", "gap", "evaluations"]


def contest(tool: Tool, model, bandwidth, rate) -> list[dict]:
    """All mappers on one model at one bandwidth, the fastest first."""
    words = [word for mapper in MAPPERS for word in ("--mapper", mapper)]
    rows = tool.csv("compare", *problem(model, rate), "--no-timing", "--jobs", "1", *words)
    return [{"model": model.name, "bandwidth": bandwidth, "GBps": rate,
             **{key: row[key] if key == "mapper" else rounded(row[key]) for key in _KEPT}} for row in rows]


def field(tool: Tool) -> list[dict]:
    """field.csv: all contests."""
    tasks = [(tool, model, bandwidth, rate) for model in paper.MODELS for bandwidth, rate in paper.BANDWIDTHS.items()]
    return [row for rows in side_by_side(contest, tasks) for row in rows]


def ratios(rows: list[dict]) -> dict[tuple[str, str], dict[str, float]]:
    """By model and bandwidth: each mapper's latency over the reference's."""
    cells: dict = {}
    for row in rows:
        cells.setdefault((row["model"], row["bandwidth"]), {})[row["mapper"]] = float(row["latency_s"])
    return {cell: {mapper: latency / of[REFERENCE] for mapper, latency in of.items()} for cell, of in cells.items()}


def mean(values) -> float:
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def ranking(rows: list[dict]) -> list[tuple[str, float]]:
    """Mappers by the geometric mean of their ratios, the best first."""
    cells = ratios(rows)
    means = [(mapper, mean(of[mapper] for of in cells.values())) for mapper in MAPPERS]
    return sorted(means, key=lambda pair: pair[1])


def as_markdown(rows: list[dict]) -> str:
    """The ranking as a table: all cells together, then by model, and the gap of each mapper."""
    cells = ratios(rows)
    names = [model.name for model in paper.MODELS]
    lines = [f"Latency over that of `{REFERENCE}` (two passes), geometric means over five bandwidths, and over all "
             f"{len(cells)} cells; median gap to the lower bound.", "",
             "| mapper | all | " + " | ".join(names) + " | gap |",
             "| --- | ---: |" + " ---: |" * (len(names) + 1)]
    for mapper, over_all in ranking(rows):
        by_model = [mean(of[mapper] for (model, _), of in cells.items() if model == name) for name in names]
        gaps = sorted(float(row["gap"]) for row in rows if row["mapper"] == mapper)
        gap = gaps[len(gaps) // 2]
        lines.append(f"| `{mapper}` | {over_all:.3f} | " + " | ".join(f"{value:.3f}" for value in by_model)
                     + f" | {100 * gap:.0f} % |")
    apart = max(abs(float(row["latency_s"]) / float(row["analytic_latency_s"]) - 1) for row in rows)
    lines += ["", f"All latencies are replays, and agree with the analytic ones to {max(apart, 1e-9):.0e} or better, so the "
              "replay confirms the ranking on this platform, where no links are shared."]
    return "\n".join(lines) + "\n"
