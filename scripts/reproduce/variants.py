# SPDX-License-Identifier: Apache-2.0
"""How much the choices in platforms/h2h2022.yaml and workloads/h2h2022/ matter: Table 4 with one of them changed, and with
all throughputs a little off."""

import copy
import pathlib
import random
import tempfile

import yaml

from . import paper, runs
from .table import Agreement, cell, compare
from .tool import Tool, side_by_side

DRAWS = 12
NOISE = 0.05

# FaceBag at the largest patch of its public code, 96 x 96: extents of all maps.
_FACEBAG_96 = {56: 48, 28: 24, 14: 12, 7: 6, 4: 3}


def _authors_weight_share(entries):
    for entry in entries.values():
        entry["dram"]["weight_share"] = 0.5


def _set(name, **parameters):
    return lambda entries: entries[name]["parameters"].update(parameters)


def _smaller_facebag(layers):
    for layer in layers:
        for key in layer.keys() & {"out_height", "out_width"}:
            layer[key] = _FACEBAG_96[layer[key]]


def _noisy(seed):
    def change(entries):
        draw = random.Random(seed)
        for entry in entries.values():
            entry["parameters"]["throughput_GOPS"] *= draw.uniform(1 - NOISE, 1 + NOISE)
    return change


# What changes, why one might want it, and how.
CATALOGUE_VARIANTS = [
    ("as shipped", "", lambda entries: None),
    ("weight_share 0.5 everywhere", "the authors' release", _authors_weight_share),
    ("T.M at 130 GOPS", "the authors' later file", _set("T.M", throughput_GOPS=130)),
    ("Y.G at 36.4 GOPS", "the rule of throughputs", _set("Y.G", throughput_GOPS=36.4)),
    ("A.P at 17.2 GOPS", "the rule of throughputs for Intel devices", _set("A.P", throughput_GOPS=17.2)),
    ("W.J with tiles of 13 x 55", "its authors' code, as in accelerators.yaml", _set("W.J", Tc=55)),
]
FACEBAG_VARIANT = ("FaceBag at 96 x 96", "the largest patch of its public code")


class _Folder:
    """Changed copies of the shipped files."""

    def __init__(self, tool: Tool, folder: pathlib.Path):
        self._tool = tool
        self._folder = folder
        self._catalogue = yaml.safe_load((tool.data / "platforms/h2h2022.yaml").read_text())

    def catalogue(self, name, change) -> pathlib.Path:
        changed = copy.deepcopy(self._catalogue)
        change(changed["accelerators"])
        return self._write(name, changed)

    def workload(self, file, change) -> pathlib.Path:
        changed = yaml.safe_load((self._tool.data / "workloads/h2h2022" / file).read_text())
        change(changed["layers"])
        return self._write("workload", changed)

    def _write(self, name, content) -> pathlib.Path:
        path = self._folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path


def _table4(tool: Tool, catalogue, workloads) -> Agreement:
    def one(model, bandwidth, rate):
        workload = workloads.get(model.name, f"h2h2022/{model.file}")
        rows = tool.csv("-p", "h2h2022.xml", "-w", workload, "--accelerators", catalogue, "--bandwidth", f"{rate}GBps",
                        "--mapper", runs.RELEASE, "--no-replay", "--no-timing")
        return (model.name, bandwidth), cell([float(row["latency_s"]) for row in rows])
    return Agreement.of(compare(dict(side_by_side(
        one, [(model, bandwidth, rate) for model in paper.MODELS for bandwidth, rate in paper.BANDWIDTHS.items()]))))


def study(tool: Tool) -> list[dict]:
    """variants.csv: how near to the paper each variant comes, by the released rules."""
    rows = []

    def add(kind, change, reason, agreement):
        rows.append({"kind": kind, "change": change, "reason": reason,
                     "step1_percent": f"{agreement.step1_percent:.3f}", "step2_percent": f"{agreement.step2_percent:.3f}",
                     **{f"step{step}_within_{limit}": count for step, counts in
                        [(3, agreement.step3_within), (4, agreement.step4_within)]
                        for limit, count in zip((5, 10, 15), counts)},
                     "step4_points": f"{agreement.step4_points:.3f}"})

    with tempfile.TemporaryDirectory(prefix="h2h-reproduce-") as name:
        folder = _Folder(tool, pathlib.Path(name))
        for change, reason, edit in CATALOGUE_VARIANTS:
            add("variant", change, reason, _table4(tool, folder.catalogue("catalogue", edit), {}))
        add("variant", *FACEBAG_VARIANT,
            _table4(tool, folder.catalogue("catalogue", lambda entries: None),
                    {"FaceBag": folder.workload("facebag.yaml", _smaller_facebag)}))
        for seed in range(DRAWS):
            add("noise", f"draw {seed}", "", _table4(tool, folder.catalogue("catalogue", _noisy(seed)), {}))
    return rows


def agreement(row: dict) -> Agreement:
    """A row of variants.csv, read back."""
    def counts(step):
        return tuple(int(row[f"step{step}_within_{limit}"]) for limit in (5, 10, 15))
    return Agreement(float(row["step1_percent"]), float(row["step2_percent"]), counts(3), counts(4),
                     float(row["step4_points"]))
