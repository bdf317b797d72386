#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# OpenVINO 2026.4.1 computes a float32 net in bfloat16 where the processor has instructions for that (AVX512_BF16, AMX): 8 bits
# of mantissa, two thousandths off, without a word. And openvino.save_model stores the weights of a float32 net as halves,
# so that what is read again is 1e-4 off even where float32 is asked for (INFERENCE_PRECISION_HINT f32). Both have a switch;
# neither is what one expects of "run this net".
# Who compares scores with OpenVINO, or its speed with a program that computes in float32, must set both.
# Seen: errors of the largest output 2e-03 by default, 9e-07 with f32, 2e-04 saved and read with f32.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q openvino==2026.4.1 onnx==1.23.2 numpy==2.4.6
cd "$folder"
grep -qwE 'avx512_bf16|amx_bf16' /proc/cpuinfo && has=1 || has=0
venv/bin/python - $has <<'PYTHON'
import sys
import numpy as np
import onnx
import openvino
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
weights = (0.05 * random.standard_normal((64, 64, 3, 3))).astype(np.float32)
x = random.standard_normal((1, 64, 28, 28)).astype(np.float32)
graph = helper.make_graph([helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 4)], "net",
                          [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)],
                          [numpy_helper.from_array(weights, "w")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 9
onnx.save(model, "net.onnx")

padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
due = np.zeros(x.shape)
for row in range(3):
    for column in range(3):
        due += np.einsum("oi,nihw->nohw", weights[:, :, row, column].astype(np.float64),
                         padded[:, :, row:row + 28, column:column + 28])


def error(path, options):
    compiled = openvino.Core().compile_model(path, "CPU", options)
    told = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    return told, np.abs(compiled(x)[0] - due).max() / np.abs(due).max()


single = {"INFERENCE_PRECISION_HINT": "f32"}
default = error("net.onnx", {})
asked = error("net.onnx", single)
openvino.save_model(openvino.Core().read_model("net.onnx"), "net.xml")
saved = error("net.xml", single)
for what, (told, wrong) in (("by default", default), ("f32 asked for", asked), ("saved, read, f32 asked for", saved)):
    print(f"{what:28s} {told:5s} error {wrong:.0e}")
assert asked[1] < 1e-5 and 5e-5 < saved[1] < 5e-3
if sys.argv[1] == "1":
    assert default[0] == "bf16" and 5e-4 < default[1] < 5e-2
else:
    print("this processor has no instructions for bfloat16: the first is seen elsewhere")
PYTHON
