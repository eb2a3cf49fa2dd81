# SPDX-License-Identifier: Apache-2.0
"""python3 -m reproduce --tool build/src/h2h-sim --out FOLDER [--numbers-only]"""

import argparse
import pathlib

from . import contention, runs, summary, table, variants
from .tool import Tool, read_csv, write_csv

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(prog="reproduce", description="The evaluation of the H2H paper, by h2h-sim.")
    parser.add_argument("--tool", type=pathlib.Path, required=True, help="h2h-sim")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the results")
    parser.add_argument("--numbers-only", action="store_true", help="no wall times, no figures; needs no matplotlib")
    options = parser.parse_args()
    tool = Tool(options.tool.resolve(), SOURCE)
    out = options.out
    out.mkdir(parents=True, exist_ok=True)

    print("reproduce: Table 4, Fig. 4 and Fig. 5", flush=True)
    write_csv(out / "steps.csv", runs.evaluation(tool))
    write_csv(out / "busy_times.csv", runs.busy_times(tool))
    write_csv(out / "workloads.csv", runs.totals(tool))
    print("reproduce: contention", flush=True)
    write_csv(out / "contention.csv", contention.study(tool))
    print("reproduce: variants", flush=True)
    write_csv(out / "variants.csv", variants.study(tool))

    # What follows reads only the files.
    steps = read_csv(out / "steps.csv")
    write_csv(out / "table4.csv", table.as_rows(steps))
    (out / "table4.md").write_text(table.as_markdown(steps))
    (out / "summary.md").write_text(summary.as_markdown(out))
    (out / "table2.md").write_text(summary.table2_as_markdown(out))
    (out / "headlines.md").write_text(summary.headlines_as_markdown(out))
    if not options.numbers_only:
        print("reproduce: wall times and figures", flush=True)
        write_csv(out / "search_times.csv", runs.search_times(tool))
        from . import figures  # needs matplotlib
        figures.draw(out, SOURCE / "platforms/validation.csv")
    print(f"reproduce: results are in {out}")


if __name__ == "__main__":
    main()
