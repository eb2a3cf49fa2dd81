# SPDX-License-Identifier: Apache-2.0
"""python3 -m field --tool build/src/h2h-sim --out FOLDER"""

import argparse
import pathlib

from reproduce.tool import Tool, read_csv, write_csv

from . import contests

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(prog="field", description="All mappers on the evaluation of the H2H paper.")
    parser.add_argument("--tool", type=pathlib.Path, required=True, help="h2h-sim")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    options = parser.parse_args()
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    write_csv(out / "field.csv", contests.field(Tool(options.tool.resolve(), SOURCE)))
    rows = read_csv(out / "field.csv")
    (out / "field.md").write_text(contests.as_markdown(rows))
    from . import figure  # needs matplotlib
    figure.draw(rows, out / "field")
    print(f"field: results are in {out}")


if __name__ == "__main__":
    main()
