#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds everything and runs every test; arguments go to ctest, such as -R property.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/setup.sh"

h2h_install build test
build="$root/build"
cmake -S "$root" -B "$build" -G Ninja -DH2H_BUILD_TESTS=ON -DH2H_BUILD_BENCHMARKS=ON
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)" "$@"
