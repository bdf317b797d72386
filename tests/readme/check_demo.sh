#!/usr/bin/env bash
# check_demo.sh SOURCE: tools/demo, called from elsewhere, scores all its pictures; the commands that it prints, typed again there, print the same.
set -euo pipefail
folder=$(mktemp -d "$PWD/demo.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
[ -x "$1/build/host/alexcl" ] && built=1 || built=0
"$1/tools/demo" >first 2>err || { cat first err; exit 1; }
# The first time takes a minute, and a blank terminal tells nobody that it goes on.
[ $built = 1 ] || [ "$(head -n 1 err)" = "demo: setting up and building, about a minute" ] || { cat err; echo "it does not begin with what it does"; exit 1; }
command=$(sed -n '1s/^\$ //p' first)
sed '1d; /^$/,$d' first >scores
eval "$command" >again 2>err || { cat err; exit 1; }
cmp scores again
while read -r name _; do
    case $name in "" | "#"*) ;; *) grep -q "^$name" scores || { echo "no scores of $name"; exit 1; } ;; esac
done <"$1/tools/photos/batch.txt"
# Pictures of Fashion-MNIST: each with its class, and right or wrong; tests/host/check_trained.sh has which.
sed '1,/^$/d' first >fashion
command=$(sed -n '1s/^\$ //p' fashion)
eval "$command" 2>err | tr -d '\r' | awk -F, 'NR > 1 {print $1, $2 == $4 ? "right" : "wrong:"}' >due || { cat err; exit 1; }
sed '1d; $d' fashion | sed 's/^\(test[0-9]*\.png\) .*  \(right\|wrong:\).*/\1 \2/' >got
cmp due got || { cat fashion; exit 1; }
[ "$(wc -l <due)" = 30 ] && grep -q "^$(grep -c right due) of 30 right; 9[0-9]\.[0-9]*% of all 10,000 test pictures when it was trained$" fashion || { cat fashion; echo "it does not end with what is right"; exit 1; }
awk 'length > 80 && !/^\$/ {exit 1}' fashion || { echo "a line is longer than 80 columns"; exit 1; }
# What README shows of it is printed.
for document in README.md README.zh.md; do
    awk '/^```/ {on = 0} on; /^\$ tools\/demo$/ {on = 1}' "$1/$document" >shown
    [ -s shown ] || { echo "$document does not show the demo"; exit 1; }
    while IFS= read -r line; do
        grep -qxF -- "$line" first || { echo "$document shows what the demo does not print: $line"; exit 1; }
    done <shown
done
