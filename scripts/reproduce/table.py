# SPDX-License-Identifier: Apache-2.0
"""Table 4: ours, the paper's and the difference, from the rows of steps.csv."""

from dataclasses import dataclass

from . import paper, runs


@dataclass(frozen=True)
class Comparison:
    """One cell of Table 4 under one of the rules."""

    model: str
    bandwidth: str
    ours: paper.Cell
    paper: paper.Cell

    @property
    def step1_percent_off(self) -> float:
        return 100 * (self.ours.step1_s / self.paper.step1_s - 1)

    @property
    def step2_percent_off(self) -> float:
        return 100 * (self.ours.step2_s / self.paper.step2_s - 1)

    @property
    def step3_points_off(self) -> float:
        return self.ours.step3_percent - self.paper.step3_percent

    @property
    def step4_points_off(self) -> float:
        return self.ours.step4_percent - self.paper.step4_percent


def cell(latencies_s: list[float]) -> paper.Cell:
    """A cell from the latencies of the four steps."""
    first, second, third, fourth = latencies_s
    return paper.Cell(first, second, 100 * third / second, 100 * fourth / second)


def cells(steps: list[dict], mapper: str, evaluator: str = "analytic") -> dict[tuple[str, str], paper.Cell]:
    """Our Table 4 by model and bandwidth."""
    latencies: dict[tuple[str, str], list[float]] = {}
    for row in steps:
        if (row["mapper"], row["evaluator"]) == (mapper, evaluator):
            latencies.setdefault((row["model"], row["bandwidth"]), []).append(float(row["latency_s"]))
    return {key: cell(values) for key, values in latencies.items()}


def compare(ours: dict[tuple[str, str], paper.Cell]) -> list[Comparison]:
    return [Comparison(*key, ours[key], theirs) for key, theirs in paper.table4().items()]


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)


@dataclass(frozen=True)
class Agreement:
    """How near a whole table comes to the paper's."""

    step1_percent: float  # mean absolute deviation of the latencies
    step2_percent: float
    step3_within: tuple[int, int, int]  # cells within 5, 10, 15 percentage points
    step4_within: tuple[int, int, int]
    step4_points: float  # mean absolute deviation

    @classmethod
    def of(cls, table: list[Comparison]) -> "Agreement":
        def within(differences):
            return tuple(sum(abs(d) <= limit for d in differences) for limit in (5, 10, 15))
        return cls(mean(abs(c.step1_percent_off) for c in table), mean(abs(c.step2_percent_off) for c in table),
                   within([c.step3_points_off for c in table]), within([c.step4_points_off for c in table]),
                   mean(abs(c.step4_points_off) for c in table))

    HEADER = ("step 1, mean deviation | step 2 | step 3, cells within 5 / 10 / 15 points | step 4, cells within "
              "5 / 10 / 15 points | step 4, mean deviation in points")
    ALIGN = "--: | --: | :-: | :-: | --:"

    def __str__(self) -> str:
        def triple(counts):
            return " / ".join(map(str, counts))
        return (f"{self.step1_percent:.1f} % | {self.step2_percent:.1f} % | {triple(self.step3_within)} | "
                f"{triple(self.step4_within)} | {self.step4_points:.1f}")


def as_rows(steps: list[dict]) -> list[dict]:
    """table4.csv."""
    rows = []
    for mapper in runs.RULES:
        for c in compare(cells(steps, mapper)):
            rows.append({
                "model": c.model, "bandwidth": c.bandwidth, "GBps": paper.BANDWIDTHS[c.bandwidth], "mapper": mapper,
                "step1_s": f"{c.ours.step1_s:.6g}", "paper_step1_s": c.paper.step1_s,
                "step1_percent_off": f"{c.step1_percent_off:.2f}",
                "step2_s": f"{c.ours.step2_s:.6g}", "paper_step2_s": c.paper.step2_s,
                "step2_percent_off": f"{c.step2_percent_off:.2f}",
                "step3_percent": f"{c.ours.step3_percent:.2f}", "paper_step3_percent": c.paper.step3_percent,
                "step3_points_off": f"{c.step3_points_off:.2f}",
                "step4_percent": f"{c.ours.step4_percent:.2f}", "paper_step4_percent": c.paper.step4_percent,
                "step4_points_off": f"{c.step4_points_off:.2f}"})
    return rows


def as_markdown(steps: list[dict]) -> str:
    """table4.md."""
    text = ["# Table 4 of the H2H paper, cell by cell", "",
            "Each cell: ours / paper, difference. Latencies of steps 1 and 2 in seconds, difference in percent of the paper's;",
            "steps 3 and 4 in percent of step 2, difference in percentage points. **Bold**: step 4 differs by more than 10",
            "points; summary.md says why. Written by `scripts/reproduce.sh`; the same numbers are in table4.csv.", ""]
    for mapper, meaning in runs.RULES.items():
        table = compare(cells(steps, mapper))
        text += [f"## `{mapper}`", "", f"{meaning[0].upper()}{meaning[1:]}.", "",
                 "| model | bandwidth | step 1 | step 2 | step 3 | step 4 |", "|---|---|--:|--:|--:|--:|"]
        for c in table:
            fourth = f"{c.ours.step4_percent:.1f} / {c.paper.step4_percent:.1f}, {c.step4_points_off:+.1f}"
            if abs(c.step4_points_off) > 10:
                fourth = f"**{fourth}**"
            text.append(f"| {c.model} | {c.bandwidth} {paper.BANDWIDTHS[c.bandwidth]:g} GB/s | "
                        f"{c.ours.step1_s:.3f} / {c.paper.step1_s:g}, {c.step1_percent_off:+.1f} % | "
                        f"{c.ours.step2_s:.3f} / {c.paper.step2_s:g}, {c.step2_percent_off:+.1f} % | "
                        f"{c.ours.step3_percent:.1f} / {c.paper.step3_percent:.1f}, {c.step3_points_off:+.1f} | {fourth} |")
        text += ["", f"| {Agreement.HEADER} |", f"|{Agreement.ALIGN}|", f"| {Agreement.of(table)} |", ""]
    return "\n".join(text)
