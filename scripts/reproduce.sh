#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The evaluation of the H2H paper (section 5), beside what the paper reports: tables, figures and summary.md in the folder
# OUT (default: reproduced). scripts/reproduce/expected/ is what it wrote last.
#   ./scripts/reproduce.sh [OUT]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/setup.sh"

if [ $# -gt 1 ]; then
  echo "reproduce: takes one folder for the results" >&2
  exit 2
fi
h2h_install build plot
h2h_build_tool
# Debian's interpreter is the one that has Debian's matplotlib.
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$root/scripts" /usr/bin/python3 -m reproduce --tool "$H2H_TOOL" --out "${1:-reproduced}"
