#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether a Keras or any other HDF5 file that h5py 3.14 wrote with compression="lzf" can be read without h5py hangs on what is
# in it. LZF is h5py's own filter, which libhdf5 elsewhere (h5dump, PyTables, a C program) has not. But it is an optional one: a
# chunk that it does not make smaller is stored as it is, with a bit in the chunk's mask, and such a chunk anybody reads. Fresh
# random weights do not shrink, so the file opens everywhere; the same dataset with zeros in it, as after pruning, or biases
# that were never trained, does not, chunk by chunk. A test on random data passes, the user's file fails.
# Seen: noise: every chunk's mask 1, read without LZF; zeros: mask 0, not read: the filter is looked for among plug-ins.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q h5py==3.14.0 numpy==2.2.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import h5py
import numpy as np

noise = np.random.default_rng(0).normal(size=(64, 64)).astype("float32")
with h5py.File("weights.h5", "w") as file:
    for name, data in (("noise", noise), ("zeros", noise * 0), ("half", np.where(np.arange(64)[:, None] < 32, noise, 0))):
        file.create_dataset(name, data=data, compression="lzf", chunks=(32, 64))
with h5py.File("weights.h5") as file:
    for name in file:
        dataset = file[name].id
        print(name, "masks of its chunks:", [dataset.get_chunk_info(i).filter_mask for i in range(dataset.get_num_chunks())])
PYTHON
# libhdf5 without h5py's filter: the same library, with the filter taken out of its list.
venv/bin/python - <<'PYTHON'
import h5py
import numpy as np

h5py.h5z.unregister_filter(h5py.h5z.FILTER_LZF)
found = {}
with h5py.File("weights.h5") as file:
    for name in ("noise", "zeros", "half"):
        try:
            found[name] = float(np.abs(file[name][:]).sum())
        except OSError as error:
            found[name] = str(error).strip()
        print(f"without LZF: {name}: {found[name]}")
assert isinstance(found["noise"], float) and found["noise"] > 0
assert isinstance(found["zeros"], str) and isinstance(found["half"], str)
PYTHON
