# SPDX-License-Identifier: Apache-2.0
"""Calling h2h-sim, several at once, and the CSV files in between."""

import concurrent.futures
import csv
import io
import json
import os
import pathlib
import subprocess


class Tool:
    """h2h-sim of one build, with the data of this source tree."""

    def __init__(self, program: pathlib.Path, data: pathlib.Path):
        self.program = program
        self.data = data

    def run(self, *words) -> str:
        """Its standard output; any message or failure ends the reproduction."""
        done = subprocess.run([str(self.program), *map(str, words)], env=dict(os.environ, H2H_DATA_DIR=str(self.data)),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0 or done.stderr:
            raise SystemExit(f"reproduce: h2h-sim {' '.join(map(str, words))}\n{done.stderr}")
        return done.stdout

    def csv(self, *words) -> list[dict]:
        return list(csv.DictReader(io.StringIO(self.run(*words, "--csv", "-"))))

    def json(self, *words) -> dict:
        return json.loads(self.run(*words, "--json", "-"))


def problem(model, bandwidth_GBps, platform="h2h2022.xml") -> list[str]:
    """The options that name a model as the authors evaluated it, on their system at this bandwidth."""
    return ["-p", platform, "-w", f"h2h2022/{model.file}", "--bandwidth", f"{bandwidth_GBps}GBps"]


def side_by_side(task, arguments) -> list:
    """task(*a) for each a of arguments, as many at once as there are processors; results in order."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as executor:
        return [future.result() for future in [executor.submit(task, *a) for a in arguments]]


def rounded(value: str) -> str:
    """A number of the tool with nine significant digits, below 1e-12 as zero; other words as they are."""
    try:
        number = float(value)
    except ValueError:
        return value
    return f"{number if abs(number) > 1e-12 else 0:.9g}"


def write_csv(path: pathlib.Path, rows: list[dict]) -> None:
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: pathlib.Path) -> list[dict]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))
