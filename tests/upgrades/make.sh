#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes one of each file that alexcl keeps, by this version, for later ones to read (check_upgrades.sh). At each release; needs Intel's CPU runtime,
# whose compiled kernels the cache keeps (PoCL keeps its own).
#   make.sh PROGRAM    writes tests/upgrades/VERSION
set -euo pipefail
alexcl=$(realpath "$1")
cd "$(dirname "$0")"
photos=$(realpath ../../tools/photos)
version=$("$alexcl" --version | sed -n '1s/alexcl //p')
[ ! -e "$version" ] || { echo "make.sh: tests/upgrades/$version is there: files of a version that was released stay as they are"; exit 1; }
mkdir "$version"
cd "$version"
# The pictures' names are kept in the packed file: of a folder that is nowhere else.
mkdir /pictures
trap 'rm -rf /pictures' EXIT
cp "$photos"/{cat.png,rocket.jpg} /pictures
printf 'cat.png 0\nrocket.jpg 1\n' >/pictures/two.txt
"$alexcl" -q pack /pictures/two.txt -o pictures.pack --size 40 >/dev/null
"$alexcl" -q -m tinyskip --devices ref train --data pictures.pack --batch 2 --epochs 2 --augment none -o run >/dev/null
rm run/step-* run/curves.svg
# What comes next: the same run one epoch further, and scores of its checkpoint.
cp -r run further
"$alexcl" -q --devices ref train --resume further --epochs 3 >/dev/null
tail -n 1 further/steps.csv | cut -d, -f3 >next_loss
rm -r further
"$alexcl" -q --devices ref infer --weights run/last.safetensors /pictures/two.txt --format json | jq -c '[.images[].top[] | [.index, .p]]' >scores.json
mkdir -m 700 cache
"$alexcl" -q -m tinyskip --devices '~Intel(R)' --cache-dir "$PWD/cache" --check first --tune first infer "$photos/cat.png" >/dev/null
ls -S cache/*.clbin | head -n -1 | xargs rm # one is enough
ls -lR .
