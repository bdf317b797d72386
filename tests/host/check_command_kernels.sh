#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `alexcl kernels`: the list is what kernels/ has, and what it writes is that to the byte and computes right.
#   check_command_kernels.sh PROGRAM PHOTOS KERNELS IMPLEMENTATION [SKIP TEXT]
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 photos=$2 kernels=$3 implementation=$4
if [ -n "${5:-}" ]; then echo "$5"; exit 77; fi
rm -rf run && mkdir run && cd run || exit 1
files() { (cd "$1" && find . -name '*.cl*' -printf '%f\n' | sort); }

run 0 kernels; narrow; [ "$(awk '{print $1}' out | sort)" = "$(files "$kernels")" ] || bad "the list is not that of kernels/"
run 0 kernels --format json
json 'all(.kernels[]; (.kind == "header") == (.name | endswith(".clh")))'
jq -r '.kernels[] | "\(.sha256)  \(.name)"' out >sums; (cd "$kernels" && sha256sum --quiet -c) <sums || bad "other hashes than the files have"
[ "$(jq '[.kernels[].bytes] | add' out)" = "$(cat "$kernels"/*.cl "$kernels"/*.clh | wc -c)" ] || bad "other sizes than the files have"
run 0 kernels --format csv; silent; [ "$(head -n 1 out | tr -d '\r')" = name,kind,bytes,sha256 ] || bad "CSV without a head"

run 0 kernels -o new/folder; prints "--kernel-dir new/folder"; diff -r -x CMakeLists.txt "$kernels" new/folder || bad "what was written is not kernels/"
run 1 kernels -o new/folder; says "not empty"; run 1 kernels -o new; says "not empty"
mkdir empty; run 0 kernels -o empty/; diff -r new/folder empty || bad "an empty folder is not filled"
echo text >file; run 1 kernels -o file; says "file"; run 2 kernels conv; says "conv"
if [ "$implementation" != none ]; then
    run 0 --devices 0 check --layer lrn --kernel-dir new/folder; prints "ok"
    run 0 --model tiny2t weights init -o w.safetensors
    run 0 --devices 0 --model tiny2t infer -q "$photos/cat.png" --weights w.safetensors --reproducible --save own.npy
    run 0 --devices 0 --model tiny2t infer -q "$photos/cat.png" --weights w.safetensors --reproducible --save files.npy --kernel-dir new/folder
    cmp own.npy files.npy || bad "the same kernels give other bits"
fi
end
