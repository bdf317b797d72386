#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# LRN of the onnx package's ReferenceEvaluator (1.23.2), by which runtimes are checked, counts images where it should count
# channels: of a batch of N images the first N channels are normalised, and the others only divided by bias^beta. At batch 1
# an AlexNet's norm1 has one right channel of 96, without a word; ONNX Runtime has all. The operator's own test case has as
# many images as channels, 5 and 5, where nothing shows.
# Seen: 1 image of 96 channels: channel 0 right, 95 wrong, off by up to 0.93 of the largest value; 96 images: all right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator

CHANNELS = 96
info = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, CHANNELS, 2, 2]) for name in "xy"]
# The paper's: k 2, n 5, alpha 1e-4 on the plain sum, which ONNX divides by n; values as large as after conv1 of pixels.
node = helper.make_node("LRN", ["x"], ["y"], size=5, bias=2.0, alpha=5e-4, beta=0.75)
model = helper.make_model(helper.make_graph([node], "lrn", info[:1], info[1:]),
                          opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

wrong = {}
for images in (1, 3, CHANNELS):
    x = np.random.default_rng(0).uniform(-500, 500, (images, CHANNELS, 2, 2)).astype(np.float32)
    reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
    runtime = session.run(None, {"x": x})[0]
    error = np.abs(reference - runtime).max(axis=(0, 2, 3)) / np.abs(reference).max()
    wrong[images] = np.flatnonzero(error > 1e-5)
    print(f"{images:2d} images: {CHANNELS - len(wrong[images]):2d} of {CHANNELS} channels are ONNX Runtime's, "
          f"the others off by up to {error.max():.2f} of the largest value")
    # what runtimes are measured by, computed plainly
    padded = np.pad(x.astype(np.float64) ** 2, ((0, 0), (2, 2), (0, 0), (0, 0)))
    due = x / (2.0 + 1e-4 * sum(padded[:, i:i + CHANNELS] for i in range(5))) ** 0.75
    assert np.abs(runtime - due).max() <= 1e-5 * np.abs(due).max()
assert [list(wrong[n]) for n in (1, 3, CHANNELS)] == [list(range(1, CHANNELS)), list(range(3, CHANNELS)), []]
PYTHON
