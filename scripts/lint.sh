#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# clang-format and clang-tidy over our own code. With --changed REV only over files changed since REV; with --format
# clang-format alone; with --fix clang-format writes what it wants.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/setup.sh"
cd "$root"

tidy=yes
fix=no
since=
while [ $# -gt 0 ]; do
  case "$1" in
    --changed) since=$2; shift ;;
    --format) tidy=no ;;
    --fix) fix=yes ;;
    *) echo "lint: unknown option '$1'; there are --changed REV, --format, --fix" >&2; exit 2 ;;
  esac
  shift
done

h2h_install build test lint
if [ -n "$since" ]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "$since" -- '*.cpp' '*.hpp')
else
  mapfile -t files < <(git ls-files '*.cpp' '*.hpp')
fi
if [ ${#files[@]} -eq 0 ]; then exit 0; fi

if [ "$fix" = yes ]; then clang-format-16 -i "${files[@]}"; fi
clang-format-16 --dry-run --Werror "${files[@]}"
if [ "$tidy" = no ]; then exit 0; fi

if [ ! -f build/compile_commands.json ]; then cmake -S . -B build -G Ninja >/dev/null; fi
sources=()
for file in "${files[@]}"; do
  case "$file" in src/*.cpp | mappers/*.cpp) sources+=("$file") ;; esac
done
if [ ${#sources[@]} -gt 0 ]; then
  printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-16 --quiet -p build
fi
