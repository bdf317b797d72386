#!/usr/bin/env bash
# `alexcl distance` on the pictures of LPIPS's own example. Runs in a folder of its own.
#   check_command_distance.sh PROGRAM PICTURES IMPLEMENTATION [SKIP TEXT]
# IMPLEMENTATION is what OCL_ICD_VENDORS makes visible: none, pocl or intel; "none" works on the reference.
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 pictures=$2 implementation=$3
if [ -n "${4:-}" ]; then echo "$4"; exit 77; fi
if [ "$implementation" = none ]; then one=ref two=ref,ref; else one=0 two=0/2; fi
rm -rf run && mkdir run && cd run || exit 1
cp "$pictures"/ex_*.png .

# The original's figures, to 1e-5, and 0 for the same picture.
near() { json "[.images[].distance] as \$d | (\$d[0] - 0.721881 | fabs) < 1e-5 and (\$d[1] - 0.137566 | fabs) < 1e-5 and \$d[2] == 0 and (\$d | length) == 3"; }
run 0 -d $one distance ex_ref.png ex_p0.png ex_p1.png ex_ref.png --format json; near; cp out one.json
json '.command == "distance" and .net == "alex" and .version == "0.1" and .reference == "ex_ref.png" and .error == null and .images[0] == {path: "ex_p0.png", distance: .images[0].distance, error: null}'
run 0 -d $two distance ex_ref.png ex_p0.png ex_p1.png ex_ref.png --format json; near
for shape in "-b 1" "-b 2"; do
    run 0 -d $two $shape distance ex_ref.png ex_p0.png ex_p1.png ex_ref.png --format json
    [ "$(jq -c .images out)" = "$(jq -c .images one.json)" ] || bad "other bits on two devices, or in other batches"
done
# Small pictures go through the net by more at once. The reference computes one after the other, whatever the batch is.
if [ "$implementation" != none ]; then
    many=(); for i in {1..70}; do many+=(ex_p$((i % 2)).png); done
    run 0 -d $one distance ex_ref.png "${many[@]}" --format json; json '.batch == 64'; jq -c .images out >many.json
    run 0 -d $one -b 16 distance ex_ref.png "${many[@]}" --format json; json '.batch == 16'
    [ "$(jq -c .images out)" = "$(cat many.json)" ] || bad "other bits by 64 at once"
    [ "$(jq -c '.images[:2]' out)" = "$(jq -c '[.images[1, 0]]' one.json)" ] || bad "other bits than alone"
fi
run 0 -q -d $one distance ex_ref.png ex_p1.png ex_p0.png; silent; [ "$(sed 's/[0-9] / /' out)" = "$(printf '0.13756 ex_p1.png\n0.72188 ex_p0.png')" ] || bad "not in the order given"
mkdir folder; cp ex_p1.png folder/b.png; cp ex_p0.png folder/B.png; cp ex_ref.png folder/a.png; printf 'folder/a.png\nex_p1.png\n' >two.txt
run 0 -d $one distance ex_ref.png folder; [ "$(awk '{print $2}' out | paste -sd ' ')" = "folder/B.png folder/a.png folder/b.png" ] || bad "a folder's files are not in the order of their bytes"
run 0 -d $one distance ex_ref.png two.txt --format csv; [ "$(tr -d '\r' <out | sed 's/0\.1375[0-9]*/D/')" = "$(printf 'path,distance,error\nfolder/a.png,0,\nex_p1.png,D,')" ] || bad "other CSV"

# Another size; what is no picture.
"$alexcl" -q -d ref infer ex_ref.png --model lenet5 --dump-patches small >out 2>err; cp small/*.png small.png || bad "no small picture"
run 6 -d $one distance ex_ref.png ex_p0.png small.png ex_p1.png; says "small.png"; says "not 64 x 64"; says "--keep-going"; prints "0.721881 ex_p0.png"; grep -q ex_p1 out && bad "it went on"
head -c 100 ex_p0.png >bad.png
run 6 -d $one distance ex_ref.png ex_p0.png small.png bad.png ex_p1.png --keep-going --format json; says "2 of 4 images failed"
json '[.images[] | .distance == null] == [false, true, true, false] and (.images[1].error | test("small.png.*not 64 x 64")) and (.images[2].error | test("bad.png")) and (.images[3].distance | . > 0.137 and . < 0.138) and (.error | test("2 of 4"))'
run 6 -d $one distance bad.png ex_p0.png --keep-going; says "bad.png"
run 6 -d $one distance "$pictures/../data/pictures/jpeg_1x1.jpg" ex_p0.png; says "31 x 31"
run 6 -d $one distance missing.png ex_p0.png; says "missing.png"
run 2 distance ex_ref.png; says "wants REF"
run 2 distance folder ex_p0.png; says "names 3 pictures"; says "--reference-list"
run 2 distance ex_ref.png ex_p0.png --weights w; says "takes no --weights"
run 2 distance ex_ref.png ex_p0.png -o d.json; says "--format json"

# Pairs, where references of two sizes change, and some cannot be had.
run 0 --model alexnet -d ref infer ex_p0.png --dump-patches large -q --features conv1 --save f.npy; cp large/*.png large.png
if [ "$implementation" != none ]; then
    many=(); for i in {1..25}; do many+=(large.png); done
    run 0 -d $one distance large.png "${many[@]}" --format json; json '.batch == 20'
fi
run 6 -d $one distance ex_ref.png large.png; says "large.png"; says "not 64 x 64"
printf 'ex_ref.png\nlarge.png\nlarge.png\nex_ref.png\n' >references.txt; printf 'ex_p0.png\nmy own large.png\nlarge.png\nex_p1.png\n' >images.txt; cp large.png 'my own large.png' # a name that is looked up in each list that it is part of
run 0 -d $one distance references.txt images.txt --reference-list --format json
json '[.images[].reference] == ["ex_ref.png", "large.png", "large.png", "ex_ref.png"] and .reference == "references.txt" and .images[1].distance == 0 and .images[2].distance == 0'
[ "$(jq -c '[.images[0].distance, .images[3].distance]' out)" = "$(jq -c '[.images[0].distance, .images[1].distance]' one.json)" ] || bad "pairs have other distances"
printf 'ex_ref.png\nbad.png\nex_ref.png\nbad.png\n' >references.txt; printf 'ex_p0.png\nex_p1.png\nex_p1.png\nex_p0.png\n' >images.txt
run 6 -d $one distance references.txt images.txt --reference-list; says "bad.png"; prints "0.721881 ex_p0.png"
run 6 -d $one distance references.txt images.txt --reference-list --keep-going --format json; says "2 of 4 images failed"
json '[.images[] | .distance == null] == [false, true, false, true] and ([.images[1, 3].error] | all(test("its reference: .*bad.png")))'
run 6 -d $one distance bad.png ex_p0.png --reference-list; says "bad.png"
printf 'ex_ref.png\nex_ref.png\n' >references.txt
run 6 -d $one distance references.txt images.txt --reference-list; says "2 references for 4 images"

# Its weights: the folder that is named, else beside the program, else those of the sources.
mkdir -p there/bin there/share/alexcl named; cp "$alexcl" there/bin/alexcl; echo none >there/share/alexcl/alexnet_torchvision_conv_lpips.safetensors; cp there/share/alexcl/* named
what="an installed program"; there/bin/alexcl -d ref distance ex_ref.png ex_p0.png >out 2>err; ended 6; says "there/bin/../share/alexcl/alexnet_torchvision_conv_lpips.safetensors"
ALEXCL_DATA_DIR=named run 6 -d ref distance ex_ref.png ex_p0.png; says "named/alexnet_torchvision_conv_lpips.safetensors"
end
