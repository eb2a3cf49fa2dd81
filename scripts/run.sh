#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds h2h-sim if need be, and runs it with the arguments given:
#   ./scripts/run.sh --platform platforms/cloud.xml --workload workloads/vlocnet.yaml
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/setup.sh"

h2h_install build
h2h_build_tool
exec "$H2H_TOOL" "$@"
