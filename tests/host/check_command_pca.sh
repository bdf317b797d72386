#!/usr/bin/env bash
# `alexcl pca`. Runs in a folder of its own.
#   check_command_pca.sh PROGRAM PHOTOS ORACLE
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 photos=$2 oracle=$3
rm -rf run && mkdir run && cd run || exit 1

file() { what="$2 of $1"; jq -e "$2" "$1" >/dev/null || bad "JSON: not so"; }

# ---- by hand: a black pixel and a white one, on either side; a red one and a black one
mkdir grey red
printf 'P6 1 2 255\n\0\0\0\377\377\377' >grey/a.ppm
printf 'P6 1 1 255\n\377\0\0' >red/a.ppm; printf 'P6 1 1 255\n\0\0\0' >red/b.ppm; printf 'a.ppm\n"b.ppm" 7\n' >red/list.txt
run 0 pca grey -o g.json --size 1 -q; file g.json '.images == 1 and .pixels == 1 and .eigenvalues == [0, 0, 0]'; silent
run 0 pca red -o r.json --size 1; prints "r.json: 2 pictures, 2 pixels, values 0 to 1"; prints "        1        0.25      1.0000      0.0000      0.0000"; narrow
file r.json '.alexcl and .command == "pca" and .data == "red" and .units == "0 to 1" and .mean == [0.5, 0, 0]
    and .covariance == [[0.25, 0, 0], [0, 0, 0], [0, 0, 0]] and .eigenvalues == [0.25, 0, 0] and (.eigenvectors | map(.[0])) == [1, 0, 0]'
run 0 pca red/list.txt -o l.json --size 1 --format json; json '.pixels == 2 and .eigenvalues[0] == 0.25'; cmp -s out l.json || bad "the file is another document"
run 0 pca red -o r.json --size 1 --format csv; [ "$(tr -d '\r' <out | head -n 2 | tail -n 1)" = 1,0.25,1,0,0 ] || bad "other CSV"

# ---- the golden vectors: a file of floats, in units of its own
run 0 pca "$oracle/pca_a/x.npy" -o golden.json -q
values() { od -A n -v -t f4 -j 128 "$1" | tr -s ' \n' '\n' | sed '/^$/d' | jq -s .; }
for key in mean cov:covariance eigval:eigenvalues eigvec:eigenvectors; do
    what="golden ${key%:*}"
    jq -e --argjson want "$(values "$oracle/pca_a/${key%:*}.npy")" "[.${key#*:} | flatten, \$want] | transpose | all(.[0] - .[1] | fabs < 1e-5)" golden.json >/dev/null || bad "another"
done
file golden.json '.units == "as in the array" and .images == 3 and .pixels == 360'

# ---- real photographs: however many threads read them
run 0 pca "$photos/batch.txt" -o all.json --size 64; file all.json '.images == 5 and .pixels == 20480'
what="taskset -c 0 alexcl pca"; first=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
taskset -c "$first" "$alexcl" pca "$photos/batch.txt" -o one.json --size 64 >out 2>err; ended 0; cmp -s one.json all.json || bad "another file than by all threads"

# ---- what cannot be
run 2 pca red; says "wants -o FILE.json"; run 2 pca red -o r.png; says ".json"; run 2 pca -o r.json; says "wants DATA"; run 2 pca red red -o r.json; says "red"
run 2 pca red -o r.json --layout hwc; says "--layout hwc: it can be nchw or nhwc"; run 2 pca red -o r.json --size 0; says "--size 0"
cp r.json before.json; printf 'x' >red/c.ppm; printf 'a.ppm\nc.ppm\nd.ppm\nb.ppm\n' >red/list.txt
run 6 pca red/list.txt -o r.json --size 1; says "red/list.txt, line 2: c.ppm: "; cmp -s r.json before.json || bad "a file was replaced by nothing"
run 6 pca nowhere -o r.json; says "nowhere: No such file"; run 1 pca grey -o no/such/r.json; says "no/such/r.json"
end
