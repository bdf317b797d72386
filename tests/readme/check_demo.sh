#!/usr/bin/env bash
# check_demo.sh SOURCE: tools/demo, called from elsewhere, scores all its pictures; the command that it prints, typed again there, prints the same.
set -euo pipefail
folder=$(mktemp -d "$PWD/demo.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
[ -x "$1/build/host/alexcl" ] && built=1 || built=0
"$1/tools/demo" >first 2>err || { cat first err; exit 1; }
# The first time takes a minute, and a blank terminal tells nobody that it goes on.
[ $built = 1 ] || [ "$(head -n 1 err)" = "demo: setting up and building, about a minute" ] || { cat err; echo "it does not begin with what it does"; exit 1; }
command=$(sed -n '1s/^\$ //p' first)
sed 1d first >scores
eval "$command" >again 2>err || { cat err; exit 1; }
cmp scores again
while read -r name _; do
    case $name in "" | "#"*) ;; *) grep -q "^$name" scores || { echo "no scores of $name"; exit 1; } ;; esac
done <"$1/tools/photos/batch.txt"
