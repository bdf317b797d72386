#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# numpy.load(FILE, mmap_mode="r") of NumPy 2.4.6 maps an .npy file, and takes the same argument for an .npz archive without
# a word: there it has no effect. Every access reads the array from the archive into memory, writable and anew, so that a
# loop over archive["fc6"] reads 151 MB each time, and what is written into one is in none of the others. Archives that
# numpy.savez makes are stored, not compressed: they could be mapped.
# Seen: memmap for .npy; for .npz ndarray, writable, another one at each access, no warning.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q numpy==2.4.6
cd "$folder"
venv/bin/python -W error - <<'PYTHON'
import zipfile
import numpy as np

weights = np.arange(1000, dtype=np.float32)
np.save("weights.npy", weights)
np.savez("weights.npz", fc6=weights)
alone = np.load("weights.npy", mmap_mode="r")
archive = np.load("weights.npz", mmap_mode="r")
first, second = archive["fc6"], archive["fc6"]
first[0] = -1
print(f".npy: {type(alone).__name__}, writable {alone.flags.writeable}")
print(f".npz: {type(first).__name__}, writable {first.flags.writeable}, the same again: {first is second}, {first[0]} and {second[0]}")
stored = zipfile.ZipFile("weights.npz").getinfo("fc6.npy").compress_type == zipfile.ZIP_STORED
assert isinstance(alone, np.memmap) and not alone.flags.writeable
assert not isinstance(first, np.memmap) and first.flags.writeable and first is not second and second[0] == 0 and stored
PYTHON
