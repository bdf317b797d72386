#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The weights that come with alexnet-small, on the first 30 test pictures of Fashion-MNIST: which of them are wrong, to the picture.
#   check_trained.sh PROGRAM PICTURES IMPLEMENTATION SKIP
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 pictures=$2 implementation=$3 skip=${4:-}
[ -z "$skip" ] || { echo "skipped: $skip"; exit 77; }
rm -rf run && mkdir run && cd run || exit 1
case $implementation in none) device=ref ;; *) device=0 ;; esac
due="17:6 23:5 25:2"
run 0 --devices $device infer --model alexnet-small "$pictures/batch.txt" --top 1 --format csv
[ "$(wc -l <out)" = 31 ] || bad "not a line a picture"
wrong=$(awk -F, 'NR > 1 && $2 != $4 {sub(/^.*test/, "", $1); printf "%s%d:%d", n++ ? " " : "", $1, $4}' out)
[ "$wrong" = "$due" ] || bad "wrong are $wrong (picture: class that it is taken for), not $due"
run 0 --devices $device infer --model alexnet-small "$pictures/batch.txt" --format json
json '[.images[].top[0].name] | unique == ["Ankle boot", "Bag", "Coat", "Dress", "Pullover", "Sandal", "Shirt", "Sneaker", "T-shirt/top", "Trouser"]'
end
