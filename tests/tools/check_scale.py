# SPDX-License-Identifier: MIT
"""tools/scale runs, and its numbers fit together. check_scale.py SCALE SCALE_CELL [SKIP TEXT]"""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import sys
import xml.dom.minidom

from tool_check import end, expect, run

SCALE, CELL, SKIP = (sys.argv + [""])[1:4]
if SKIP:
    print(SKIP)
    sys.exit(77)


def scale(*arguments):
    return run(SCALE, "--program", CELL, *arguments)


def near(a, b, share=1e-6):
    return abs(a - b) <= share * max(abs(a), abs(b))


code, out, err = scale("--widths", "0.25,0.5,1", "--batches", "1,3", "--devices", "0", "--memory", "230", "--plot", "scale.svg", "--format", "json")
expect(code == 0, "exit code %d: %s" % (code, err))
document = json.loads(out)
cells = {(c["width"], c["batch"]): c for c in document["cells"]}
expect(sorted(cells) == [(w, b) for w in (0.25, 0.5, 1) for b in (1, 3)], "cells: %s" % sorted(cells))
done = [c for c in document["cells"] if not c["left_out"]]
expect([c["width"] for c in done] == [0.25, 0.25, 0.5, 0.5], "what does not fit in --memory is left out: %s" % [c["width"] for c in done])
expect(document["cpu"] != "unknown" and document["idle"] > 1 << 20, "the machine: %s, %s" % (document["cpu"], document["idle"]))
# By hand: conv1 11x11x3x24 at 55 x 55, conv2 5x5x12x64 at 27 x 27, conv3 3x3x64x96, conv4 3x3x48x96, conv5 3x3x48x64 at 13 x 13; 64*36, fc.
quarter = 363 * 24 * 3025 + 300 * 64 * 729 + (576 * 96 + 432 * 96 + 432 * 64) * 169 + 2304 * 4096 + 4096 * 4096 + 4096 * 1000
expect(near(cells[0.25, 1]["gmac"], quarter * 1e-9), "GMAC of a quarter: %r, not %r" % (cells[0.25, 1]["gmac"], quarter * 1e-9))
expect(near(cells[1, 1]["gmac"], 0.724406816), "GMAC at width 1: %r" % cells[1, 1]["gmac"])
for c in done:
    name = "width %g, batch %d" % (c["width"], c["batch"])
    expect(c["gmac"] == cells[c["width"], 1]["gmac"], name + ": work of an image depends on the batch")
    expect(0 < c["seconds"]["min"] <= c["seconds"]["median"] <= c["seconds"]["max"], name + ": seconds %s" % c["seconds"])
    expect(near(c["ms"] * c["batch"], 1e3 * c["seconds"]["min"]), name + ": ms")
    expect(near(c["gflops"], 2 * c["gmac"] / (c["ms"] * 1e-3)), name + ": GFLOP/s")
    expect(c["chunk"] == c["batch"], name + ": in chunks")
    memory = c["memory"][0]
    expect(memory["total"] == sum(memory[kind] for kind in ("weights", "activations", "exchange", "workspace")), name + ": memory's sum")
    expect(memory["weights"] >= 4 * c["parameters"], name + ": fewer weights than parameters")
    expect(0.9 * c["planned"] < c["peak"] < 1.25 * c["planned"] + (64 << 20), name + ": peak %.0f MiB, planned %.0f MiB" % (c["peak"] / 2**20, c["planned"] / 2**20))
for width in (0.25, 0.5):
    one, three = (cells[width, b]["memory"][0] for b in (1, 3))
    # Where images come one by one, layers of 128 channels and more are convolved in smaller tiles, whose weights are fewer.
    more = width == 0.5
    expect((one["weights"] < three["weights"] < 1.05 * one["weights"] if more else three["weights"] == one["weights"]) and three["activations"] == 3 * one["activations"], "width %g: memory of 3 images: %s, of 1: %s" % (width, three, one))
unit = max(done, key=lambda c: (c["width"] == 1, c["batch"]))
for c in done:
    expect(near(c["to_work"], c["ms"] / c["gmac"] / (unit["ms"] / unit["gmac"])), "to_work of %g, %d" % (c["width"], c["batch"]))
picture = xml.dom.minidom.parse("scale.svg")
expect(len(picture.getElementsByTagName("polyline")) == 2 and len(picture.getElementsByTagName("circle")) == 4 + 2, "the picture's lines and points")

code, out, err = scale("--widths", "0.25,1", "--batches", "1", "--devices", "0", "--memory", "230")
expect(code == 0 and out.startswith("alexnet-caffe") and "left out: planned" in out, "the table: exit code %d\n%s%s" % (code, out, err))
expect(max(map(len, out.splitlines())) <= 80, "a line is longer than 80 columns")
# Training of a small net: what crosses is what is planned, on two parts alone.
code, out, err = scale("--train", "--widths", "0.125", "--batches", "2", "--devices", "0", "--devices", "0/2", "--devices", "7:7", "--format", "json")
expect(code == 0, "--train: exit code %d: %s" % (code, err))
document = json.loads(out)
one, two = document["cells"]
expect([one["devices"], two["devices"]] == ["0", "0/2"] and len(document["absent"]) == 1 and document["absent"][0].startswith("7:7: "), "devices: %s" % document)
expect(one["crosses"] == one["crossed"] == 0 and two["crosses"] == two["crossed"] > 0, "what crosses: %s, %s" % (one, two))
for c in (one, two):
    expect(near(c["ms"] * 2, 1e3 * c["seconds"]["min"]) and near(c["speed"], one["ms"] / c["ms"]), "times: %s" % c)
    kinds = ("weights", "activations", "gradients", "optimizer", "exchange", "workspace")
    expect(all(m["gradients"] > 0 and m["optimizer"] > 0 and m["total"] == sum(m[kind] for kind in kinds) for m in c["memory"]), "memory: %s" % c["memory"])
    expect(0.8 * c["planned"] < c["peak"] < 1.25 * c["planned"] + (64 << 20), "peak %.0f MiB, planned %.0f MiB" % (c["peak"] / 2**20, c["planned"] / 2**20))
loader = importlib.machinery.SourceFileLoader("scale", SCALE)
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("scale", loader))
loader.exec_module(tool)
document["cells"].append({"width": 4, "batch": 128, "devices": "0", "left_out": "planned to take 9999 MiB"})
with contextlib.redirect_stdout(io.StringIO()) as table:
    tool.print_training(document)
lines = table.getvalue().splitlines()
expect(lines[0].startswith("alexnet-caffe in training") and any("left out: planned" in line for line in lines) and max(map(len, lines)) <= 80, "the table: %s" % lines)
for wrong, due in ((["--train", "--quick"], 2), (["--widths", "0"], 2), (["--batches", "x"], 2), (["--memory", "1"], 1), (["--devices", "7:7", "--widths", "0.25", "--batches", "1"], 1)):
    code, out, err = scale(*wrong)
    expect(code == due and err.strip(), "%s: exit code %d, not %d" % (wrong, code, due))
end()
