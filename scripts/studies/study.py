# SPDX-License-Identifier: Apache-2.0
"""A study: its folder, the platforms that it has generated, and what it makes of its results."""

import pathlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from reproduce.tool import Tool, read_csv

SOURCE = pathlib.Path(__file__).resolve().parents[2]
GENERATOR = SOURCE / "scripts/h2h-platform"

Rows = dict[str, list[dict]]  # results by the stem of the study file


@dataclass(frozen=True)
class Study:
    folder: pathlib.Path
    files: list[str]  # study files, without .yaml
    platforms: dict[str, list[str] | Callable[[], str]]  # file: options of h2h-platform, or what makes its text
    as_markdown: Callable[[Rows], str]
    draw: Callable[[Rows, pathlib.Path], None]

    @property
    def expected(self) -> pathlib.Path:
        return self.folder / "expected"

    def prepare(self, folder: pathlib.Path) -> None:
        """Study files and platforms side by side, as the sweep looks for them."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in self.files:
            shutil.copy(self.folder / f"{file}.yaml", folder)
        for name, options in self.platforms.items():
            if callable(options):
                (folder / name).write_text(options())
            else:
                generate(options, folder / name)

    def rows(self, folder: pathlib.Path) -> Rows:
        return {file: read_csv(folder / f"{file}.csv") for file in self.files}

    def run(self, tool: Tool, folder: pathlib.Path) -> None:
        """All results, tables and plots."""
        self.prepare(folder)
        for file in self.files:
            tool.run("sweep", folder / f"{file}.yaml", "--csv", folder / f"{file}.csv")
        rows = self.rows(folder)
        (folder / "tables.md").write_text(self.as_markdown(rows))
        self.draw(rows, folder)


def generate(options: list[str], path: pathlib.Path) -> None:
    done = subprocess.run([sys.executable, str(GENERATOR), *options, "-o", str(path)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"studies: h2h-platform {shlex.join(options)}\n{done.stderr}")


def table(header: list[str], rows: list[list[str]], words: int = 1) -> list[str]:
    """Lines of a Markdown table; the first columns hold words, the others numbers."""
    rule = [" --- " if i < words else " ---: " for i in range(len(header))]
    lines = [f"| {' | '.join(row)} |" for row in [header, *rows]]
    return [lines[0], f"|{'|'.join(rule)}|", *lines[1:]]


def percent(share: float) -> str:
    return f"{round(100 * share, 1) + 0:.1f}"  # not -0.0
