#!/usr/bin/env bash
# `alexcl check` and the check before first use, as a person meets them. Runs in a folder of its own.
#   check_command_check.sh PROGRAM PHOTOS KERNELS IMPLEMENTATION [SKIP TEXT]
# IMPLEMENTATION is what OCL_ICD_VENDORS makes visible: none, pocl or intel; on rusticl, which is slow, all must be right and that is
# all. A wrong driver is a changed copy of one of KERNELS.
set -u
alexcl=$1 photos=$2 kernels=$3 implementation=$4
if [ -n "${5:-}" ]; then echo "$5"; exit 77; fi
. "$(dirname "$0")/../support/cli_support.sh"
rm -rf run && mkdir run && cd run || exit 1
export ALEXCL_CHECK= ALEXCL_CACHE_DIR=$PWD/cache # the suite has the first turned off

# change NAME FROM TO: the folder `changed` has that kernel alone, changed.
change() {
    rm -rf changed && mkdir changed
    sed "s|$2|$3|" "$kernels/$1.cl" >"changed/$1.cl"
    cmp -s "$kernels/$1.cl" "changed/$1.cl" && bad "$1.cl has no $2 any more: change something else"
}

run 2 check extra; says "extra"
run 2 check --batch 3; says "takes no --batch"
run 2 check --devices 0,1,2; says "two halves"
run 0 env; prints "ALEXCL_CHECK=first"
run 2 infer --check never --model tiny2t --devices ref "$photos/batch.txt"; says "off, first, always"

# ---- the reference is what the others are compared with
run 0 check --devices ref; prints "nothing to check"; narrow; silent
run 0 check --devices ref --format json; json '.devices == [{"place": "ref", "about": .devices[0].about, "checks": []}] and .checks == 0 and .failed == 0'
run 0 check --devices ref --format csv; [ "$(wc -l <out)" = 1 ] || bad "more than a header"
for wrong in "--kernel cnv" "--kernel conv.c" "--layer pool" "--layer im2cl"; do run 2 check --devices ref $wrong; says "${wrong#* }"; says "there are "; says "conv, "; [ ! -s out ] || bad "something ran first"; done
run 2 check --devices ref --kernel winogard; says "did you mean winograd?"; run 2 check --devices ref --layer maxpol; says "did you mean maxpool?"
if [ "$implementation" = none ]; then
    run 3 check; says "loader"; says "--devices ref"
    run 3 check --format json; json '.devices == [] and (.error | test("no OpenCL device"))'
    end
    exit
fi

# ---- all right
run 0 check; narrow; prints "device 0"; prints "driver"; prints "all right"; grep -qE "WRONG|FAILED" out && bad "something is wrong"
if [ "$implementation" = rusticl ]; then end; exit; fi
silent
# a gradient's kernel stands under the name of its pass, without it
for kernel in "$kernels"/*.cl; do
    name=$(basename "$kernel" .cl) from=1
    case $name in *_input_gradient*) from="/^  -- input gradient/" ;; *_weight_gradient*) from="/^  -- weight gradient/" ;; esac
    name=${name/_input_gradient/}
    sed -n "$from,\$p" out | grep -qE "^  ${name/_weight_gradient/} " || bad "no line for $kernel"
done
run 0 check --format json
json '(.devices | length) >= 1 and .failed == 0 and .checks == ([.devices[].checks[]] | length) and .error == null and .interrupted == false'
json 'all(.devices[].checks[]; .ok and .status == 0 and .error <= .tolerance and .message == null and .first_wrong == null)'
json '.devices[0] | .place != null and .driver != "" and .platform != "" and .checks[-1].layer == "tiny2t"'
checks=$(jq '.devices[0].checks | length' out); cp out whole.json
of_layer() { jq --arg layer "$1" '[.devices[0].checks[] | select(.layer == $layer)] | length' whole.json; }
run 0 check --format csv --devices 0 --layer lrn; [ "$(wc -l <out)" = $(($(of_layer lrn) + 1)) ] || bad "not a line for each check of lrn"
# Some of them, counted as such.
run 0 check --devices 0 --kernel rnorm; grep -E "^  [a-z0-9_]+ " out | grep -qvE "^  rnorm " && bad "another kernel was checked"; prints "1 device, $(grep -cE '^  rnorm +rnorm ' out) check"; prints "all right"
run 0 check --devices 0 --kernel bias.cl --layer bias --format json; json '.checks == 1 and [.devices[].checks[] | .kernels] == [["bias.cl"]]'
run 0 check --devices 0 --layer softmax --format csv; [ "$(wc -l <out)" = 9 ] || bad "not eight checks of softmax: two passes, plain and in blocks"; grep -v -e '^device,' -e ',softmax,softmax,' -e ',softmax_input_gradient,softmax,' out && bad "another layer was checked"
[ "$(of_layer fc)" = "$(run 0 check --devices 0 --layer fc --format json; jq .checks out)" ] || bad "not all checks of fc"
run 2 check --devices 0 --kernel rnorm --layer conv; says "no check of kernel rnorm and layer conv"
run 0 check --devices 0,ref --layer rnorm; prints "nothing to check"; prints "device 0"; narrow
# all of them on both parts, for a person on one implementation, for a program on the other
if [ "$implementation" = intel ]; then
    run 0 check --devices 0/2; narrow; prints "part 1 of 2"; prints "part 2 of 2"; prints "both devices together"; prints "2 devices"
else
    run 0 check --devices 0/2 --format json; json '(.devices | length) == 3 and .devices[2].place == null and .devices[2].checks[0].variant == "net"'
fi

# ---- a kernel that computes wrongly
change rnorm 'MULTIPLY_ADD(v, v,' 'MULTIPLY_ADD(v, 1.0f,'
run 7 check --devices 0 --kernel-dir changed --kernel rnorm; narrow; prints "WRONG"; says "driver"; says "rnorm (own)"; says "files of changed (--kernel-dir)"; grep -q "another version of the driver" err && bad "the driver is blamed for one's own file"
[ "$(grep -c WRONG out)" = 2 ] || bad "wrong are other than two lines of rnorm"
sed '/^  -- input gradient/q' out | grep -E '^  rnorm ' | grep -v WRONG && bad "something wrong is called right"
prints "is due"
run 7 check --devices 0 --kernel-dir changed --fail-fast; says "1 of "; [ "$(grep -cE ' (ok|WRONG) ' out)" -lt $((checks - 1)) ] && grep -E ' (ok|WRONG) ' out | tail -n 1 | grep -q WRONG || bad "something was checked behind the first failure"
run 7 check --devices 0/2 --kernel-dir changed --fail-fast --format json; json '.failed == 1 and (.devices | length) == 1 and .interrupted == false'
run 0 check --devices 0 --kernel-dir changed --kernel lrn
run 7 check --devices 0 --kernel-dir changed --kernel rnorm --format json
json '[.devices[].checks[] | select(.ok | not) | .kernels[0] // .layer] | unique == ["rnorm.cl"]'
json '.failed == 2 and all(.devices[].checks[] | select(.ok | not); .first_wrong.index >= 0 and (.error == null or .error > .tolerance) and (.message | test("is due")))'
run 7 check --devices 0 --kernel-dir changed --kernel rnorm --format csv; grep -q ',rnorm,own,.*,no,' out || bad "no line of CSV says no"
change conv_cpu 'vload16(group \* VECTORS + o, b)' '(float16)(NAN)'
run 7 check --devices 0 --kernel-dir changed --kernel conv_cpu; prints "nan where"
run 7 check --devices 0 --kernel-dir changed --kernel conv_cpu --format json; json 'any(.devices[].checks[]; .error == null and .first_wrong.got == null and .first_wrong.due != null)'

# ---- a driver that computes wrongly: what an option of its compiler does to a kernel stands for it
run 7 check --devices 0 --layer lrn --build-options=-DBETA_075; prints "WRONG"; says "What to try: another version of the driver"; says "--format json"; grep -q "kernel-dir" err && bad "a folder that nobody named"
run 7 check --devices 0 --kernel conv --build-options=-DKERNEL_H=3; says "--gemm clblast"
mkdir -p empty; run 7 check --devices 0 --layer lrn --build-options=-DBETA_075 --kernel-dir empty; says "What to try: another version of the driver"

# ---- a kernel that does not compile: the others are checked all the same
change rbf '__kernel' '#error broken\n__kernel'
line=$(grep -n '#error broken' changed/rbf.cl | cut -d: -f1)
run 4 check --devices 0 --kernel-dir changed; narrow; prints "FAILED"; prints "broken"; prints "changed/rbf.cl does not compile"; prints "changed/rbf.cl:$line"; says "files of changed (--kernel-dir)"
grep -qE "newer driver|another version of the driver" out err && bad "the driver is blamed for one's own file"
[ "$(grep -c FAILED out)" = 1 ] || bad "more than one kernel failed"
[ "$(grep -c ' ok ' out)" = $((checks - 1)) ] || bad "the others were not checked"
run 4 check --devices 0 --kernel-dir changed --kernel rbf; prints "rbf.cl does not compile"; says "do not compile"; says "rbf (own)"
run 4 --model lenet5-1998 time -d 0 -b 1 --kernel-dir "changed/"; says "changed/rbf.cl:$line"; grep -q "newer driver" err && bad "the driver is blamed for one's own file"
mkdir -p 'a "b" \c' && cp changed/rbf.cl 'a "b" \c'; run 4 check --devices 0 --kernel rbf --kernel-dir 'a "b" \c'; prints 'a "b" \c/rbf.cl does not compile'; prints broken
sed 's/MULTIPLY_ADD(v, v,/MULTIPLY_ADD(v, 1.0f,/' "$kernels/lrn.cl" >changed/lrn.cl; run 7 check --devices 0 --kernel-dir changed; says "rbf (own)"; says "lrn (own)"

# ---- before first use
printf '%s\n' "$photos/cat.png" >list.txt
infer() { local code=$1; shift; run "$code" --model tiny2t --devices 0 infer list.txt "$@"; }
infer 0 -v; says "checked: "; says "kernels right"; says "remembered"
infer 0 -v; grep -q "checked: " err && bad "checked twice"
[ "$(ls cache/*.checked | wc -l)" = 1 ] || bad "not one file remembers"
infer 0 -v --check always; says "checked: "
infer 0 -v --no-cache; says "checked: "; grep -q remembered err && bad "remembered without a cache"
infer 0 --check off --no-cache; grep -q "checked" err && bad "checked although it is off"
echo damaged >"$(ls cache/*.checked)"; infer 0 -v; says "not believed"; says "checked: "
change maxpool_cpu 'v > best' 'v < best'
for i in 1 2; do infer 7 --kernel-dir changed; says "maxpool_cpu.cl"; says "driver"; says "alexcl check"; says "--check off"; [ ! -s out ] || bad "scores of a wrong kernel"; done
ALEXCL_CHECK=off infer 0 --kernel-dir changed; prints "cat.png"
infer 0; prints "cat.png"

# ---- where results go, Ctrl-C
what="check on a full disk"
[ ! -e /dev/full ] || { "$alexcl" check --devices 0 --kernel bias >/dev/full 2>err; ended 1; says "could not be written: No space left"; }
what="check interrupted while a kernel is compiled"
POCL_CACHE_DIR=$PWD/cold "$alexcl" check --no-cache --log info --format json >out 2>err &
interrupt_when "grep -q compiling err"
says "interrupted"; json '.interrupted and .checks >= 1 and .failed == 0 and (.error | test("interrupted"))'

end
