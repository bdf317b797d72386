#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Static analysis of runtime/ and host/, with no finding; defect.c must have one.
#   static.sh clang_tidy|cppcheck SOURCE_FOLDER BUILD_FOLDER
# What is looked for and what is left out, with the reasons: .clang-tidy, tests/static/cppcheck.txt
# ALEXCL_ANALYZER_NODES=225000: clang's analyzer follows a function as far as it does by itself, which takes two or three times as long. A third
# of it had all that it ever found here (paths to null pointers and values not set, in four files).
set -u
tool=$1 root=$2 build=$3 here=$2/tests/static
command -v "${tool/_/-}" >/dev/null || { echo "skipped: ${tool/_/-} is not installed (tools/setup --all installs it)"; exit 77; }
log=$(mktemp) && trap 'rm -f "$log"' EXIT

case $tool in
clang_tidy)
    # One file a process: version 14 takes every va_list for an uninitialised one from the second file on.
    check() {
        clang-tidy --quiet --config-file="$root/.clang-tidy" --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang \
            --extra-arg=max-nodes="$nodes" "$@" 2>/dev/null
    }
    export -f check; export root nodes=${ALEXCL_ANALYZER_NODES:-75000}
    # shellcheck disable=SC2016
    find "$root/runtime" "$root/host" -name '*.c' -print0 | sort -z |
        xargs -0 -n1 -P"$(nproc)" bash -c 'check -p "$0" "$1"' "$build" >"$log"
    code=$?
    check "$here/defect.c" -- -std=c11 >"$log.defect"
    ;;
cppcheck)
    check() { cppcheck --quiet --std=c11 --enable=warning,performance,portability --suppressions-list="$here/cppcheck.txt" --error-exitcode=1 "$@" 2>&1; }
    check -j"$(nproc)" --project="$build/compile_commands.json" --file-filter="$root/runtime/*" --file-filter="$root/host/*" >"$log"
    code=$?
    check "$here/defect.c" >"$log.defect"
    ;;
esac
found=$?
defect=$(cat "$log.defect"); rm -f "$log.defect"
cat "$log"
if [ $found = 0 ] || ! grep -q 'defect.c:' <<<"$defect"; then
    echo "FAILED: $tool finds nothing in defect.c: $defect"
    exit 1
fi
if [ $code != 0 ]; then echo "FAILED: correct what is listed above"; exit 1; fi
echo "$tool: no finding in $(find "$root/runtime" "$root/host" -name '*.c' | wc -l) files; it found what is wrong with defect.c"
