#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tinygrad (0.14.0) has max pooling's gradient in equal shares on all the largest values of a window. PyTorch's and TensorFlow's
# CPU kernels give all of it to the first of them, and the paper's code of 2012 all of it to each: a third rule, which the
# documentation of max_pool2d does not tell. Whoever compares a pool's gradient with tinygrad's, or keeps it as what is due,
# sees it where values are equal: behind a convolution of a flat part of a picture, all of them. (A net's weights hardly see
# it: equal values mostly come of equal patches, and the zeros behind a ReLU get no gradient anyway.)
# Seen: a window of nine equal values: 1/9 to each; two windows that overlap in three 5s: 1/3 to each from each.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tinygrad==0.14.0 numpy==2.4.6
cd "$folder"
DEV=PYTHON CACHEDB=$folder/cache.db venv/bin/python - <<'PYTHON' # its interpreter: no compiler is asked
import numpy as np
from tinygrad import Tensor


def gradient(values):
    x = Tensor(np.array([[values]], dtype=np.float32))
    return x.max_pool2d((3, 3), stride=2).sum().gradient(x)[0].numpy()[0, 0]


flat = gradient([[7] * 3] * 3)
overlapping = gradient([[0, 0, 5, 0, 0]] * 3)  # the windows of columns 0 to 2 and 2 to 4 share column 2
behind_relu = Tensor(np.zeros((1, 1, 3, 3), dtype=np.float32))
zeros = behind_relu.relu().max_pool2d((3, 3)).sum().gradient(behind_relu)[0].numpy()
print("nine equal values:\n%s\nthree 5s in two windows:\n%s\nzeros behind a ReLU: %g" % (flat, overlapping, np.abs(zeros).max()))
first, each = np.zeros((3, 3), np.float32), np.ones((3, 3), np.float32)
first[0, 0] = 1
assert not np.allclose(flat, first) and not np.allclose(flat, each), "one of the known rules: nothing to tell any more"
assert np.allclose(flat, 1 / 9), "not equal shares any more"
assert np.allclose(overlapping[:, 2], 2 / 3) and overlapping.sum() == 2, "overlapping windows do otherwise"
assert np.all(zeros == 0), "zeros behind a ReLU get a gradient"
PYTHON
