#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the golden vectors of the nets with branches, net_tinyinc and net_tinyskip: their logits are ONNX Runtime's, and must
be those of PyTorch in float64 within 1e-5 of the largest; the values in between are PyTorch's. By hand; needs numpy, torch,
onnx and onnxruntime. Writes net_*/ beside itself and those cases' lines of index.tsv. Images and weights come from the
generator (README.md)."""
import json
import math
import pathlib

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).parent
SEED, MASK, IMAGES, XSCALE = 0x20120930A1E7C0DE, (1 << 64) - 1, 2, 2.0


# ---- the generator of README.md, written again

def mix64(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def uniform(name, shape, scale, offset=0.0):
    h = 0xCBF29CE484222325
    for c in name.encode():
        h = ((h ^ c) * 0x100000001B3) & MASK
    key = mix64(SEED ^ h)
    raw = [mix64((key + (i + 1) * 0x9E3779B97F4A7C15) & MASK) >> 40 for i in range(math.prod(shape))]
    return (offset + scale * (np.array(raw, np.float64) * 2.0**-23 - 1)).astype(np.float32).reshape(shape)


# ---- the nets: (name, type, what it reads, fields)

def conv(name, o, k, s, p, g=1, of=None):
    return dict(name=name, t="conv", of=of, o=o, k=k, s=s, p=p, g=g)


def plain(name, t, of=None, **fields):
    return dict(name=name, t=t, of=of, **fields)


def pool(name, p, s, of=None):
    return plain(name, "maxpool", of, k=3, s=s, p=p)


def inception(m, of, pooled, o1, r3, o3, r5, o5, op):
    relu = lambda part: plain(f"{m}_relu{part}", "relu")
    return [conv(f"{m}_1x1", o1, 1, 1, 0, of=[of]), relu("1"),
            conv(f"{m}_3x3r", r3, 1, 1, 0, of=[of]), relu("3r"), conv(f"{m}_3x3", o3, 3, 1, 1), relu("3"),
            conv(f"{m}_5x5r", r5, 1, 1, 0, of=[of]), relu("5r"), conv(f"{m}_5x5", o5, 5, 1, 2), relu("5"),
            pool(f"{m}_pool", 1, 1, [pooled]), conv(f"{m}_proj", op, 1, 1, 0), relu("p"),
            plain(m, "concat", [f"{m}_relu1", f"{m}_relu3", f"{m}_relu5", f"{m}_relup"])]


def lrn(name, n, groups):
    return plain(name, "lrn", n=n, k=1.0, alpha=0.02, beta=0.75, g=groups)


NETS = {
    "tinyinc": ((3, 39, 39), [
        conv("conv1", 13, 5, 2, 2), plain("relu1", "relu"), pool("pool1", 0, 2),
        *inception("a", "pool1", "pool1", 5, 4, 7, 3, 3, 1), lrn("norma", 5, 1),
        *inception("b", "norma", "a", 21, 5, 41, 2, 1, 3), lrn("normb", 3, 2),
        conv("conv2", 14, 3, 2, 1, 2), plain("relu2", "relu"), plain("mean", "globalavg"),
        plain("flat", "flatten"), plain("fc3", "fc", o=7)]),
    "tinyskip": ((3, 35, 35), [
        conv("conv1", 9, 3, 2, 1), plain("relu1", "relu"), pool("pool1", 1, 2),
        conv("conv2", 9, 3, 1, 1), plain("scale2", "affine"), plain("relu2", "relu"),
        conv("conv3", 9, 3, 1, 1), plain("scale3", "affine"), plain("add3", "add", ["scale3", "pool1"]),
        plain("relu3", "relu"), conv("conv4", 22, 3, 2, 1), conv("short4", 22, 1, 2, 0, of=["relu3"]),
        plain("add4", "add", ["conv4", "short4"]), plain("relu4", "relu"),
        conv("conv5", 22, 3, 1, 1, 2), plain("relu5", "relu"), conv("conv6", 22, 3, 1, 1, 2),
        plain("add6", "add", ["conv6", "relu4", "relu5"]), plain("most", "globalmax"),
        plain("flat", "flatten"), plain("fc7", "fc", o=10)]),
}


class Net:
    """One walk over a net's layers: PyTorch's values in float64, and the same as an ONNX graph."""

    def __init__(self, case, shape, layers):
        self.case, self.nodes, self.weights, self.values = case, [], {}, {}
        self.x = uniform(f"net/{case}/x", (IMAGES, *shape), XSCALE)
        before, value = "input", {"input": torch.from_numpy(self.x.astype(np.float64))}
        for l in layers:
            names = l["of"] or [before]
            before = l["name"]
            value[before] = getattr(self, l["t"])(l, names, [value[n] for n in names])
        self.values, self.last = value, before

    def parameter(self, l, suffix, shape, scale, offset=0.0):
        name = f"{l['name']}.{suffix}"
        self.weights[name] = uniform(f"net/{self.case}/{name}", shape, scale, offset)
        return torch.from_numpy(self.weights[name].astype(np.float64))

    def add_node(self, l, op, inputs, out=None, **attributes):
        self.nodes.append(helper.make_node(op, inputs, out or [l["name"]], **attributes))

    def conv(self, l, names, v):
        shape = (l["o"], v[0].shape[1] // l["g"], l["k"], l["k"])
        w, b = self.parameter(l, "w", shape, math.sqrt(6 / math.prod(shape[1:]))), self.parameter(l, "b", shape[:1], 0.1)
        self.add_node(l, "Conv", [*names, l["name"] + ".w", l["name"] + ".b"], strides=[l["s"]] * 2, pads=[l["p"]] * 4,
                      group=l["g"])
        return F.conv2d(v[0], w, b, l["s"], l["p"], 1, l["g"])

    def fc(self, l, names, v):
        shape = (l["o"], v[0].shape[1])
        w, b = self.parameter(l, "w", shape, math.sqrt(6 / shape[1])), self.parameter(l, "b", shape[:1], 0.1)
        self.add_node(l, "Gemm", [*names, l["name"] + ".w", l["name"] + ".b"], transB=1)
        return F.linear(v[0], w, b)

    def affine(self, l, names, v):
        """A batch normalisation whose statistics are mean 0 and variance 1."""
        channels = (v[0].shape[1],)
        w, b = self.parameter(l, "w", channels, 0.5, 1.0), self.parameter(l, "b", channels, 0.1)
        for name, x in (("zero", np.zeros), ("one", np.ones)):
            self.weights[f"{l['name']}.{name}"] = x(channels, np.float32)
        self.add_node(l, "BatchNormalization", [*names, *(f"{l['name']}.{p}" for p in ("w", "b", "zero", "one"))], epsilon=0.0)
        return v[0] * w.reshape(1, -1, 1, 1) + b.reshape(1, -1, 1, 1)

    def relu(self, l, names, v):
        self.add_node(l, "Relu", names)
        return F.relu(v[0])

    def maxpool(self, l, names, v):
        self.add_node(l, "MaxPool", names, kernel_shape=[l["k"]] * 2, strides=[l["s"]] * 2, pads=[l["p"]] * 4)
        return F.max_pool2d(v[0], l["k"], l["s"], l["p"])

    def lrn(self, l, names, v):
        fields = dict(size=l["n"], bias=l["k"], alpha=l["alpha"] * l["n"], beta=l["beta"])
        part = lambda x: F.local_response_norm(x, l["n"], fields["alpha"], l["beta"], l["k"])
        if l["g"] == 1:
            self.add_node(l, "LRN", names, **fields)
            return part(v[0])
        halves = [f"{l['name']}.half{h}" for h in range(2)]
        self.add_node(l, "Split", names, halves, axis=1)
        for h in halves:
            self.add_node(l, "LRN", [h], [h + ".norm"], **fields)
        self.add_node(l, "Concat", [h + ".norm" for h in halves], axis=1)
        return torch.cat([part(x) for x in v[0].chunk(2, 1)], 1)

    def concat(self, l, names, v):
        self.add_node(l, "Concat", names, axis=1)
        return torch.cat(v, 1)

    def add(self, l, names, v):
        self.add_node(l, "Sum", names)
        return sum(v[1:], v[0])

    def globalavg(self, l, names, v):
        self.add_node(l, "GlobalAveragePool", names)
        return v[0].mean((2, 3), keepdim=True)

    def globalmax(self, l, names, v):
        self.add_node(l, "GlobalMaxPool", names)
        return v[0].amax((2, 3), keepdim=True)

    def flatten(self, l, names, v):
        self.add_node(l, "Flatten", names)
        return v[0].flatten(1)

    def logits(self):
        info = lambda n, s: helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, s)
        graph = helper.make_graph(self.nodes, self.case, [info("input", self.x.shape)], [info(self.last, [IMAGES, None])],
                                  [numpy_helper.from_array(w, n) for n, w in self.weights.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=9)
        onnx.checker.check_model(model)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        got, due = session.run(None, {"input": self.x})[0], self.values[self.last].numpy()
        error = np.abs(got - due).max() / np.abs(due).max()
        print(f"{self.case}: ONNX Runtime's logits are off by {error:.1e} of the largest")
        assert error <= 1e-5
        return got


def probes(what, tensor, values, picked):
    flat = np.asarray(values, np.float64).ravel()
    lines = [f"{what}_l1 {tensor} {flat.size} {np.abs(flat).sum():.17g}",
             f"{what}_l2 {tensor} {flat.size} {math.sqrt((flat**2).sum()):.17g}"]
    return lines + [f"{what} {tensor} {i} {flat[i]:.17g}" for i in sorted({int(i) % flat.size for i in picked})]


def main():
    index = HERE / "index.tsv"
    cases = {f"net_{case}" for case in NETS}
    lines = [line for line in index.read_text().splitlines() if line.split("\t")[0] not in cases]
    for case, (shape, layers) in NETS.items():
        net, name = Net(case, shape, layers), f"net_{case}"
        logits = net.logits()
        tensors = dict(logits_test=logits, prob_test=torch.softmax(torch.from_numpy(logits).double(), 1).numpy())
        rng = np.random.default_rng(1)
        rows = ["# what  tensor  flat_index  value   (README.md)"]
        rows += probes("xin", "x", net.x, rng.integers(0, net.x.size, 12))
        for key, w in net.weights.items():
            if key.endswith((".w", ".b")):
                rows += probes("wgen", key, w, [0, *rng.integers(0, w.size, 4), w.size - 1])
        for layer in layers:
            v = net.values[layer["name"]].numpy()
            rows += probes("act", layer["name"], v, [*rng.integers(0, v.size, 12), int(np.abs(v).argmax())])
        (HERE / name).mkdir(exist_ok=True)
        (HERE / name / "probes.txt").write_text("\n".join(rows) + "\n")
        parameters = sum(w.size for key, w in net.weights.items() if key.endswith((".w", ".b")))
        shapes = {key: list(v.shape) + [1] * (4 - v.ndim) for key, v in net.values.items() if key != "input"}
        params = dict(param_count=parameters, shapes=shapes, n=IMAGES, input=list(shape), xscale=XSCALE, gain={}, layers=layers)
        lines += [f"{name}\tparam\t{key}\t{json.dumps(value)}" for key, value in params.items()]
        lines.append(f"{name}\ttext\tprobes.txt\t")
        for key, tensor in tensors.items():
            np.save(HERE / name / f"{key}.npy", np.ascontiguousarray(tensor, np.float32))
            lines.append(f"{name}\ttensor\t{key}\t{'x'.join(map(str, tensor.shape))}")
    index.write_text("\n".join(lines) + "\n")


main()
