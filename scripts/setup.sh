#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs the Debian 12 packages that h2h-sim needs, where they are missing. Sourced by the other scripts; called by
# itself with the names of groups: build, test, lint, plot, platform (default: build).

declare -A H2H_PACKAGES=(
  [build]="g++ cmake ninja-build pkg-config libsimgrid-dev libboost-dev libboost-graph-dev
           libyaml-cpp-dev libpugixml-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libcli11-dev libssl-dev"
  [test]="libgtest-dev libgmock-dev libbenchmark-dev python3 python3-jsonschema python3-yaml python3-matplotlib coinor-cbc
          pajeng graphviz chromium snakemake"
  [lint]="clang-format-16 clang-tidy-16 git"
  [plot]="python3 python3-matplotlib python3-yaml"
  [platform]="python3 python3-yaml"
)

# Installs the packages of the groups named, quickly when all are there.
h2h_install() {
  local wanted=() missing=()
  local group
  for group in "$@"; do
    if [ -z "${H2H_PACKAGES[$group]:-}" ]; then
      echo "setup: unknown group '$group'; there are ${!H2H_PACKAGES[*]}" >&2
      return 2
    fi
    read -r -a more <<<"${H2H_PACKAGES[$group]//$'\n'/ }"
    wanted+=("${more[@]}")
  done
  local package
  for package in "${wanted[@]}"; do
    # "install ok installed" is the only good state.
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "setup: these packages are missing, and neither root nor sudo is there to install them: ${missing[*]}" >&2
      return 1
    fi
    root=(sudo)
  fi
  echo "setup: installing ${missing[*]}" >&2
  "${root[@]}" apt-get update -qq >&2
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# Builds h2h-sim in build/ if need be, silently unless that fails; its path is then in H2H_TOOL.
h2h_build_tool() {
  local root build log
  root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  build="$root/build"
  log=$(mktemp)
  if [ ! -f "$build/build.ninja" ]; then
    echo "setup: building h2h-sim; this takes a few minutes, once" >&2
    cmake -S "$root" -B "$build" -G Ninja -DH2H_BUILD_TESTS=OFF -DH2H_BUILD_BENCHMARKS=OFF >"$log" ||
      { cat "$log" >&2; rm -f "$log"; return 1; }
  fi
  cmake --build "$build" --target h2h-sim >"$log" || { cat "$log" >&2; rm -f "$log"; return 1; }
  rm -f "$log"
  H2H_TOOL="$build/src/h2h-sim"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  h2h_install "${@:-build}"
fi
