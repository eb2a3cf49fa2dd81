# SPDX-License-Identifier: Apache-2.0
"""python3 -m studies --tool build/src/h2h-sim --out FOLDER"""

import argparse
import pathlib

from reproduce.tool import Tool

from . import bandwidth, modality, topology
from .study import SOURCE


def main():
    parser = argparse.ArgumentParser(prog="studies", description="Bandwidth and layout of the network, and changes of modality.")
    parser.add_argument("--tool", type=pathlib.Path, required=True, help="h2h-sim")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    options = parser.parse_args()
    tool = Tool(options.tool.resolve(), SOURCE)
    for study in (bandwidth.STUDY, topology.STUDY, modality.STUDY):
        study.run(tool, options.out / study.folder.name)
    print(f"studies: results are in {options.out}")


if __name__ == "__main__":
    main()
