#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# All mappers on the six models and five bandwidths of the H2H paper: field.csv, field.md and a plot in the folder OUT
# (default: field). scripts/field/expected/ is what it wrote last.
#   ./scripts/field.sh [OUT]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/setup.sh"

if [ $# -gt 1 ]; then
  echo "field: takes one folder for the results" >&2
  exit 2
fi
h2h_install build plot
h2h_build_tool
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$root/scripts" /usr/bin/python3 -m field --tool "$H2H_TOOL" --out "${1:-field}"
