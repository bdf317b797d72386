#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `alexcl report`: what is on the page and in the document. Runs in a folder of its own.
#   check_command_report.sh PROGRAM PHOTOS FASHION IMPLEMENTATION [SKIP TEXT]
# FASHION has pictures with labels for the weights that come with alexcl; IMPLEMENTATION is what OCL_ICD_VENDORS makes visible: none, pocl
# or intel; "none" works on the reference.
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 photos=$2 fashion=$3 implementation=$4
if [ -n "${5:-}" ]; then echo "$5"; exit 77; fi
if [ "$implementation" = none ]; then one=ref two=ref,ref few="-b 1"; else one=0 two=0/2 few=; fi
rm -rf run && mkdir run && cd run || exit 1

page() { grep -qF -- "$1" report.html || bad "the page does not have: $1"; }
lacks() { grep -qF -- "$1" report.html && bad "the page has: $1"; }
# sections IDS: these parts, in this order, each in the list above; no other
sections() {
    [ "$(grep -o '<section id="[a-z]*"' report.html | cut -d'"' -f2 | paste -sd ' ')" = "$1" ] || bad "other sections than $1"
    [ "$(sed -n '/<nav/,/<\/nav>/p' report.html | grep -o 'href="#[a-z]*"' | tr -d '"' | cut -d'#' -f2 | paste -sd ' ')" = "$1" ] || bad "a list of other sections"
}
# One file, under 2 MB, that asks no network for anything: what is linked or loaded stands in it.
whole() {
    [ "$(wc -c <report.html)" -lt 2000000 ] || bad "2 MB or more"
    grep -oE '(src|href|srcset|action|data|poster)="[^"]{0,20}' report.html | grep -vE '="(#|data:image/)' && bad "something is asked for"
    grep -qiE '<(script|link|iframe|object|embed|form)|@import|url\(' report.html && bad "something is loaded"
    page "default-src 'none'"; tail -n 1 report.html | grep -qx '</html>' || bad "it does not end"
    [ "$(grep -c '<img' report.html)" = "$(grep -cE '<img src="[^"]*" width="[0-9]+" height="[0-9]+" alt="[^"]+"' report.html)" ] || bad "a picture without a text"
    [ "$(grep -c 'role="img"' report.html)" = "$(grep -cE 'role="img" aria-label="[^"]+"' report.html)" ] || bad "a drawing without a text"
    [ "$(grep -c '<table' report.html)" = "$(grep -c '<caption>' report.html)" ] || bad "a table without a caption"
    iconv -f UTF-8 -t UTF-8 report.html >/dev/null 2>&1 || bad "the page is no UTF-8"
}
timed="time timeline roofline"

# ---- without pictures: machine, model and time
tiny 0 -d $two report -o report.html; prints "report.html: tiny2t, "; whole; sections "machine model filters $timed"
page "half 0"; page "<h1>alexcl report: tiny2t</h1>"; page " kernels of conv1"
tiny 0 -d $two report -o report.html --format json -q; silent; whole
json '.command == "report" and .output == "report.html" and .images == [] and .run == null and .model.name == "tiny2t" and .model.weights.random'
json '.summary == {images: 0, labelled: 0, shown: 0, top1_error: null, top5_error: null, confusion: null}'
json '(.devices | length) == 2 and ([.devices[].halves] == [[0], [1]]) and .timing.images_per_s > 0 and .machine.cpus >= 1'
json '[.layers[].name] as $l | ($l | length) > 5 and $l[0] == "conv1" and (.roofline | has("points") and has("peak_gflops"))'
[ "$implementation" = none ] || json '.timing.device_times_known and ([.roofline.points[].layer] | index("fc8")) and .roofline.peak_gflops > 0'

# ---- pictures with labels, of a net that knows their classes
small() { local code=$1; shift; run "$code" -d $one $few --model alexnet-small report -o report.html "$@"; }
small 0 "$fashion/batch.txt" --labels "$fashion/labels.txt" --format json; cp out whole.json; whole; sections "machine model pictures confusion filters $timed"
page "images/s</strong> in batches of "; page "; <strong>top-1 error $(jq -r '.summary.top1_error * 1000 | round / 10 | tostring | if test("[.]") then . else . + ".0" end' out)%</strong> of 30 pictures</p>"
json '(.images | length) == 30 and .summary.images == 30 and .summary.labelled == 30 and .summary.shown == 30'
run 0 -d $one --model alexnet-small infer "$fashion/batch.txt" --labels "$fashion/labels.txt" --format json; cp out infer.json
jq -e --slurpfile i infer.json '.summary.top1_error == $i[0].summary.top1_error and .summary.top5_error == $i[0].summary.top5_error' whole.json >/dev/null || bad "other errors than those of infer"
jq -e --slurpfile i infer.json '[.images[] | {path, top: [.top[] | .index]}] | sort_by(.path) == ([$i[0].images[] | {path, top: [.top[] | .index]}] | sort_by(.path))' whole.json >/dev/null || bad "other classes than those of infer"
cp whole.json out
json '.summary.confusion as $c | ([$c.counts[][]] | add) == 30 and ($c.classes | length) == ($c.counts | length) and ([range($c.counts | length) as $i | $c.counts[$i][$i]] | add) == (30 * (1 - .summary.top1_error) | round)'
json '([.images[] | select(.right == false)] | length) == (30 * .summary.top1_error | round) and ([.images[].right] | . == sort)' # wrong ones first
[ "$(grep -c 'class="mark"' report.html)" = 30 ] && [ "$(grep -c '<img src="data:image/jpeg;base64,' report.html)" = 30 ] || bad "not all pictures"
[ "$(grep -c '<li class="wrong">' report.html)" = "$(jq '[.images[] | select(.right == false)] | length' whole.json)" ] || bad "other wrong ones"
small 0 "$fashion/batch.txt" --show 3 --format json; json '(.images | length) == 3 and .summary.images == 30 and .summary.shown == 3 and ([.summary.confusion.counts[][]] | add) == 30'
page "3 of them are shown, wrong ones first"; [ "$(jq -c '[.images[].path]' out)" = "$(jq -c '[.images[:3][].path]' whole.json)" ] || bad "others are shown"
small 0 "$fashion/batch.txt" --show 0 --format json; json '.images == [] and .summary.images == 30'; lacks "image/jpeg"

# ---- fifty at most, of any size; names and labels are no markup
mkdir many; for i in {10..69}; do cp "$photos/astronaut.jpg" "many/$i.jpg"; done; cp "$photos/cat.png" 'many/<b>"&'\''.png'
tiny 0 -d $one report -o report.html many; whole; prints "50 pictures of 61"; sections "machine model pictures filters $timed"
[ "$(grep -c '<img src="data:image/jpeg' report.html)" = 50 ] || bad "not fifty"; page "The weights are random"
tiny 0 -d $one report -o report.html 'many/<b>"&'\''.png'; page '&lt;b&gt;&quot;&amp;&#39;.png'; lacks '<b>'
seq 0 9 | sed 's/.*/<i>&<\/i>/' >names.txt; printf '%s 3\n' "$photos/cat.png" >labelled.txt
tiny 0 -d $one report -o report.html labelled.txt --labels names.txt; lacks '<i>'; page '&lt;i&gt;3&lt;/i&gt;'; sections "machine model pictures confusion filters $timed"

# ---- a training
mkdir training; echo '{"model": "tiny", "seed": 7, "steps": 40, "stopped": null, "best": {"epoch": 2, "top1_error": 0.25}, "recipe": {"name": "keras", "lr": 0.01, "evil": "<script>x</script>"}}' >training/train.json
{ echo step,epoch,loss,lr,images_per_s,wait; for i in {1..40}; do echo "$i,$(((i - 1) / 20 + 1)),$((50 - i)).5,0.01,100,0"; done; } >training/steps.csv
printf 'epoch,step,train_loss,val_loss,top1_error,top5_error,seconds\n1,20,3.5,3.25,0.5,0,2\n2,40,2.5,,0.25,0,2\n' >training/epochs.csv; cp -r training before
tiny 0 -d $one report -o report.html --run training --format json; whole; sections "machine model filters $timed training"
json '.run.path == "training" and .run.epochs == 2 and .run.best.epoch == 2 and .run.recipe.lr == 0.01 and .run.seed == 7'
page "2, behind step 40: top-1 error 25.00%"; page "<dd>keras</dd>"; page "&lt;script&gt;"; page '<td class="n">0.00%</td>'; page '<td class="n">-</td>'
diff -r training before >/dev/null || bad "the folder was written to"
tiny 6 report -o no.html --run missing; says "--run missing"; says "train.json"; echo '[' >training/train.json; tiny 6 report -o no.html --run training; says "--run wants"
echo '{}' >training/train.json; tiny 6 report -o no.html --run training; says "no recipe"

# ---- what cannot be: no page, and an older one stays
echo before >report.html; : >empty.txt; mkdir nothing
tiny 6 -d $one report -o report.html empty.txt; says "names no image"; tiny 6 -d $one report -o no.html nothing; tiny 6 -d $one report -o no.html missing.png; says "missing.png"
head -c 100 "$photos/cat.png" >bad.png; tiny 6 -d $one report -o report.html "$photos/cat.png" bad.png; says "bad.png"
[ "$(cat report.html)" = before ] && [ ! -e no.html ] || bad "a page was written"
tiny 1 -d $one report -o there/is/none.html; says "there/is/none.html"
tiny 2 report; says "-o FILE.html"; tiny 2 report -o report.pdf; says ".html"; tiny 2 report -o no.html --format csv; says "text or json"
tiny 2 report -o no.html --show 51; says "--show 51"; tiny 6 -d $one report -o no.html labelled.txt --labels empty.txt; says "empty.txt"
[ ! -e no.html ] && [ -z "$(find . -name '*.alexcl')" ] || bad "something was left"
end
