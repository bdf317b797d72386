#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The program under valgrind's memcheck: no access that is wrong, no value that was never set, no block that is lost, whether a command
# succeeds or not. Runs in a folder of its own.
#   check_valgrind.sh PROGRAM PHOTOS SUPPRESSIONS COMPILER none|pocl_devices|pocl [SKIP TEXT]
# none: no OpenCL device is visible, and the reference computes. pocl_devices: PoCL's devices are listed. pocl: a net runs on one (minutes: what valgrind
# shows of the processor has no AVX-512, so that nothing of PoCL's cache fits).
set -u
alexcl=$1 photos=$2 suppressions=$3 compiler=$4 mode=$5
if [ -n "${6:-}" ]; then echo "$6"; exit 77; fi
command -v valgrind >/dev/null || { echo "skipped: valgrind is not installed (tools/setup --all installs it)"; exit 77; }
FOUND=99 failures=0 runs=0
rm -rf run && mkdir run && cd run || exit 1

memcheck() {
    valgrind -q --error-exitcode=$FOUND --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --suppressions="$suppressions" \
        --log-file=findings "$@" >out 2>err </dev/null
}
# run CODE ARGUMENTS...: the program must end with CODE, and valgrind must say nothing.
run() {
    local code=$1 got
    shift
    memcheck "$alexcl" "$@"
    got=$?
    runs=$((runs + 1))
    [ $got = "$code" ] && ! grep -q '^==.*at 0x\|definitely lost' findings && return
    echo "FAILED: alexcl $*: exit $got, not $code"
    head -n 60 findings; head -n 5 err
    failures=$((failures + 1))
}

# A program that loses a block, and one that reads behind one, must be found.
cat >faulty.c <<'C'
#include <stdlib.h>
int main(int argc, char **argv) {
    (void)argv;
    char *volatile block = malloc(8);
    if (argc > 1) {
        int code = block[8] == 1; /* behind it */
        free(block);
        return code;
    }
    block = NULL; /* lost */
    return 0;
}
C
"$compiler" -g -O0 faulty.c -o faulty || exit 1
for argument in "" behind; do
    memcheck ./faulty $argument
    [ $? = $FOUND ] || { echo "FAILED: valgrind finds nothing in faulty.c $argument"; exit 1; }
done

printf '%s 3\n%s\n' "$photos/cat.png" "$photos/rocket.jpg" >list.txt
printf '%s\nabsent.png\nlist.txt\n' "$photos/cat.png" >bad.txt
printf 'no weights' >bad.safetensors
case $mode in
none)
    run 0 --devices ref --model tiny2t infer list.txt --format json --features pool5 --save pool5.npy
    run 0 --devices ref,ref --model tiny2t infer list.txt --ten-crop --format csv
    run 0 --devices ref --model lenet5 infer list.txt
    run 6 --devices ref --model tiny2t infer bad.txt
    run 6 --devices ref --model tiny2t infer list.txt --weights bad.safetensors
    run 3 --devices 0 --model tiny2t infer list.txt
    run 2 --devices ref --model tiny2 infer list.txt
    run 0 weights init --model tiny2t -o tiny.safetensors
    run 0 weights show tiny.safetensors --model tiny2t
    run 0 plan --model alexnet --batch 128 --memory 3GiB
    run 0 summary --model alexnet --format json
    run 0 models
    run 0 env
    run 2 infer --devcies 0
    run 3 devices
    ;;
pocl_devices) run 0 devices -v ;;
pocl) run 0 --devices 0/2 --model tiny2t infer list.txt ;;
esac
[ $failures = 0 ] || exit 1
echo "valgrind says nothing of $runs runs"
