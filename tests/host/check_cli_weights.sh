#!/usr/bin/env bash
# Files of weights on the command line, on the reference: the net that is chosen for one, its number of classes, what is in it, what it is converted to.
#   check_cli_weights.sh PROGRAM PHOTOS
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 cat=$2/cat.png forge=$(dirname "$0")/weights_forge.py
rm -rf run && mkdir run && cd run || exit 1 # nothing of an earlier run
infer() { local code=$1; shift; run "$code" infer --devices ref "$@"; }
same() { cmp -s "$1" "$2" || bad "$1 and $2 differ"; }
modules=f.0,f.3,f.6,f.8,f.10,c.1,c.4,c.6
tiny 0 weights init -q -o w.safetensors
python3 "$forge" w.safetensors bare.safetensors
python3 "$forge" w.safetensors seven.safetensors classes=7
python3 "$forge" w.safetensors modules.pth names=$modules
python3 "$forge" w.safetensors seven.pth names=$modules classes=7
python3 "$forge" w.safetensors odd.safetensors names=$modules

# ---- the model from the file
tiny 0 infer -q --devices ref "$cat" --weights w.safetensors --save w.npy
infer 0 "$cat" --weights w.safetensors --save got.npy; same w.npy got.npy; grep -q "taken for" err && bad "metadata name the model: nothing was chosen"
infer 0 "$cat" --weights bare.safetensors --save got.npy; same w.npy got.npy; says "bare.safetensors: taken for tiny2t"
infer 0 "$cat" --weights modules.pth --save got.npy; same w.npy got.npy
says "modules.pth: taken for tiny2t"; says "modules.pth: tensors in the file's order, since their names are not model tiny2t's"
infer 0 -q "$cat" --weights modules.pth; silent
run 0 time -q --devices ref --batch 1 --repeat 1 --weights modules.pth --format json; json '.model == "tiny2t"'
ALEXCL_WEIGHTS=bare.safetensors infer 0 -q "$cat" --save got.npy; same w.npy got.npy
infer 6 "$cat" --weights odd.safetensors; says "no tensor"; says "no other model is nearer"
# One that is named wins, by a flag or by the environment; what does not fit is told by tensor and shapes.
infer 6 "$cat" --weights bare.safetensors --model alexnet-227; says "tensor conv1.weight is 8x3x11x11, model alexnet-227 wants 96x3x11x11"
infer 6 "$cat" --weights modules.pth --model alexnet-227; says "tensor f.0.weight is 8x3x11x11, model alexnet-227 wants 96x3x11x11"
ALEXCL_MODEL=tiny-orig infer 0 "$cat" --weights bare.safetensors --format json; json '.model == "tiny-orig"'
run 6 time lenet5 --devices ref --weights bare.safetensors; says "model lenet5"
# Commands that take no weights do not look at any.
ALEXCL_WEIGHTS=missing run 0 summary tiny2t; ALEXCL_WEIGHTS=missing run 0 plan tiny2t; ALEXCL_WEIGHTS=missing run 0 env

# ---- the number of classes from the file
for file in seven.safetensors seven.pth; do
    infer 0 "$cat" --weights $file --save seven.npy --format json; json '.images[0].top | length == 5'; grep -qa "(1, 7)" seven.npy || bad "$file: other than 7 classes"
    tiny 0 infer -q --devices ref "$cat" --weights $file --save got.npy; same seven.npy got.npy
done
seq 10 >ten.txt; seq 7 >seven.txt
infer 6 "$cat" --weights seven.pth --labels ten.txt --build-options=-frobnicate; says "ten.txt: names 10 classes, the model has 7"
infer 6 "$cat" --weights w.safetensors --labels seven.txt; says "seven.txt: names 7 classes, the model has 10"
infer 0 "$cat" --weights seven.pth --labels seven.txt

end
