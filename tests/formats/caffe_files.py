#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes caffe/*: small nets as Caffe's documentation describes its files, .prototxt and .caffemodel of both generations of layers, by a writer
of its own (Caffe itself installs nowhere any more); caffe/values.txt: the numbers in them, a tensor a line: NET NAME SHAPE VALUES..; and
caffe/<net>.out.txt: an input and what OpenCV's dnn, an independent reader of Caffe's files, computes of it: LAYER SHAPE VALUES.., a line each.
By hand; needs numpy and opencv-python-headless 4."""
import pathlib
import struct

import cv2
import numpy as np

HERE = pathlib.Path(__file__).parent / "caffe"
random = np.random.RandomState(20120930)

# ---- the documented fields: name: (number, type); a message's type is a table of its own ---------------------------------------------------
SHAPE = {"dim": (1, "packed")}
CONVOLUTION = {"num_output": (1, "int"), "bias_term": (2, "bool"), "pad": (3, "int"), "kernel_size": (4, "int"), "group": (5, "int"),
               "stride": (6, "int"), "pad_h": (9, "int"), "pad_w": (10, "int"), "kernel_h": (11, "int"), "kernel_w": (12, "int"),
               "stride_h": (13, "int"), "stride_w": (14, "int"), "dilation": (18, "int")}
POOLING = {"pool": (1, ["MAX", "AVE"]), "kernel_size": (2, "int"), "stride": (3, "int"), "pad": (4, "int"), "global_pooling": (12, "bool"),
           "round_mode": (13, ["CEIL", "FLOOR"])}
LRN = {"local_size": (1, "int"), "alpha": (2, "float"), "beta": (3, "float"), "norm_region": (4, ["ACROSS_CHANNELS", "WITHIN_CHANNEL"]),
       "k": (5, "float")}
INNER = {"num_output": (1, "int"), "bias_term": (2, "bool"), "transpose": (6, "bool")}
DROPOUT = {"dropout_ratio": (1, "float")}
CONCAT = {"axis": (2, "int"), "concat_dim": (1, "int")}
ELTWISE = {"operation": (1, ["PROD", "SUM", "MAX"]), "coeff": (2, "float")}
NORM = {"use_global_stats": (1, "bool"), "eps": (3, "float")}
SCALE = {"bias_term": (4, "bool")}
TRANSFORM = {"scale": (1, "float"), "mirror": (2, "bool"), "crop_size": (3, "int"), "mean_file": (4, "text"), "mean_value": (5, "float")}
RULE = {"phase": (1, ["TRAIN", "TEST"])}
PARAM = {"name": (1, "text")}
INPUT = {"shape": (1, SHAPE)}
BLOB = {"num": (1, "int"), "channels": (2, "int"), "height": (3, "int"), "width": (4, "int"), "data": (5, "floats"), "shape": (7, SHAPE),
        "double_data": (8, "doubles"), "unpacked": (5, "unpacked"), "diff": (6, "floats")}
LAYER = {"name": (1, "text"), "type": (2, "text"), "bottom": (3, "text"), "top": (4, "text"), "param": (6, PARAM), "blobs": (7, BLOB),
         "include": (8, RULE), "phase": (10, ["TRAIN", "TEST"]), "transform_param": (100, TRANSFORM), "concat_param": (104, CONCAT),
         "convolution_param": (106, CONVOLUTION), "dropout_param": (108, DROPOUT), "eltwise_param": (110, ELTWISE),
         "inner_product_param": (117, INNER), "lrn_param": (118, LRN), "pooling_param": (121, POOLING), "batch_norm_param": (139, NORM),
         "scale_param": (142, SCALE), "input_param": (143, INPUT)}
V1_TYPES = {"Accuracy": 1, "Concat": 3, "Convolution": 4, "Data": 5, "Dropout": 6, "Flatten": 8, "InnerProduct": 14, "LRN": 15, "Pooling": 17,
            "ReLU": 18, "Sigmoid": 19, "Softmax": 20, "SoftmaxWithLoss": 21, "Split": 22, "TanH": 23, "Eltwise": 25}
V1_NAMES = {"ReLU": "RELU", "TanH": "TANH", "LRN": "LRN", "InnerProduct": "INNER_PRODUCT", "SoftmaxWithLoss": "SOFTMAX_LOSS"}
V1 = {"bottom": (2, "text"), "top": (3, "text"), "name": (4, "text"), "type": (5, "int"), "blobs": (6, BLOB), "concat_param": (9, CONCAT),
      "convolution_param": (10, CONVOLUTION), "dropout_param": (12, DROPOUT), "inner_product_param": (17, INNER), "lrn_param": (18, LRN),
      "pooling_param": (19, POOLING), "eltwise_param": (24, ELTWISE), "include": (32, RULE), "transform_param": (36, TRANSFORM),
      "param": (1001, "text")}
NET = {"name": (1, "text"), "layers": (2, V1), "input": (3, "text"), "input_dim": (4, "int"), "input_shape": (8, SHAPE), "layer": (100, LAYER)}


def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, kind, value):
    def long(data):
        return varint(number << 3 | 2) + varint(len(data)) + data

    if isinstance(kind, dict):
        return long(message(kind, value))
    if isinstance(kind, list):
        return varint(number << 3) + varint(kind.index(value))
    if kind in ("int", "bool"):
        return varint(number << 3) + varint(int(value))
    if kind == "text":
        return long(value.encode())
    if kind == "float":
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if kind == "packed":
        return long(b"".join(varint(v) for v in value))
    if kind == "unpacked":
        return b"".join(varint(number << 3 | 5) + struct.pack("<f", v) for v in np.ravel(value))
    return long(np.ravel(value).astype({"floats": "<f4", "doubles": "<f8"}[kind]).tobytes())


def message(table, what):
    """In ascending order of fields, as protobuf writes; a list is a repeated field."""
    out = b""
    for key in sorted(what, key=lambda k: table[k][0]):
        number, kind = table[key]
        values = what[key] if isinstance(what[key], list) and kind not in ("packed",) else [what[key]]
        for value in values:
            out += field(number, kind, value)
    return out


def text(table, what, indent=0):
    out, pad = "", "  " * indent
    for key, value in what.items():
        kind = table[key][1]
        if key in ("blobs", "phase") and table in (LAYER, V1):
            continue
        for v in value if isinstance(value, list) else [value]:
            if isinstance(kind, dict):
                out += f"{pad}{key} {{\n{text(kind, v, indent + 1)}{pad}}}\n"
            elif kind == "packed":
                out += "".join(f"{pad}{key}: {i}\n" for i in v)
            elif kind == "text":
                out += f'{pad}{key}: "{v}"\n'
            elif kind == "bool":
                out += f"{pad}{key}: {'true' if v else 'false'}\n"
            else:
                out += f"{pad}{key}: {v}\n"
    return out


def upgrade(layer):
    """A layer of the second generation as one of the first."""
    old = {k: v for k, v in layer.items() if k not in ("param", "phase")}
    old["type"] = V1_TYPES[layer["type"]]
    if "param" in layer:
        old["param"] = [p["name"] for p in layer["param"]]
    return old


def text_v1(net):
    def named(layer):
        old = upgrade(layer)
        old["type"] = V1_NAMES.get(layer["type"], layer["type"].upper())
        return old

    head = {k: v for k, v in net.items() if k != "layer"}
    return text(NET, head) + "".join(f"layers {{\n{text(V1, named(l), 1)}}}\n" for l in net["layer"])


def blob(values, form="shape"):
    values = np.asarray(values)
    if form == "old":  # four axes, the first of them 1
        n, c, h, w = (1,) * (4 - values.ndim) + values.shape
        return {"num": n, "channels": c, "height": h, "width": w, "data": values, "diff": np.zeros(2)}
    shape = {"shape": {"dim": values.shape}}
    return {**shape, {"shape": "data", "double": "double_data", "unpacked": "unpacked"}[form]: values}


def numbers(*shape):
    return random.normal(0, 1 / np.sqrt(np.prod(shape[1:])) if len(shape) > 1 else 0.3, shape).astype(np.float32)


def layer(name, kind, bottom, top=None, blobs=(), form="shape", **parameters):
    out = {"name": name, "type": kind, "bottom": bottom if isinstance(bottom, list) else [bottom], "top": [top or name], **parameters}
    return {**out, "blobs": [blob(b, form) for b in blobs]} if len(blobs) else out


def conv(name, bottom, shape, bias=True, **parameters):
    blobs = [numbers(*shape)] + ([numbers(shape[0])] if bias else [])
    parameters = {"num_output": shape[0], **({} if bias else {"bias_term": False}), **parameters}
    return layer(name, "Convolution", bottom, blobs=blobs, convolution_param=parameters)


def inner(name, bottom, outputs, inputs, **parameters):
    return layer(name, "InnerProduct", bottom, blobs=[numbers(outputs, inputs), numbers(outputs)],
                 inner_product_param={"num_output": outputs, **parameters})


def chain():
    """AlexNet's operators: an input by its four sizes, in-place layers, pools whose last window is clipped, two groups."""
    return {"name": "Chain", "input": ["data"], "input_dim": [1, 3, 20, 18], "layer": [
        conv("conv1", "data", (8, 3, 5, 3), kernel_h=5, kernel_w=3, stride=2, pad_h=2, pad_w=0),
        layer("relu1", "ReLU", "conv1", "conv1"),
        layer("norm1", "LRN", "conv1", lrn_param={"local_size": 5, "alpha": 0.5, "beta": 0.75}),  # OpenCV reads no k
        layer("pool1", "Pooling", "norm1", pooling_param={"pool": "MAX", "kernel_size": 3, "stride": 2}),
        conv("conv2", "pool1", (6, 4, 3, 3), pad=1, kernel_size=3, group=2),
        layer("relu2", "ReLU", "conv2", "conv2"),
        layer("pool2", "Pooling", "conv2", pooling_param={"pool": "AVE", "kernel_size": 3, "stride": 2, "pad": 1}),
        inner("fc6", "pool2", 10, 6 * 3 * 3),
        layer("tanh6", "TanH", "fc6", "fc6"),
        layer("drop6", "Dropout", "fc6", "fc6", dropout_param={"dropout_ratio": 0.4}),
        inner("fc8", "fc6", 7, 10),
        layer("prob", "Softmax", "fc8"),
    ]}


def branches():
    """Branches that are joined and added, a batch normalisation with its scale, dilation, a global pool, an Input layer."""
    norm = [numbers(6), np.abs(numbers(6)) + 0.5, np.float32([2])]
    return {"name": "Branches", "layer": [
        {"name": "data", "type": "Input", "top": ["data"], "input_param": {"shape": {"dim": (1, 3, 10, 9)}}},
        conv("stem", "data", (6, 3, 3, 3), bias=False, kernel_size=3, pad=1, stride=1),
        layer("bn", "BatchNorm", "stem", "stem", blobs=norm, batch_norm_param={"eps": 0.001}),
        layer("scale", "Scale", "stem", "stem", blobs=[numbers(6), numbers(6)], scale_param={"bias_term": True}),
        layer("relu", "ReLU", "stem", "stem"),
        conv("left", "stem", (4, 6, 1, 1), kernel_size=1),
        conv("right", "stem", (6, 6, 3, 3), kernel_size=3, pad=2, dilation=2),
        layer("sum", "Eltwise", ["stem", "right"], eltwise_param={"operation": "SUM"}),
        layer("joined", "Concat", ["left", "sum"], concat_param={"axis": 1}),
        layer("sigmoid", "Sigmoid", "joined"),
        layer("within", "LRN", "sigmoid", lrn_param={"local_size": 3, "alpha": 0.9, "beta": 0.75, "norm_region": "WITHIN_CHANNEL"}),
        layer("pool", "Pooling", "within", pooling_param={"pool": "AVE", "global_pooling": True}),
        layer("flat", "Flatten", "pool"),
        inner("classes", "flat", 5, 10),
        layer("prob", "Softmax", "classes"),
    ]}


def forms(net, form):
    """The same net with its blobs written another way."""
    def values(b):
        return np.asarray(b["data"])

    return {**net, "layer": [{**l, "blobs": [blob(values(b), form) for b in l["blobs"]]} if "blobs" in l else l for l in net["layer"]]}


def binary_v1(net):
    head = {k: v for k, v in net.items() if k != "layer"}
    return message(NET, {**head, "layers": [upgrade(l) for l in net["layer"]]})


def shown(v, digits=9):
    return "x".join(map(str, v.shape)) + " " + " ".join(f"{x:.{digits}g}" for x in v.astype(np.float32).ravel())


def opencv(name, shape, outputs):
    """What OpenCV computes of an input, layer by layer."""
    values = np.round(np.random.RandomState(7).normal(0, 1, shape), 2).astype(np.float32)
    net = cv2.dnn.readNetFromCaffe(str(HERE / f"{name}.prototxt"), str(HERE / f"{name}.caffemodel"))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.enableFusion(False)
    lines = [f"input {shown(values, 3)}\n"]
    for output in outputs:
        net.setInput(values)
        lines.append(f"{output} {shown(net.forward(output), 7)}\n")
    (HERE / f"{name}.out.txt").write_text("".join(lines))


def main():
    HERE.mkdir(exist_ok=True)
    for old in HERE.glob("*"):
        old.unlink()
    lines = []

    def save(name, data, net, turned=()):
        """Lists the values, too, for files called as the net is."""
        (HERE / f"{name}.caffemodel").write_bytes(data)
        if "_" in name:
            return
        for l in net["layer"]:
            names = ["mean", "variance", "scale_factor"] if l["type"] == "BatchNorm" else ["weight", "bias"]
            for b, suffix in zip(l.get("blobs", []), names):
                v = next(np.asarray(b[k]) for k in ("data", "double_data", "unpacked") if k in b)
                v = v.T if f"{l['name']}.{suffix}" in turned else v
                lines.append(f"{name} {l['name']}.{suffix} {shown(v)}\n")

    first, second = chain(), branches()
    save("chain", message(NET, first), first)
    save("chain_v1", binary_v1(forms(first, "old")), first)
    save("chain_double", message(NET, forms(first, "double")), forms(first, "double"))
    save("chain_unpacked", message(NET, forms(first, "unpacked")), forms(first, "unpacked"))
    save("branches", message(NET, second), second)
    (HERE / "chain.prototxt").write_text(text(NET, first))
    (HERE / "chain_v1.prototxt").write_text(text_v1(first))
    (HERE / "branches.prototxt").write_text(text(NET, second))
    # A weight of inputs x outputs; a bias that another layer has.
    turned = numbers(6, 4)
    odd = {"name": "Odd", "layer": [
        layer("turned", "InnerProduct", "data", blobs=[turned], inner_product_param={"num_output": 4, "transpose": True, "bias_term": False}),
        layer("slopes", "PReLU", "turned", "turned", blobs=[numbers(4)]),
        layer("one", "InnerProduct", "turned", blobs=[numbers(4, 4), numbers(4)], param=[{"name": "w"}, {"name": "b"}],
              inner_product_param={"num_output": 4}),
        {**layer("two", "InnerProduct", "one", param=[{"name": "w"}, {"name": "b"}], inner_product_param={"num_output": 4}),
         "blobs": [{"shape": {"dim": (4, 4)}}, {"shape": {"dim": (4,)}}]},
    ]}
    filled = {**odd, "layer": odd["layer"][:3] + [{**odd["layer"][3], "blobs": odd["layer"][2]["blobs"]}]}
    save("odd", message(NET, odd), filled, turned=("turned.weight",))
    (HERE / "v0.caffemodel").write_bytes(b"\x0a\x02v0" + b"\x12\x0d" + b"\x0a\x0b" + b"\x0a\x05conv1" + b"\x12\x02ip")
    (HERE / "values.txt").write_text("".join(lines))
    opencv("chain", (1, 3, 20, 18), ["pool1", "pool2", "prob"])
    opencv("branches", (1, 3, 10, 9), ["within", "prob"])


main()
