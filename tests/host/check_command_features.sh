#!/usr/bin/env bash
# `alexcl features`, `alexcl nearest` and `alexcl filters`. Runs in a folder of its own.
#   check_command_features.sh PROGRAM PHOTOS COPY SHARE DECODE_PRINT IMPLEMENTATION [SKIP TEXT]
# COPY is a JPEG of the middle of PHOTOS/cat.png as tiny2t sees it, SHARE the folder of trained weights; IMPLEMENTATION is what
# OCL_ICD_VENDORS makes visible: none, pocl or intel; "none" works on the reference.
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 photos=$2 copy=$3 weights=$4/alexnet_torchvision_conv_lpips.safetensors decode=$5 implementation=$6
if [ -n "${7:-}" ]; then echo "$7"; exit 77; fi
if [ "$implementation" = none ]; then one=ref two=ref,ref; else one=0 two=0/2; fi
rm -rf run && mkdir run && cd run || exit 1
pixel() { echo "$1" | "$decode" | awk -v x="$2" -v y="$3" '{print substr($3, (y * $1 + x) * 6 + 1, 6)}'; }

# ---- features: what infer --features writes, and the names beside it
for layer in pool2 fc7; do
    tiny 0 -d $one infer "$photos" --features $layer --save infer.npy -q
    tiny 0 -d $one features --layer $layer "$photos" -o f.npy -q --format json; cmp -s f.npy infer.npy || bad "other values than those of infer"
    [ "$(cat f.npy.txt)" = "$(jq -r '.images[].path' out)" ] && [ "$(wc -l <f.npy.txt)" = 5 ] && head -n 1 f.npy.txt | grep -qx "$photos/astronaut.jpg" || bad "other names"
    json '.command == "features" and .layer == "'$layer'" and .output == "f.npy" and .random and .shape[0] == 5 and (.images | length) == 5 and .error == null'
done
json '.shape == [5, 12]'
tiny 0 -d $two features --layer pool2 "$photos/cat.png" "$photos/rocket.jpg" -o two.npy; prints "two.npy: 2 x 16 x 5 x 5 values of pool2"
tiny 0 -d $one features --layer pool2 "$photos/cat.png" "$photos/rocket.jpg" -o one.npy -b 1; cmp -s one.npy two.npy || bad "other bits on two devices"
# --size: maps of another size, of the same cut of a picture; what reads maps whole has no weights for them
tiny 0 -d $one features --layer pool2 --size 99 "$photos/cat.png" "$photos/rocket.jpg" -o same.npy -b 1; cmp -s one.npy same.npy || bad "its own size is another"
tiny 0 -d $one features --layer pool2 --size 150 "$photos/cat.png" -o larger.npy --format json; json '.shape == [1, 16, 8, 8]'; cp larger.npy whole.npy
tiny 0 -d $two features --layer pool2 --size 150 "$photos/cat.png" -o larger.npy; cmp -s larger.npy whole.npy || bad "other bits of another size on two devices"
tiny 0 -q weights init -o tiny.safetensors; tiny 0 -d $one --weights tiny.safetensors features --layer pool2 --size 150 "$photos/cat.png" -o larger.npy; cmp -s larger.npy whole.npy || bad "other values by a file"
tiny 6 -d $one --weights tiny.safetensors features --layer fc8 --size 150 "$photos/cat.png" -o no.npy; says "fc6.weight"; tiny 2 features --layer pool2 --size 100000 "$photos/cat.png" -o no.npy; says "--size 100000"; [ ! -e no.npy ] || bad "it was written"
tiny 0 -d $one nearest --layer pool2 --size 150 --query "$photos/cat.png" "$photos/rocket.jpg" "$photos/cat.png" --top 1; prints "  0  $photos/cat.png"
head -c 100 "$photos/cat.png" >bad.png
cp one.npy before.npy; cp one.npy.txt before.txt
tiny 6 -d $one features --layer pool2 bad.png "$photos/cat.png" -o one.npy; says "bad.png"; cmp -s one.npy before.npy && cmp -s one.npy.txt before.txt || bad "a file was replaced by nothing"
tiny 6 -d $one features --layer pool2 "$photos/cat.png" bad.png "$photos/cat.png" -o three.npy --keep-going --format csv; says "1 of 3 images failed"
[ "$(wc -l <three.npy.txt)" = 3 ] && [ "$(wc -c <three.npy)" = $((128 + 3 * 16 * 25 * 4)) ] || bad "not a row for each picture"
[ "$(tr -d '\r' <out | cut -d, -f1 | paste -sd ' ')" = "path $photos/cat.png bad.png $photos/cat.png" ] || bad "other CSV"
tiny 2 features "$photos" -o f.npy; says "--layer LAYER"; tiny 2 features --layer pool2 "$photos"; says "-o FILE.npy"; tiny 2 features --layer pool2 "$photos" -o f.png; says ".npy"
tiny 2 features --layer pool9 "$photos" -o f.npy; says "pool9"

# ---- nearest: a picture, its mirror image and its copy by JPEG come before all others
tiny 0 -d ref infer "$photos" --dump-patches small -q; rm -f small/*.npy; tiny 0 -d ref infer "$photos/cat.png" --ten-crop --dump-patches mirrored -q
query=$(echo small/*cat.png*.png); cp mirrored/*-9.png small/mirror.png; cp "$copy" small/copy.jpg
cmp -s mirrored/*-4.png "$query" || bad "the middle crop is not the crop"
run 0 -d $one --model alexnet-torchvision --weights "$weights" nearest --query "$query" --query small/copy.jpg --layer pool5 --top 4 small -o sheet.png --format json; cp out nearest.json
json '.command == "nearest" and .layer == "pool5" and .random == false and [.queries[].path] == ["'"$query"'", "small/copy.jpg"] and ([.queries[].nearest | length] | all(. == 4))'
json '.queries[0].nearest | .[0] == {path: "'"$query"'", distance: 0} and ([.[1, 2].path] | sort) == ["small/copy.jpg", "small/mirror.png"] and (.[2].distance < .[3].distance) and .[1].distance > 0'
json '.queries[1].nearest[0] == {path: "small/copy.jpg", distance: 0} and (.queries[1].nearest | map(.distance) | . == sort)'
if [ "$implementation" != none ]; then # which is slow
    run 0 -d $two -b 3 --model alexnet-torchvision --weights "$weights" nearest --query "$query" --query small/copy.jpg --layer pool5 --top 4 small --format json; cmp -s out nearest.json || bad "other distances on two devices"
fi
# the sheet: five cells of 128 in two rows, 4 apart, white around; query and first are the same picture, enlarged
[ "$(echo sheet.png | "$decode" | cut -d' ' -f1,2)" = "664 268" ] || bad "a sheet of another size"
[ "$(pixel sheet.png 3 3)$(pixel sheet.png 133 60)$(pixel sheet.png 60 134)" = ffffffffffffffffff ] || bad "no gaps"
for at in "4 4" "60 70" "131 131"; do set -- $at; [ "$(pixel sheet.png $1 $2)" = "$(pixel sheet.png $(($1 + 132)) $2)" ] || bad "the query is not beside itself at $at"; done
[ "$(pixel sheet.png 60 70)" != "$(pixel sheet.png 588 70)" ] || bad "the last is the first"
tiny 0 -d $one nearest --query "$query" --layer pool5 small --top 2 --format csv -q; [ "$(tr -d '\r' <out | head -n 2)" = "$(printf 'query,rank,path,distance\n%s,1,%s,0' "$query" "$query")" ] || bad "other CSV"
tiny 0 -d $one nearest --query "$photos/cat.png" "$photos" --top 50; [ "$(sed -n 2p out | awk '{print $1, $2}')" = "0 $photos/cat.png" ] || bad "fc7 is not the default"; [ "$(wc -l <out)" = 6 ] || bad "not all five"
tiny 6 -d $one nearest --query "$photos/cat.png" "$photos/rocket.jpg" bad.png; says "bad.png"
tiny 6 -d $one nearest --query "$photos/cat.png" "$photos/rocket.jpg" bad.png --keep-going; says "1 of 2 images failed"; prints "rocket.jpg"
tiny 6 -d $one nearest --query bad.png "$photos/rocket.jpg" --keep-going; says "bad.png"
tiny 2 nearest "$photos"; says "--query PICTURE"; tiny 2 nearest --query "$photos/cat.png" "$photos" -o sheet.jpg; says ".png"

# ---- filters: by coordinates
run 0 filters --model alexnet-torchvision --weights "$weights" -o conv1.png --format json; cp out filters.json; cp conv1.png four.png
json '.layer == "conv1" and .shape == [64, 3, 11, 11] and .width == 370 and .height == 370 and (.tiles | length) == 64 and .random == false'
json '.tiles[0] == {output: 0, half: 0, x: 2, y: 2, size: 44} and .tiles[9] == {output: 9, half: 0, x: 48, y: 48, size: 44} and .tiles[32] == {output: 32, half: 1, x: 2, y: 186, size: 44}'
run 0 filters --model alexnet-torchvision --weights "$weights" -o one.png --scale 1 --format json; json '.width == 106 and .tiles[9] == {output: 9, half: 0, x: 15, y: 15, size: 11}'
for at in "0 0 0" "9 3 10" "63 10 5"; do # tile, weight
    set -- $at; x=$(jq ".tiles[$1].x" out) y=$(jq ".tiles[$1].y" out) X=$(jq ".tiles[$1].x" filters.json) Y=$(jq ".tiles[$1].y" filters.json)
    for corner in "0 0" "3 3"; do set -- $at $corner; [ "$(pixel one.png $((x + $2)) $((y + $3)))" = "$(pixel four.png $((X + 4 * $2 + $4)) $((Y + 4 * $3 + $5)))" ] || bad "weight $at is elsewhere"; done
done
# one scale: 0 and 255 are there once each, and a weight is what the file says: 0.1186 0.0941 0.0954 are the first ones of channel 0
echo one.png | "$decode" >pixels; level() { awk -v w="$1" -v a="$(jq .min out)" -v b="$(jq .max out)" 'BEGIN {printf "%02x", int((w - a) / (b - a) * 255 + 0.5)}'; }
for i in 0 1 2; do w=$(echo "0.1186 0.0941 0.0954" | cut -d' ' -f$((i + 1))); [ "$(pixel one.png $((2 + i)) 2 | cut -c1-2)" = "$(level "$w")" ] || bad "weight $i is not $w"; done
grep -oE '^[0-9]+ [0-9]+ ' pixels >/dev/null && cut -d' ' -f3 pixels | fold -w 2 | sort | uniq -c | awk '$2 == "00" {low = $1} $2 == "ff" {high = $1} END {exit !(low >= 1 && high > 2000)}' || bad "the scale's ends are not there"
# of one channel; and 48 kernels a half
run 0 filters --model lenet5 --layer c1 -o grey.png --format json -q; json '.shape[1] == 1 and .random and .height == 2 * (.tiles[0].size + 2) + 2 and ([.tiles[] | select(.half == 1) | .y] | unique) == [.tiles[0].size + 4]'
run 0 filters --model alexnet-caffe -o wide.png --scale 1 -q --format csv; [ "$(tr -d '\r' <out | sed -n '1p;50p')" = "$(printf 'output,half,x,y,size\n48,1,2,80,11')" ] || bad "other CSV"
run 2 filters; says "-o FILE.png"; run 2 filters -o f.jpg; says ".png"; run 2 filters --layer conv2 -o f.png; says "1 or 3 channels"; run 2 filters --layer fc6 -o f.png; says "1 or 3 channels"; run 2 filters --layer nix -o f.png; says "nix"
end
