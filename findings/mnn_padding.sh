#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# conv2d of MNN 3.6.1's Python package takes padding=(1, 1) and pads nothing: padding counts only where padding_mode, the last
# argument, is CAFFE, and its default is VALID. A 3 x 3 convolution of maps of 8 gives maps of 6, without a word, and what
# stands behind it computes on them. max_pool refuses the same pair of arguments.
# Seen: (1, 4, 6, 6) with padding=(1, 1), the same as without; (1, 4, 8, 8) with padding_mode CAFFE as well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q MNN==3.6.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON' 2>&1 | grep -v '^The device supports'
import numpy as np
import MNN.expr as F

random = np.random.default_rng(0)
x = F.convert(F.const(random.standard_normal(3 * 64).tolist(), [1, 3, 8, 8], F.NCHW), F.NC4HW4)
weights = F.const(random.standard_normal(4 * 3 * 9).tolist(), [4, 3, 3, 3], F.NCHW)
bias = F.const([0.0] * 4, [4], F.NCHW)


def shape(y):
    return tuple(F.convert(y, F.NCHW).shape)


convolutions = {
    "padding=(1, 1)": shape(F.conv2d(x, weights, bias, padding=(1, 1))),
    "no padding": shape(F.conv2d(x, weights, bias)),
    "padding=(1, 1), CAFFE": shape(F.conv2d(x, weights, bias, padding=(1, 1), padding_mode=F.Padding_Mode.CAFFE)),
}
for how, made in convolutions.items():
    print(f"conv2d 3 x 3, {how:24s} {made}")
assert list(convolutions.values()) == [(1, 4, 6, 6), (1, 4, 6, 6), (1, 4, 8, 8)]
PYTHON
