#!/usr/bin/env bash
# The command line as a person uses it: results, messages, exit codes. Runs in a folder of its own.
#   check_cli.sh PROGRAM PHOTOS IMPLEMENTATION [SKIP TEXT]
# IMPLEMENTATION is what OCL_ICD_VENDORS makes visible: none, pocl or intel; "none" works on the reference.
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 photos=$2 implementation=$3
if [ -n "${4:-}" ]; then echo "$4"; exit 77; fi
if [ "$implementation" = none ]; then one=ref two=ref,ref; else one=0 two=0/2; fi
rm -rf run && mkdir run && cd run || exit 1 # nothing of an earlier run

# ---- help, version, usage
for command in "" infer features nearest filters distance pca devices check tune models summary plan time report weights convert cache kernels env; do
    run 0 $command --help; prints "Usage: alexcl"; prints "Options"; narrow; silent
    grep -nE '([?]|[^.]\.)\.$' out && bad "a sentence that ends twice"
    grep -A1 '^Options:$' out | grep -q '^$' && bad "no option under Options:"
    [ -z "$command" ] || { prints 'alexcl --help`'; grep -q -- --cache-dir out && bad "the options of every command once more"; }
done
for command in infer time plan; do run 0 $command --help; for default in '--batch N .*\[16' '--memory SIZE .*\[' '--split S .*\[half\]'; do grep -qE -- "$default" out || bad "no default: $default"; done; done
run 0 infer --help; prints "Ctrl-D"
run 0 help plan; prints "alexcl plan"
run 0 --version; prints "OpenCL loader: ${ALEXCL_TEST_LOADER:-}"; prints "build:"
run 2; prints "infer"
run 2 hepl; says "did you mean help?"
run 2 infer --ten-crop=3 list.txt; says "takes no value"
run 2 summary -- lenet5 -q; says "does not know what to do with -q"; run 6 infer -- -q; says "q: No such file"
POSIXLY_CORRECT=1 run 0 plan --model lenet5; prints "lenet5"
run 2 ifner; says "did you mean infer?"
run 2 infer --devcies 0 list.txt; says "did you mean --devices?"
run 2 --frobnicate infer; says "unknown option --frobnicate"
run 2 -x devices; says "unknown option -x"
run 2 devices --batch 3; says "takes no --batch"; run 2 devices -b 3; says "takes no --batch"
# One form for every command: short names, and no abbreviation that two options share, whoever takes them.
run 0 -V; cp out version; run 0 --version; cmp -s out version || bad "-V is not --version"
run 0 -m lenet5 plan -b 3 --format json; json '.model == "lenet5" and .batch == 3'
run 0 env -d 7 --format csv; prints "ALEXCL_DEVICES,7,flag"
run 2 env --f csv; says "--features, --freeze, --fresh, --fail-fast or --format"; run 2 time --war 3 --pre 4; says "unknown option --pre"
run 2 --kern kernels check; says "--kernel or --kernel-dir"; run 2 infer list.txt --kern kernels; says "--kernel or --kernel-dir"
run 2 models --kernel conv; says "takes no --kernel;"; run 0 plan --mem 3GiB --bat=2 lenet5
for word in "predict infer" "classify infer" "run infer" "benchmark time" "bench time" "list devices or models"; do
    run 2 "${word%% *}" x.txt; says "unknown command ${word%% *}: did you mean ${word#* }?"
done
# A model's name as an argument, where there is no other meaning.
for command in summary plan models; do run 0 $command lenet5; cp out named; run 0 $command --model lenet5; cmp -s out named || bad "$command lenet5 is not $command --model lenet5"; done
run 0 summary lenet5 --model lenet5; run 2 summary lenet5 --model alexnet; says "two models"; run 2 plan lenet5 alexnet; says "alexnet"; run 2 time alexne; says '"alexnet"'
ALEXCL_MODEL=alexnet run 0 summary lenet5; prints 'Model: "lenet5"'; run 0 time tiny2t -d ref -b 1 --repeat 1 --warm-up 0; prints "tiny2t"; run 0 tune tiny2t -d ref; prints "nothing to choose"
# nets with branches
run 0 plan tinyskip; prints "add3     5x9x9"; prints "1,296/1,620"; run 0 summary tinyinc; prints "a (Concatenate)               (None, 9, 9, 16)"
# A layer's name or a number that is wider than its column moves the others: rows end where the head does. What crosses is summed for each half.
for model in googlenet vgg19 alexnet; do
    run 0 plan $model; head -n "$(grep -n '^sum ' out | cut -d: -f1)" out | tail -n +3 | awk '{ print length }' | sort -u | wc -l | grep -qx 1 || bad "plan $model: rows of several widths"
    run 0 summary $model; sed 1d out | grep -v params: | awk '{ print length }' | sort -u | wc -l | grep -qx 1 || bad "summary $model: rows of several widths"
done
run 0 plan alexnet; narrow; run 0 summary alexnet; narrow; run 0 models -v; narrow
run 0 plan tinyinc --format json; sums=$(jq -r '.crosses | "\(.[0])/\(.[1])"' out); run 0 plan tinyinc; grep '^sum ' out | tr -d , | grep -q " $sums\$" || bad "the sum is not $sums"
run 0 time tinyinc -d ref,ref -b 2 --repeat 1 --warm-up 0 --trace branches.json; prints "a_proj"; jq -e 'any(.. | .name?; . == "b")' branches.json >/dev/null || bad "the trace has no concatenation"
run 0 tune tinyinc -d ref; prints "nothing to choose"
run 0 infer --model tinyinc -d ref --features a --save a.npy "$photos/batch.txt"; prints "5 x 16 x 9 x 9 values of a"
run 0 models tiny2t --format csv; [ "$(wc -l <out)" = 2 ] || bad "not the one model that was named"
# Every document says first what wrote it.
for command in env models "models lenet5" summary plan "time tiny2t -d ref -b 1 --repeat 1 --warm-up 0" "tune tiny2t -d ref" "check -d ref"; do
    run 0 $command --format json; json "keys_unsorted[:2] == [\"alexcl\", \"command\"] and .command == \"${command%% *}\" and .alexcl == \"$(sed -n '1s/alexcl //p' version)\""
done
# -o: the results of any command, whole or not at all.
run 0 plan lenet5; cp out plan.txt; run 0 plan lenet5 -o results.txt; cmp -s results.txt plan.txt || bad "-o holds something else"; [ ! -s out ] || bad "the results went to stdout as well"
run 0 time tiny2t -d ref -b 1 --repeat 1 --warm-up 0 --format json --output results.txt; jq -e '.command == "time"' results.txt >/dev/null || bad "-o: no document"
cp results.txt before.txt; run 2 plan nix -o results.txt; cmp -s results.txt before.txt || bad "a file was replaced by nothing"
for name in x.json x.CSV x.npy; do run 2 models -o $name; says "-o $name: the results are text"; tiny 2 weights show missing -o $name; says "-o $name"; done
run 2 models --format json -o x.csv; says "--format csv"; run 0 models --format csv -o results.csv; run 0 plan lenet5 --format json -o results.json; jq -e .alexcl results.json >/dev/null || bad "-o: no document"
run 1 models -o no/such/results.txt; says "no/such/results.txt"; run 1 models -o .; says "not a regular file"
run 2 infer --batch; says "wants a value"
for value in 0 -1 x 1.5 99999999999999999999; do run 2 plan "--batch=$value"; says "--batch $value"; done
for value in 0 4Q GiB -1G; do run 2 plan --memory "$value"; says "--memory $value"; done
for value in -1:2 x 1: 1.5:1 ""; do run 2 plan "--split=$value"; says "--split $value: it can be half"; done
run 2 plan --split 0:0; says "must have a share"; run 2 summary --split auto; says "takes no --split"
run 2 env --format yaml; says "text, json or csv"
run 2 summary --model alexne; says '"alexnet"'
run 2 infer; says "wants INPUT"; run 2 infer --input x.npy y.png; says "does not know what to do with y.png"
run 2 models extra; says "extra"
run 2 weights init; says "-o FILE"
run 2 weights init -o w.safetensors --gain fc8; says "LAYER=NUMBER"
run 2 weights init -o w.safetensors --gain norm1=2; says "norm1"
run 2 weights unmake -o w.safetensors; says "weights init"

# ---- settings: flag > environment > default
run 0 env; prints "ALEXCL_MODEL=alexnet"; prints "default"
ALEXCL_MODEL=lenet5 run 0 env --format json; json '.settings[] | select(.name == "ALEXCL_MODEL") | .value == "lenet5" and .origin == "environment"'
ALEXCL_GEMM=own run 0 --gemm clblast env --format json; json '.settings[] | select(.name == "ALEXCL_GEMM") | .value == "clblast" and .origin == "flag"'
run 0 --devices 1:0 env --format csv; prints "ALEXCL_DEVICES,1:0,flag"; ALEXCL_CACHE_DIR=cache run 0 env; narrow
# env shows what is wrong, where every other command only refuses it, and where the cache is.
export ALEXCL_LOG=loud ALEXCL_SYNC=2 ALEXCL_CACHE_LIMIT=much
run 2 env; prints "ALEXCL_LOG=loud"; prints 'INVALID: ALEXCL_LOG is "loud"'; prints 'INVALID: ALEXCL_SYNC is "2"'; prints "ALEXCL_TUNE="; says 'ALEXCL_CACHE_LIMIT is "much"' 
run 2 env --format json; json '[.settings[] | select(.invalid != null) | .name] == ["ALEXCL_CACHE_LIMIT", "ALEXCL_LOG", "ALEXCL_SYNC"]'
run 2 env --format csv; prints "ALEXCL_SYNC,2,environment"; prints "0, 1"
run 2 cache show; says 'ALEXCL_CACHE_LIMIT is "much"'; unset ALEXCL_LOG ALEXCL_SYNC ALEXCL_CACHE_LIMIT
(unset ALEXCL_CACHE_DIR; XDG_CACHE_HOME=$PWD/xdg run 0 env --format json; json ".cache.folder == \"$PWD/xdg/alexcl\" and .cache.bytes == 0 and (.settings[] | select(.name == \"ALEXCL_CACHE_DIR\") | .value == \"$PWD/xdg/alexcl\" and .origin == \"default\")"
    XDG_CACHE_HOME=$PWD/xdg run 0 env; prints "ALEXCL_CACHE_DIR=$PWD/xdg/alexcl"; grep -q "^    unset" out && bad "text says unset where JSON says default"; [ ! -e xdg ] || bad "the cache folder was made to look at it"; exit $failures); failures=$?

# ---- the cache: what is there, by kind, and its end
hash=$(printf '%064d' 7) kept=$PWD/kept
mkdir -m 700 kept; head -c 1000 /dev/zero >kept/$hash.clbin; head -c 20 /dev/zero >kept/$hash.checked; head -c 300 /dev/zero >kept/$hash.tuning.json
echo log >kept/build-conv-0123abcd.log; echo mine >kept/notes.txt; echo outside >outside.txt; ln -s ../outside.txt kept/$(printf '%064d' 8).clbin
export ALEXCL_CACHE_DIR=$kept
run 0 cache show; narrow; prints "$kept"; prints "of 256.0 MiB"; prints "binaries"
run 0 cache show --format json --cache-limit 1GiB
json '.command == "cache" and .folder == "'"$kept"'" and .bytes == 1324 and .limit == 1073741824 and [.kinds[] | [.kind, .files, .bytes]] == [["binaries",1,1000],["tuning",1,300],["checks",1,20],["logs",1,4]]'
run 0 cache show --format csv; tr -d '\r' <out | grep -qx 'binaries,1,1000' || bad "CSV: not one binary"
run 0 env --format json; json '.cache.bytes == 1324'; run 0 env; prints "1324 B there"
run 2 cache clear --kind weights; says "binaries, tuning, checks and logs"; run 2 cache; says "show"; run 2 cache empty; says "empty"; run 2 cache show --kind logs; says "clear"
run 2 cache show --cache-limit much; says "a size, as 256MiB"
run 0 cache clear --kind tuning; prints removed; [ ! -e kept/$hash.tuning.json ] && [ -e kept/$hash.clbin ] || bad "other files were removed"
run 0 cache clear --format json; json '.bytes == 1024 and .kinds[1].files == 0'; [ "$(ls kept)" = "$(printf '%064d.clbin\nnotes.txt' 8)" ] && [ -s outside.txt ] || bad "left: $(ls kept)"
echo x >kept/$hash.clbin; chmod 777 kept; run 0 cache clear; prints "others may write to it"; [ -e kept/$hash.clbin ] || bad "removed from a folder that is not ours"; chmod 700 kept
run 0 cache clear --cache-dir nowhere/at/all; prints "is not there yet"; [ ! -e nowhere ] || bad "the folder was made"
rm -r kept; export ALEXCL_CACHE_DIR=$PWD/cache
for value in yes maybe 2 on; do
    ALEXCL_SYNC=$value run 2 models; says "ALEXCL_SYNC"; says "0, 1"
    ALEXCL_NO_CACHE=$value run 2 models; says "ALEXCL_NO_CACHE"; says "0, 1"
done
run 2 models --log ""; says "error, warning, info, debug"
run 0 plan --memory 3gb --format json; run 0 plan --memory 3gib; run 0 plan --memory 2tB
ALEXCL_LOG=loud run 2 models; says "error, warning, info, debug"
ALEXCL_MODEL=lenet5 run 0 summary; prints 'Model: "lenet5"'

# A folder of kernels that is none is told once, before anything runs.
for command in infer devices check tune models summary plan time "weights init" "cache show"; do
    run 2 $command --kernel-dir nosuch; [ "$(cat err)" = "alexcl: nosuch: is not a folder (--kernel-dir)" ] && [ ! -s out ] || bad "not that one line"
done
run 2 env --kernel-dir nosuch; prints "INVALID: nosuch: is not a folder"; says "nosuch: is not a folder (--kernel-dir)"
echo >file.cl; ALEXCL_KERNEL_DIR=file.cl run 2 models; says "file.cl: is not a folder (ALEXCL_KERNEL_DIR)"

# ---- tables
run 0 models; prints "alexnet-torchvision"; prints "60,965,224"; narrow
run 0 models --format json; json '.models | map(.name) | index("lenet5-1998") != null'
run 0 summary --model alexnet-caffe; narrow; prints "norm1 (LRN)"
run 0 summary --model alexnet-keras; narrow
# The article's table, to the digit.
for row in "conv1 (Conv2D) (None, 54, 54, 96) 11712" "pool1 (MaxPooling2D) (None, 26, 26, 96) 0" "conv2 (Conv2D) (None, 26, 26, 256) 614656" \
    "pool2 (MaxPooling2D) (None, 12, 12, 256) 0" "conv3 (Conv2D) (None, 12, 12, 384) 885120" "conv4 (Conv2D) (None, 12, 12, 384) 1327488" \
    "conv5 (Conv2D) (None, 12, 12, 256) 884992" "pool5 (MaxPooling2D) (None, 5, 5, 256) 0" "flat (Flatten) (None, 6400) 0" \
    "fc6 (Dense) (None, 4096) 26218496" "fc7 (Dense) (None, 4096) 16781312" "fc8 (Dense) (None, 1000) 4097000" \
    "Total params: 50,820,776" "Trainable params: 50,820,776" "Non-trainable params: 0"; do
    tr -s ' ' <out | grep -qF "$row" || bad "no row $row"
done
run 0 summary --model lenet5-1998; prints "Trainable params: 60,000"; prints "Non-trainable params: 840"
run 0 plan; narrow
for figure in 60,965,224 724,406,816 86,528 18,432 8,192 2,000; do prints "$figure"; done
run 0 plan --format json
json '.parameters == 60965224 and .macs == 724406816 and .crosses == [121344, 121344] and .softmax_joins == [2000, 2000]'
json '[.layers[] | select(.crosses[0] > 0) | [.name, .crosses[0]]] == [["conv3",86528],["fc6",18432],["fc7",8192],["fc8",8192],["prob",2000]]'
run 0 plan --batch 128 --memory 300MiB --format json; json '.chunk < 128 and .chunk >= 1 and .memory[0].total < 300 * 1048576'
run 5 plan --memory 50MiB; says "one image needs"
run 0 plan --model alexnet-caffe --format json; json '[.layers[] | select(.name == "norm1") | .crosses[0]] == [24200]'

run 0 plan --split 3:1 --batch 16 --format json; json '.split == "3:1" and [.memory[].images] == [12, 4] and .memory[0].weights == .memory[1].weights and .chunk == 16'
json '.memory[0].weights > 4 * 60965224 * 0.99 and .memory[0].activations == 3 * .memory[1].activations'
run 0 plan --split auto --batch 128 --memory 300MiB --format json; json '.chunk == .memory[0].images + .memory[1].images and .memory[1].total < 300 * 1048576'
run 0 plan --split auto --batch 8; narrow; prints "images split auto: memory for 8 and 8 of a batch"
# Where the images are split nothing crosses, in every format.
for split in 3:1 auto; do
    run 0 plan --split $split; grep -q "joined by the softmax" out && bad "joined across nothing"
    grep -qE '^conv3 .* 885,120 +149,520,384 *$' out || bad "something crosses before conv3"; grep -qE '^sum .* 724,406,816 +0$' out || bad "the sum of what crosses is not 0"
    run 0 plan --split $split --format json; json '.crosses == [0, 0] and .softmax_joins == [0, 0] and all(.layers[]; .crosses == [0, 0])'
    run 0 plan --split $split --format csv; tr -d '\r' <out | tail -n +2 | grep -qv ',0,0$' && bad "CSV: something crosses"
done
run 0 plan --split half; prints "joined by the softmax"
run 0 plan --format json; json '.split == "half" and [.memory[].images] == [1, 1]'

# The same figures in every format.
csv() { tr -d '\r' <out | grep -qxF -- "$1" || bad "CSV has no row $1"; }
run 0 models --format csv; csv 'name,input,parameters,macs,about,trained'; tr -d '\r' <out >models.csv
grep -q '^alexnet,3x224x224,60965224,724406816,' models.csv || bad "CSV: not the paper's net"
run 0 models --format json; json '.models | map(select(.name == "alexnet")) | .[0].input == [3,224,224] and .[0].parameters == 60965224 and .[0].macs == 724406816'
[ "$(jq '.models | length' out)" = $(($(wc -l <models.csv) - 1)) ] || bad "CSV and JSON list other models"
while IFS=, read -r name _; do run 0 models "$name"; narrow; done < <(tail -n +2 models.csv)
run 0 models -v --format json; json '.models | map(.name) | index("tiny2t") != null'
run 0 summary --model alexnet-keras --format csv; csv 'conv1,Conv2D,"(None, 54, 54, 96)",11712'; csv 'flat,Flatten,"(None, 6400)",0'; csv 'fc8,Dense,"(None, 1000)",4097000'
run 0 summary --model lenet5-1998 --format json; json '.total == 60840 and .trainable == 60000 and .non_trainable == 840 and .layers[0].output == [6,28,28]'
# In training as much comes back as was sent.
run 0 plan alexnet --train --batch 128 --format json
json '.crosses_batch == 62128128 and [.layers[] | select(.crosses_backward[0] > 0) | [.name, .crosses_backward[0]]] == [["conv3",86528],["fc6",18432],["fc7",8192],["fc8",8192]]'
json '.memory[0].gradients > 100000000 and .memory[0].optimizer > 120000000 and .memory[0].total == ([.memory[0] | .weights, .activations, .gradients, .optimizer, .exchange, .workspace] | add)'
run 0 plan alexnet --train --optimizer adam --batch 128 --format json; json '.memory[0].optimizer > 180000000'
run 0 plan alexnet --train; grep -q '62,128,128' out || bad "plan --train does not say what crosses"
run 2 plan alexnet --train --optimizer adagrad; grep -q 'adam' err || bad "no optimiser is named"
run 2 plan alexnet --train --split 1:1; grep -q 'one device each' err || bad "plan --train --split 1:1 does not say why not"
run 0 plan alexnet --train --format csv; csv 'layer,type,half0,half1,parameters0,parameters1,macs0,macs1,crosses0,crosses1,crosses_backward0,crosses_backward1'
run 0 plan --format csv; csv 'layer,type,half0,half1,parameters0,parameters1,macs0,macs1,crosses0,crosses1'
csv 'conv3,conv,192x13x13,192x13x13,442560,442560,74760192,74760192,86528,86528'
csv 'fc8,fc,500,500,2048500,2048500,2048000,2048000,8192,8192'

# ---- devices
if [ "$implementation" = none ]; then
    run 3 devices; says "loader"; says "--devices ref"
    for more in "" -v; do
        run 3 devices $more; [ "$(grep -c "a way on" err)" = 1 ] || bad "it is not told once"
        grep -q 'see `alexcl devices`' err && bad "it is sent to where it is"
        [ -n "$(tail -n 1 err)" ] || bad "an empty line at the end"
    done
    run 3 infer --devices gpu "$photos/batch.txt"; says "no usable GPU"; grep -q "pocl-opencl-icd" err && bad "PoCL is named to one who wants a GPU"
    run 3 infer "$photos/batch.txt"; says "loader"
else
    run 0 devices; narrow; prints "usable"
    run 0 devices --format json; json 'keys_unsorted == ["alexcl", "command", "devices"] and .command == "devices"'; json '.devices[0] | .index == 0 and .id == "0:0" and .usable and .alias_of == null and .memory > 0'
    run 0 devices --format csv; csv "index,id,kind,usable,alias_of,units,memory,largest_buffer,opencl,driver,vendor,name,why"
    grep -q '^0,0:0,CPU,yes,,[1-9]' out || bad "CSV: not a usable CPU"
    run 0 devices -v; prints "compute units"
    run 3 --devices 7 infer "$photos/batch.txt"; says "no device 7"
    # What was chosen is one line of 80 columns: the device's name stands there once.
    for devices in "" 0/2; do
        tiny 0 time --batch 1 --repeat 1 ${devices:+--devices $devices}; says ", cut in two: one half each"
        awk '/^device/ && length > 80 {exit 1}' err || bad "the line on devices is longer than 80 columns"
    done
    tiny 0 time --batch 1 --repeat 1 --devices 0; says "): both halves"
    tiny 0 time --batch 2 --repeat 1 --split 1:1; says ", cut in two: images split 1:1"
    run 0 plan --devices 0 --format json; json '.memory | length == 1'
fi
run 2 --devices 0,1,2 infer "$photos/batch.txt"; says "two halves"

# ---- infer: one list through every form of output
mkdir -p "with space"
cp "$photos/cat.png" "with space/a cat.png"
cp "$photos/coffee.jpg" coffee.png # the kind is told by the content
printf '\xef\xbb\xbf# a comment\r\n\r\n"with space/a cat.png" 3\r\n  coffee.png\t7 # another\n%s\n' "$photos/rocket.jpg" >list.txt
tiny 0 --devices $one infer list.txt; prints "labels mean nothing"; prints "with space/a cat.png"; prints "top-1 error"; says "images/s"; says "device"
tiny 0 infer --devices $one list.txt --format json --save one.npy
json '(.images | length) == 3 and (.images[0] | .path == "with space/a cat.png" and .label == "3" and .error == null and (.top | length) == 5)'
json '.images[0].top | map(.p) | . == (sort | reverse)'
json '.weights.random and (.weights.note | test("mean nothing")) and .summary.labelled == 2 and .summary.top5_error != null and .timing.images_per_s > 0'
cp out one.json
tiny 0 infer -q --devices $one --limit 1 --dump-patches first list.txt; [ "$(ls first | wc -l)" = 2 ] || bad "--limit 1 and other than one picture"
tiny 0 infer --devices $one list.txt --format csv; says "top-1 error"; says "device 0"; says "decode"; says "exchange"
tiny 0 infer --devices $two --batch 2 list.txt --format json --save two.npy
cmp -s one.npy two.npy || bad "another placement and batch give other scores"
jq .images out >two.images; jq .images one.json | cmp -s - two.images || bad "another placement gives another document"
tiny 0 infer -q --devices $one --format csv --top 2 list.txt; silent
[ "$(wc -l <out)" = 7 ] || bad "not 1 + 3 x 2 lines of CSV"
prints "random: labels mean nothing"
# The fifth best class is among the top 5, the sixth is not.
echo "$photos/cat.png" >cat.txt; tiny 0 infer -q --devices $one --top 6 cat.txt --format json; cp out six.json
for place in 4 5; do
    echo "$photos/cat.png $(jq ".images[0].top[$place].index" six.json)" >rank.txt
    tiny 0 infer -q --devices $one rank.txt --format json; json ".summary.labelled == 1 and .summary.top1_error == 1 and .summary.top5_error == ($place - 4)"
done
(cd "with space" && "$alexcl" --model tiny2t -q --devices $one infer - --save ../stdin.npy >/dev/null <<<'"a cat.png"') || bad "a list from standard input"

# What a program writes names files from here, and blanks need no quotes where there is such a file.
cp "with space/a cat.png" .; echo 'a cat.png' >blank.txt
whole() { json '.images[0] | (.path | test("a cat.png$")) and .label == null'; cmp -s stdin.npy first.npy || bad "not the scores of a cat.png"; }
tiny 0 infer -q --devices $one --limit 1 list.txt --save first.npy
tiny 0 infer -q --devices $one blank.txt --save stdin.npy --format json; whole
tiny 0 infer -q --devices $one <(ls a\ cat.png) --save stdin.npy --format json; whole
what="names by find on /dev/stdin"; find . -maxdepth 1 -name 'a cat.png' | "$alexcl" --model tiny2t -q --devices $one infer /dev/stdin >out 2>err; ended 0; prints "a cat.png"
printf 'your cat.png\n' >blank.txt; tiny 6 infer --devices $one blank.txt; says 'line 1: label "cat.png": '; says '; your is no file either: put names with blanks in "quotes"'
tiny 6 infer --devices $one --keep-going blank.txt; prints 'line 1: your: No such file or directory; check the name and its folder; put names with blanks in "quotes"'
echo 'your cat.png 3' >blank.txt; tiny 6 infer --devices $one blank.txt; says 'put names with blanks in "quotes"'

# Pictures, folders and patterns by their names, in the order in which they are named. On the reference alone: no device is asked for anything else.
if [ "$implementation" = none ]; then
mkdir -p pics/deep; cp "$photos/cat.png" pics/deep/b.png; cp "$photos/coffee.jpg" pics/a.jpg; echo text >pics/notes.txt; echo x >pics/.hidden; cp "$photos/rocket.jpg" pics/c
tiny 0 infer -q --devices $one "$photos/cat.png"; prints "cat.png"; tiny 0 infer --devices $one pics; says "2 files were passed over: 1 hidden (pics/.hidden), 1 a text (pics/notes.txt)"
tiny 0 infer -q --devices $one pics --format json --save folder_scores.npy; silent; json '[.images[].path] == ["pics/a.jpg", "pics/c", "pics/deep/b.png"] and .summary.labelled == 0'
scores() { cmp -s again.npy folder_scores.npy || bad "not the scores of the folder"; }
tiny 0 infer -q --devices $one pics/[ac]* pics/deep --save again.npy; scores; tiny 0 infer -q --devices $one 'pics/[ac]*' 'pics/*/*.png' --save again.npy; scores
tiny 0 infer -q --devices $one pics/c pics/a.jpg pics/deep --save again.npy; cmp -s again.npy folder_scores.npy && bad "another order gives the same scores"
tiny 6 infer --devices $one 'pics/*.nothing'; says "pics/*.nothing: no file is called so"
printf 'pics/a.jpg 3\nno.png\n' >two.txt; tiny 6 infer --devices $one --keep-going gone.jpg two.txt pics/c --format json
json '[.images[] | [.path, .label, .error == null]] == [["gone.jpg",null,false],["pics/a.jpg","3",true],["no.png",null,false],["pics/c",null,true]]'
says "gone.jpg: No such file"; says "two.txt, line 2: no.png: No such file"; tiny 6 infer --devices $one gone.jpg pics; says "gone.jpg: No such file"
# What a label means and whether it was met stands with the image; null where there is none, or no scores.
printf '"%s" 3\n"%s"\nmissing.png 3\n' "$photos/cat.png" "$photos/cat.png" >right.txt; run 6 --model tiny2t infer -q --devices $one right.txt --keep-going --format json
json '[.images[] | [.label_index, .label_name, .correct == null]] == [[3, "3", false], [null, null, true], [null, null, true]] and .images[0].correct == (.images[0].top[0].index == 3)'
printf 'path,label\r\n"pics/a.jpg",3\r\npics/c,7\r\n' >list.csv; tiny 0 infer -q --devices $one list.csv --format json; json '[.images[] | [.path, .label]] == [["pics/a.jpg","3"],["pics/c","7"]] and .summary.labelled == 2'
tiny 0 infer -q --devices $one --dump-patches several pics list.txt; [ "$(ls several/*.png)" = "$(printf 'several/%s\n' 1-a.jpg.png 2-c.png 3-b.png.png "4-a cat.png.png" 5-coffee.png.png 6-rocket.jpg.png)" ] || bad "patches: $(ls several)"
# A folder of classes: by index or name; as many folders as classes are these; other folders say nothing, and no error is counted.
tree() { rm -rf tree; for class in "$@"; do mkdir -p "tree/$class"; cp "$photos/cat.png" "tree/$class/x.png"; done; }
tree 3 7; tiny 0 infer --devices $one tree --format json; json '[.images[].label] == ["3", "7"] and .summary.labelled == 2'
for i in $(seq 0 9); do echo "n0000000$i kind $i, sort $i"; done >kinds.txt
tree n00000002 "sort 5"; tiny 0 infer -q --devices $one tree --labels kinds.txt --format csv --top 10; grep -q '^tree/n00000002/x.png,n00000002,' out || bad "no label"
tiny 0 infer --devices $one tree --labels kinds.txt --format json; json '.summary.labelled == 2'
tree ant bee cat dog elk fox gnu hen ibis jay; tiny 0 infer --devices $one tree --format json; json '.summary.labelled == 10 and (.images[0].top[0].name | test("^[a-j]")) and .summary.top1_error == 0.9'
says "the 10 folders are taken for the 10 classes"
tree ant bee; tiny 0 infer --devices $one tree --format json; json '.summary.labelled == 0 and [.images[].label] == ["ant", "bee"] and [.images[].error] == [null, null]'; says "2 of 2 folders are called as no class"
tree ant bee cat dog elk fox gnu hen ibis 3; tiny 0 infer --devices $one tree --format json; json '.summary.labelled == 1'; says "9 of 10 folders"
tree ant bee cat dog elk fox gnu hen ibis jay; tiny 0 infer --devices $one tree --labels kinds.txt; says "10 of 10 folders"
fi

# Another loader was asked all that it is asked (khronos.cli.pocl); nothing below depends on it.
case ${ALEXCL_TEST_LOADER:-} in Khronos*) end; exit ;; esac

# ---- ten crops are ten single ones averaged; --input brings what the net sees
tiny 0 infer -q --devices $one --ten-crop --dump-patches patches/deep cat.txt --save ten.npy
for crop in 0 9; do [ -s "patches/deep/1-cat.png-$crop.npy" ] && [ -s "patches/deep/1-cat.png-$crop.png" ] || bad "no patch of crop $crop"; done
tiny 0 infer -q --devices $one --dump-patches patches cat.txt --save centre.npy
cmp -s patches/1-cat.png.npy patches/deep/1-cat.png-4.npy || bad "crop 4 is not the centre"
/usr/bin/python3 - <<'P' || bad "the crops could not be put together"
import struct
def read(path):
    data = open(path, "rb").read(); n = 10 + struct.unpack("<H", data[8:10])[0]
    return data[n:]
values = b"".join(read("patches/deep/1-cat.png-%d.npy" % i) for i in range(10))
header = "{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3, 99, 99), }"
header += " " * (117 - len(header)) + "\n"
open("crops.npy", "wb").write(b"\x93NUMPY\x01\x00\x76\x00" + header.encode() + values)
P
tiny 0 infer -q --devices $one --input crops.npy --save singles.npy
/usr/bin/python3 - <<'P' || bad "ten crops are not ten single runs averaged"
import struct, sys
def floats(path): return struct.unpack("<%df" % ((len(open(path, "rb").read()) - 128) // 4), open(path, "rb").read()[128:])
ten, singles = floats("ten.npy"), floats("singles.npy")
mean = [sum(singles[c::10]) / 10 for c in range(10)]
sys.exit(0 if len(ten) == 10 and all(abs(a - b) <= 1e-7 * max(mean) for a, b in zip(ten, mean)) else 1)
P

# ---- features, weights
tiny 0 infer -q --devices $one list.txt --features pool5 --save pool5.npy; prints "pool5.npy: 3 x 8 x 2 x 2 values of pool5"; grep -qa "(3, 8, 2, 2)" pool5.npy || bad "pool5.npy has another shape"
tiny 0 infer -q --devices $one list.txt --features fc8 --save fc8.npy; prints "fc8.npy: 3 x 10 values of fc8"; grep -qa "(3, 10)" fc8.npy || bad "fc8.npy has another shape"
tiny 2 infer list.txt --features pool5; says "--save"
tiny 2 infer list.txt --features pool6 --save x.npy; says 'did you mean "pool'
tiny 0 weights init --seed 1 -o w.safetensors
# Another format than the one that is written is refused before anything is begun: the list, the weights and the devices are not even looked for.
for name in x.csv x.NPZ x.npy.txt folder.npy/x.json; do tiny 2 infer missing.txt --save $name; says "--save $name: a .npy file is written"; done
tiny 2 time --weights missing --trace x.npy; says "a .json file"; tiny 2 time --weights missing --plot x.png; says "a .svg file"
tiny 2 weights init -o x.npy; says "a .safetensors file"; [ -z "$(ls x.* 2>/dev/null)" ] || bad "something was written"
for name in with.dot/x UPPER.NPY; do mkdir -p with.dot; tiny 0 infer -q --devices $one cat.txt --save $name; [ -s $name ] || bad "$name was not written"; done
tiny 0 infer -q --devices $one --weights w.safetensors list.txt --save file.npy; cmp -s one.npy file.npy || bad "weights of a file give other scores than the same in memory"
tiny 0 weights init --seed 0x20120930A1E7C0DE --name tiny2t --gain fc8=0.1 -o case.safetensors
tiny 0 weights show w.safetensors; prints "w.safetensors (its metadata agrees with model tiny2t); random weights"; silent
tiny 0 weights show w.safetensors --format json; json '.path == "w.safetensors" and .model == "tiny2t" and .random'
tiny 0 weights show w.safetensors -o shown.txt; grep -q "random weights" shown.txt || bad "weights show -o"; tiny 0 infer -q -d $one list.txt --format json -o infer.json
jq -e 'keys_unsorted[:2] == ["alexcl", "command"] and .command == "infer" and (.images | length) == 3' infer.json >/dev/null || bad "infer -o: no document"
tiny 0 weights show w.safetensors --format json; json 'keys_unsorted[:2] == ["alexcl", "command"] and .command == "weights"'
tiny 0 weights show w.safetensors --format csv; csv "path,model,about,random"; prints "w.safetensors,tiny2t,"; grep -q ',yes' out || bad "CSV: not random"
tiny 6 weights show no.safetensors; says "no.safetensors: No such file"
run 6 --model tiny-across infer --weights w.safetensors list.txt; says "norm1.span"
run 6 --model lenet5 infer --weights w.safetensors list.txt; says "tiny2t"
tiny 6 infer --weights list.txt list.txt; says "list.txt"
run 0 --model lenet5-1998 infer -q --devices $one cat.txt --format json; json '.images[0].top | (map(.p) | add) <= 1.0000001 and .[0].p >= .[1].p'

# ---- weights in half precision
run 2 time --weights-precision 16; says 'ALEXCL_WEIGHTS_PRECISION is "16"'; says "float, half, int8"
ALEXCL_WEIGHTS_PRECISION=double run 2 models; says '"double"'; says "float, half"
run 2 infer list.txt --weights-precision; says "wants a value"
run 2 devices --weights-precision half; says "takes no --weights-precision"
for command in infer time plan check; do run 0 $command --help; prints "--weights-precision"; done
tiny 0 infer -q --devices $one list.txt --weights-precision half --save half.npy --format json; json '.weights.precision == "half"'
json "[.images[].top[0].index] == $(jq -c '[.images[].top[0].index]' one.json)"
cmp -s one.npy half.npy && bad "half weights give the scores of float ones"
ALEXCL_WEIGHTS_PRECISION=half tiny 0 infer -q --devices $two --batch 1 list.txt --save again.npy
cmp -s half.npy again.npy || bad "another placement gives other scores with half weights"
ALEXCL_WEIGHTS_PRECISION=half tiny 0 infer -q --devices $one list.txt --weights-precision float --save again.npy --format json
cmp -s one.npy again.npy || bad "the flag does not beat the environment"
json '.weights.precision == "float"'
tiny 0 infer --devices $one list.txt --weights-precision half; prints "weights of fully connected layers in half precision"
tiny 0 time -q --devices $one --batch 1 --repeat 1 --weights-precision half --format json; json '.weights.precision == "half"'
tiny 0 time -q --devices $one --batch 1 --repeat 1 --weights-precision half; prints "half precision"
tiny 0 time -q --devices $one --batch 1 --repeat 1 --format json; json '.weights.precision == "float"'
run 0 plan --format json; cp out plan.json
run 0 plan --weights-precision half; prints "half precision"
run 0 plan --weights-precision half --format json; json ".weights_precision == \"half\" and .fits > $(jq .fits plan.json)"
json ".parameters == 60965224 and .memory[0].weights + $((2 * (9216 * 2048 + 4096 * 2048 + 4096 * 500))) == $(jq '.memory[0].weights' plan.json)"
# ---- and of 8 bits
tiny 0 infer -q --devices $one list.txt --weights-precision int8 --save int8.npy --format json; json '.weights.precision == "int8"'
cmp -s one.npy int8.npy && bad "int8 weights give the scores of float ones"
ALEXCL_WEIGHTS_PRECISION=int8 tiny 0 infer -q --devices $two --batch 1 list.txt --save again.npy
cmp -s int8.npy again.npy || bad "another placement gives other scores with int8 weights"
tiny 0 infer --devices $one list.txt --weights-precision int8; prints "weights of fully connected layers in 8 bits"
tiny 0 time -q --devices $one --batch 1 --repeat 1 --weights-precision int8 --format json; json '.weights.precision == "int8"'
run 0 plan --weights-precision int8 --format json
json ".memory[0].weights + $(((9216 * 2048 + 4096 * 2048 + 4096 * 500) / 32 * (128 - 34))) == $(jq '.memory[0].weights' plan.json)"
/usr/bin/python3 - <<'P' || bad "no weights beyond half precision could be made"
import json, struct
data = bytearray(open("w.safetensors", "rb").read())
n = struct.unpack("<Q", data[:8])[0]
tensor = json.loads(data[8:8 + n])["fc8.weight"]
at = 8 + n + tensor["data_offsets"][0] + 4 * (7 * tensor["shape"][1] + 2) # of output 7
data[at:at + 4] = struct.pack("<f", -70000)
open("beyond.safetensors", "wb").write(data)
P
tiny 0 infer -q --devices $one --weights beyond.safetensors list.txt
for devices in $one $two; do
    tiny 6 infer -q --devices $devices --weights beyond.safetensors list.txt --weights-precision half
    says "fc8.weight: a weight of output 7 is -70000"; says "65504"; says "--weights-precision float"
    tiny 0 infer -q --devices $devices --weights beyond.safetensors list.txt --weights-precision int8
done
if [ "$implementation" != none ]; then # told before anything is compiled
    tiny 5 infer --devices $one list.txt --gemm clblast --weights-precision half --memory 100KiB; says "CLBlast takes no half weights"
    tiny 5 infer --devices $one list.txt --gemm clblast --memory 100KiB; grep -q "half weights" err && bad "half weights that nobody asked for"
fi

# ---- bad input: named with its line, nothing else lost
: >empty.png; head -c 5000 "$photos/cat.png" >cut.png; mkdir -p folder.png; echo text >text.png; mkfifo fifo.png 2>/dev/null
printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\2\0\0\0\0\0\0\0' >huge.png
printf '%s\n' "$photos/cat.png 1" empty.png cut.png folder.png text.png fifo.png huge.png missing.png '"unclosed.png' 'cat.png 1 2' "$photos/coffee.jpg 99" \
    "$photos/coffee.jpg 2" >bad.txt
tiny 6 infer --devices $one bad.txt --limit 10 --save bad.npy; says "line 2: empty.png"; prints "cat.png"; grep -qa "(1, 10)" bad.npy || bad "what was done before is lost"
tiny 6 infer --devices $one --keep-going bad.txt --format json --save bad.npy; grep -qa "(12, 10)" bad.npy || bad "rows of bad.npy are not the lines of the list"
json '[.images[] | .error == null] == [true,false,false,false,false,false,false,false,false,false,false,true]'
json '.summary.failed == 10 and .summary.images == 2 and ([.images[].error | select(. != null)] | all(test("line ")))'
for line in "line 3: cut.png" "line 4: folder.png: is a folder" "line 5: text.png: is a text, none of PNG, JPEG, WebP, BMP and PPM" "line 7: huge.png" "line 8: missing.png: No such file" \
    "line 9:" "line 10:" "classes 0 to 9"; do says "$line"; done
# A label that is none of the model's: before anything is compiled; with --keep-going it is its image's failure.
printf '%s 281\n' "$photos/cat.png" >classes.txt; tiny 6 infer --devices $one classes.txt --build-options=-frobnicate
says "line 1: label 281: the model has classes 0 to 9; take the model that the labels are of (--model), or leave them out of the list"; grep -q "images\? in" err && bad "it ran"
tiny 6 infer --devices $one --keep-going classes.txt; says "no image has scores; 1 of 1 failed"; prints "line 1: label 281"
printf 'a b c\nx y\n' >noise.txt; tiny 6 infer --devices $one noise.txt; says "line 1: a: more than a name and a label" # and not the label of line 2
# What is not the file that was meant, by what it is, in every place that reads one.
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 244408336\n' 0 >lfs.png; printf 'GIF89a\1\0\1\0\0\0\0;' >gif.png; printf 'cat.png\n' | iconv -t UTF-16 >wide.txt
printf 'lfs.png\ngif.png\nhttps://example.org/cat.png 3\npool5.npy\nwide.txt\n' >others.txt; tiny 6 infer -q --devices $one --keep-going others.txt
prints "line 1: lfs.png: is a Git LFS pointer, not the file itself, none of PNG, JPEG, WebP, BMP and PPM; git lfs pull"; prints "line 2: gif.png: is a GIF picture, none of PNG, JPEG, WebP, BMP and PPM; convert"
prints "line 3: https://example.org/cat.png: No such file or directory; alexcl does not download: curl"; prints "line 4: pool5.npy: is an array of NumPy"; prints "line 5: wide.txt: is a text in UTF-16"
for name in lfs.png="git lfs pull" https://example.org/x="alexcl does not download: curl -fLO" wide.txt="iconv -f UTF-16 -t UTF-8" gif.png="is a GIF picture"; do
    [ "$implementation" = none ] || continue # no device is asked
    file=${name%%=*} says=${name#*=}
    tiny 6 infer --devices $one "$file"; says "$file: "; says "$says"
    for option in weights labels; do tiny 6 infer --devices $one cat.txt --$option "$file"; says "$file: "; says "$says"; done
    tiny 6 infer --input "$file"; says "$file: "; says "$says"
    tiny 6 weights show "$file"; says "$says"; tiny 6 time --devices $one --input "$file"; says "$says"
done
tiny 6 infer pool5.npy; says "--input FILE takes one"; tiny 6 infer w.safetensors; says "--weights FILE"; tiny 6 infer --input w.safetensors; says "is a safetensors file, not a .npy file"
tiny 6 infer missing.txt; says "missing.txt"
tiny 6 infer folder.png; says "is a folder"
: >nothing.txt; tiny 6 infer nothing.txt; says "names no image"
tiny 6 infer --input list.txt; says "is a text, not a .npy file"
tiny 6 infer --devices $one --input pool5.npy; says "N x 3 x 99 x 99"
tiny 6 infer list.txt --labels list.txt --devices $one; says "list.txt"
# An array of pixels is prepared as a picture's, in either layout.
/usr/bin/python3 - <<'P' || bad "no arrays of pixels could be made"
import struct
def npy(name, kind, shape, data):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    open(name, "wb").write(b"\x93NUMPY\x01\x00\x76\x00" + header.ljust(117).encode() + b"\n" + data)
pixels = [[bytes((x * y * (c + 1) + i) % 256 for x in range(99)) for y in range(99) for c in range(3)] for i in range(2)]
npy("planes.npy", "|u1", (2, 3, 99, 99), b"".join(image[3 * y + c] for image in pixels for c in range(3) for y in range(99)))
npy("interleaved.npy", "|u1", (2, 99, 99, 3), b"".join(bytes((image[3 * y + c][x]) for x in range(99) for c in range(3)) for image in pixels for y in range(99)))
npy("last.npy", "<f4", (2, 99, 99, 3), bytes(2 * 99 * 99 * 3 * 4))
npy("flat.npy", "|u1", (3, 99, 99), bytes(99 * 99 * 3))
P
tiny 0 infer -q --devices $one --input planes.npy --save pixels.npy; tiny 0 infer -q --devices $one --input interleaved.npy --save again.npy; cmp -s pixels.npy again.npy || bad "another layout of pixels gives other scores"
tiny 6 infer --input last.npy --devices $one; says "2 x 99 x 99 x 3; model tiny2t takes N x 3 x 99 x 99; x.transpose(0, 3, 1, 2)"; tiny 6 infer --input flat.npy --devices $one; says "numpy.expand_dims"
tiny 0 time -q --devices $one --batch 2 --repeat 1 --warm-up 0 --input planes.npy
tiny 1 infer -q --devices $one list.txt --save no/such/folder.npy; says "no/such/folder.npy"
printf '%s caf\xe9\n' "$photos/cat.png" >latin.txt
tiny 6 infer -q --devices $one --keep-going latin.txt --format json; json '.images[0].label == "caf\\xE9" and (.images[0].error | test("caf"))'
tiny 6 infer missing.list --save old.npy; echo old >old.npy; tiny 6 infer -q --devices $one bad.txt --limit 2 --save old.npy
# A list of a million lines: its first scores come without a look at the pictures behind them, and what cannot be saved is told before them.
if [ "$implementation" = none ]; then
    yes "missing.png 3" | head -n 999999 >tail.txt; { echo cat.png; cat tail.txt; } >million.txt; cp "$photos/cat.png" .
    tiny 6 infer -q --devices $one million.txt --batch 1; prints "cat.png"; says "line 2: missing.png: No such file"; says "1 of 1000000 images were done"
    free=$(df -Pk . | awk 'NR == 2 { print $4 }') # 1.16 TB of conv1's values
    [ "$free" -gt 1000000000 ] || { run 1 infer -q --model alexnet --devices $one million.txt --features conv1 --save conv1.npy; says "conv1.npy: cannot be written: No space left"; [ ! -e conv1.npy ] || bad "it was written"; }
fi
printf 'missing.png\n' >missing.txt; echo old >old.npy; tiny 6 infer -q --devices $one missing.txt --save old.npy
[ "$(cat old.npy)" = old ] || bad "a file was replaced by nothing"
mkfifo pipe.npy # what must not happen to /dev/null is tried on something that nobody else needs
tiny 1 infer -q --devices $one list.txt --save pipe.npy; says "not a regular file"; [ -p pipe.npy ] || bad "the fifo is no more"
# A share of the images on each device: the same scores, and who took how many.
tiny 0 infer --devices $two --split 2:1 list.txt --format json --save shared.npy
json '.split == "2:1" and [.devices[].images] == [2, 1] and [.devices[].halves] == [[0, 1], [0, 1]] and .timing.exchange_s == 0'; cmp -s shared.npy one.npy || bad "a split by images changes the scores"
tiny 0 infer --devices $two --split auto list.txt --reproducible; prints "; images split auto; reproducible"; says "images split auto"; grep -qE "device 0 [0-9.]+ s \([0-3] images?\), device 1" err || bad "no images of each device"
tiny 0 infer --devices $two --split half list.txt --format json; json '.split == "half" and [.devices[].images] == [3, 3] and [.devices[].halves] == [[0], [1]]'
tiny 2 infer --devices $one --split 1:1 list.txt; says "there is one device"
tiny 1 weights init -o .; says "not a regular file"
tiny 6 infer -q --devices $one --input /dev/zero; says "not a regular file"
if [ "$implementation" != none ]; then
    tiny 4 infer --devices $one list.txt --build-options=-frobnicate; says "does not compile"
    run 0 --model lenet5 infer -q --devices $one cat.txt --no-cache --sync
    tiny 2 infer --devices $one list.txt --gemm mkl; says "own"
fi

# ---- time: batches, layers, trace, comparison, picture
tiny 0 time --devices $one --batch 4 --repeat 3 --warm-up 1 --format json --trace trace.json --plot roof.svg
cp out time.json
json '.model == "tiny2t" and .batch == 4 and .repeat == 3 and .warm_up == 1 and .device_times_known and .weights.random and (.devices | length) == 1'
json '(.seconds.sorted | length == 3 and . == sort) and .seconds.min == .seconds.sorted[0] and .seconds.median == .seconds.sorted[1]'
json '(.images_per_s * .seconds.median - 4 | fabs) < 1e-6 and (.gflops * .seconds.median * 1e9 / (2 * 1800840 * 4) - 1 | fabs) < 1e-6'
json '[.layers[] | select(.name == "conv1")][0] | .flops[0] == .flops[1] and (.seconds | min) > 0 and .gflops > 0'
json '[.layers[] | select(.name == "flat")][0] | .seconds == [0, 0] and .commands == [0, 0]'
if [ "$implementation" = none ]; then json '.share_of_peak == null'; else json '.share_of_peak > 0 and .devices[0].peak_gflops > 0 and .devices[0].peak_read_gbytes_per_s > 0'; fi
/usr/bin/python3 -c 'import xml.dom.minidom as m; assert "conv1" in m.parse("roof.svg").toxml()' || bad "roof.svg is not a picture with conv1"
# Every layer that runs is there once for each half and batch, on one row in turn, and all of a batch are no longer than the batch.
traced() { # traced TARGETS
    jq -e --slurpfile run time.json --argjson targets "$1" '[.traceEvents[] | select(.ph == "X")] as $all | ([$run[0].layers[] | select(.commands[0] > 0) | .name] | sort) as $layers
        | [$all[] | select(.cat == "layer")] as $work
        | ($work | group_by([.args.half, .args.batch]) | length == 6 and all((map(.name) | unique) == $layers))
        and ($work | group_by([.args.half, .args.batch, .name]) | all((map(.args.images) | add) == 4 and length <= $targets))
        and ($work | group_by([.pid, .args.batch]) | all((map(.dur) | add) <= $run[0].seconds.max * 1.05e6))
        and ([$all[] | select(.tid == 1)] | group_by(.pid) | length == $targets and all(sort_by(.ts) | . as $row | [range(1; length)]
            | all($row[.].ts >= $row[. - 1].ts + $row[. - 1].dur - 1)))
        and ([$all[] | select(.cat == "transfer" and .name == "input")] | (map(.args.images) | add) == 12 * $targets)
        and (($all | any(.cat == "exchange")) == ($targets == 2))' trace.json >/dev/null || bad "the trace of $1 targets lacks something"
}
traced 1
# A share of the images on each: both halves of every layer on both, each image once, nothing that crosses.
tiny 0 time --devices $two --split 1:3 --batch 4 --repeat 3 --format json --trace trace.json
json '.split == "1:3" and ([.devices[] | [.halves, .images]] == [[[0, 1], 1], [[0, 1], 3]]) and ([.devices[].exchange_s] == [0, 0]) and .layers[0].gflops > 0'
jq -e '[.traceEvents[] | select(.ph == "X")] as $all | [$all[] | select(.cat == "layer" and .name == "conv1")] as $conv | ($all | any(.cat == "exchange") | not)
    and ($conv | group_by([.args.half, .args.batch]) | length == 6 and all([.[] | range(.args.first_image; .args.first_image + .args.images)] | sort == [0, 1, 2, 3]))
    and ($conv | all((.pid == 0) == (.args.first_image < 1)))' trace.json >/dev/null || bad "the trace of a split by images"
tiny 0 time --devices $two --split auto --batch 6 --repeat 2 --warm-up 1; narrow; prints "images split auto: "; says "images split auto"
tiny 0 time -q --devices $two --split auto --batch 6 --repeat 2 --format json; json '([.devices[].images] | add) == 6'
tiny 2 time --devices $one --split auto; says "there is one device"; tiny 2 time --devices $two --split 1:x; says "--split 1:x"
tiny 0 time --devices $two --batch 4 --repeat 3 --format json --trace trace.json; cp out time.json; json '(.devices | length) == 2 and .warm_up == 2'; traced 2
tiny 0 time --devices $one --batch 4 --repeat 2 --compare time.json --format json
old=$(jq .seconds.median time.json) conv=$(jq '[.layers[] | select(.name == "conv1") | .seconds[]] | add' time.json)
json "(.compare.speedup * .seconds.median / $old - 1 | fabs) < 1e-6"
json "[.layers[] | select(.name == \"conv1\")][0] | (.speedup * (.seconds | add) / $conv - 1 | fabs) < 1e-6"
tiny 0 time --devices $one --batch 4 --repeat 1 --warm-up 0 --compare time.json; narrow; prints "times as fast as in time.json"; prints "conv1"; prints "nothing runs"
# What a layer's kernel computes as well stands in its row: no row is without time.
if [ "$implementation" != none ]; then ALEXCL_TUNE=off tiny 0 time --devices $one --batch 8 --repeat 2; prints "conv1+relu "; prints "fc6+relu "; awk '/^layer/ {on = 1; next} /^all layers/ {on = 0} on && $2 == "-"' out | grep -q . && bad "a row without time"; fi
# A share above the peak is explained, any other is not.
tiny 0 time --devices $one --batch 8 --repeat 2; narrow
above=$(grep -cE '[^0-9.](10[1-9]|1[1-9][0-9]|[2-9][0-9][0-9])%' out); told=$(grep -c "^Over 100% of the peak" out)
[ $((above > 0)) = "$told" ] || bad "$above shares above the peak, explained $told times"
tiny 0 time -q --devices $one --batch 1 --repeat 1 --format csv; silent; prints "conv1,conv,1,"
tiny 0 time -q --devices $one --batch 2 --repeat 1 --input crops.npy --weights w.safetensors --format json; json '.weights.about | test("^w.safetensors")'
run 2 time --repeat 0; says "--repeat 0"; run 2 time --warm-up -1; says "--warm-up"; run 6 time list.txt; says "list.txt"; run 6 plan --model no.onnx; says "no.onnx: No such file"
tiny 1 time --devices $one --trace no/such/trace.json; says "no/such/trace.json: cannot be written"
mkfifo pipe.svg; tiny 1 time --devices $one --plot pipe.svg; says "not a regular file"; [ -p pipe.svg ] || bad "the fifo is no more"
tiny 6 time --compare missing.json; says "missing.json"; echo '{"model": 3}' >other.json; tiny 6 time --compare other.json; says "wants a document of"
tiny 6 time --devices $one --batch 5 --compare time.json; says "time.json: is of tiny2t, batch 4"; echo '{' >other.json; tiny 6 time --compare other.json; says "line"
# Numbers of the compared document, each within its range: jansson hands out the low bits of one that is too large for an int.
other() { jq "$1" time.json >other.json; tiny 6 time --devices $one --batch 4 --repeat 1 --compare other.json; says "other.json"; says "$2"; }
other '.batch += 4294967296' "batch 4294967300"; other '.images_per_s = -3' "is -3 where"; other '.seconds.median = 0' '"median" is 0 where'
other '.seconds.median = 1e300' '"median" is 1e+300 where'; other '(.layers[] | select(.name == "conv2").seconds) = [0.1, -2]' '"conv2" is -2 where'
# A record that can be repeated: what, when, by which driver, on how many CPUs, in how much memory.
json_time='.version == .alexcl and (.date | test("^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}Z$")) and (.driver | length) == (.devices | length) and .threads >= 1 and .peak_memory > 1e6'
json_time+=' and .percentiles.p50 == .seconds.median and .percentiles.p90 >= .percentiles.p50 and .percentiles.p99 >= .percentiles.p90 and .percentiles.p99 <= .seconds.max'
tiny 0 time -q --devices $one --batch 1 --repeat 11 --format json; json "$json_time"; json '(.percentiles.p90 - .seconds.sorted[9] | fabs) < 1e-9'
if [ "$implementation" = none ]; then json '.driver == [null]'; else json '.driver[0] | test(", ")'; fi
tiny 0 time --devices $one --batch 1 --repeat 2; prints "90th of 100"; prints "alexcl $(awk 'NR == 1 {print $2}' <("$alexcl" --version)), "
# So many seconds, not so many batches: one at least, and no more than --repeat.
tiny 0 time -q --devices $one --batch 1 --seconds 1 --format json; json '.repeat >= 2 and (.seconds.sorted | length) == .repeat and (.seconds.sorted | add) > 0.9'
tiny 0 time -q --devices $one --batch 1 --seconds 60 --repeat 2 --format json; json '.repeat == 2'
tiny 0 time -q --devices $one --train --batch 1 --warm-up 0 --seconds 1 --repeat 10000 --format json; json '.train and (.seconds.sorted | length) == .repeat and (.seconds.sorted | add) > 0.9'
run 2 time --seconds 0; says "--seconds 0"
# Several models and batches: a row each, or a document of runs, which --compare takes; -v and CSV show all of them.
run 0 time tiny2t lenet5 --batch 1,2 --devices $one --repeat 2 --warm-up 0; narrow
[ "$(awk '{print $1, $2}' out | tail -n +2 | paste -sd,)" = "tiny2t 1,tiny2t 2,lenet5 1,lenet5 2" ] || bad "other rows than models and batches"
[ "$(grep -c "both halves" err)" = 1 ] || bad "the device is told for every run"
run 0 time --model tiny2t,lenet5 --batch 1,2 --devices $one --repeat 2 --warm-up 0 --format json -q; cp out runs.json
json '[.runs[] | [.model, .batch]] == [["tiny2t", 1], ["tiny2t", 2], ["lenet5", 1], ["lenet5", 2]] and .error == null and .command == "time"'
json "all(.runs[]; has(\"peak_memory\") and has(\"version\") and (.layers | length) > 3)"
tiny 0 time --devices $one --batch 2 --repeat 1 --warm-up 0 --compare runs.json; prints "times as fast as in runs.json"
run 0 time lenet5 tiny2t --batch 2,3 --devices $one --repeat 1 --warm-up 0 --compare runs.json; narrow; [ "$(grep -cE '[0-9]x$' out)" = 2 ] || bad "what is in runs.json is not compared, or more than that"
tiny 6 time --devices $one --batch 3 --compare runs.json; says "none of its 4 runs is of tiny2t, batch 3"
run 6 time tiny2t lenet5 --batch 3 --devices $one --compare runs.json; says "none of these models"
jq '.runs[2].seconds.median = -1' runs.json >other.json; tiny 6 time --devices $one --batch 1 --compare other.json; says '"median" is -1 where'
echo '{"runs": []}' >other.json; tiny 6 time --compare other.json; says "wants a document of"
# `all` are those of `alexcl models`, which lists no tinyskip.
jq '.runs |= [.[0] | .model = "tinyskip"]' runs.json >other.json; run 6 time --model all --batch 1 --devices $one --compare other.json; says "none of these models"
run 0 time tiny2t --batch 1,2 --devices $one --repeat 1 --warm-up 0 --format csv -q; [ "$(grep -c ",conv1,conv," out)" = 4 ] && grep -q "^model,batch,layer," out || bad "CSV of several"
run 0 time tiny2t --batch 1,2 --devices $one --repeat 1 --warm-up 0 -v; [ "$(grep -c "^conv1" out)" = 2 ] || bad "-v does not show each run"
run 6 time tiny2t no.onnx --devices $one --batch 1; says "no.onnx"; [ ! -s out ] || bad "something was timed"
run 2 time tiny2t lenet5 --weights w.safetensors; says "one model's"; run 2 time tiny2t --batch 1,2 --plot roof.svg; says "one model and one batch"
run 2 time --batch 1,,2; says "--batch"; run 2 time --batch 1,x; says "--batch x"; run 2 infer --batch 1,2 cat.txt; says "takes one --batch"
run 2 time --batch "$(seq -s, 17)"; says "more than 16 batches"; run 2 time tiny2t --model lenet5; says "two models"
run 5 time tiny2t alexnet --memory 8MiB --batch 1 --repeat 1 --warm-up 0 --devices $one --format json; json '(.runs | length) == 1 and (.error | test("^alexnet, batch 1: "))'; says "alexnet, batch 1: "
tiny 6 time --devices $one --input w.safetensors; says "w.safetensors"; run 6 --model lenet5 time --input crops.npy; says "N x 1 x 32 x 32"
[ -z "$(find . -name '*.alexcl')" ] || bad "a temporary file is left"

# ---- a symbolic link as the name of what is written is followed, and the file behind it keeps its mode
mkdir real
for file in scores.npy weights.safetensors trace.json roof.svg; do echo old >real/$file; chmod 640 real/$file; ln -sf real/$file $file; done
mkdir dumped; ln -s ../real/patch.npy dumped/1-cat.png.npy; ln -s ../real/patch.png dumped/1-cat.png.png # where nothing is yet
tiny 0 infer -q --devices $one list.txt --save scores.npy; cmp -s one.npy real/scores.npy || bad "the file behind the link has other scores"
tiny 0 weights init -q --seed 1 -o weights.safetensors; cmp -s w.safetensors real/weights.safetensors || bad "the file behind the link has other weights"
tiny 0 time -q --devices $one --batch 1 --repeat 1 --warm-up 0 --trace trace.json --plot roof.svg
jq -e .traceEvents real/trace.json >/dev/null || bad "the file behind the link has no trace"; grep -q conv1 real/roof.svg || bad "the file behind the link is no picture"
tiny 0 infer -q --devices $one cat.txt --dump-patches dumped
cmp -s patches/1-cat.png.npy real/patch.npy && cmp -s patches/1-cat.png.png real/patch.png || bad "the files that the links lead to are not the patches"
for file in scores.npy weights.safetensors trace.json roof.svg dumped/1-cat.png.npy dumped/1-cat.png.png; do [ -L $file ] || bad "$file is no link any more"; done
for file in scores.npy weights.safetensors trace.json roof.svg; do [ "$(stat -c %a real/$file)" = 640 ] || bad "$file has another mode"; done
ln -s loop.npy loop.npy; tiny 1 infer -q --devices $one list.txt --save loop.npy; says "loop.npy: cannot be written: Too many levels of symbolic links"

# ---- where results go: a full disk, a closed or a broken pipe
for i in $(seq 20000); do echo "$photos/astronaut.jpg"; done >many.txt
# Colours on a terminal that has them, for who wants them, and nowhere else.
what="colours"
coloured() { env "$1" script -qec "'$alexcl' --model tiny2t --devices $one infer -q '$photos/cat.png' missing.png" /dev/null </dev/null 2>&1 | grep -qF $'\033[31malexcl:\033[0m '; }
coloured TERM=xterm || bad "an error is not red"
TERM=xterm coloured NO_COLOR=1 && bad "colours though NO_COLOR is set"
coloured TERM=dumb && bad "colours on a terminal without"
TERM=xterm run 6 infer missing.png; shown
for command in models plan env --help; do
    what="$command on a full disk"
    [ ! -e /dev/full ] || { "$alexcl" $command >/dev/full 2>err; ended 1; says "could not be written: No space left"; }
    what="$command without stdout"
    "$alexcl" $command >&- 2>err; ended 1; says "could not be written: Bad file"
done
# However long the document or a part of it is.
for _ in $(seq 200); do echo "$photos/cat.png"; done >n200.txt
for format in json csv text; do
    what="infer --format $format on a full disk"
    [ ! -e /dev/full ] || { "$alexcl" --model tiny2t --devices $one infer n200.txt --format $format >/dev/full 2>err; ended 1; says "could not be written: No space left"; }
    what="infer --format $format into a pipe that nobody reads"
    { "$alexcl" --model tiny2t --devices $one infer n200.txt --format $format 2>err; echo $? >code; } | head -n 1 >out
    (exit "$(cat code)"); ended 1; says "could not be written: Broken pipe"
    what="env --format $format with a long value, on a full disk"
    [ ! -e /dev/full ] || { "$alexcl" env --format $format --build-options "$(printf 'x%.0s' $(seq 9000))" >/dev/full 2>err; ended 1; says "could not be written: No space left"; }
done
what="infer without stdout"
"$alexcl" --model tiny2t --devices $one infer many.txt --save closed.npy >&- 2>err; ended 1; says "could not be written"
grep -qa astronaut closed.npy && bad "results stand in another file"
what="infer into a pipe that nobody reads"
{ "$alexcl" --model tiny2t --devices $one infer many.txt 2>err; echo $? >code; } | head -n 1 >out
(exit "$(cat code)"); ended 1; says "Broken pipe"
grep -q '^20000 images' err && bad "all 20000 images were run for nobody"

# ---- Ctrl-C: what was done is there
what="interrupted"
"$alexcl" --model tiny2t --devices $one infer many.txt --batch 1 --format json --save interrupted.npy >out 2>err &
has_scores() { find . -name 'interrupted.npy.*' -size +128c | grep -q .; } # behind the header
interrupt_when has_scores
json '.summary.interrupted and .summary.images < 20000 and (.images | length) == .summary.images'
says "interrupted"
what="ended by SIGTERM"
"$alexcl" --model tiny2t --devices $one infer many.txt --batch 1 --format json --save interrupted.npy >out 2>err &
interrupt_when has_scores TERM 143
json '.summary.interrupted and .summary.images < 20000 and (.images | length) == .summary.images'
says "interrupted"
if command -v script >/dev/null; then # on a terminal: no result behind the progress on one line
    what="infer on a terminal"
    script -qec "'$alexcl' --model tiny2t --devices $one infer --batch 1 '$PWD/list.txt'" /dev/null </dev/null >out
    prints "images: 1 of 3, "; prints "layers prepared: 0 of "
    grep -q ' of 3[^[:cntrl:]]*coffee' out && bad "results and progress on one line"
    what="waiting on a terminal"
    script -qec "timeout -s INT 5 '$alexcl' --model tiny2t --devices ref time --batch 1 --repeat 10000 --warm-up 0" /dev/null </dev/null >out
    grep -qE 'batches: [1-9][0-9]* of 10000, [0-9]+ s, about [0-9]+ (s|min|h) left' out || bad "what is left is not told"
    script -qec "'$alexcl' --model alexnet --devices ref time --batch 8 --repeat 1 --warm-up 0" /dev/null </dev/null >out 2>err & # one step, for seconds
    for _ in $(seq 600); do grep -qE 'batches: 0 of 1, [1-9][0-9]* s' out && break; sleep 0.1; done; kill $!; wait $! 2>/dev/null
    grep -qE 'batches: 0 of 1, [1-9][0-9]* s' out || bad "the time stands still"
    if [ "$implementation" != none ]; then
        what="check on a terminal"
        script -qec "'$alexcl' check --devices 0 --layer softmax" /dev/null </dev/null >out; prints "checks: 1 of 8, "; grep -q ' of 8[^[:cntrl:]]*softmax' out && bad "results and progress on one line"
    fi
    what="names from a terminal"
    printf '%s\n\004' "$photos/cat.png" | script -qec "'$alexcl' --model tiny2t --devices $one infer -" /dev/null >out; prints "reading names from the terminal; end with Ctrl-D"; prints "cat.png"
fi
what="names from a file"
"$alexcl" --model tiny2t --devices $one infer - <list.txt >out 2>err; ended 0; grep -q "terminal" err && bad "a terminal that is none"

end
