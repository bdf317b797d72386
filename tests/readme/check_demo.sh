#!/usr/bin/env bash
# check_demo.sh SOURCE: tools/demo, called from elsewhere, scores all its pictures; the command that it prints, typed again there, prints the same.
set -euo pipefail
folder=$(mktemp -d "$PWD/demo.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$1/tools/demo" >first 2>err || { cat first err; exit 1; }
command=$(sed -n '1s/^\$ //p' first)
sed 1d first >scores
eval "$command" >again 2>err || { cat err; exit 1; }
cmp scores again
while read -r name _; do
    case $name in "" | "#"*) ;; *) grep -q "^$name" scores || { echo "no scores of $name"; exit 1; } ;; esac
done <"$1/tools/photos/batch.txt"
