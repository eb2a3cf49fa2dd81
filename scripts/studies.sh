#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Three studies: how sensitive the models are to the network's bandwidth, which layout of switches a cloud of 12 or 48 FPGAs
# needs, and whether it is worth it to keep mappings warm when modalities change. Results, tables and plots in the folder OUT (default: studies). The folders scripts/studies/*/expected/ are what
# it wrote last.
#   ./scripts/studies.sh [OUT]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/setup.sh"

if [ $# -gt 1 ]; then
  echo "studies: takes one folder for the results" >&2
  exit 2
fi
h2h_install build plot platform
h2h_build_tool
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$root/scripts" /usr/bin/python3 -m studies --tool "$H2H_TOOL" --out "${1:-studies}"
