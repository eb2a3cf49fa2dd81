# SPDX-License-Identifier: Apache-2.0
"""What the H2H paper says (Zhang et al., DAC 2022, section 5), and which of our files stands for what."""

import csv
import pathlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    name: str  # as in Table 2
    file: str  # in workloads/ and workloads/h2h2022/
    parameters: str  # Table 2


MODELS = [
    Model("VLocNet", "vlocnet.yaml", "192M"),
    Model("CASUA-SURF", "casua_surf.yaml", "13.2M"),
    Model("VFS", "vfs.yaml", "365M"),
    Model("FaceBag", "facebag.yaml", "25M"),
    Model("CNN-LSTM", "cnn_lstm.yaml", "16M"),
    Model("MoCap", "mocap.yaml", "8M"),
]

# Section 5.2, GB/s of every FPGA's link to the host.
BANDWIDTHS = {"Low-": 0.125, "Low": 0.15, "Mid-": 0.25, "Mid": 0.5, "High": 1.25}

# Rows of Algorithm 1, by the names of our steps.
STEPS = ["computation-prioritized", "weight-locality", "activation-transfer", "data-locality-remapping"]

# Section 5.2 and abstract: reductions from step 2 to step 4 over the six models, in percent.
LATENCY_REDUCTION_LOW = (15, 74)
ENERGY_REDUCTION_LOW = (23, 64)
LATENCY_REDUCTION_HIGH = (10, 50)

# Section 5.2 on Fig. 5(a): share of computation in MoCap at Low-, before and after, in percent.
MOCAP_COMPUTATION = (21, 94)

# Section 5.2 on Fig. 5(b): every search takes less, in seconds.
SEARCH_LIMIT_S = 1.0


@dataclass(frozen=True)
class Cell:
    """One cell of Table 4: absolute latencies of steps 1 and 2, steps 3 and 4 in percent of step 2."""

    step1_s: float
    step2_s: float
    step3_percent: float
    step4_percent: float


def table4() -> dict[tuple[str, str], Cell]:
    """Table 4 by model and bandwidth."""
    lines = (pathlib.Path(__file__).parent / "paper_table4.csv").read_text().splitlines()
    return {(row["model"], row["bandwidth"]):
            Cell(*(float(row[key]) for key in
                   ["step1_s", "step2_s", "step3_percent_of_step2", "step4_percent_of_step2"]))
            for row in csv.DictReader(line for line in lines if not line.startswith("#"))}
