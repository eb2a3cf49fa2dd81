#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds h2h-sim if need be, and runs it with the arguments given:
#   ./scripts/run.sh --platform platforms/cloud.xml --workload workloads/vlocnet.yaml
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/setup.sh"

h2h_install build
build="$root/build"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
make_tool() {
  if [ ! -f "$build/build.ninja" ]; then
    echo "run: building h2h-sim; this takes a few minutes, once" >&2
    cmake -S "$root" -B "$build" -G Ninja -DH2H_BUILD_TESTS=OFF -DH2H_BUILD_BENCHMARKS=OFF
  fi
  cmake --build "$build" --target h2h-sim
}
if ! make_tool >"$log"; then
  cat "$log" >&2
  exit 1
fi
rm -f "$log"
exec "$build/src/h2h-sim" "$@"
