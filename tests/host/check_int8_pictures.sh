#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What weights of 8 bits cost on real pictures: all 10,000 test pictures of Fashion-MNIST, by the weights that come with alexnet-small, with float
# weights and with those; the same best class for at least 99 %, and at most 0.3 points between the errors.
#   check_int8_pictures.sh PROGRAM SKIP
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 skip=${2:-} fashion=/usr/share/datasets/fashion-mnist
[ -z "$skip" ] || { echo "skipped: $skip"; exit 77; }
[ -d $fashion ] || { echo "skipped: $fashion is not there (Debian's dataset-fashion-mnist)"; exit 77; }
rm -rf run && mkdir -p run/pictures && cd run || exit 1
/usr/bin/python3 - $fashion <<'P' || bad "no pictures could be made"
import glob, gzip, sys
def read(part):
    path = glob.glob(sys.argv[1] + "/t10k-" + part + "*")[0]
    return (gzip.open if path.endswith(".gz") else open)(path, "rb").read()
pixels, labels = read("images")[16:], read("labels")[8:]
with open("list.txt", "w") as lines:
    for n, label in enumerate(labels):
        open("pictures/%05d.pgm" % n, "wb").write(b"P5 28 28 255\n" + pixels[n * 784:(n + 1) * 784])
        lines.write("pictures/%05d.pgm\t%d\n" % (n, label))
P
for precision in float int8; do
    run 0 --devices 0 infer -q --model alexnet-small list.txt --top 1 --batch 128 --weights-precision $precision --format json
    jq -c '[.summary.top1_error, .summary.labelled, [.images[].top[0].index]]' out >$precision.json
done
compared=$(jq -s -c '[.[0][0], .[1][0], .[0][1], ([.[0][2], .[1][2]] | transpose | map(select(.[0] == .[1])) | length)]' float.json int8.json)
echo "top-1 error with float and with int8 weights, pictures, of which as many have the same best class: $compared"
jq -e '.[2] == 10000 and (.[0] - .[1] | fabs) <= 0.003 and .[3] >= 9900 and .[0] < 0.09' <<<"$compared" >/dev/null || bad "that is too far apart"
end
