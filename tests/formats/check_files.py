#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that other frameworks wrote, run here: the values of the last layers are theirs within 1e-5 of the largest, on one device
and on two. The table of docs/files.md is what was run; --update writes it.
    check_files.py PROGRAM SOURCE [--update]"""
import array
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import zipfile

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
FOLDER, DOCS = SOURCE / "tests/formats", SOURCE / "docs/files.md"
BEGIN, END = "<!-- made by tests/formats/check_files.py --update -->\n", "<!-- end -->\n"
LARGEST = 1e-5


def npy_write(path, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + array.array("f", values).tobytes())


def npy_read(path):
    data = path.read_bytes()
    values = array.array("f")
    values.frombytes(data[10 + int.from_bytes(data[8:10], "little"):])
    return values


def rows_of_torch():
    """Of torch_nets.py."""
    with tarfile.open(FOLDER / "torch_nets.tar.xz") as archive:
        for member in archive.getmembers():
            pathlib.Path(member.name).write_bytes(archive.extractfile(member).read())
    made = json.loads(pathlib.Path("nets.json").read_text())
    shape = [made["images"], *made["shape"]]
    count = shape[0] * shape[1] * shape[2] * shape[3]
    npy_write(pathlib.Path("torch.npy"), shape, [(i * 7919 % 2003 - 1001) / 512 for i in range(count)])
    for row in made["nets"]:
        yield {**row, "input": "torch.npy"}


def rows_of_keras():
    """Of keras_files.py: a net's .json has what it was given and what Keras computed."""
    with zipfile.ZipFile(FOLDER / "keras.zip") as archive:
        archive.extractall()
    for net, file, writer, what in (("small", "jax.keras", "Keras 3.15 on JAX", "model.save, `.keras`"),
                                    ("small", "jax.h5", "Keras 3.15 on JAX", "model.save, the older `.h5`"),
                                    ("small", "jax.weights.h5", "Keras 3.15 on JAX", "save_weights, the net from `.keras`"),
                                    ("small", "tensorflow.keras", "Keras 3.15 on TensorFlow", "model.save, `.keras`"),
                                    ("small", "tensorflow.h5", "Keras 3.15 on TensorFlow", "model.save, the older `.h5`"),
                                    ("small", "torch.weights.h5", "Keras 3.15 on PyTorch", "save_weights, the net from `.keras`"),
                                    ("old", "old.h5", "tf_keras 2", "model.save, `.h5`"),
                                    ("every", "every.keras", "Keras 3.15 on JAX", "every layer that is taken, pictures by Rescaling"),
                                    ("graph", "graph.keras", "Keras 3.15 on JAX", "functional: Add, Concatenate, a Sequential inside"),
                                    ("channels_first", "channels_first.keras", "Keras 3.15 on JAX", "data_format channels_first")):
        made = json.loads(pathlib.Path(f"{net}.json").read_text())
        npy_write(pathlib.Path(f"{net}.npy"), made["shape"], made["input"])
        args = ["--model", "jax.keras", "--weights", file] if file.endswith(".weights.h5") else ["--model", file]
        yield {"file": file, "format": "Keras", "writer": writer, "what": what, "args": args, "layer": None, "input": f"{net}.npy",
               "output": made["scores"]}


def rows_of_caffe():
    """Of caffe_files.py: lines of a layer's name, its shape and its values, of the input and of layers that OpenCV computed."""
    for net, args, what in (("chain", ("--model", "chain.prototxt", "--weights", "chain.caffemodel"), "prototxt and .caffemodel"),
                            ("chain", ("--model", "chain_v1.prototxt", "--weights", "chain_v1.caffemodel"), "the same as V1LayerParameter"),
                            ("chain", ("--model", "chain_double.caffemodel"), "a .caffemodel that tells its input, double_data"),
                            ("chain", ("--model", "chain.prototxt", "--weights", "chain_unpacked.caffemodel"), "data that is not packed"),
                            ("branches", ("--model", "branches.prototxt", "--weights", "branches.caffemodel"), "branches, BatchNorm, Eltwise")):
        lines = {line.split()[0]: line.split()[1:] for line in (FOLDER / f"caffe/{net}.out.txt").read_text().splitlines()}
        npy_write(pathlib.Path(f"{net}.npy"), [int(side) for side in lines["input"][0].split("x")], map(float, lines["input"][1:]))
        yield {"file": args[-1], "format": "Caffe", "writer": "bytes of the documented fields; OpenCV 4 has the values", "what": what,
               "args": [str(FOLDER / "caffe" / word) if "." in word else word for word in args], "layer": None, "input": f"{net}.npy",
               "output": [float(value) for value in lines["prob"][1:]]}


def run(row, devices):
    out = pathlib.Path("out.npy")
    out.unlink(missing_ok=True)
    command = [PROGRAM, "infer", "-q", "--devices", devices, "--input", row["input"], "--save", str(out), "--reproducible"]
    command += row["args"]
    if not any(word.endswith(row["file"]) for word in row["args"]):
        command += ["--weights", row["file"]]
    if row["layer"]:
        command += ["--features", row["layer"]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return f"exit {done.returncode}: {done.stderr.strip()}"
    got, due = npy_read(out), row["output"]
    if len(got) != len(due):
        return f"{len(got)} values where {row['writer']} has {len(due)}"
    largest = max(map(abs, due))
    off = max(abs(a - b) for a, b in zip(got, due)) / largest
    return "" if off <= LARGEST else f"off by {off:.2g} of the largest"


def main():
    rows = [*rows_of_torch(), *rows_of_keras(), *rows_of_caffe()]
    failed = 0
    for row in rows:
        for devices in ("0", "0/2"):
            wrong = run(row, devices)
            if wrong:
                failed += 1
                print(f"FAILED: {row['file']} ({row['writer']}: {row['what']}) on {devices}: {wrong}")
    table = "| format | written by | what |\n| --- | --- | --- |\n"
    table += "".join(f"| {row['format']} | {row['writer']} | {row['what']} |\n" for row in rows)
    text = DOCS.read_text()
    new = re.sub(re.escape(BEGIN) + ".*" + re.escape(END), lambda _: BEGIN + table + END, text, flags=re.S)
    if new != text and "--update" in sys.argv:
        DOCS.write_text(new)
    elif new != text:
        failed += 1
        print("FAILED: the table of docs/files.md is not what was run: tests/formats/check_files.py --update")
    print(f"{2 * len(rows)} runs of {len(rows)} files, {failed} failed")
    sys.exit(failed > 0)


main()
