#!/usr/bin/env bash
# Files of weights on the command line, on the reference: the net that is chosen for one, its number of classes, what is in it, what it is converted to.
#   check_cli_weights.sh PROGRAM PHOTOS
set -u
. "$(dirname "$0")/../support/cli_support.sh"
alexcl=$1 cat=$2/cat.png forge=$(dirname "$0")/weights_forge.py caffe=$(cd "$(dirname "$0")/../formats/caffe" && pwd)
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

# ---- weights that come with alexcl: taken by what runs pictures, where the model has some; `train` and `time` begin with random ones
fashion=$2/../fashion/test00.png trained=alexnet_small_fashion_mnist.safetensors
infer 0 "$fashion" --model alexnet-small --format json; json '(.weights.random | not) and .images[0].top[0].name == "Ankle boot"'
says "alexnet-small: weights that come with alexcl, "; says "/$trained; top-1 error "
infer 0 -q "$fashion" --model alexnet-small --weights trained --format json; json '.weights.random | not'; silent
ALEXCL_WEIGHTS=trained run 0 filters --model alexnet-small -o conv1.png; says "/$trained"
run 0 time --devices ref --model alexnet-small --batch 1 --repeat 1 --format json; json .weights.random
run 0 time --devices ref --model alexnet-small --batch 1 --repeat 1 --format json --weights trained; json '.weights.random == false'
infer 2 "$cat" --weights trained; says "--weights trained: none of alexnet come with alexcl, only of: alexnet-small; name such a model by --model, or a file"
mkdir named && echo none >named/$trained
ALEXCL_DATA_DIR=named infer 6 "$fashion" --model alexnet-small; says "named/$trained"
run 0 models; prints "    weights come with alexcl: $trained"; [ "$(grep -c "come with" out)" = 1 ] || bad "of other models than one"
run 0 models --format json; json "[.models[] | select(.trained)] | length == 1 and .[0].name == \"alexnet-small\" and .[0].trained == \"$trained\""
run 0 models alexnet-small --format json; json ".trained == \"$trained\""; run 0 models lenet5 --format json; json '.trained == null'

# ---- the number of classes from the file
for file in seven.safetensors seven.pth; do
    infer 0 "$cat" --weights $file --save seven.npy --format json; json '.images[0].top | length == 5'; grep -qa "(1, 7)" seven.npy || bad "$file: other than 7 classes"
    tiny 0 infer -q --devices ref "$cat" --weights $file --save got.npy; same seven.npy got.npy
done
seq 10 >ten.txt; seq 7 >seven.txt
infer 6 "$cat" --weights seven.pth --labels ten.txt --build-options=-frobnicate; says "ten.txt: names 10 classes, the model has 7"
infer 6 "$cat" --weights w.safetensors --labels seven.txt; says "seven.txt: names 7 classes, the model has 10"
infer 0 "$cat" --weights seven.pth --labels seven.txt

# ---- what is in a file
run 0 weights show modules.pth; narrow; silent
prints "modules.pth: torch-zip, 16 tensors, 32.1 KiB"; prints "fits      tiny2t, 10 classes"; grep -qE "^f.0.weight +8x3x11x11 +float32 +11.3 KiB +-0.13 +0.13 " out || bad "no row of f.0.weight"
run 0 weights show seven.safetensors; prints "tiny2t, 7 classes (its own number is another)"
run 0 weights show w.safetensors; prints "random: labels mean nothing"; grep -q "alexcl.model" out && bad "metadata that nobody asked for"
run 0 weights show -v w.safetensors; prints "metadata  alexcl.model: tiny2t"
run 0 weights show odd.safetensors; prints "fits      none of"
run 0 weights show w.safetensors --format json
json 'keys_unsorted == ["alexcl", "command", "path", "kind", "metadata", "tensors", "fits", "random"] and .path == "w.safetensors" and .kind == "safetensors" and .random'
json '.metadata["alexcl.model"] == "tiny2t" and (.tensors | length) == 16 and .fits == [{"model": "tiny2t", "classes": 10, "exact": true}]'
json '.tensors[0] | keys_unsorted == ["name", "shape", "type", "bytes", "min", "max", "mean", "finite"] and .name == "conv1.weight" and .shape == [8, 3, 11, 11] and .type == "F32" and .bytes == 11616'
json '.tensors | all(.finite and .min < .mean and .mean < .max)'
run 0 weights show seven.pth --format json --no-statistics; json '.fits == [{"model": "tiny2t", "classes": 7, "exact": false}] and (.random | not) and (.tensors | all(.min == null and .finite == null))'
run 0 weights show w.safetensors --format csv; prints "name,shape,type,bytes,min,max,mean,finite"; prints "fc8.bias,10,F32,40,"; [ "$(wc -l <out)" = 17 ] || bad "not a row a tensor"
run 0 weights show w.safetensors --format csv --no-statistics; prints "fc8.bias,10,F32,40,,,,"
run 0 weights show modules.pth -o shown.txt; [ ! -s out ] && grep -q "torch-zip" shown.txt || bad "weights show -o"
python3 -c 'import struct; open("nan.safetensors", "wb").write(struct.pack("<Q", 58) + b"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}".ljust(58) + struct.pack("<3f", 1, float("nan"), 3))'
run 0 weights show nan.safetensors; prints "1 tensor is not finite in all values"; run 0 weights show nan.safetensors --format json; json '.tensors[0] | .finite == false and .min == 1 and .max == 3 and .mean == 2'
run 2 weights init -o x.safetensors --no-statistics; says "for \`alexcl weights show FILE\`"; tiny 2 weights show w.safetensors --no-statistics; says "without --model"
# What is not read is named, with the way.
printf 'GGUF\3\0\0\0' >a.gguf; printf '\x1c\0\0\0TFL3\x14\0\x20\0' >a.tflite; printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n' >lfs.pth; echo text >a.txt
python3 -c 'import zipfile; zipfile.ZipFile("a.npz", "w").writestr("conv1.npy", b"x")'; printf '\x80\2\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.' >old.pth
for file in a.gguf=gguf=GGUFReader a.tflite=tflite=tf2onnx lfs.pth=git-lfs="git lfs pull" a.npz=npz=save_file old.pth=torch-old=torch.save a.txt=unknown="is a text"; do
    IFS== read -r name kind way <<<"$file"
    run 6 weights show "$name"; says "$name: "; says "$way"; infer 6 "$cat" --weights "$name"; says "$way"
    run 6 weights show "$name" --format json; says "$way"; json ".kind == \"$kind\" and .tensors == [] and .fits == [] and .metadata == {} and (.random | not)"
done
run 6 weights show missing; says "missing: No such file"

# ---- conversion
run 0 convert modules.pth -o out.safetensors; prints "out.safetensors: tiny2t, 10 classes, 16 tensors, 32.1 KiB; from torch-zip"
prints "  tensors in the file's order, since their names are not model tiny2t's"; says "modules.pth: taken for tiny2t"
infer 0 -q "$cat" --weights out.safetensors --save got.npy; same w.npy got.npy
run 0 weights show out.safetensors --format json; json '[.tensors[].name] | sort == (["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"] | map("\(.).weight", "\(.).bias") | sort)'
json '.metadata["alexcl.model"] == "tiny2t" and .metadata["alexcl.flatten"] == "C,H,W"'
run 0 convert seven.pth -o out.safetensors --format json
json 'keys_unsorted == ["alexcl", "command", "from", "model", "classes", "tensors", "bytes", "done"] and .from == "torch-zip" and .model == "tiny2t" and .classes == 7 and .tensors == 16'
json '.bytes == 32920 - 3 * 13 * 4 and .done == ["tensors in the file'"'"'s order, since their names are not model tiny2t'"'"'s"]'
infer 0 "$cat" --weights out.safetensors --save got.npy; same seven.npy got.npy
run 0 convert w.safetensors -o out.safetensors --format csv; prints "from,model,classes,tensors,bytes,done"; prints "safetensors,tiny2t,10,16,32920,"
run 0 weights show out.safetensors --format json; json '.metadata["alexcl.origin"] == "generator" and .random'; cmp -s w.safetensors out.safetensors || bad "a file of the same is another"
run 0 convert modules.pth -o half.safetensors --type half --model tiny-across --format json; json '.model == "tiny-across" and .bytes == 16460'
run 0 weights show half.safetensors --format json; json '.tensors | all(.type == "F16" and .finite)'
tiny 0 convert -q modules.pth -o half.safetensors --type half; infer 0 "$cat" --weights half.safetensors --save got.npy
python3 - <<'P' || bad "half weights are further off than their rounding"
import struct
a, b = (struct.unpack("<10f", open(name, "rb").read()[-40:]) for name in ("w.npy", "got.npy"))
raise SystemExit(not (a != b and all(abs(x - y) < 1e-3 for x, y in zip(a, b))))
P
python3 -c 'import struct; open("large.safetensors", "wb").write(open("bare.safetensors", "rb").read()[:-4] + struct.pack("<f", 7e4))'
rm -f out.safetensors; run 6 convert large.safetensors -o out.safetensors --type half; says "tensor fc8.bias: a weight is 70000; half precision"; [ ! -e out.safetensors ] || bad "half a file is left"
run 6 convert a.gguf -o out.safetensors; says "GGUFReader"; run 6 convert odd.safetensors -o out.safetensors; says "no tensor"
run 6 convert bare.safetensors -o out.safetensors --model lenet5; says "model lenet5"; run 6 convert bare.safetensors missing.prototxt -o out.safetensors; says "missing.prototxt"
run 2 convert modules.pth; says "-o FILE.safetensors"; run 2 convert -o out.safetensors; says "wants IN"; run 2 convert modules.pth -o out.npy; says "a .safetensors file is written"
ln -sf w.safetensors link.safetensors; for name in w.safetensors ./w.safetensors link.safetensors; do run 2 convert w.safetensors -o $name; says "is w.safetensors itself"; done
run 2 convert modules.pth -o out.safetensors --type bfloat16; says "--type bfloat16: float or half"
run 2 convert modules.pth a.prototxt -o out.safetensors --model tiny2t; says "the net is named twice"
run 0 convert "$caffe/chain_unpacked.caffemodel" --prototxt "$caffe/chain.prototxt" -o chain.safetensors
for weights in chain_unpacked chain_double; do # either describes a net too
    run 0 convert "$caffe/chain.prototxt" "$caffe/$weights.caffemodel" -o one.safetensors; run 0 convert "$caffe/$weights.caffemodel" "$caffe/chain.prototxt" -o two.safetensors
    same chain.safetensors one.safetensors; same chain.safetensors two.safetensors
done
infer 0 --prototxt "$caffe/chain.prototxt" --weights "$caffe/chain.caffemodel" "$cat" --save one.npy
infer 0 --model "$caffe/chain.prototxt" --weights chain.safetensors "$cat" --save two.npy; same one.npy two.npy
[ ! -e out.safetensors ] || bad "something was written"

# ---- all conventions of a net
for net in alexnet-caffe googlenet tiny2t lenet5-1998; do run 0 models $net; [ $net = googlenet ] || narrow; silent; grep -q ' $' out && bad "blanks at the end of a line"; done
run 0 models alexnet-caffe
prints "lrn        n 5, k 1, alpha 2e-05, beta 0.75, divided_by_n no, scope layer"; prints "mean       104.007,116.669,122.679"; prints "colour     BGR"; prints "parameters"
grep -qE "^conv2 +conv +outputs 256 kernel 5,5 stride 1,1 pad 2,2,2,2 groups 2$" out || bad "no row of conv2"
run 0 models googlenet; grep -qE "inputs .*," out || bad "a concatenation does not say what it reads"
run 0 models alexnet-caffe --format json
json 'keys_unsorted == ["alexcl", "command", "name", "about", "source", "input", "colour", "resize", "scale", "mean", "std", "crop", "classes", "parameters", "macs", "layers", "lrn", "trained"]'
json '.name == "alexnet-caffe" and .source == "built in" and .input == [3, 227, 227] and .colour == "BGR" and .resize == 256 and .scale == 1 and .crop == [227, 227] and .std == [1, 1, 1]'
json '.classes == 1000 and .parameters == 60965224 and (.mean[0] - 104.0069879 | fabs) < 1e-6 and .lrn == {"n": 5, "k": 1, "alpha": 2e-05, "beta": 0.75, "divided_by_n": false, "scope": "layer"}'
json '.layers[4] == {"name": "conv2", "type": "conv", "inputs": ["pool1"], "outputs": 256, "kernel": [5, 5], "stride": [1, 1], "pad": [2, 2, 2, 2], "groups": 2}'
json '.layers[0].inputs == ["input"] and .layers[2].lrn_scope == "layer" and (.layers[] | select(.name == "drop6") | .dropout == "inverted" and .rate == 0.5)'
run 0 models alexnet-keras --format json; json '.lrn == null and .mean == [0] and .colour == "grey"'
run 0 models alexnet-caffe --compare caffenet; grep -qE "^norm1.inputs +relu1 +pool1$" out || bad "norm1 does not read another layer"; grep -q "^mean\|^colour\|^conv1.pad" out && bad "what is the same is listed"; narrow
run 0 models alexnet --compare alexnet-caffe caffenet --format json
json '.models == ["alexnet", "alexnet-caffe", "caffenet"] and (.differ[] | select(.what == "conv1.pad") | .values == [[2, 2, 2, 2], null, null]) and (.differ[] | select(.what == "lrn") | .values[0].k == 2)'
run 0 models alexnet --compare alexnet-227 --format csv; prints "what,alexnet,alexnet-227"; prints 'conv1.pad,"2,2,2,2",-'
run 0 models tiny2t --compare tiny2t; prints "nothing differs"
printf 'name: "net"\nlayer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 9 dim: 9 } } }\nlayer { name: "c" type: "InnerProduct" bottom: "data" top: "c" inner_product_param { num_output: 4 } }\n' >net.prototxt
run 0 models net.prototxt --format json; json '.source == "net.prototxt" and .classes == 4 and .input == [3, 9, 9]'; run 0 models tiny2t --compare net.prototxt; prints "net.prototxt"
run 2 models alexnet --compare alexne; says '"alexnet"'; run 2 models --compare alexnet; says "wants both"; run 2 models alexnet caffenet; says "caffenet"; run 6 models w.safetensors; says "does not describe a net"

end
