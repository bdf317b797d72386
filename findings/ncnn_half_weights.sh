#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ncnn 1.0.20261020 (PyPI) keeps the weights of a fully connected layer as halves, on any x86 processor that converts them,
# though the model file holds float32 and nobody asked for it (opt.use_fp16_storage is on). So a weight of 70000 makes the
# output infinite, without a word, and an ordinary layer of 4,096 inputs is 1e-4 off where float32 gives 1e-7.
# Who compares a net with ncnn, or measures both, must switch it off: net.opt.use_fp16_storage = False.
# Seen: half inf, float 70001; errors 2.7e-04 and 3.7e-07 of the largest output.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ncnn==1.0.20261020 numpy==2.4.6
cd "$folder"
grep -qw f16c /proc/cpuinfo || { echo "this processor does not convert halves: nothing to see"; exit 0; }
venv/bin/python - <<'PYTHON'
import struct
import numpy as np
import ncnn


def fully_connected(weights, x, half):
    outputs, inputs = weights.shape
    with open("net.param", "w") as file:
        file.write("7767517\n2 2\n"
                   f"Input x 0 1 x 0={inputs}\n"
                   f"InnerProduct fc 1 1 x y 0={outputs} 1=0 2={weights.size}\n")
    with open("net.bin", "wb") as file:
        file.write(struct.pack("<I", 0) + weights.tobytes())  # 0: float32
    net = ncnn.Net()
    if half is not None:
        net.opt.use_fp16_storage = half
    net.load_param("net.param")
    net.load_model("net.bin")
    run = net.create_extractor()
    given = ncnn.Mat(x).clone()
    run.input("x", given)
    return np.array(run.extract("y")[1], dtype=np.float64)


large = np.array([[70000, 1, 0, 0]], dtype=np.float32)
ones = np.ones(4, dtype=np.float32)
default, single = (fully_connected(large, ones, half)[0] for half in (None, False))
print(f"a weight of 70000: by default {default}, without half storage {single}")
random = np.random.default_rng(1)
weights = (0.02 * random.standard_normal((8, 4096))).astype(np.float32)
x = random.standard_normal(4096).astype(np.float32)
due = weights.astype(np.float64) @ x.astype(np.float64)
errors = [np.abs(fully_connected(weights, x, half) - due).max() / np.abs(due).max() for half in (None, False)]
print(f"4,096 inputs: error {errors[0]:.1e} by default, {errors[1]:.1e} without half storage")
assert np.isinf(default) and single == 70001
assert 5e-5 < errors[0] < 5e-3 and errors[1] < 5e-6
PYTHON
