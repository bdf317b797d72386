#!/usr/bin/env bash
# Drivers that answer otherwise than PoCL does, made by answers_layer.c: what is refused and what is not; event times that are not there or
# wrong; clocks that drift. And a process that may run on one CPU only.
#   answers.sh PROGRAM LAYER IMPLEMENTATION [SKIP TEXT]
set -u
. "$(dirname "$0")/../support/cli_support.sh"
program=$1 layer=$2 implementation=$3 answers=""
if [ -n "${4:-}" ]; then echo "$4"; exit 77; fi
rm -rf run && mkdir run && cd run || exit 1
answering() { timeout 300 env OPENCL_LAYERS="$layer" ANSWERS="$answers" "$program" "$@"; }
alexcl=answering
net="--model lenet5 --devices 0"

# ---- a device is refused for what it lacks, not for its profile
answers=embedded,int64
run 0 devices --format json; json '.devices[0].usable'
run 0 time $net --batch 1 --repeat 1
answers=embedded; run 0 devices --format json; json '(.devices[0].usable | not) and (.devices[0].why | test("64-bit integers"))'
answers=toward_zero; run 0 devices --format json; json '(.devices[0].usable | not) and (.devices[0].why | test("rounded"))'
run 3 time $net --batch 1 --repeat 1; says "rounded"

# ---- what a compiler offers is told as the driver tells it, where it tells
answers=offers_nv; run 0 devices --format json
json '.devices[0] | .usable and .extensions == ["cl_khr_fp64x", "cl_khr_fp16", "cl_nv_device_attribute_query"] and .float16 and .float64 == false'
json '.devices[0] | .vectors == {half: 2, float: 1, double: 0} and .sub_group == 32 and .images == false and .largest_image == [0, 0]'
run 0 devices -v; prints "up to 32 items"; prints "half 2, float 1, double 0"; prints "yes, no"; prints "cl_khr_fp64x cl_khr_fp16 cl_nv_device"
answers=offers_intel; run 0 devices --format json; json '.devices[0] | .sub_group == 32 and .float16 == false and .float64'
answers=offers_nothing; run 0 devices --format json
json '.devices[0] | .usable and .extensions == [] and .sub_group == null and .vectors.float == 0 and (.float16 or .float64 | not)'
run 0 devices -v; prints "sub-group       not told"; prints "extensions      none"

# ---- no event times: found out by the first command, whatever the driver is called; the host's clock measures what is fastest
for answers in times=zero times=none; do
    rm -rf "$answers"
    ALEXCL_NO_CACHE=0 ALEXCL_TUNE=first run 0 time $net --cache-dir "$PWD/$answers" --batch 2 --repeat 1 --format json
    json '.device_times_known == false and .images_per_s > 0'
    cat "$answers"/*.tuning.json | jq -es 'map(.. | objects | select(has("alone_ms")) | .alone_ms) | length > 0 and all(. > 0)' >/dev/null || bad "0 ms were measured"
    run 1 time $net --batch 2 --repeat 1 --trace none.json; says "reports no times"
    [ ! -e none.json ] || bad "an empty trace was written"
done
# Times of another unit: launches do not become longer for ever. 2^20 rounds on so many units would take this machine a minute.
answers=times=thousandth,units=1024,rounds
run 0 time $net --batch 1 --repeat 1; rounds=$(sed -n 's/^answers: \([0-9]*\) rounds/\1/p' err)
[ "${rounds:-0}" -ge 256 ] && [ "$rounds" -lt 1048576 ] || bad "${rounds:-no} rounds in one launch"

# ---- clocks
answers=markers=none
run 0 time $net --batch 8 --repeat 2 --trace trace.json; says "cannot be compared"
jq -e '[.traceEvents[] | select(.ph == "X") | .cat] | (index("wait") != null) and (index("layer") == null)' trace.json >/dev/null || bad "commands have times that nobody knows"
jq -e '[.traceEvents[] | select(.name == "process_name") | .args.name | test("not known")] | all' trace.json >/dev/null || bad "the trace does not say so"
answers=clock=double
run 0 time $net --batch 64 --repeat 20 --trace trace.json
# The host waits for the end of each batch: no layer of it ends later. Twice as fast a clock would show the last at twice the time.
jq -e '[.traceEvents[] | select(.ph == "X")] | (map(select(.cat == "wait") | .ts + .dur) | max) as $until | (map(select(.cat == "layer") | .ts + .dur) | max) as $last
       | $last < 1.25 * $until and $last > 0.5 * $until' trace.json >/dev/null || bad "the recording has the device's clock"

# ---- one CPU: a driver that tells more units than it may use is told of, with the way on
answers=""
if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then
    first=$(taskset -pc $$ | sed 's/.*: \([0-9]*\).*/\1/')
    alexcl="taskset -c $first $program"
    what="taskset"; $alexcl time $net --batch 1 --repeat 1 >out 2>err || bad "it fails on one CPU"
    units=$(taskset -c $first "$program" devices --format json 2>/dev/null | jq '.devices[0].units')
    if [ "$units" -gt 1 ]; then
        says "may run on 1 CPU"; says "taskset"; says "mpirun --bind-to none"
        [ "$(grep -c "may run on" err)" = 1 ] || bad "it is told more than once"
    else
        grep -q "may run on" err && bad "a driver that follows the mask is warned of"
    fi
    "$program" time $net --batch 1 --repeat 1 >out 2>err; grep -q "may run on" err && bad "a warning without a mask"
else
    echo "skipped: the mask of one CPU, since taskset or a second CPU is not there"
fi
end
