#!/usr/bin/env bash
# Builds a sanitizer preset and runs the host and net tests in it, on PoCL: its code is known to be clean under them.
#   tests/sanitize.sh asan|tsan
set -euo pipefail
preset=$1
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
# Full-size nets on the reference take minutes under a sanitizer; their code is the small nets'.
exec ctest --test-dir "build/$preset" --output-on-failure -E '\.intel$|(224|227|224p2)\.ref$|^architecture|^readme'
