#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `alexcl tune` and the tuning at a first use, as a person meets them. Runs in a folder of its own.
#   check_command_tune.sh PROGRAM PHOTOS KERNELS [SKIP TEXT]
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 photos=$2 kernels=$3
if [ -n "${4:-}" ]; then echo "$4"; exit 77; fi
rm -rf run && mkdir run && cd run || exit 1
export ALEXCL_TUNE= ALEXCL_CHECK= ALEXCL_CACHE_DIR=$PWD/cache # the suite has the first two turned off
export POCL_KERNEL_CACHE=1                                    # or every `tune` here compiles all of it
printf '%s\n' "$photos/cat.png" >list.txt
# All but the file's name.
narrow_table() { sed -i '/tuning.json$/d' out; narrow; }
infer() { tiny 0 --devices 0 infer list.txt "$@"; }

run 2 tune extra; says "extra"
run 2 tune --batch 3; says "takes no --batch"
run 2 infer --tune always list.txt; says "off, first"
run 0 env; prints "ALEXCL_TUNE=first"
tiny 0 tune --devices ref; prints "nothing to choose"
tiny 0 tune --devices ref --format json; json '.devices == [] and .file == null and .error == null'
tiny 0 tune --train --devices ref; prints "nothing to choose"

# ---- the table, the document, the file
tiny 0 tune --devices 0/2; narrow_table; prints "conv2: conv "; prints "standard"; prints "chosen"; prints "kept in"
[ "$(grep -c '^device' out)" = 1 ] || bad "two parts of one device are measured twice"
file=$(ls cache/*.tuning.json); jq -e '.format == 1 and (.layers | length) >= 4 and all(.layers[]; (.tried | length) >= 1)' "$file" >/dev/null || bad "the file is not as it should be"
tiny 0 tune --devices 0 --format json
json '.model == "tiny2t" and .dropped == 0 and (.file | test("tuning.json$")) and (.devices | length) == 1 and .interrupted == false'
json 'all(.devices[].layers[]; ([.ways[] | select(.chosen)] | length) == 1 and .ways[0].standard and all(.ways[]; .status == 0 and .alone_ms > 0 and .gflops > 0 and (.other_bits | not)))'
tiny 0 tune --devices 0 --format csv; head -n 1 out | grep -q '^device,layer,shape,variant,tile,' || bad "no header of CSV"
tiny 0 tune --devices 0 --no-cache; prints "kept nowhere"

# ---- a first use measures, once
rm -rf cache; infer -v; says "measuring what is fastest"; says "s besides compiling"; [ -f "$file" ] || bad "nothing is kept"
infer -v; grep -q "measuring" err && bad "measured twice"
rm "$file"; infer -v --tune off; grep -q "measuring" err && bad "measured although it is off"
infer -v --no-cache; grep -q "measuring" err && bad "measured though it cannot be kept"
printf '{"format": 1' >"$file"; infer; says "not used"; says "alexcl tune"; prints "cat.png"
tiny 0 tune --devices 0; infer; grep -q 'not used' err && bad 'a file made anew is not used'

# ---- a reproducible run takes the default ways, whatever was measured, and measures nothing
jq '.layers |= with_entries(if .key | startswith("conv") then .value.variant = "cpu" | .value.tile = [3, 1] else . end)' "$file" >edited && mv edited "$file"
infer --save edited.npy
infer --save r1.npy --reproducible
rm "$file"; infer --save r2.npy --reproducible -v; grep -q "measuring" err && bad "a reproducible run measures"
infer --save r3.npy --reproducible --cache-dir fresh --batch 1
infer --save r4.npy --reproducible --no-cache
infer --save r5.npy --tune off
for k in 2 3 4 5; do cmp -s r1.npy r$k.npy || bad "--reproducible gives other bits in run $k"; done
cmp -s r1.npy edited.npy && bad "the edited file changes no bit: edit something else"

# ---- a way that computes wrongly is dropped, and does not win
# (a file that kernels include is taken from the folder as well)
mkdir changed; sed 's/plus - minus/plus + minus/' "$kernels/winograd.clh" >changed/winograd.clh
cmp -s "$kernels/winograd.clh" changed/winograd.clh && bad "winograd.clh has other lines: change something else"
tiny 0 tune --devices 0 --kernel-dir changed; narrow_table; prints "dropped: kernel winograd_cpu.cl computes wrongly"; says "is dropped"
tiny 0 tune --devices 0 --kernel-dir changed --format json
json '.dropped >= 1 and all(.devices[].layers[].ways[]; (.variant != "winograd") or (.status != 0 and (.chosen | not))) and .error == null'
json 'all(.devices[].layers[]; ([.ways[] | select(.chosen)] | length) == 1)'
tiny 0 --kernel-dir changed --devices 0 infer list.txt; prints "cat.png" # the check before the first use finds nothing wrong any more
printf '#error broken\n' >changed/conv_cpu.cl
tiny 7 tune --devices 0 --kernel-dir changed; says "no way of computing it is right"; prints "dropped"

# ---- where results go, Ctrl-C
what="tune on a full disk"
[ ! -e /dev/full ] || { "$alexcl" --model tiny2t tune --devices 0 >/dev/full 2>err; ended 1; says "could not be written: No space left"; }
what="tune interrupted while a kernel is compiled"
POCL_CACHE_DIR=$PWD/cold env -u POCL_KERNEL_CACHE "$alexcl" tune --devices 0 --model alexnet --format json --no-cache --log info >out 2>err &
interrupt_when "grep -q compiling err"
says "interrupted"; json '.interrupted and .dropped == 0 and (.error | test("interrupted"))'
[ -d cold ] && [ -z "$(find cold -name '*.so')" ] || bad "PoCL keeps kernels that were only measured: $(find cold -name '*.so')"
end
