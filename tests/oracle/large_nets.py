#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The built-in nets that have no golden vectors here, written down a second time from their sources (runtime/graph/model_*.c names them)
and run by ONNX Runtime with the weights of the generator (README.md). By hand; needs numpy, onnx and onnxruntime.

  large_nets.py figures             parameters, MACs of an image and shapes of every net, as tests/graph/check_model.c states them
  large_nets.py run NET FOLDER      writes FOLDER/x.npy, an image, and FOLDER/logits.npy, what the layer before prob makes of it
  large_nets.py compare NET FOLDER PROGRAM [OPTION]...
                                    runs PROGRAM on x.npy and compares its values of that layer: within 1e-4 of the largest
"""
import math
import pathlib
import subprocess
import sys

import numpy as np

SEED, SCALE = 1, 120.0


# ---- the generator of README.md, on whole arrays

def mix64(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(name, shape, scale):
    h = 0xCBF29CE484222325
    for c in name.encode():
        h = ((h ^ c) * 0x100000001B3) % 2**64
    key, out = mix64(np.array([SEED ^ h], np.uint64)), np.empty(math.prod(shape), np.float32)
    for first in range(0, out.size, 1 << 22):
        i = np.arange(first + 1, min(first + (1 << 22), out.size) + 1, dtype=np.uint64)
        raw = mix64(key + i * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
        out[first:first + i.size] = scale * (raw.astype(np.float64) * 2.0**-23 - 1)
    return out.reshape(shape)


# ---- the nets

class Net:
    """Layers are added one by one; each gives its name, which the next reads. Shapes and counts come along."""

    def __init__(self, name, side, gains=None):
        self.name, self.side, self.gains = name, side, gains or {}
        self.shape = {"input": (3, side, side)}
        self.nodes, self.tensors, self.parameters, self.macs, self.last = [], {}, 0, 0, "input"

    def add(self, name, op, inputs, shape, tensors=(), **attributes):
        self.nodes.append((op, [*inputs, *tensors], name, attributes))
        self.shape[name], self.last = shape, name
        return name

    def weights(self, name, shape, fan_in):
        self.tensors[f"{name}.w"] = (shape, math.sqrt(6 / fan_in) * self.gains.get(name, 1))
        self.tensors[f"{name}.b"] = (shape[:1], 0.1)
        self.parameters += math.prod(shape) + shape[0]
        return f"{name}.w", f"{name}.b"

    def conv(self, name, o, k, s=1, p=0, groups=1, end=0, of=None, relu=None):
        """end: further zeros at the bottom and right. relu: the name of the ReLU behind it."""
        of = of or self.last
        c, h, w = self.shape[of]
        side = (h + 2 * p + end - k) // s + 1
        depth = c // groups * k * k
        self.macs += o * side * side * depth
        self.add(name, "Conv", [of], (o, side, side), self.weights(name, (o, c // groups, k, k), depth), kernel_shape=[k, k],
                 strides=[s, s], pads=[p, p, p + end, p + end], group=groups)
        return self.relu(relu) if relu else name

    def relu(self, name):
        return self.add(name, "Relu", [self.last], self.shape[self.last])

    def lrn(self, name, k, alpha):
        """alpha as Caffe and ONNX write it: divided by the 5 of the window."""
        return self.add(name, "LRN", [self.last], self.shape[self.last], size=5, bias=k, alpha=alpha, beta=0.75)

    def pool(self, name, k, s, p=0, ceil=0, op="MaxPool", of=None):
        of = of or self.last
        c, h, w = self.shape[of]
        side = (math.ceil if ceil else math.floor)((h + 2 * p - k) / s) + 1
        return self.add(name, op, [of], (c, side, side), kernel_shape=[k, k], strides=[s, s], pads=[p] * 4, ceil_mode=ceil)

    def concat(self, name, parts):
        c = sum(self.shape[part][0] for part in parts)
        return self.add(name, "Concat", parts, (c, *self.shape[parts[0]][1:]), axis=1)

    def flat(self):
        return self.add("flat", "Flatten", [self.last], (math.prod(self.shape[self.last]), 1, 1))

    def fc(self, name, o, relu=None):
        units = self.shape[self.last][0]
        self.macs += o * units
        self.add(name, "Gemm", [self.last], (o, 1, 1), self.weights(name, (o, units), units), transB=1)
        return self.relu(relu) if relu else name

    def fc6_to_fc8(self, paper=False):
        """paper: dropout's factor of a half at test time, behind fc6 and fc7."""
        self.flat()
        for n in "67":
            self.fc("fc" + n, 4096, "relu" + n)
            if paper:
                self.tensors["half"] = ((), None)
                self.add("drop" + n, "Mul", [self.last], self.shape[self.last], ["half"])
        self.fc("fc8", 1000)

    def conv3_to_pool5(self, o3, o4, o5, groups):
        self.conv("conv3", o3, 3, p=1, relu="relu3")
        self.conv("conv4", o4, 3, p=1, groups=groups, relu="relu4")
        self.conv("conv5", o5, 3, p=1, groups=groups, relu="relu5")
        self.pool("pool5", 3, 2)


def alexnet_owt():
    net = Net("alexnet-owt", 224, {"fc8": 0.1})
    net.conv("conv1", 64, 11, 4, end=3)
    net.lrn("norm1", 2.0, 1e-4)
    net.pool("pool1", 3, 2)
    net.relu("relu1")
    net.conv("conv2", 192, 5, p=2, relu="relu2")
    net.lrn("norm2", 2.0, 1e-4)
    net.pool("pool2", 3, 2)
    net.conv3_to_pool5(384, 256, 256, 1)
    net.fc6_to_fc8(paper=True)
    return net


def caffenet():
    net = Net("caffenet", 227, {"fc8": 0.02})
    net.conv("conv1", 96, 11, 4, relu="relu1")
    net.pool("pool1", 3, 2)
    net.lrn("norm1", 1.0, 1e-4)
    net.conv("conv2", 256, 5, p=2, groups=2, relu="relu2")
    net.pool("pool2", 3, 2)
    net.lrn("norm2", 1.0, 1e-4)
    net.conv3_to_pool5(384, 384, 256, 2)
    net.fc6_to_fc8()
    return net


def zfnet():
    net = Net("zfnet", 224, {"fc8": 0.1})
    net.conv("conv1", 96, 7, 2, p=1, relu="relu1")
    net.pool("pool1", 3, 2, ceil=1)
    net.lrn("norm1", 2.0, 5e-4)
    net.conv("conv2", 256, 5, 2, relu="relu2")
    net.pool("pool2", 3, 2, ceil=1)
    net.lrn("norm2", 2.0, 5e-4)
    net.conv3_to_pool5(384, 384, 256, 1)
    net.fc6_to_fc8(paper=True)
    return net


def nin():
    net, relus = Net("nin", 224, {"cccp8-1024": 0.02}), iter((0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12))

    def block(names, o, k, s=1, p=0):
        for i, name in enumerate(names.split()):
            net.conv(name, o[i], k if i == 0 else 1, s if i == 0 else 1, p if i == 0 else 0, relu=f"relu{next(relus)}")

    block("conv1 cccp1 cccp2", (96, 96, 96), 11, 4)
    net.pool("pool0", 3, 2, ceil=1)
    block("conv2 cccp3 cccp4", (256, 256, 256), 5, p=2)
    net.pool("pool2", 3, 2, ceil=1)
    block("conv3 cccp5 cccp6", (384, 384, 384), 3, p=1)
    net.pool("pool3", 3, 2, ceil=1)
    block("conv4-1024 cccp7-1024 cccp8-1024", (1024, 1024, 1000), 3, p=1)
    net.pool("pool4", 6, 1, op="AveragePool")
    net.flat()
    return net


def vgg(name, depths):
    net = Net(name, 224, {"fc8": 0.02})
    for i, (o, depth) in enumerate(zip((64, 128, 256, 512, 512), depths), 1):
        for j in range(1, depth + 1):
            net.conv(f"conv{i}_{j}", o, 3, p=1, relu=f"relu{i}_{j}")
        net.pool(f"pool{i}", 2, 2)
    net.fc6_to_fc8()
    return net


def googlenet():
    net = Net("googlenet", 224, {"loss3/classifier": 0.1})
    net.conv("conv1/7x7_s2", 64, 7, 2, p=3, relu="conv1/relu_7x7")
    net.pool("pool1/3x3_s2", 3, 2, ceil=1)
    net.lrn("pool1/norm1", 1.0, 1e-4)
    net.conv("conv2/3x3_reduce", 64, 1, relu="conv2/relu_3x3_reduce")
    net.conv("conv2/3x3", 192, 3, p=1, relu="conv2/relu_3x3")
    net.lrn("conv2/norm2", 1.0, 1e-4)
    net.pool("pool2/3x3_s2", 3, 2, ceil=1)
    modules = {  # table 1 of the paper; "pool": before the module
        "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "pool3": None,
        "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
        "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128), "pool4": None,
        "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128)}
    for place, widths in modules.items():
        if not widths:
            net.pool(place + "/3x3_s2", 3, 2, ceil=1)
            continue
        m, of = "inception_" + place, net.last
        o1, r3, o3, r5, o5, op = widths
        parts = [net.conv(m + "/1x1", o1, 1, of=of, relu=m + "/relu_1x1")]
        net.conv(m + "/3x3_reduce", r3, 1, of=of, relu=m + "/relu_3x3_reduce")
        parts.append(net.conv(m + "/3x3", o3, 3, p=1, relu=m + "/relu_3x3"))
        net.conv(m + "/5x5_reduce", r5, 1, of=of, relu=m + "/relu_5x5_reduce")
        parts.append(net.conv(m + "/5x5", o5, 5, p=2, relu=m + "/relu_5x5"))
        net.pool(m + "/pool", 3, 1, p=1, of=of)
        parts.append(net.conv(m + "/pool_proj", op, 1, relu=m + "/relu_pool_proj"))
        net.concat(m + "/output", parts)
    net.pool("pool5/7x7_s1", 7, 1, op="AveragePool")
    net.flat()
    net.fc("loss3/classifier", 1000)
    return net


def squeezenet():
    net = Net("squeezenet", 227, {"conv10": 0.01})
    net.conv("conv1", 64, 3, 2, relu="relu_conv1")
    net.pool("pool1", 3, 2, ceil=1)
    for n, (s, e) in enumerate(((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)), 2):
        m = f"fire{n}"
        squeezed = net.conv(m + "/squeeze1x1", s, 1, relu=m + "/relu_squeeze1x1")
        parts = [net.conv(f"{m}/expand{k}x{k}", e, k, p=k // 2, of=squeezed, relu=f"{m}/relu_expand{k}x{k}") for k in (1, 3)]
        net.concat(m + "/concat", parts)
        if n in (3, 5):
            net.pool(f"pool{n}", 3, 2, ceil=1)
    net.conv("conv10", 1000, 1, relu="relu_conv10")
    net.pool("pool10", net.shape[net.last][1], 1, op="AveragePool")
    net.flat()
    return net


NETS = {net.name: net for net in (alexnet_owt(), caffenet(), zfnet(), nin(), vgg("vgg16", (2, 2, 3, 3, 3)),
                                  vgg("vgg19", (2, 2, 4, 4, 4)), googlenet(), squeezenet())}


def figures():
    for net in NETS.values():
        print(f"{net.name}: {net.parameters:,} parameters, {net.macs:,} MACs")
        for name, shape in net.shape.items():
            print("   ", name, "x".join(map(str, shape)))


def run(net, folder):
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper

    x = uniform(f"net/{net.name}/x", (1, 3, net.side, net.side), SCALE)
    tensors = [numpy_helper.from_array(np.array(0.5, np.float32) if scale is None else
                                       uniform(f"net/{net.name}/{key}", shape, scale), key)
               for key, (shape, scale) in net.tensors.items()]
    info = lambda name, shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    nodes = [helper.make_node(op, inputs, [name], **attributes) for op, inputs, name, attributes in net.nodes]
    shapes = [info(name, [1, *shape]) for name, shape in net.shape.items() if shape[1] > 1]  # ONNX must agree with them
    graph = helper.make_graph(nodes, net.name, [info("input", x.shape)], [info(net.last, [1, 1000])], tensors, value_info=shapes)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "x.npy", x)
    np.save(folder / "logits.npy", session.run(None, {"input": x})[0])


def compare(net, folder, program, options):
    got = folder / "got.npy"
    subprocess.run([program, "infer", "--model", net.name, "--input", folder / "x.npy", "--features", net.last, "--save", got,
                    *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    due, got = np.load(folder / "logits.npy").ravel(), np.load(got).ravel()
    error = np.abs(got - due).max() / np.abs(due).max()
    print(f"{net.name} {' '.join(options)}: off by {error:.1e} of the largest, {np.abs(due).max():.3g}")
    return int(error > 1e-4)


def main():
    if len(sys.argv) >= 4 and sys.argv[1] in ("run", "compare"):
        net, folder = NETS[sys.argv[2]], pathlib.Path(sys.argv[3])
        sys.exit(run(net, folder) if sys.argv[1] == "run" else compare(net, folder, sys.argv[4], sys.argv[5:]))
    figures()


main()
