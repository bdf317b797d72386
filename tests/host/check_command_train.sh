#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `alexcl train` on a small set of stripes, with a small net of a file. Runs in a folder of its own.
#   check_command_train.sh PROGRAM IMPLEMENTATION SKIP
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 implementation=$2 skip=${3:-}
[ -z "$skip" ] || { echo "skipped: $skip"; exit 77; }
rm -rf run && mkdir run && cd run || exit 1
case $implementation in none) device=ref ;; *) device=0 ;; esac

# ---- a data set: of class k the rows 2k + 4 to 2k + 6 are bright, on noise; 96 to train with, 40 to test with
make_part() {
    awk -v count="$2" -v seed="$3" 'BEGIN {
        printf "\\0\\0\\010\\003\\0\\0\\0\\%03o\\0\\0\\0\\034\\0\\0\\0\\034", count
        for (i = 0; i < count; i++)
            for (y = 0; y < 28; y++)
                for (x = 0; x < 28; x++) {
                    seed = (seed * 69069 + 5) % 4294967296
                    k = i * 7 % 10
                    printf "\\%03o", int(seed / 4294967296 * 90) + (y >= 2 * k + 4 && y <= 2 * k + 6 ? 160 : 0)
                }
    }' >text; printf "$(cat text)" >"mnist/$1-images-idx3-ubyte"
    awk -v count="$2" 'BEGIN { printf "\\0\\0\\010\\001\\0\\0\\0\\%03o", count; for (i = 0; i < count; i++) printf "\\%03o", i * 7 % 10 }' >text
    printf "$(cat text)" >"mnist/$1-labels-idx1-ubyte"
}
mkdir mnist; make_part train 96 1; make_part t10k 40 2
cat >net.prototxt <<'END'
name: "stripes"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 28 dim: 28 } } transform_param { scale: 0.00390625 } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param { num_output: 4 kernel_size: 5 stride: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "fc2" type: "InnerProduct" bottom: "pool1" top: "fc2" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "fc2" top: "prob" }
END
train() { local code=$1; shift; run "$code" train -d "$device" -m net.prototxt --data mnist --val mnist --recipe keras --lr 0.01 --batch 20 "$@"; }
file() { what="$2 of $1"; jq -e "$2" "$1" >/dev/null || bad "JSON: not so"; }
same() { cmp -s "$1" "$2" || bad "$1 and $2 differ"; }
# What a run was: weights, state, rows without times.
tensors() { tail -c +$((9 + $(od -A n -t u8 -N 8 "$1"))) "$1"; }
equal() { tensors one/last.safetensors >a; tensors "$1/last.safetensors" >b; same a b; cut -d, -f1-4 one/steps.csv >a; cut -d, -f1-4 "$1/steps.csv" >b; same a b; cut -d, -f1-6 one/epochs.csv >a; cut -d, -f1-6 "$1/epochs.csv" >b; same a b; }

# ---- the other pair of devices goes on within rounding, and says so; one device cut or not is of one kind
others() { # FROM TO: five steps on one, five on the other, beside ten on the first
    run 0 train -d "$1" -m net.prototxt --data mnist --val mnist --recipe keras --lr 0.01 --batch 20 -o from --epochs 2 -q
    run 0 train -d "$1" -m net.prototxt --data mnist --val mnist --recipe keras --lr 0.01 --batch 20 -o to --epochs 1 -q
    run 0 train -d "$2" --resume to --epochs 2; prints "other devices than before: goes on within rounding, not to the bit"; prints "before: "
    what="steps on $1, then on $2"; grep -q "^other devices than before" to/log.txt || bad "log.txt does not say it"
    paste -d, from/steps.csv to/steps.csv | awk -F, 'NR > 1 {d = ($3 - $9) / $3; if (d > 1e-4 || d < -1e-4) exit 1; n++} END {exit n != 10}' || bad "other losses"
    run 0 train -d "$2" --resume to --epochs 3; what="a run on $2 that goes on there"; grep -q "^other devices" out && bad "they are the same"
    rm -r from to
}
case $implementation in
both)
    for pair in "0,1 1,0" "0,ref 0"; do others $pair; done
    end
    exit
    ;;
pocl) others 0/2 ref ;;
esac

# ---- a run: loss falls, all files are there
train 0 -o one --epochs 4
prints "stripes, recipe keras, seed 1; batches of 20"; prints "96 pictures of 10 classes; validated on 40"; narrow; same out one/log.txt
what="files of one"
[ "$(ls one | tr '\n' ' ')" = "best.safetensors curves.svg epochs.csv last.safetensors log.txt step-000010.safetensors step-000015.safetensors step-000020.safetensors steps.csv train.json " ] ||
    bad "other files: $(ls one | tr '\n' ' ')"
[ "$(head -n 1 one/steps.csv)" = step,epoch,loss,lr,images_per_s,wait ] || bad "another head of steps.csv"
[ "$(head -n 1 one/epochs.csv)" = epoch,step,train_loss,val_loss,top1_error,top5_error,seconds ] || bad "another head of epochs.csv"
[ "$(wc -l <one/steps.csv) $(wc -l <one/epochs.csv)" = "21 5" ] || bad "other rows"
[ "$(cut -d, -f1,2 one/steps.csv | tail -n +2 | tr '\n' ' ')" = "1,1 2,1 3,1 4,1 5,1 6,2 7,2 8,2 9,2 10,2 11,3 12,3 13,3 14,3 15,3 16,4 17,4 18,4 19,4 20,4 " ] || bad "other steps"
[ "$(cut -d, -f1,2 one/epochs.csv | tail -n +2 | tr '\n' ' ')" = "1,5 2,10 3,15 4,20 " ] || bad "other epochs"
awk -F, 'NR == 2 {first = $3} {last = $3} END {exit !(first < 4 && last < 0.2 * first)}' one/steps.csv || bad "the loss does not fall: $(cut -d, -f3 one/steps.csv | tr '\n' ' ')"
grep -q '^<svg' one/curves.svg && grep -q '</svg>$' one/curves.svg || bad "curves.svg is not whole"
file one/train.json '.command == "train" and .model == "stripes" and .recipe.name == "keras" and .recipe.lr == 0.01 and .recipe.batch == 20 and .recipe.optimizer == "adam"
    and (.recipe | keys | length) == 30 and .seed == 1 and .steps == 20 and (.epochs | length) == 4 and .epochs[3].step == 20 and .stopped == null
    and .checkpoint == "one/last.safetensors" and .memory.resident > 1000000 and .memory.planned > 10000 and (.timing | has("forward") and has("backward") and has("update") and has("exchange"))
    and .timing.images_per_s > 0 and .timing.wait_data >= 0 and .timing.seconds > 0'
# the mean of an epoch is that of its images: the last of five batches has 16
what="train_loss of one"
awk -F, 'FNR == 1 {next} FILENAME ~ /steps/ {sum[$2] += $3 * (($1 % 5) ? 20 : 16)} FILENAME ~ /epochs/ {d = sum[$1] / 96 - $3; if (d > 1e-6 || d < -1e-6) exit 1}' one/steps.csv one/epochs.csv ||
    bad "no mean of steps.csv"
file one/train.json '.best.top1_error == (.epochs | map(.top1_error) | min) and .epochs[.best.epoch - 1].top1_error == .best.top1_error'

file one/train.json '.epochs[3].top1_error < 0.1 and .epochs[3].top5_error == 0'

# ---- the same again, to the bit; another seed is another run
train 0 -o two --epochs 4 --format json; json '.steps == 20 and .command == "train"'; same out two/train.json
what="the same run"; same one/last.safetensors two/last.safetensors; cut -d, -f1-4 one/steps.csv >a; cut -d, -f1-4 two/steps.csv >b; same a b
train 0 -o other --epochs 4 --seed 2 -q; what="another seed"; cmp -s one/last.safetensors other/last.safetensors && bad "is the same run"; [ ! -s out ] || bad "-q prints"
train 0 -o csv --epochs 2 --format csv; [ "$(tr -d '\r' <out)" = "$(cat csv/epochs.csv)" ] || bad "other rows than epochs.csv"

# ---- both halves of a device train to the same weights as the whole of it
if [ $device = 0 ]; then
    run 0 train -d 0/2 -m net.prototxt --data mnist --val mnist --recipe keras --lr 0.01 --batch 20 -o cut --epochs 4; equal cut; file cut/train.json '(.devices | map(.halves)) == [[0], [1]]'
fi

# ---- goes on as if nothing had happened: from the end of an epoch, from its middle
train 0 -o ended --epochs 2 -q; run 0 train -d "$device" --resume ended --epochs 4; prints "goes on behind step 10, in epoch 3"; what="resumed behind an epoch"; equal ended
train 0 -o middle --epochs 4 --steps 7 -q; [ "$(tail -n 1 middle/epochs.csv | cut -d, -f1,2)" = 2,7 ] || bad "no row of the epoch that was left"
run 0 train -d "$device" --resume middle --steps 0; what="resumed in the middle"; equal middle
run 0 train -d "$device" --resume one; what="resumed at the end"; [ "$(wc -l <one/steps.csv)" = 21 ] || bad "a step more"

# ---- kill -9, wherever it was
train_slowly() { "$alexcl" train -d "$device" -m net.prototxt --data mnist --val mnist --recipe keras --lr 0.01 --batch 20 --epochs 4 --save-every 3 "$@" >out 2>err </dev/null & }
at_step() { [ "$(cat killed/steps.csv 2>/dev/null | wc -l)" -gt "$1" ]; }
for step in 0 4 9; do # 0: as soon as there are records
    what="kill -9 behind step $step"; rm -rf killed; train_slowly -o killed
    for _ in $(seq 3000); do at_step $step && break; sleep 0.01; done
    kill -9 $! 2>/dev/null; wait $! 2>/dev/null
    [ $step -lt 9 ] || file killed/train.json '.steps % 5 == 0 and .epochs[0].step == 5 and .checkpoint == "killed/last.safetensors"'
    run 0 train -d "$device" --resume killed; prints "goes on behind step "; what="kill -9 behind step $step"; equal killed
done

# ---- Ctrl-C and SIGTERM keep what is done, also in an epoch
interrupted() { [ "$(cat stopped/steps.csv 2>/dev/null | wc -l)" -gt 3 ]; }
for signal in INT:130 TERM:143; do
    what="train, ended by ${signal%:*}"; rm -rf stopped
    "$alexcl" train -d "$device" -m net.prototxt --data mnist --recipe keras --batch 1 --epochs 4000 -o stopped >out 2>err </dev/null &
    interrupt_when interrupted "${signal%:*}" "${signal#*:}"
    says "interrupted: step "; says "alexcl train --resume stopped"
    file stopped/train.json '.stopped == "interrupted" and .steps > 2 and .checkpoint == "stopped/last.safetensors"'
    step=$(jq .steps stopped/train.json); run 0 train -d "$device" --resume stopped --steps $((step + 2)) --epochs 0
    prints "goes on behind step $step"
    what="steps of a run that was interrupted"; [ "$(tail -n 1 stopped/steps.csv | cut -d, -f1)" = $((step + 2)) ] || bad "others"
done

# ---- a folder in use, a folder with files, a folder without a checkpoint
"$alexcl" train -d "$device" -m net.prototxt --data mnist --recipe keras --batch 1 --epochs 4000 -o busy >busy.out 2>busy.err </dev/null & child=$!
busy() { [ -s busy/steps.csv ]; }
for _ in $(seq 600); do busy && break; sleep 0.05; done
train 1 -o busy; says "busy: is in use by another process"; run 1 train -d "$device" --resume busy; says "in use"
kill -INT $child; wait $child
train 2 -o one; says "one: is not empty: name a new folder, or go on from its checkpoint by --resume one"
mkdir empty; run 2 train --resume empty; says "no last.safetensors in it"; run 1 train --resume nowhere; says "nowhere: No such file"

# ---- a loss that is no number: the last good checkpoint stays
train 6 -o nan --lr 1e6 --decay 1e6 --optimizer sgd --save-every 1 --epochs 4; says "smaller --lr may help"
file nan/train.json '.stopped == "nan"'; what="a loss that is no number"; grep -q nan nan/steps.csv && bad "stands in steps.csv"; prints "stopped: nan"
says "the last good checkpoint is nan/last.safetensors, of step"

train 6 -o nan2 --lr 1e6 --decay 1e6 --optimizer sgd --epochs 4; says "the last good checkpoint is nan2/last.safetensors, of step 0:"; [ -f nan2/last.safetensors ] || bad "and there is none"

# ---- a disk that is full: the checkpoint before stays
train 0 -o full --epochs 1 -q; cp full/last.safetensors before; size=$(stat -c %s before)
# on the reference: compilers end a process that cannot write
what="train on a full disk"; (trap '' XFSZ; ulimit -f $((size / 1024 / 2)); exec "$alexcl" train -d ref --resume full --epochs 4 >out 2>err </dev/null); ended 1; says "cannot be written"; same full/last.safetensors before
[ "$(ls full | grep -c alexcl)" = 0 ] || bad "a temporary file is left"

# ---- which checkpoints are kept
mkdir kept; touch kept/pca.json kept/last.safetensors.1.000001.alexcl # of a run that was killed while it began
train 0 -o kept --epochs 1 --save-every 2 --keep 1 -q; what="--keep 1"; [ "$(ls kept | grep step-)" = step-000004.safetensors ] || bad "others: $(ls kept | tr '\n' ' ')"

# ---- the same from packed files, which know what they were made of
run 0 pack mnist -o train.pack; prints "train.pack: 96 pictures of 10 classes, 1 x 28 x 28, 73.5 KiB"; run 0 pack mnist --test -o t10k.pack --format json; json '.images == 40 and .labels and .bytes == 31360'
run 0 train -d "$device" -m net.prototxt --data train.pack --val t10k.pack --recipe keras --lr 0.01 --batch 20 --epochs 4 -o packed -q; equal packed
touch mnist/t10k-labels-idx1-ubyte; run 6 train -d "$device" -m net.prototxt --data train.pack --val t10k.pack --recipe keras -o stale; says "t10k.pack: it was made of $PWD/mnist/t10k-labels-idx1-ubyte, which has changed since: make it again"
mkdir alone; cp train.pack alone; mv mnist away; run 0 pca alone/train.pack -o alone.json -q; silent; run 0 pca alone/train.pack -o alone.json; says "2 of the 2 files that it was made of are not there: taken as it is"; mv away mnist
run 2 pack mnist; says "wants -o FILE.pack"; run 2 pack mnist -o x.npy; says ".pack"; run 6 pack nothing -o x.pack; says "nothing"

# ---- colours: pictures of two folders, which are red and blue; their names are kept, and infer shows them
mkdir -p colours/blue colours/red
for i in $(seq 0 7); do
    for colour in blue red; do
        awk -v i="$i" -v red="$([ $colour = red ]; echo $?)" 'BEGIN {
            printf "P6 16 16 255\\n"
            for (p = 0; p < 256; p++) printf "\\%03o\\%03o\\%03o", (red ? 60 : 200) + (p * 7 + i * 5) % 40, (p * (i + 3)) % 90, (red ? 200 : 60) + (p + i) % 40
        }' >text; printf "$(cat text)" >"colours/$colour/$i.ppm"
    done
done
sed 's/dim: 1 dim: 28 dim: 28/dim: 3 dim: 16 dim: 16/; s/num_output: 10/num_output: 2/; s/"stripes"/"colours"/' net.prototxt >colours.prototxt
colours() { local code=$1; shift; run "$code" train -d "$device" -m colours.prototxt --data colours --val colours --recipe keras --lr 0.002 --batch 5 --augment mirror,colour "$@"; }
colours 0 -o red --epochs 12; file red/train.json '.recipe.colour == 0.1 and .recipe.mirror == "yes" and .recipe.crop == "no" and .best.top1_error == 0'
colours 0 -o half --epochs 12 --steps 6 -q; run 0 train -d "$device" --resume half --steps 0
what="resumed with noise on colours"; tensors red/last.safetensors >a; tensors half/last.safetensors >b; same a b
run 0 pca colours --size 16 -o pca.json -q; cp red/pca.json a; jq 'del(.data)' pca.json >a; jq 'del(.data)' red/pca.json >b; what="pca.json of a run"; same a b
colours 0 -o given --epochs 12 --pca pca.json -q; what="--pca"; tensors red/last.safetensors >a; tensors given/last.safetensors >b; same a b
jq '.eigenvalues[0] *= 4' pca.json >more.json; colours 0 -o given2 --epochs 12 --pca more.json -q; what="another --pca"; tensors given2/last.safetensors >b; cmp -s a b && bad "changes nothing"
jq 'del(.eigenvectors)' pca.json >less.json; colours 6 -o given3 --pca less.json; says "less.json: has not units, mean, covariance, eigenvalues and eigenvectors"
jq '.units = "as in the array"' pca.json >less.json; colours 6 -o given4 --pca less.json; says "values are as in the array"
run 0 infer -d "$device" -m colours.prototxt --weights red/best.safetensors colours/red/3.ppm; grep -q '^   [01]\.[0-9]*     1  red$' <(sed -n 3p out) || bad "the first is not red"; prints "  blue"
jq -rn '["azure", "crimson"] | .[]' >names.txt; run 0 infer -d "$device" -m colours.prototxt --weights red/best.safetensors --labels names.txt colours/red/3.ppm; prints "crimson"
# ---- ten crops at the end, as infer has them; of a run that had ended, too
colours 0 -o crops --epochs 1 --ten-crop; prints "ten crops: val loss "; file crops/train.json '.ten_crop | .top1_error >= 0 and .top5_error == 0'
run 0 infer -d "$device" -m colours.prototxt --weights crops/last.safetensors --ten-crop --top 2 --format json colours -q
what="ten crops"; jq -n --slurpfile run crops/train.json --slurpfile due out \
    '[$due[0].images[] | . as $image | .top[] | select(.name == $image.label) | -(.p | log)] | add / length' >loss
jq -e --slurpfile due loss '.ten_crop.val_loss - $due[0] | fabs < 1e-4' crops/train.json >/dev/null || bad "val_loss is $(jq .ten_crop.val_loss crops/train.json), by infer $(cat loss)"
file red/train.json '.ten_crop == null'; run 0 train -d "$device" --resume red --ten-crop; prints "ten crops: "; file red/train.json '.ten_crop.top1_error == 0'
run 2 train -m colours.prototxt --data colours -o crops2 --ten-crop; says "--ten-crop is of the pictures of --val, which is not given"
colours 6 -o named --labels names.txt; says 'no class is called as its folder, "blue"'

# ---- fine-tuning: what is frozen stays, the last layer is a new one
colours 0 -o tuned --weights red/last.safetensors --freeze conv1 --epochs 2 --decay 0.1 -q
floats() { run 0 weights show "$1" --format json -q; jq -c ".tensors[] | select(.name == \"$2\") | [.min, .max, .mean]" out; }
what="frozen conv1"; [ "$(floats red/last.safetensors conv1.weight)" = "$(floats tuned/last.safetensors conv1.weight)" ] || bad "it moved"
what="fc2, which is not frozen"; [ "$(floats red/last.safetensors fc2.weight)" != "$(floats tuned/last.safetensors fc2.weight)" ] || bad "it stayed"
colours 0 -o anew --weights red/last.safetensors --fresh fc2 --freeze conv1 --seed 2 --steps 1 --epochs 0 --lr 1e-9 -q
what="fresh fc2"; [ "$(floats red/last.safetensors conv1.weight)" = "$(floats anew/last.safetensors conv1.weight)" ] || bad "conv1 moved"; [ "$(floats red/last.safetensors fc2.weight)" != "$(floats anew/last.safetensors fc2.weight)" ] || bad "it is the old one"
sed 's/"fc2"/"fc3"/g' colours.prototxt >lacks.prototxt; run 6 train -d "$device" -m lacks.prototxt --data colours --weights red/last.safetensors -o lacks; says "fc3"
run 0 train -d "$device" -m lacks.prototxt --data colours --weights red/last.safetensors --fresh fc3 --recipe keras --steps 1 --epochs 0 -o lacks -q
colours 2 -o tuned2 --fresh conv1-fc2; says "--fresh conv1-fc2: all layers would begin anew"; colours 2 -o tuned2 --fresh fc9; says "--fresh fc9: names of layers are wanted"
run 2 train --resume red --fresh fc2; says "--fresh would make it another run"
colours 2 -o tuned2 --freeze conv1-pool9; says "--freeze conv1-pool9: names of layers are wanted"; colours 2 -o tuned2 --freeze relu1; says "nothing is trained there"
train 0 -o five --classes 12 --epochs 1 -q; run 0 train -d "$device" --resume five --epochs 2; prints "96 pictures of 12 classes"
train 0 -o twelve --weights five/last.safetensors --classes 11 --epochs 1; prints "96 pictures of 11 classes"
train 6 -o few --classes 4; says "there are classes 0 to 3"

# ---- a damaged picture stops before the step that needs it, or is left out and named once
printf 'P6 16 16 255\nxyz' >colours/blue/5.ppm
colours 6 -o damaged --augment none; says "5.ppm"
colours 0 -o damaged2 --batch 4 --augment none --keep-going --epochs 3; what="--keep-going"; [ "$(grep -c '5.ppm' err)" = 2 ] || bad "named $(grep -c '5.ppm' err) times"
grep -q "left out: .*5.ppm" damaged2/log.txt || bad "log.txt does not say so"

# ---- time --train: by pass, layer and half; conv1 and fc2 are 14,400 and 1,440 multiply-adds, of which conv1's picture gets no gradient
case $implementation in none) two=ref,ref ;; *) two=0/2 ;; esac
timed() { local code=$1; shift; run "$code" time net.prototxt --train --batch 20 --repeat 3 --warm-up 1 "$@"; }
timed 0 -d "$device" --format json --trace trace.json --plot roof.svg; cp out time.json
json '.train and .batch == 20 and (.seconds.sorted | length) == 3 and (.gflops * .seconds.median * 1e9 / (2 * 33120 * 20) - 1 | fabs) < 1e-6'
json '[.layers[] | select(.name == "conv1") | {(.pass): .}] | add | .["input gradient"].seconds == [0, 0] and .["input gradient"].flops == [0, 0] and .update.bytes == [1040, 1040]
    and (.forward.seconds + .["weight gradient"].seconds + .update.seconds | min) > 0 and .forward.gflops > 0 and .["weight gradient"].flops == .forward.flops and .exchange.seconds == [0, 0]'
json '[.layers[] | select(.name == "fc2") | {(.pass): .}] | add | .["input gradient"].flops == .forward.flops and (.["input gradient"].seconds | min) > 0'
file trace.json '[.traceEvents[] | select(.ph == "X")] as $all | [$all[].args.batch] | unique == [0, 1, 2] and ($all | map(.cat) | contains(["layer", "input gradient", "weight gradient", "update"]))'
grep -q "conv1 dw " roof.svg && grep -q "fc2 dx " roof.svg && ! grep -q "conv1 dx " roof.svg || bad "the roofline lacks gradients, or has one of the picture"
# of one step alone: the sum of medians over several is not the median of their sums
run 0 time net.prototxt --train --batch 20 --repeat 1 --warm-up 1 -d "$device" --format json
json '.layers as $layers | .devices[0] | (.backward_s / ([$layers[] | select(.pass | endswith("gradient")) | .seconds[]] | add) - 1 | fabs) < 1e-6 and .update_s > 0'
timed 0 -d "$two" --format json --trace trace.json; json '(.devices | length) == 2 and (.devices | map(.exchange_s) | min) > 0'
json '[.layers[] | select(.name == "fc2" and .pass == "exchange")][0] | .bytes == [11520, 11520] and (.seconds | min) > 0'
case $implementation in none) crossed='==' ;; *) crossed='>=' ;; esac # a CPU's blocks of channels are sent whole
json ".crossed_bytes $crossed ([.layers[] | select(.pass == \"exchange\") | .bytes[]] | add)"
file trace.json '[.traceEvents[] | select(.ph == "X" and .cat == "input gradient" and .name == "fc2")] | group_by([.args.half, .args.batch])
    | length == 6 and all(map([.args.first_image, .args.images]) == [[0, 20]])'
if [ "$implementation" = none ]; then # in groups
    timed 0 -d ref,ref --memory 30000 --format json --trace trace.json; json '.chunk == 2'
    file trace.json '[.traceEvents[] | select(.ph == "X" and .cat == "input gradient" and .name == "fc2")] | group_by([.args.half, .args.batch])
        | length == 6 and all(map(.args.first_image) == [range(0; 20; 2)] and all(.args.images == 2))'
fi
timed 0 -d "$two" --compare time.json; narrow; prints "3 steps of training after 1"; prints "times as fast as in time.json"; prints "layer, ms    half   forward  backward    update  exchange      wait   of all"; prints "layers backward"
timed 2 -d "$two" --split 1:1; says "training shares channels"; timed 2 -d "$device" --weights-precision half; says "training computes with float"
run 6 time net.prototxt -d "$device" --batch 20 --compare time.json; says "time.json: is of training"

# ---- flags and fields
run 0 train --recipe show; prints "optimizer         sgd            sgd            sgd-caffe      adam"; narrow; silent; [ "$(wc -l <out)" = 30 ] || bad "other fields"
run 0 train --recipe show --format json; json '(.recipes | map(.name)) == ["paper", "2012", "caffe", "keras"] and .recipes[1]["lr-at"] == "23,51,78"'
run 0 train --recipe show --format csv; prints 'lr-at,0,"23,51,78",0,0'
run 0 train --help; prints "--lr-schedule V"; prints "learning rate at the start"; narrow
train 0 -o fields --epochs 1 --augment crop,mirror --momentum 0.5 --optimizer sgd --momentum 0.25 --lr-schedule step --lr-at 1,2; file fields/train.json '.recipe.crop == "yes" and .recipe.mirror == "yes" and .recipe.colour == 0 and .recipe.momentum == 0.25 and .recipe["lr-at"] == "1,2"'
train 2 -o no --recipe kears; says "did you mean keras?"; train 2 -o no --lr fast; says 'lr is "fast"'; train 2 -o no --augment crop,flip; says "--augment crop,flip: crop, mirror and colour are wanted"
train 2 -o no --save-every often; says "--save-every often"; train 2 -o no --split auto; says "training splits by halves alone"; train 2 -o no --layout hwc; says "it can be nchw or nhwc"
train 2 -o no --freeze C9; says "--freeze C9: names of layers are wanted"; train 2 -o no --epochs 0; says "training would never end"
ALEXCL_WEIGHTS_PRECISION=half train 2 --epochs 1 -o no; says "training computes with float"
run 2 train -o no; says "wants --data"; run 2 train --data mnist; says "wants -o RUN"; run 2 train --data mnist -o no word; says "does not know what to do with word"
run 2 train --data mnist -o no --val-targets y.npy; says "which is not given"; run 6 train -m net.prototxt --data nothing -o no; says "nothing: No such file"
run 2 train --resume one --lr 1; says "--lr would make it another run"; run 2 train --resume one --data mnist; says "--data would"; run 2 train --resume one --seed 3; says "--seed would"
run 2 train --resume one --weights one/best.safetensors; says "--weights would"; run 2 train --resume one -o more; says "--output would"; run 2 train --resume one -m net.prototxt; says "--model would"
end
