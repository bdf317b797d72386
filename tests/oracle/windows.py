#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the golden vectors of windows that PyTorch, ONNX and Caffe know beside AlexNet's: rectangles, strides and dilations
of their own in each direction, padding on each side, ceil mode, averages with and without their padding, groups of any
number, LRN with an even size. By hand; needs numpy, torch, onnx and onnxruntime. What two of the three compute, they must
agree on. Writes CASE/*.npy beside itself and those cases' lines of index.tsv."""
import json
import pathlib

import numpy as np
import onnx
import onnx.reference
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import helper

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20120930)


def node(op, inputs, opset, **attributes):
    """One ONNX operator as a model."""
    names = [f"i{i}" for i in range(len(inputs))]
    info = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, a.shape) for n, a in zip(names, inputs)]
    out = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node(op, names, ["y"], **attributes)], "g", info, [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    return model, dict(zip(names, (a.astype(np.float32) for a in inputs)))


def ort(*args, **attributes):
    model, feed = node(*args, **attributes)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, feed)[0]


def agree(name, a, b):
    assert a.shape == b.shape and np.abs(a - b).max() <= 1e-5 * np.abs(a).max(), (name, a.shape, b.shape)


def values(*shape):
    return RNG.uniform(-2, 2, shape).astype(np.float32)


def double(a):
    return torch.from_numpy(a.astype(np.float64))


def padded(x, pads, value):
    top, left, bottom, right = pads
    return F.pad(x, (left, right, top, bottom), value=value)


def conv(shape, outputs, kernel, strides, dilations, pads, groups):
    x, w, b = values(*shape), values(outputs, shape[1] // groups, *kernel), values(outputs)
    y = F.conv2d(padded(double(x), pads, 0.0), double(w), double(b), strides, 0, dilations, groups).numpy()
    agree("conv", y, ort("Conv", [x, w, b], 11, strides=strides, dilations=dilations, pads=pads, group=groups))
    params = dict(o=outputs, kernel=kernel, strides=strides, dilations=dilations, pads=pads, groups=groups)
    return params, dict(x=x, w=w, b=b, y=y)


def maxpool(shape, kernel, strides, dilations, pads, ceil):
    x = values(*shape)
    y = ort("MaxPool", [x], 12, kernel_shape=kernel, strides=strides, dilations=dilations, pads=pads, ceil_mode=ceil)
    if pads[:2] == pads[2:]:
        agree("maxpool", y, F.max_pool2d(double(x), kernel, strides, pads[:2], dilations, bool(ceil)).numpy())
    return dict(kernel=kernel, strides=strides, dilations=dilations, pads=pads, ceil=bool(ceil)), dict(x=x, y=y)


def avgpool(shape, kernel, strides, dilations, pads, ceil, counted):
    x = values(*shape)
    attributes = dict(kernel_shape=kernel, strides=strides, pads=pads, ceil_mode=ceil, count_include_pad=counted)
    if pads[:2] == pads[2:] and dilations == [1, 1]:
        y = F.avg_pool2d(double(x), kernel, strides, pads[:2], bool(ceil), bool(counted)).numpy()
        if not ceil:
            agree("avgpool", y, ort("AveragePool", [x], 11, **attributes))
    else:
        y = ort("AveragePool", [x], 19, dilations=dilations, **attributes)
    params = dict(kernel=kernel, strides=strides, dilations=dilations, pads=pads, ceil=bool(ceil),
                  count_include_pad=bool(counted))
    return params, dict(x=x, y=y)


def lrn(shape, size, k, alpha, beta, onnx_way):
    """alpha is divided by the size in both; an even size has one more channel below in PyTorch, above in ONNX.
    onnx.reference takes the images for the channels in its loop: it is right where there are as many of both."""
    x, below = values(*shape), (size - 1) // 2 if onnx_way else size // 2
    if onnx_way:
        assert shape[0] == shape[1]
        model, feed = node("LRN", [x], 13, size=size, bias=k, alpha=alpha * size, beta=beta)
        y = onnx.reference.ReferenceEvaluator(model).run(None, feed)[0]
    else:
        y = F.local_response_norm(double(x), size, alpha * size, beta, k).numpy()
    return dict(window=[-below, size - 1 - below], k=k, alpha=alpha, beta=beta, groups=1), dict(x=x, y=y)


CASES = {
    "conv_rect": conv([2, 3, 6, 7], 4, [3, 2], [1, 2], [1, 1], [1, 0, 2, 1], 1),
    "conv_dilated": conv([1, 4, 8, 9], 6, [3, 3], [2, 1], [2, 3], [2, 3, 1, 0], 2),
    "conv_depthwise": conv([2, 5, 6, 5], 5, [3, 3], [1, 1], [1, 1], [1, 1, 1, 1], 5),
    "conv_groups3": conv([2, 6, 5, 4], 9, [2, 3], [1, 1], [1, 1], [0, 1, 1, 1], 3),
    "pool_padded": maxpool([2, 3, 7, 8], [3, 3], [2, 2], [1, 1], [1, 1, 1, 1], 1),
    "pool_dilated": maxpool([1, 3, 8, 9], [3, 2], [1, 2], [2, 3], [2, 0, 1, 1], 0),
    "avgpool_counted": avgpool([2, 2, 7, 6], [3, 3], [2, 2], [1, 1], [1, 1, 1, 1], 1, 1),
    "avgpool_uncounted": avgpool([2, 2, 7, 6], [3, 2], [2, 1], [1, 1], [1, 1, 1, 1], 1, 0),
    "avgpool_dilated": avgpool([1, 3, 8, 9], [2, 3], [1, 2], [3, 2], [1, 0, 1, 1], 0, 1),
    "lrn_even": lrn([2, 9, 3, 2], 4, 2.0, 0.05, 0.75, False),
    "lrn_onnx_even": lrn([6, 6, 2, 2], 4, 1.0, 0.05, 0.75, True),
}


def main():
    index = HERE / "index.tsv"
    lines = [line for line in index.read_text().splitlines() if line.split("\t")[0] not in CASES]
    for name, (params, tensors) in CASES.items():
        (HERE / name).mkdir(exist_ok=True)
        lines += [f"{name}\tparam\t{key}\t{json.dumps(value)}" for key, value in params.items()]
        for key, tensor in tensors.items():
            np.save(HERE / name / f"{key}.npy", np.ascontiguousarray(tensor, np.float32))
            lines.append(f"{name}\ttensor\t{key}\t{'x'.join(map(str, tensor.shape))}")
    index.write_text("\n".join(lines) + "\n")


main()
