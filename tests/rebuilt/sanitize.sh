#!/usr/bin/env bash
# Builds a sanitizer preset and runs its tests, on PoCL and the reference: Intel's runtime is not clean under sanitizers itself.
#   tests/rebuilt/sanitize.sh asan|tsan
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset "$1" >/dev/null
cmake --build --preset "$1" --parallel "$(nproc)"
# Kernels are compiled by the driver, which no sanitizer sees into; full-size nets on the reference take minutes, and their code is the small nets'.
# What a run survives from outside is memory's business, not that of threads.
# The list of mutants names tests that a sanitizer's build leaves out. The command line around the tuner compiles for minutes what the tuner's own test has compiled.
# A cache that is killed in the middle of a write is read by what hostile_cache damages on purpose.
# To a sanitizer one small net is like the other (ALEXCL_TEST_FEW), and to ThreadSanitizer one net of full size; and a failed check of kernels is one thread's business.
leave=kernel names='^cli_tune|\.(intel|rusticl|oclgrind)$|^two_vendors$|^selfcheck\.wrong|(224|227|224p2)\.ref$|^architecture|^readme|^mutation|^killed\.cache'
[ "$1" != tsan ] || leave='kernel|endure' names+='|^faults\.kernels|(paper|orig|article|torchvision)[0-9p]+\.pocl'
export ALEXCL_TEST_FEW=1
exec ctest --test-dir "build/$1" --output-on-failure --parallel "$(nproc)" -LE "$leave" -E "$names"
