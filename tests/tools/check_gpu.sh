#!/usr/bin/env bash
# check_gpu.sh TOOL BUILD VENDORS SKIP: tools/gpu on PoCL's device, which stands for a GPU here: what is right is told as right, a kernel made wrong
# as failed, what there was no time for by name; without a GPU it says so. VENDORS has a vendor folder of each implementation.
set -uo pipefail
tool=$1 build=$2 vendors=$3
[ -z "$4" ] || { echo "$4"; exit 77; }
bad() { echo "$1"; cat summary 2>/dev/null; exit 1; }
run() { # run CODE VENDORS ARGUMENTS...
    local code=0
    OCL_ICD_VENDORS=$vendors/$2/ "$tool" --build "$build" --out results "${@:3}" >summary 2>message || code=$?
    [ $code = "$1" ] || { cat message; bad "exit code $code where $1 was due: ${*:3}"; }
}
folder=$(mktemp -d "$PWD/gpu.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

run 3 none
grep -q 'no usable GPU' message || bad "it does not say that there is no GPU"
run 3 pocl
run 2 none --seconds soon
run 2 none --fast

# The summary is in the folder as it was printed.
run 0 pocl --device 0 --only '^(devices|check|kernel_scale|net.tiny2t.pair)' --seconds 500
cmp summary results/summary.txt || bad "what was printed is not what was kept"
for name in devices check.json kernel_scale net.tiny2t.pair; do
    grep -Eq "^ok +[0-9]+ s  $name\$" summary || bad "$name is not told as right"
done
[ "$(wc -l <summary)" = 6 ] || bad "other steps ran than were asked for"
jq -es 'length == 1 and .[0].failed == 0' results/check.json >/dev/null || bad "check.json is not the document of alexcl check"

run 0 pocl --device 0 --seconds 0
grep -Eq '^left out +-  check.json$' summary || bad "what there was no time for is not listed"
! grep -q '^ok' summary || bad "something ran without time"

mkdir kernels
sed 's/x\[at\] \* factor/x[at] * factor + 1.0f/' "$(dirname "$tool")/../kernels/scale.cl" >kernels/scale.cl
grep -q '+ 1.0f' kernels/scale.cl || bad "scale.cl has other words now"
ALEXCL_KERNEL_DIR=$PWD/kernels run 1 pocl --device 0 --only '^(check|kernel_scale|kernel_rbf)' --seconds 500
grep -Eq '^FAILED .* check.json .exit code 7' summary || bad "a wrong kernel is not told of alexcl check"
grep -Eq '^FAILED .* kernel_scale .exit code 1.: .*:F:' summary || bad "a wrong kernel is not told of its test"
grep -Eq '^ok .* kernel_rbf$' summary || bad "a right kernel is told as wrong"
