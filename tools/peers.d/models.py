# SPDX-License-Identifier: MIT
"""The files that frameworks read a net from, made of alexcl's weights: FOLDER has <model>.safetensors; each maker writes beside it."""
import json
import os
import struct

import numpy


def weights(folder, model):
    with open(os.path.join(folder, model + ".safetensors"), "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = numpy.frombuffer(file.read(), numpy.uint8)
    return {name: data[t["data_offsets"][0]:t["data_offsets"][1]].view(numpy.float32).reshape(t["shape"]) for name, t in header.items()
            if name != "__metadata__"}


def make_onnx(net, folder, stem):
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    tensors, nodes, at = weights(folder, net["model"]), [], "x"
    for i, (kind, *p) in enumerate(net["rows"]):
        to = "y" if i == len(net["rows"]) - 1 else "v%d" % i
        if kind == "conv":
            name, stride, pad, groups = p
            kernel = list(tensors[name + ".weight"].shape[2:])
            nodes.append(helper.make_node("Conv", [at, name + ".weight", name + ".bias"], [to], kernel_shape=kernel, strides=[stride] * 2, pads=[pad] * 4,
                                          group=groups))
        elif kind == "fc":
            nodes.append(helper.make_node("Gemm", [at, p[0] + ".weight", p[0] + ".bias"], [to], transB=1))
        elif kind == "lrn":
            nodes.append(helper.make_node("LRN", [at], [to], size=p[0], bias=p[1], alpha=p[2], beta=p[3]))
        elif kind == "pool":
            nodes.append(helper.make_node("MaxPool", [at], [to], kernel_shape=[3, 3], strides=[2, 2]))
        elif kind == "softmax":
            nodes.append(helper.make_node("Softmax", [at], [to], axis=1))
        else:
            nodes.append(helper.make_node({"relu": "Relu", "flat": "Flatten"}[kind], [at], [to]))
        at = to
    graph = helper.make_graph(nodes, net["model"], [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *net["input"]])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1000])],
                              [numpy_helper.from_array(v, name) for name, v in tensors.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, stem + ".onnx")


def make_int8(net, folder, stem):
    """Weights of 8 bits, a scale a row, for OpenVINO."""
    import nncf
    import openvino
    model = nncf.compress_weights(openvino.Core().read_model(stem + ".onnx"), mode=nncf.CompressWeightsMode.INT8_SYM)
    openvino.save_model(model, stem + "-int8.xml", compress_to_fp16=False)


def make_mnn(net, folder, stem):
    import _tools  # of MNN; the program mnnconvert around it installs a package and reports each conversion over the network
    if not _tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", stem + ".onnx", "--MNNModel", stem + ".mnn", "--bizCode", "peers"]):
        raise RuntimeError("MNN's converter failed")


def make_ncnn(net, folder, stem):
    """ncnn's text of layers, with parameters by number, and its weights one behind another: those of a product after a word that says float."""
    tensors, lines, at = weights(folder, net["model"]), ["Input x 0 1 x"], "x"
    with open(stem + ".bin", "wb") as file:
        for i, (kind, *p) in enumerate(net["rows"]):
            to = "y" if i == len(net["rows"]) - 1 else "v%d" % i
            if kind in ("conv", "fc"):
                weight = tensors[p[0] + ".weight"]
                file.write(struct.pack("<I", 0) + weight.tobytes() + tensors[p[0] + ".bias"].tobytes())
            if kind == "conv":
                name, stride, pad, groups = p
                layer = "Convolution" if groups == 1 else "ConvolutionDepthWise"
                numbers = "0=%d 1=%d 3=%d 4=%d 5=1 6=%d" % (len(weight), weight.shape[2], stride, pad, weight.size) + (" 7=%d" % groups if groups > 1 else "")
            else:
                layer, numbers = {"fc": lambda: ("InnerProduct", "0=%d 1=1 2=%d" % (len(weight), weight.size)),
                                  "lrn": lambda: ("LRN", "0=0 1=%d 2=%g 3=%g 4=%g" % (p[0], p[2], p[3], p[1])),
                                  "pool": lambda: ("Pooling", "0=0 1=3 2=2 5=1"), "relu": lambda: ("ReLU", ""), "flat": lambda: ("Flatten", ""),
                                  "softmax": lambda: ("Softmax", "0=0 1=1")}[kind]()
            lines.append("%s l%d 1 1 %s %s %s" % (layer, i, at, to, numbers))
            at = to
    with open(stem + ".param", "w") as file:
        file.write("7767517\n%d %d\n" % (len(lines), len(lines)) + "\n".join(lines) + "\n")


MAKERS = {"onnx": make_onnx, "nncf-model": make_int8, "mnn-model": make_mnn, "ncnn-model": make_ncnn}
