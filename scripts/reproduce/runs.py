# SPDX-License-Identifier: Apache-2.0
"""The runs of section 5: six models, five bandwidths, four steps, by several rules and both evaluators."""

from . import paper
from .tool import Tool, problem, rounded, side_by_side

TEXT = "h2h"
RELEASE = "h2h-release"
ORDER = "h2h-release[order=release]"
ONE_PASS = "h2h-release[passes=1]"

RULES = {
    RELEASE: "the rules of the released code, layers of step 4 in file order, two passes",
    ORDER: "the same, layers of step 4 in the released code's order",
    TEXT: "the paper's text: whole groups in step 1, step 4 until no move helps",
    ONE_PASS: "the released rules with one pass of step 4 instead of two, for comparison",
}

# What the release does up to step 2, as `h2h-sim list mappers` spells it out.
RELEASE_BASELINE = "computation-prioritized[rule=release]+weight-locality[weights=release,dram=reported]"

# Five of six columns "High" of Table 4 lie on the line of the other bandwidths at this rate, not at the printed 1.25 GB/s.
HIGH_BY_SLOPE_GBPS = 1.0

# Columns of the tool's CSV that say which run it was; wall times; and what the paper has not, left out so that better bounds
# are no change here.
_NAMES = {"workload", "platform", "mapper", "evaluator", "step"}
_WALL = "search_s"
_LEFT_OUT = {"bound_s", "bound_kind", "gap", "evaluations", "exceeds_dram", "execution", "activations", "cold"}


def _run(tool: Tool, model, bandwidth, rate, evaluator, rules):
    words = [word for rule in rules for word in ("--mapper", rule)]
    rows = tool.csv(*problem(model, rate), "--evaluator", evaluator, *words)
    return [{"model": model.name, "bandwidth": bandwidth, "GBps": rate, "mapper": row["mapper"],
             "evaluator": evaluator, "step": row["step"], **{k: v for k, v in row.items() if k not in _NAMES}}
            for row in rows]


def evaluation(tool: Tool) -> list[dict]:
    """steps.csv: all runs, a row a step, without wall times."""
    tasks = [(tool, model, bandwidth, rate, evaluator, RULES)
             for model in paper.MODELS for bandwidth, rate in paper.BANDWIDTHS.items()
             for evaluator in ["analytic", "replay"]]
    tasks += [(tool, model, "High by slope", HIGH_BY_SLOPE_GBPS, "analytic", [RELEASE]) for model in paper.MODELS]
    rows = [row for part in side_by_side(_run, tasks) for row in part]
    return [{key: rounded(value) if key not in _NAMES | {"model", "bandwidth", "GBps"} else value
             for key, value in row.items() if key not in _LEFT_OUT | {_WALL}} for row in rows]


def search_times(tool: Tool) -> list[dict]:
    """search_times.csv: wall times, one run after the other so that none disturbs another."""
    columns = ["model", "bandwidth", "mapper", "evaluator", "step", _WALL]
    return [{key: row[key] for key in columns}
            for model in paper.MODELS for bandwidth, rate in paper.BANDWIDTHS.items() for evaluator in ["analytic", "replay"]
            for row in _run(tool, model, bandwidth, rate, evaluator, [RELEASE, TEXT])]


def busy_times(tool: Tool) -> list[dict]:
    """busy_times.csv: seconds that all accelerators together compute and transfer at Low-, before (step 2) and after (step 4)."""
    def one(model):
        result = tool.json(*problem(model, paper.BANDWIDTHS["Low-"]), "--no-timing",
                           "--mapper", RELEASE_BASELINE, "--mapper", RELEASE)
        return [{"model": model.name, "mapper": RELEASE, "after_step": step,
                 **{key: rounded(sum(a[key] for a in run["accelerators"])) for key in ["compute_s", "transfer_s"]}}
                for step, run in zip([2, 4], result["runs"])]
    return [row for part in side_by_side(one, [(model,) for model in paper.MODELS]) for row in part]


def totals(tool: Tool) -> list[dict]:
    """workloads.csv: layers, parameters and MACs of both sets, beside Table 2."""
    def one(folder, model):
        workload = tool.json("-p", "h2h2022.xml" if folder else "cloud.xml", "-w", folder + model.file, "--no-timing",
                             "--no-replay", "--mapper", "computation-prioritized")["workload"]
        return {"workload": folder + model.file, "layers": workload["layers"], "parameters": workload["parameters"],
                "macs": workload["macs"], "paper_parameters": model.parameters}
    return side_by_side(one, [(folder, model) for folder in ["", "h2h2022/"] for model in paper.MODELS])
