#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Files of older versions, one of each kind that alexcl keeps, are read or refused by a sentence: a run's checkpoint, a packed data set, a cache.
#   check_upgrades.sh PROGRAM FOLDER PHOTOS IMPLEMENTATION [SKIP TEXT]
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 folder=$2 photos=$3 implementation=$4
if [ -n "${5:-}" ]; then echo "$5"; exit 77; fi
one=ref; [ "$implementation" = none ] || one=0
rm -rf run && mkdir run && cd run || exit 1
unset ALEXCL_NO_CACHE ALEXCL_CHECK ALEXCL_TUNE
printf '"%s/cat.png" 0\n"%s/rocket.jpg" 1\n' "$photos" "$photos" >two.txt
versions=0
near() { jq -en --argjson a "$1" --argjson b "$2" '[[$a, $b] | map([.. | numbers]) | transpose[] | (.[0] - .[1]) | fabs] | max < 1e-4' >/dev/null || bad "$3: $1, not $2"; }

for version in "$folder"/[0-9]*; do
    versions=$((versions + 1))
    rm -rf now && cp -r "$version" now && cd now || exit 1
    chmod 700 cache && chmod 600 cache/* || exit 1
    # The checkpoint: what it computes, what the next step's loss is.
    run 0 -q --devices $one infer --weights run/last.safetensors ../two.txt --format json --no-cache --check off
    near "$(jq -c '[.images[].top[] | [.index, .p]]' out)" "$(cat scores.json)" "scores of an older checkpoint"
    run 0 --devices $one train --resume run --epochs 3 --no-cache; says "are not there: taken as it is"
    near "[$(tail -n 1 run/steps.csv | cut -d, -f3)]" "[$(cat next_loss)]" "the loss that comes next"
    # The packed data set: for another run.
    run 0 -q -m tinyskip --devices $one train --data pictures.pack --batch 2 --epochs 1 --no-cache -o other
    # The cache: its files are known for what they are, and go when they are asked to.
    run 0 cache show --cache-dir "$PWD/cache" --format json
    json '[.kinds[] | select(.files > 0) | .kind] | sort == ["binaries", "checks", "tuning"]'
    if [ "$implementation" != none ]; then
        # Under the names that this version looks for: used, or refused by a sentence, and the scores are right.
        mkdir -m 700 fresh
        run 0 -q -m tinyskip --devices $one infer "$photos/cat.png" --cache-dir "$PWD/fresh" --check first --tune first --format json; cp out fresh.json
        for kind in tuning.json checked clbin; do
            for file in fresh/*."$kind"; do [ ! -e "$file" ] || cp cache/*."$kind" "$file"; done
        done
        run 0 -q -m tinyskip --devices $one infer "$photos/cat.png" --cache-dir "$PWD/fresh" --check first --tune first --format json
        near "$(jq -c '[.images[].top[] | [.index, .p]]' out)" "$(jq -c '[.images[].top[] | [.index, .p]]' fresh.json)" "scores with an older cache"
        run 0 -q -m tinyskip --devices $one infer "$photos/cat.png" --cache-dir "$PWD/cache" --check first --tune first --format json
    fi
    run 0 cache clear --cache-dir "$PWD/cache"; [ -z "$(ls cache)" ] || bad "files of an older version stay: $(ls cache)"
    cd ..
done
[ $versions -gt 0 ] || bad "there is no older version"
end
