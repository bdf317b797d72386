#!/usr/bin/env bash
# Builds the preset coverage, runs the tests that reach lines of their own, and prints which lines and branches of runtime/ and
# host/ were reached. Fails where a test does, or under 90 % of the lines of either. By hand: its record is in tests/by_hand.md.
#   tests/rebuilt/coverage.sh [CTEST OPTIONS...]
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v gcovr >/dev/null || { echo "skipped: gcovr is not installed (tools/setup --all installs it)"; exit 77; }
build=build/coverage
cmake --preset coverage >/dev/null
cmake --build --preset coverage --parallel "$(nproc)" >/dev/null
find $build -name '*.gcda' -delete # of an earlier run
# On the reference and on PoCL: other implementations, most kernels on all their shapes, full-size nets and measurements of time and memory reach
# no other line of C; nor do selfcheck.right, whose checks `alexcl check` runs, and the scripts that run on PoCL once more on the reference.
export ALEXCL_TEST_FEW=1 # of nets and layers that are alike
ctest --test-dir $build --output-on-failure --parallel $(($(nproc) + 1)) -LE "full|by_hand" \
    -E ',|^cli_train\.both|\.(intel|rusticl|oclgrind)$|^two_vendors$|(224|227|224p2)\.(ref|pocl)$|^architecture|^readme|^mutation|^scale|^resident|^kernel_[^cf]|^kernel_(fc_cpu|conv_cpu|conv_naive)|^faults\.kernels|^trainer\.ref|^placement.ref|^selfcheck\.right|^onnx_suite\.light|^cli_(features|distance)\.none' "$@"
gcovr --root . --json $build/coverage.json $build
code=0
for folder in runtime host; do
    gcovr --root . -a $build/coverage.json -f $folder/ --branches # gcovr's table has either lines or branches
    gcovr --root . -a $build/coverage.json -f $folder/ --print-summary --fail-under-line 90 || code=1
done
exit $code
