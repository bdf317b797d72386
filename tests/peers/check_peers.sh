#!/usr/bin/env bash
# tools/peers: usage, a whole run of one net at batch 1, and a framework that answers wrongly. check_peers.sh PEERS ALEXCL [SKIP TEXT]
set -u
peers=$1 alexcl=$2
if [ -n "${3:-}" ]; then echo "$3"; exit 77; fi
failures=0
bad() { echo "FAILED: $*"; tail -n 20 out err | sed 's/^/    /'; failures=$((failures + 1)); }
run() { local code=$1 got=0; shift; "$peers" --installed --work "$PWD/work" "$@" >out 2>err </dev/null || got=$?; [ $got = "$code" ] || bad "$*: exit $got, not $code"; }
json() { [ -s out ] && jq -e "$1" out >/dev/null || bad "JSON: not $1"; }
rm -rf work wrong

"$peers" --help >out 2>err || bad "--help fails"
grep -q -- "--rounds N" out || bad "--help does not tell --rounds"
run 2 --alexcl "$alexcl" --nets X; grep -q "T (alexnet-caffe)" err || bad "--nets X is not explained"
run 2 --alexcl "$alexcl" --rounds 0; run 2 --alexcl "$alexcl" --batches one; run 2 --alexcl "$alexcl" --without nobody; run 2 --alexcl no-such-program

run 0 --alexcl "$alexcl" --nets V --batches 1 --rounds 1 --format json
json '.threads >= 1 and .rounds == 1 and (.cells | keys) == ["V"] and (.cells.V | keys) == ["1"] and .two_devices == null'
json '[.cells.V["1"] | to_entries[] | select(.key | startswith("alexcl"))] | length >= 1 and all(.value.images_per_s > 0 and .value.error == null and .value.peak_mib > 0)'
json '[.cells.V["1"][] | select(.error == null)] | all((.rounds | length) == 1 and .difference <= 1e-3)'
json '.cells.V["1"] as $cells | [$cells[] | select(.kind == "native") | .images_per_s // 0] as $native
    | if ($native | length) == 0 then .ratios.V["1"] | all(.native == null)
      else .ratios.V["1"] | to_entries | all((.value.native * ($native | max) / $cells[.key].images_per_s - 1 | fabs) < 1e-6) end'

# The last scores of each answer become others, but for the first that is asked.
cat >wrong <<W
#!/bin/sh
"$alexcl" "\$@" || exit
case " \$* " in *" infer "*) ;; *) exit 0 ;; esac
[ -e "$PWD/work/asked" ] || { : >"$PWD/work/asked"; exit 0; }
while [ "\$1" != --save ]; do shift; done
size=\$(wc -c <"\$2")
printf '\\0\\0\\200?' | dd of="\$2" bs=1 seek=\$((size - 4)) conv=notrunc 2>/dev/null
W
chmod +x wrong
alone="--without openvino --without onnxruntime --without torch --without mnn --without ncnn --without tinygrad"
if [ "$(jq '.cells.V["1"] | length' out)" -ge 2 ]; then
    run 1 --alexcl "$PWD/wrong" --nets V --batches 1 --rounds 1 $alone
    grep -q "left out" out || bad "nothing is left out"
    grep -q "wrong: scores differ" out || bad "a wrong answer is not named"
    awk 'length > 80 {exit 1}' out || bad "a line is longer than 80 columns"
fi
# --int8: rows at batch 1 alone.
run 0 --alexcl "$alexcl" --nets V --batches 1,2 --rounds 1 --int8 $alone --format json
json '[.cells.V["1"] | to_entries[] | select(.key | test("^alexcl.*int8$"))] | length >= 1 and all(.value.error == null and .value.difference <= 2e-2)'
json '.ratios.V["1"] | to_entries | all((.value | has("int8")) == (.key | endswith("int8")))'
json '[.cells.V["2"] | keys[] | select(endswith("int8"))] == []'
json '.cells.V["1"] | [to_entries[] | select(.key | test("^alexcl-(pocl|intel)-half$")) | .value.difference] | max < 1e-3'

# ---- --train: steps of a small net in the net's place, where PyTorch may be or not
run 2 --train --alexcl "$alexcl" --nets X; grep -q "T (alexnet-caffe)" err || bad "--nets X is not explained"
run 2 --train --alexcl no-such-program; run 2 --train --alexcl "$alexcl" --steps 2; run 2 --train --alexcl "$alexcl" --without openvino
cat >small <<W
#!/bin/bash
[ "\$1" = train ] && set -- "\$@" \$CLASSES
exec "$alexcl" "\${@//alexnet-caffe/tiny2t}"
W
sed 's/\$CLASSES/--classes 1000/' small >thousand; chmod +x small thousand
runtime=pocl other=intel; [ -n "$(grep -l pocl /etc/OpenCL/vendors/*.icd 2>/dev/null)" ] || { runtime=intel other=pocl; }
plain="--without torch --without jax --without $other"
run 0 --train --alexcl "$PWD/thousand" --nets T --batch 4 --rounds 1 --steps 3 $plain --without two-devices --format json
json '.batch == 4 and .steps == 3 and (.cells | keys) == ["T"] and (.cells.T | keys) == ["alexcl-'$runtime'"]'
json '.cells.T[] | .error == null and .seconds > 0 and (.rounds | length) == 1 and .resident > 1e7 and .planned > 1e5 and (.loss - 6.9 | fabs) < 2'
json '.ratios.T as $ratios | .cells.T | to_entries | all(($ratios[.key].planned * .value.planned / .value.resident - 1 | fabs) < 1e-6 and $ratios[.key].seconds == null)'
run 0 --train --alexcl "$PWD/thousand" --nets T --batch 4 --rounds 1 --steps 3 $plain
grep -q "T, alexnet-caffe " out && grep -q "^alexcl, " out || bad "no table"
[ "$(nproc)" != 2 ] || grep -q "^alexcl, .*two parts (0/2) .* times as fast as one core" out || bad "two devices are not told"
awk 'length > 80 {exit 1}' out || bad "a line is longer than 80 columns"
run 1 --train --alexcl "$PWD/small" --nets T --batch 4 --rounds 1 --steps 3 $plain --without two-devices # of ten classes
grep -q "wrong: its first loss is" out || bad "another loss is not told"
if [ -d /usr/share/datasets/fashion-mnist ]; then
    run 0 --train --alexcl "$alexcl" --nets L --rounds 1 $plain --format json
    json '.cells.L[] | .error == null and .seconds > 0 and .loss < 1.2'
fi

# ---- --start: a program that takes a second more
printf '#!/bin/sh\n[ "$1" != infer ] || sleep 1\nexec "%s" "$@"\n' "$alexcl" >late; chmod +x late
run 0 --start --alexcl "$PWD/late" --rounds 2 --without $other --format json
json '.cells[] | .error == null and (.rounds | length) == 2 and .seconds > 1 and .read_s > 0 and .read_s < 1'

# ---- --write: interrupted, it goes on; what the document has stays, but for what is measured
alone="$alone --without jax --without $other"
printf '# Old\n\n## Another core of mine\n\n### Training\n\nkept as it is\n' >speed.md
parts="--write speed.md --nets V --batches 1 --rounds 2 $alone --parts"
cat >ended <<W # ends the tool at the first start, once
#!/bin/sh
case " \$* " in *" infer -q --weights "*) [ -e once ] || { : >once; kill \$(cat going); sleep 60; } ;; esac
exec "$alexcl" "\$@"
W
chmod +x ended
rm -f once
got=0
(echo "$BASHPID" >going; exec "$peers" --installed --work "$PWD/work" --alexcl "$PWD/ended" $parts inference,start >out 2>err) || got=$?
[ $got = 143 ] && [ -s work/speed.json ] || bad "exit $got: what an interrupted run has measured is not kept"
run 0 --alexcl "$PWD/ended" $parts inference,start
grep -q "going on from" err && ! grep -q "V b1" err && [ ! -e work/speed.json ] || bad "an interrupted run does not go on"
grep -q "kept as it is" speed.md && grep -q "^## Another core of mine" speed.md || bad "another core's section is gone"
[ "$(grep -c '^### ' speed.md)" = 3 ] && grep -q '^| alexcl, .* | [0-9.]* |$' speed.md || bad "parts of the document"
grep -q "^| T b1, first score, s | .*\.\." speed.md && ! grep -q "$PWD" speed.md || bad "the document's figures, or a path of this machine"
sed -i '/^### /a mark of mine' speed.md
run 0 --alexcl "$alexcl" $parts start
[ "$(grep -c "mark of mine" speed.md)" = 2 ] || bad "a part that is not measured does not stay, or one that is does"
[ $failures = 0 ] && echo "all good" || { echo "$failures failures"; exit 1; }
