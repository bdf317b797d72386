#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# LeNet-5 learns real pictures: Fashion-MNIST (Debian's dataset-fashion-mnist) to 80 % and more in one epoch, 4,000 of MNIST's digits to 94 % in
# eight. PyTorch comes to 84.2 and 96.2 % with the same net and rates.
#   check_real_data.sh PROGRAM mnist|fashion DIGITS_CSV DEVICES SKIP
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 set=$2 digits=$3 devices=$4 skip=${5:-} fashion=/usr/share/datasets/fashion-mnist
[ -z "$skip" ] || { echo "skipped: $skip"; exit 77; }
rm -rf run && mkdir run && cd run || exit 1
common="-d ${ALEXCL_TEST_DEVICES:-$devices} train -m lenet5 --optimizer sgd --lr 0.02 --lr-schedule constant --init glorot --augment none -o trained"
case $set in
mnist)
    [ -f "$digits" ] || { echo "skipped: $digits is not there (tools/setup --test fetches it)"; exit 77; }
    python3 "$(dirname "$0")/mnist_5k.py" "$digits" . || exit 1
    run 0 $common --data x.npy --targets y.npy --val x-val.npy --val-targets y-val.npy --batch 32 --epochs 8
    most=0.06
    ;;
fashion)
    [ -d $fashion ] || { echo "skipped: $fashion is not there (Debian's dataset-fashion-mnist)"; exit 77; }
    run 0 $common --data $fashion --val $fashion --batch 64 --epochs 1
    most=0.20
    ;;
esac
what="the error on $set"
cat out
jq -e ".stopped == null and .best.top1_error <= $most" trained/train.json >/dev/null || bad "it is $(jq .best.top1_error trained/train.json), $most is the most"
end
