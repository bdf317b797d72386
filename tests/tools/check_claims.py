# SPDX-License-Identifier: MIT
"""tools/claims on forty pictures made here: its nets, its table, and that what is done is not run again. check_claims.py CLAIMS ALEXCL"""
import importlib.machinery
import importlib.util
import json
import os
import random
import shutil
import struct
import sys

from tool_check import end, expect, run

CLAIMS, ALEXCL = sys.argv[1:3]
loader = importlib.machinery.SourceFileLoader("claims", CLAIMS)
claims = importlib.util.module_from_spec(importlib.util.spec_from_loader("claims", loader))
loader.exec_module(claims)


def make(part, count):
    """Of class k the rows 2k + 4 to 2k + 6 are bright, on noise."""
    random.seed(part)
    with open("mnist/%s-images-idx3-ubyte" % part, "wb") as file:
        file.write(struct.pack(">4I", 0x803, count, 28, 28))
        for i in range(count):
            file.write(bytes(random.randrange(90) + (160 if 2 * (i % 10) + 4 <= y <= 2 * (i % 10) + 6 else 0) for y in range(28) for _ in range(28)))
    with open("mnist/%s-labels-idx1-ubyte" % part, "wb") as file:
        file.write(struct.pack(">2I", 0x801, count) + bytes(i % 10 for i in range(count)))


for folder in ("mnist", "runs"):
    shutil.rmtree(folder, ignore_errors=True)
os.mkdir("mnist")
make("train", 40)
make("t10k", 20)


def tool(*arguments):
    return run(CLAIMS, "runs", "--program", ALEXCL, "--devices", "ref", "--data", "mnist", "--images", "40", "--epochs", "1", "--only",
               "lenet5-tanh,lenet5-sigmoid", *arguments)


# The nets: parameters by hand, kernels and biases.
small = (25 * 32 + 32) + (25 * 16 * 96 + 96) + (9 * 96 * 128 + 128) + (9 * 64 * 128 + 128) + (9 * 64 * 96 + 96) + (384 * 384 + 384) + (384 * 256 + 256) + 2570
column = (25 * 16 + 16) + (25 * 16 * 48 + 48) + (9 * 48 * 64 + 64) + (9 * 64 * 64 + 64) + (9 * 64 * 96 + 96) + (384 * 384 + 384) + (384 * 256 + 256) + 2570
due = {"one-column": column, "plain-pool": small + (9 - 4) * 96 * 384, "lenet5-tanh": 61706, "lenet5-sigmoid": 61706}
for name, _, net, _ in claims.CONFIGURATIONS:
    if not net:
        continue
    with open("net.prototxt", "w") as file:
        file.write(net)
    code, out, err = run(ALEXCL, "models", "net.prototxt", "--format", "json")
    expect(code == 0, "%s: %s" % (name, err))
    document = json.loads(out)
    expect(document["parameters"] == due.get(name, small), "%s: %d parameters" % (name, document["parameters"]))
    kinds = [l["type"] for l in document["layers"]]
    expect(kinds.count("lrn") == (0 if name == "no-lrn" or name.startswith("lenet") else 2), "%s: LRN" % name)
    expect(kinds.count("relu") == (0 if name == "tanh" or name.startswith("lenet") else 7), "%s: ReLU" % name)
    expect(abs(document["scale"] * 255 * 0.3530 - 1) < 1e-5 and abs(document["mean"][0] * 0.3530 - 0.2860) < 1e-5, "%s: how pictures are prepared" % name)

# What differences are, and when a loss is reached.
expect(claims.compared([10, 12], [20, 21]) == "+9.50" and claims.compared([20, 21], [10, 12]) == "-9.50", "a difference: %s" % claims.compared([10, 12], [20, 21]))
expect(claims.compared([10, 12], [13.8, 13.8]) == "none" and claims.compared([13.8, 13.8], [10, 12]) == "none", "one within twice the larger spread is written none")
expect(claims.compared([10, 12], [14]) == "?", "one seed tells nothing")
with open("steps.csv", "w") as file:
    file.write("step,epoch,loss,lr,images_per_s,wait\n" + "".join("%d,1,%g,0,0,0\n" % (i, 2 if i <= 60 else 1) for i in range(1, 101)))
expect(claims.epochs_to(".", 1.5, 70, 8) == 85 / 9 and claims.epochs_to(".", 1.1, 70, 8) is None, "epochs to a loss: %s" % claims.epochs_to(".", 1.5, 70, 8))

# Runs: all of them; then none; then the one that is missing, with the same result; other settings are refused.
code, first, err = tool("--seeds", "2")
expect(code == 0 and err.count("claims:") == 4, "exit code %d: %s" % (code, err))
print(first)
lines = first.splitlines()
expect(max(map(len, lines)) <= 80, "a line is longer than 80 columns")
for name, what in (("lenet5-tanh", "LeNet-5, tanh"), ("lenet5-sigmoid", "LeNet-5, sigmoid")):
    errors = []
    for seed in (1, 2):
        with open("runs/%s-%d/train.json" % (name, seed)) as file:
            document = json.load(file)
        expect(document["seed"] == seed and document["recipe"]["batch"] == 32 and document["steps"] == 2, "%s: another run than was asked for" % name)
        errors.append(100 * document["epochs"][-1]["top1_error"])
    row = [line for line in lines if line.startswith(what + " ")]
    expect(len(row) == 1 and claims.mean_text(errors) in row[0] and row[0][21:27].strip() == "2", "%s: the row %s" % (name, row))
expect(not [f for _, _, files in os.walk("runs") for f in files if f.endswith(".safetensors")], "checkpoints of what is done are kept")
code, again, err = tool("--seeds", "2")
expect(code == 0 and not err and again == first, "what is done is run again: %s" % err)
os.remove("runs/lenet5-tanh-2/train.json")
code, out, err = tool("--seeds", "2", "--table")
expect(code == 0 and not err and "LeNet-5, tanh             1" in out, "--table: %s%s" % (out, err))
code, again, err = tool("--seeds", "2")
expect(code == 0 and err == "claims: lenet5-tanh, seed 2\n" and again == first, "a run that is missing: %s%s" % (again, err))
code, out, err = tool("--batch", "8")
expect(code == 1 and "other settings" in err, "runs of other settings are mixed: exit code %d, %s" % (code, err))
code, out, err = run(CLAIMS, "runs", "--only", "relu,elu")
expect(code == 2 and "elu" in err, "an unknown configuration: exit code %d, %s" % (code, err))
code, out, err = run(CLAIMS, "none", "--program", ALEXCL, "--devices", "ref", "--data", "missing")
expect(code == 1 and "missing" in err and "exit code" in err, "data that is not there: exit code %d, %s" % (code, err))
end()
