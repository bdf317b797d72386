#!/usr/bin/env bash
# check_gpu.sh TOOL BUILD VENDORS SKIP: tools/gpu on PoCL's device, which stands for a GPU here: what is right is told as right, a kernel made wrong
# as failed, what there was no time for by name; without a GPU it says so; what was packed runs away from the build folder, with no setting of
# this shell's, and finds the driver where no vendor folder names it; cut short it leaves a whole document. VENDORS has a vendor folder of each
# implementation.
set -uo pipefail
tool=$1 build=$2 vendors=$3
[ -z "$4" ] || { echo "$4"; exit 77; }
bad() { echo "$1"; cat summary message 2>/dev/null; exit 1; }
run() { # run CODE VENDORS ARGUMENTS...
    local code=0
    OCL_ICD_VENDORS=$vendors/$2/ "$tool" --build "$build" --out results "${@:3}" >summary 2>message || code=$?
    [ $code = "$1" ] || bad "exit code $code where $1 was due: ${*:3}"
}
# Each step of gpu.json has what it must; then what jq says of the document with the rest of the arguments.
document() {
    jq -es 'length == 1 and (.[0].steps | length > 0 and all(has("ok") and (.seconds | type) == "number" and (.figures | type) == "object"))' \
        results/gpu.json >/dev/null || bad "gpu.json is not whole: $*"
    jq -e "$@" results/gpu.json >/dev/null || bad "gpu.json does not say: $*"
}
folder=$(mktemp -d "$PWD/gpu.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
export TMPDIR=$folder

run 3 none
grep -q 'no usable GPU' message || bad "it does not say that there is no GPU"
grep -q 'no OpenCL device was found' results/devices.log || bad "it does not say why there is none"
jq -e '.summary | contains("no usable GPU")' results/gpu.json >/dev/null || bad "gpu.json does not say that there is no GPU"
run 3 pocl
run 2 none --seconds soon
run 2 none --fast

run 0 pocl --device 0 --seconds 0
grep -Eq '^left out +-  check.json$' summary || bad "what there was no time for is not listed"
! grep -q '^ok' summary || bad "something ran without time"
document 'all(.steps[]; .ok == null and .state == "left out")'

mkdir kernels
sed 's/x\[at\] \* factor/x[at] * factor + 1.0f/' "$(dirname "$tool")/../kernels/scale.cl" >kernels/scale.cl
grep -q '+ 1.0f' kernels/scale.cl || bad "scale.cl has other words now"
ALEXCL_KERNEL_DIR=$PWD/kernels run 1 pocl --device 0 --only '^(check|kernel_scale|kernel_rbf$)' --seconds 500
grep -Eq '^FAILED .* check.json .exit code 7' summary || bad "a wrong kernel is not told of alexcl check"
grep -Eq '^FAILED .* kernel_scale .exit code 1.: .*:F:' summary || bad "a wrong kernel is not told of its test"
grep -Eq '^ok .* kernel_rbf$' summary || bad "a right kernel is told as wrong"
document '[.steps[] | select(.ok == false).name] == ["check.json", "kernel_scale"]'

"$tool" --build "$build" --pack pack 2>message || bad "it cannot be packed"
[ "$(du -sm pack | cut -f 1)" -le 40 ] || bad "more than 40 MiB: $(du -sm pack)"
mkdir driver
driver=$(cat "$vendors/pocl/pocl.icd")
[ -e "$driver" ] || driver=$(/sbin/ldconfig -p | awk '$1 == "libpocl.so.2" {print $NF; exit}') # its name alone
ln -s "$driver" driver/libpocl.so.2
packed() { # packed CODE ARGUMENTS...: as on a machine with nothing but Python, and a driver that no vendor folder names
    local code=0
    env -i TMPDIR="$TMPDIR" POCL_CACHE_DIR="${POCL_CACHE_DIR-}" OCL_ICD_VENDORS="$vendors/none/" PATH=/usr/bin:/bin /usr/bin/env python3 pack/gpu \
        --run pack -o results --drivers driver --device 0 "${@:2}" >summary 2>message || code=$?
    [ $code = "$1" ] || bad "exit code $code where $1 was due: ${*:2}"
}
rm -r results
packed 0 --only '^(devices|kernel_scale|net.tiny2t.pair|time.lenet5.json|torch)$' --seconds 500
for name in devices kernel_scale net.tiny2t.pair time.lenet5.json; do
    grep -Eq "^ok +[0-9]+ s  $name\$" summary || bad "$name is not told as right"
done
document '[.steps[].name] == ["devices", "net.tiny2t.pair", "kernel_scale", "torch", "time.lenet5.json"]'
document '.steps[1:3] | all(.figures.tests > 0 and .figures.failed == 0)'
document '.steps[4].figures | .images_per_s > 0 and .batch == 16'
document --arg icd "$PWD/results/vendors/pocl.icd" '.drivers | length == 1 and .[0].icd == $icd and .[0].icd_written'
[ "$(cat results/vendors/pocl.icd)" = "$(realpath driver/libpocl.so.2)" ] || bad "the ICD file does not name the driver"
grep -q "loader: .*$PWD/pack/alexcl/lib/" results/devices.log || bad "the loader is not the packed one"
sed -n '/<h2>Speed/,/<h2>Steps/p' results/gpu.html | grep -q '<td>lenet5</td>' || bad "gpu.html has no table of times"
! grep -q '://' results/gpu.html || bad "gpu.html names another address"
unpacked=pack/alexcl
env -i $unpacked/libc/ld-linux-x86-64.so.2 --library-path $unpacked/lib:$unpacked/cxx:$unpacked/libc $unpacked/host/alexcl --version >/dev/null ||
    bad "the program does not start with the packed C library"

# What stands beside PyTorch's figures, which takes a GPU to measure, and a page of names that are no HTML.
python3 -B - "$(dirname "$tool")/gpu.d" results <<'PYTHON' || bad "times are not compared with PyTorch's as they must be"
import sys
sys.path.insert(0, sys.argv[1])
import report
mine = {"model": "a", "batch": 2, "devices": "0", "milliseconds": 1.0, "gflops": 1.0}
document = report.Report(sys.argv[2], {"when": "", "device": {"name": "<b>"}})
document.step("time.a", ok=True, figures={**mine, "what": "float", "alone": True, "images_per_s": 30.0})
document.step("time.pair", ok=True, figures={**mine, "what": "float", "alone": False, "images_per_s": 90.0})
document.step("torch", ok=True, figures={"times": [{"model": "a", "batch": 2, "what": "float", "images_per_s": 20.0},
                                                   {"model": "a", "batch": 2, "what": "half", "why": "no memory"}]})
rows, page = document.document["against_torch"], open(sys.argv[2] + "/gpu.html").read()
sys.exit([row["ratio"] for row in rows] != [1.5] or "<b>" in page or "&lt;b&gt;" not in page or "PyTorch" not in page)
PYTHON

# Cut short in the middle of a step: told to end, and ended. What that step had started is let end by itself.
for signal in TERM KILL; do
    rm -r results
    OCL_ICD_VENDORS=$vendors/pocl/ python3 pack/gpu --run pack -o results --device 0 --only '^(devices|net.tiny2t.alone|kernel_scale)$' \
        >summary 2>message &
    for _ in $(seq 600); do
        jq -e '.steps[1].state == "running"' results/gpu.json >/dev/null 2>&1 && break
        sleep 0.05
    done
    kill -$signal $!
    wait $!
    code=$?
    [ $code = $((128 + $(kill -l $signal))) ] || bad "exit code $code after SIG$signal"
    document '.steps[0].ok and .steps[1].ok == null and .steps[2].ok == null and .steps[2].state == "not begun"'
    while pgrep -f "$PWD/pack/alexcl/tests" >/dev/null; do sleep 0.1; done
done
