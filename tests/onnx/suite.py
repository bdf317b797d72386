#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The onnx wheel's tests of nodes and nets, of those operators that alexcl computes.

  suite.py make ONNX              into folders here, one for each kind: node, pytorch-converted, pytorch-operator, light
  suite.py KIND RUNNER DEVICES... computes them, on each choice of devices

ONNX is the folder that `tools/setup --test` installs onnx in. Which tests are applicable is decided from the model alone, by `why_not`,
and not by what passes. Operands that are graph inputs, but weights by their place (a convolution's second and third, a norm's), become
initializers. Prints passed / applicable; exit 1 unless all pass and there are as many as the wheel of that version has, 77 where there
is no wheel. Nets of more than 50 million weights are computed on the last choice of devices only.
"""
import glob
import os
import shutil
import subprocess
import sys
import warnings

sys.dont_write_bytecode = True

LEAST = {"node": 52, "pytorch-converted": 23, "pytorch-operator": 3, "light": 8}  # of onnx 1.23.2; fewer is a failure
LARGE = ("light_bvlc_alexnet", "light_vgg19", "light_zfnet512")
SKIPPED = "skipped: the onnx wheel is not installed (tools/setup --test installs it)"


def run(kind, runner, devices):
    if not os.path.exists(os.path.join(kind, "list")):
        print(SKIPPED)
        return 77
    os.chdir(kind)
    with open("list", encoding="ascii") as f:
        lines = f.readlines()
    failed = len(lines) < LEAST[kind]
    if failed:
        print(f"only {len(lines)} applicable tests: there are {LEAST[kind]}")
    for choice in devices:
        mine = [line for line in lines if choice == devices[-1] or line.split()[0] not in LARGE]
        done = subprocess.run([runner, choice], input="".join(mine), stdout=subprocess.PIPE, text=True, check=False)
        passed = done.stdout.count("passed ")
        print("".join(line + "\n" for line in done.stdout.splitlines() if not line.startswith("passed ")), end="")
        print(f"{kind} on {choice}: {passed} / {len(mine)} passed", flush=True)
        failed |= done.returncode != 0 or passed != len(mine)
    return 1 if failed else 0


if sys.argv[1] != "make":
    sys.exit(run(sys.argv[1], sys.argv[2], sys.argv[3:]))
for made in LEAST:
    shutil.rmtree(made, ignore_errors=True)
wheel = sys.argv[2]
if not os.path.isdir(os.path.join(wheel, "onnx")):
    print(SKIPPED)
    sys.exit(77)
sys.path.insert(0, wheel)
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import numpy_helper  # noqa: E402

DATA = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")
OPERATORS = set("""Conv MaxPool AveragePool GlobalAveragePool GlobalMaxPool LRN Gemm Softmax Relu Tanh Sigmoid Dropout Flatten Reshape
    Concat BatchNormalization Add Sum Identity Mul Unsqueeze Constant ConstantOfShape""".split())
# Operands that are weights by their place.
WEIGHTS = {"Conv": (1, 2), "Gemm": (1, 2), "BatchNormalization": (1, 2, 3, 4), "Reshape": (1,), "Unsqueeze": (1,), "Dropout": (1, 2)}


def attribute(node, name, otherwise):
    for a in node.attribute:
        if a.name == name:
            return onnx.helper.get_attribute_value(a)
    return otherwise


def shape_of(value):
    return [d.dim_value for d in value.type.tensor_type.shape.dim]


def opset_of(model):
    return max([o.version for o in model.opset_import if o.domain in ("", "ai.onnx")], default=1)


def operands(model):
    """Names of graph inputs that are no data: initializers, and weights by their place."""
    names = {i.name for i in model.graph.initializer}
    for node in model.graph.node:
        names.update(node.input[i] for i in WEIGHTS.get(node.op_type, ()) if i < len(node.input))
    return names


def constants(model):
    """Names that stand for constants."""
    known = operands(model) & ({i.name for i in model.graph.initializer} | {v.name for v in model.graph.input})
    known |= {i.name for i in model.graph.initializer}
    for node in model.graph.node:
        if all(name in known for name in node.input):
            known.update(node.output)
    return known


def ranks(model):
    values = list(model.graph.input) + list(model.graph.value_info) + list(model.graph.output)
    if len(model.graph.node) > 1:
        values += list(onnx.shape_inference.infer_shapes(model).graph.value_info)
    return {v.name: len(shape_of(v)) for v in values}


def why_not(model):
    """What makes a test inapplicable; "" where it applies."""
    known, rank, given, opset = constants(model), ranks(model), operands(model), opset_of(model)
    data = [v for v in model.graph.input if v.name not in given]
    shapes = {v.name: shape_of(v) for v in model.graph.input}
    if len(model.graph.output) != 1:
        return "several outputs"
    if len(data) != 1 or data[0].type.tensor_type.elem_type != 1 or len(shape_of(data[0])) not in (2, 4):
        return "not one data input of float32 and rank 4 or 2"
    for node in model.graph.node:
        if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
            return node.op_type
        axis = attribute(node, "axis", None)
        mine = rank.get(node.input[0]) if node.input else None
        if axis is not None and axis < 0 and mine:
            axis += mine
        if node.op_type == "Concat" and axis not in (1, None):
            return "Concat along another axis"
        if node.op_type == "Flatten" and axis not in (1, None):
            return "Flatten from another axis"
        if node.op_type == "Softmax" and not (axis == 1 or (axis is None and (opset < 13 or mine == 2))):
            return "Softmax over another axis"
        if any(i < len(node.input) and node.input[i] and node.input[i] not in known for i in WEIGHTS.get(node.op_type, ())):
            return "weights that are no constants"
        if node.op_type == "Gemm" and attribute(node, "transA", 0):
            return "transA"
        if node.op_type == "Gemm" and len(node.input) > 2 and len(shapes.get(node.input[2], [])) == 2 and shapes[node.input[2]][0] != 1:
            return "a bias for each row"
        if node.op_type == "BatchNormalization" and (attribute(node, "training_mode", 0) or len(node.output) > 1):
            return "training mode"
        if node.op_type == "Mul" and not any(name in known for name in node.input):
            return "Mul of no constant"
        if node.op_type in ("Unsqueeze", "ConstantOfShape") and node.input[0] not in known:
            return node.op_type + " of no constant"
    return ""


def proto(path):
    return numpy_helper.to_array(onnx.load_tensor(path))


def cases(kind):
    """Name, model, the values of graph inputs in their order, output, tolerances."""
    if kind == "node":
        from onnx.backend.test.case.node import collect_testcases
        for case in collect_testcases(None):
            if case.model is not None and all(isinstance(v, np.ndarray) for v in case.data_sets[0][0] + case.data_sets[0][1]):
                yield case.name, case.model, case.data_sets[0][0], case.data_sets[0][1][0], case.rtol, case.atol
    elif kind == "light":
        for path in sorted(glob.glob(os.path.join(DATA, "light", "*.onnx"))):
            model = onnx.load(path)
            held = {i.name for i in model.graph.initializer}
            shape = [shape_of(v) for v in model.graph.input if v.name not in held][0]
            count = int(np.prod(shape))  # as onnx.backend.test.runner makes it
            values = (np.arange(count).reshape(shape) / count).astype(np.float32)
            yield os.path.basename(path)[:-5], model, [values], proto(path[:-5] + "_output_0.pb"), 1e-3, 1e-7
    else:
        for folder in sorted(glob.glob(os.path.join(DATA, kind, "*"))):
            model = onnx.load(os.path.join(folder, "model.onnx"))
            sets = os.path.join(folder, "test_data_set_0")
            paths = sorted(glob.glob(os.path.join(sets, "input_*.pb")), key=lambda p: int(p.rsplit("_", 1)[1][:-3]))
            if why_not(model) == "":
                yield os.path.basename(folder), model, [proto(p) for p in paths], proto(os.path.join(sets, "output_0.pb")), 1e-3, 1e-7
            else:
                yield os.path.basename(folder), model, [], None, 0, 0


def give_weights(model, values):
    """The model with operands as initializers, and the value of its data input."""
    made, held, data = onnx.ModelProto(), operands(model) - {i.name for i in model.graph.initializer}, None
    made.CopyFrom(model)
    inputs = [v for v in model.graph.input if v.name not in {i.name for i in model.graph.initializer}]
    for info, value in zip(inputs, values):
        if info.name in held:
            made.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), info.name))
        else:
            data = value
    return made, data


def make(kind):
    refused = {}
    os.mkdir(kind)
    with open(os.path.join(kind, "list"), "w", encoding="ascii") as tests:
        for name, model, values, output, rtol, atol in cases(kind):
            reason = why_not(model)
            if reason:
                refused[name] = reason
                continue
            made, data = give_weights(model, values)
            path = os.path.join(kind, name)
            onnx.save_model(made, path + ".onnx")
            np.save(path + ".in.npy", np.ascontiguousarray(data, np.float32))
            np.save(path + ".out.npy", np.ascontiguousarray(output, np.float32))
            tests.write(f"{name} {rtol} {atol}\n")
    print(f"{kind}: {len(refused)} are not applicable", ", ".join(f"{n} ({r})" for n, r in refused.items()) if kind == "light" else "")


for made in LEAST:
    make(made)
