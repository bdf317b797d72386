# SPDX-License-Identifier: MIT
"""tools/finetune on nine pictures made here: what the net sees of them, the classifier, and that what is done is not computed again.
check_finetune.py FINETUNE ALEXCL"""
import json
import os
import shutil
import struct
import sys

from tool_check import end, expect, run

FINETUNE, ALEXCL = sys.argv[1:3]
SIDE = 28


def pixel(i, y, x):
    return (i * 40 + y * 3 + x * 5) % 256


def make(part, count):
    with open("mnist/%s-images-idx3-ubyte" % part, "wb") as file:
        file.write(struct.pack(">4I", 0x803, count, SIDE, SIDE) + bytes(pixel(i, y, x) for i in range(count) for y in range(SIDE) for x in range(SIDE)))
    with open("mnist/%s-labels-idx1-ubyte" % part, "wb") as file:
        file.write(struct.pack(">2I", 0x801, count) + bytes(i % 2 for i in range(count)))


for folder in ("mnist", "runs", "none"):
    shutil.rmtree(folder, ignore_errors=True)
os.mkdir("mnist")
make("train", 6)
make("t10k", 3)


def tool(*arguments):
    return run(FINETUNE, "runs", "--program", ALEXCL, "--devices", "ref", "--data", "mnist", "--images", "4", "2", "--epochs", "2", "--seeds", "1", *arguments)


code, first, err = tool()
print(first)
expect(code in (0, 1) and err.count("finetune:") == 6, "exit code %d: %s" % (code, err))
errors = {}
for convolutions in ("trained", "random"):
    with open("runs/run-%s-1/train.json" % convolutions) as file:
        document = json.load(file)
    expect(document["recipe"]["name"] == "keras" and document["steps"] == 2 and document["seed"] == 1, "%s: another run than was asked for" % convolutions)
    errors[convolutions] = 100 * document["epochs"][-1]["top1_error"]
expect(first.splitlines()[1] == "   1" + "".join("  %7.1f%%" % e for e in errors.values()), "other errors than train.json has: %s" % errors)
expect(code == (0 if errors["trained"] < errors["random"] else 1), "exit code %d" % code)
expect(not [f for f in os.listdir("runs") if f.endswith(".safetensors")], "random weights are kept")

# A picture is all of it, with an edge of zeros.
with open("runs/train/00003.pgm", "rb") as file:
    head, rows = file.readline(), file.read()
expect(head == b"P5 32 32 255\n" and len(rows) == 32 * 32, "the size of a picture")
expect(all(rows[y * 32 + x] == (pixel(3, y - 2, x - 2) if 2 <= y < 30 and 2 <= x < 30 else 0) for y in range(32) for x in range(32)), "its pixels")

code, out, err = run(ALEXCL, "models", "runs/tuned.prototxt", "--format", "json")
expect(code == 0 and json.loads(out)["parameters"] == 2304 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10, "the classifier: %s%s" % (out, err))
behind = lambda document: [(l["name"], l["type"]) for l in document["layers"] if l["name"] not in ("flat", "pool5")]
transfer = json.loads(run(ALEXCL, "models", "alexnet-transfer", "--format", "json")[1])
expect(behind(json.loads(out)) == behind(transfer)[-len(behind(json.loads(out))):], "other layers than alexnet-transfer has: %s" % behind(json.loads(out)))

code, again, err = tool()
expect(not err and again == first, "what is done is done again: %s" % err)
shutil.rmtree("runs/run-random-1")
code, again, err = tool()
expect(err == "finetune: random, seed 1\n" and again == first, "what is missing: %s%s" % (again, err))
code, out, err = tool("--epochs", "3")
expect(code == 1 and "other settings" in err, "runs of other settings are mixed: exit code %d, %s" % (code, err))
code, out, err = run(FINETUNE, "none", "--program", ALEXCL, "--data", "missing")
expect(code == 1 and "missing has no train-images-idx3-ubyte" in err, "data that is not there: exit code %d, %s" % (code, err))
end()
