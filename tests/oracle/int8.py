#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the golden vectors of a fully connected layer with weights of 8 bits, fc_int8: numpy, sums in float64. By hand. Writes fc_int8/
beside itself and its lines of index.tsv. A row's weights, 32 by 32: the scale is the smallest half precision number with which 127 times
it is not below the largest magnitude, and each weight the nearest multiple of it. One group in two is small, one all zeros."""
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
IMAGES, INPUTS, OUTPUTS, GROUP = 5, 150, 71, 32


def narrow(row):
    out = np.zeros_like(row, np.float64)
    for at in range(0, len(row), GROUP):
        group = row[at:at + GROUP].astype(np.float64)
        largest = np.abs(group).max()
        if largest == 0:
            continue
        scale = np.float16(largest / 127)
        while 127 * float(scale) < largest:
            scale = np.nextafter(scale, np.float16(np.inf))
        out[at:at + GROUP] = np.rint(group / float(scale)) * float(scale)
    return out


random = np.random.default_rng(20260930)
x = random.uniform(-2, 2, (IMAGES, INPUTS)).astype(np.float32)
w = random.normal(0, 0.1, (OUTPUTS, INPUTS)).astype(np.float32)
b = random.uniform(-1, 1, OUTPUTS).astype(np.float32)
w[:, GROUP:2 * GROUP] *= np.float32(1e-3)
w[3, :GROUP] = 0
y = x.astype(np.float64) @ np.stack([narrow(row) for row in w]).T + b
folder = HERE / "fc_int8"
folder.mkdir(exist_ok=True)
lines = [f"fc_int8\tparam\t{name}\t{value}" for name, value in (("n", IMAGES), ("in", INPUTS), ("out", OUTPUTS))]
for name, value in (("x", x), ("w", w), ("b", b), ("y", y.astype(np.float32))):
    np.save(folder / (name + ".npy"), value)
    lines.append(f"fc_int8\ttensor\t{name}\t{'x'.join(map(str, value.shape))}")
index = HERE / "index.tsv"
kept = [line for line in index.read_text().splitlines() if not line.startswith("fc_int8\t")]
at = max(i for i, line in enumerate(kept) if line.startswith("fc_mid\t")) + 1
index.write_text("\n".join(kept[:at] + lines + kept[at:]) + "\n")
