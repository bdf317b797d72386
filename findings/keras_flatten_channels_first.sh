#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# In Keras 3.12 a net whose maps are all channels first still flattens them channels last: Flatten takes its data_format from
# keras.config or its argument, and where that is channels_first it turns C,H,W to H,W,C before it flattens. So the columns of
# the first Dense are H,W,C in either format, which keeps a Keras net's weights right when its format is changed; and wrong when
# they go to PyTorch, Caffe or ONNX, whose flattening of the same maps is C,H,W. Reshape((-1,)), which looks like the same layer,
# does not turn: two nets with the same summary, shapes and files need their Dense columns in different orders.
# Seen: Flatten's output is x.transpose(0, 2, 3, 1).reshape(n, -1); Reshape's is x.reshape(n, -1).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q keras==3.12.0 jax==0.7.2 numpy==2.3.5
cd "$folder"
KERAS_BACKEND=jax venv/bin/python - <<'PYTHON'
import keras
import numpy as np

keras.config.set_image_data_format("channels_first")
x = np.arange(2 * 3 * 4 * 5, dtype="float32").reshape(2, 3, 4, 5)  # N, C, H, W


def run(layer):
    net = keras.Sequential([keras.Input((3, 4, 5)), keras.layers.MaxPooling2D(1), layer])
    return np.asarray(net.predict(x, verbose=0))


flatten, reshape = run(keras.layers.Flatten()), run(keras.layers.Reshape((-1,)))
chw, hwc = x.reshape(2, -1), x.transpose(0, 2, 3, 1).reshape(2, -1)
print(f"Keras {keras.__version__}, channels first: Flatten is H,W,C: {np.array_equal(flatten, hwc)}, C,H,W: "
      f"{np.array_equal(flatten, chw)}; Reshape is C,H,W: {np.array_equal(reshape, chw)}; pooling read C,H,W: "
      f"{flatten.shape == (2, 60)}")
assert np.array_equal(flatten, hwc) and not np.array_equal(flatten, chw) and np.array_equal(reshape, chw)
PYTHON
