# SPDX-License-Identifier: MIT
"""tools/peers.d/speed.py: kinds of core, figures and bars, what stays of a document, rounds that go on. check_speed.py PEERS.D TOOL_CHECK"""
import math
import os
import sys

sys.path[:0] = sys.argv[1:3]
import job
import peers
import speed
from tool_check import end, expect

# ---- kinds of core
FLAGS = "fpu sse2 avx avx2 "
for vendor, family, flags, kind in (("GenuineIntel", 6, FLAGS + "avx512f", "xeon"), ("AuthenticAMD", 25, FLAGS + "avx512f", "zen4"),
                                    ("AuthenticAMD", 26, FLAGS + "avx512f", "zen5"), ("AuthenticAMD", 25, FLAGS, "avx2"), ("GenuineIntel", 6, FLAGS, "avx2"),
                                    ("Another", 1, "fpu", "other")):
    text = "processor\t: 0\nvendor_id\t: %s\ncpu family\t: %d\nflags\t\t: %s\n\nprocessor\t: 1\nflags\t: none\n" % (vendor, family, flags)
    expect(speed.kind_of(text)[0] == kind, "%s, family %d, %s: %s, not %s" % (vendor, family, flags, speed.kind_of(text)[0], kind))
expect(speed.kind_of("")[0] == "other", "without a word about the processor")


# ---- figures of cells made by hand: medians, the better of two runtimes, the best peer, the spread of each turn
def cell(kind, rounds, **more):
    return {"kind": kind, "rounds": rounds, "images_per_s": sorted(rounds)[len(rounds) // 2], "error": None, "label": "x", **more}


cells = {"openvino": cell("native", [10, 20, 30]), "mnn": cell("native", [10, 10, 10]), "openvino-int8": cell("int8", [40, 40, 40]),
         "alexcl-pocl": cell("alexcl", [30, 20, 60]), "alexcl-intel": cell("alexcl", [5, 5, 5]), "alexcl-intel-int8": cell("alexcl", [50, 60, 70]),
         "alexcl-pocl-int8": dict(cell("alexcl", [900] * 3), error="wrong")}
found = speed.inference_figures(cells, "T", 1)
expect(found["T b1, float / best native"] == {"value": 1.5, "low": 1.0, "high": 3.0}, "float: %s" % found)
expect(found["T b1, int8 / best native"]["value"] == 3 and found["T b1, int8 / OpenVINO int8"]["value"] == 1.5, "int8: %s" % found)
expect("T b1, half / best native" not in found, "half was not measured: %s" % found)

seconds = {"torch-last": cell("native", [8.0], seconds=8.0, resident=300, residents=[300]), "jax": cell("native", [6.0], seconds=6.0, resident=100, residents=[100]),
           "alexcl-pocl": cell("alexcl", [2.0], seconds=2.0, resident=150, residents=[150])}
found = speed.training_figures(seconds, "T", 128)
expect(found["T b128, speed / best peer"]["value"] == 3 and found["T b128, memory / PyTorch"]["value"] == 0.5, "training: %s" % found)
pair = {"alexcl-pocl-core": cell("alexcl", [3.0], seconds=3.0), "alexcl-pocl-cores": cell("alexcl", [1.5], seconds=1.5)}
expect(speed.cores_figures(pair, 64)["T b64, two parts / one core"]["value"] == 2, "cores: %s" % speed.cores_figures(pair, 64))

# ---- every bar is a figure's name, and has its sense
names = {n for net, batch in (("T", 1), ("T", 4), ("T", 16), ("T", 128), ("V", 16), ("V", 128)) for n in speed.inference_figures(
    {**cells, "alexcl-pocl-half": cell("alexcl", [1, 1, 1])}, net, batch)} | {
    n for net in "TVL" for n in speed.training_figures(seconds, net, 128)} | set(speed.cores_figures(pair, 64)) | set(speed.start_figures(seconds))
expect(set(speed.BARS) <= names, "bars of no figure: %s" % (set(speed.BARS) - names))
for name, value, kind, holds in (("T b1, float / best native", 1.09, "zen4", True), ("T b1, float / best native", 1.1, "zen4", False),
                                 ("T b1, first score, s", 0.41, "zen4", True), ("T b1, first score, s", 0.4, "zen4", False),
                                 ("T b1, first score, s", 9, "other", False), ("V b1, float / best native", 0, "zen4", False)):
    expect(speed.missed(name, {"value": value}, kind) == holds, "%s of %g on %s" % (name, value, kind))

# ---- a group that misses its bar is measured once more; what had met its bar stays
if os.path.exists("state.json"):
    os.remove("state.json")
store, runs = speed.Store("state.json", ["this"]), []


def measure(cells):
    runs.append(cells)
    cells["ratio"] = len(runs)


def figures_of(cells):
    return {"T b1, float / best native": {"value": float(cells["ratio"]), "low": 0, "high": 9}, "T b4, float / best native": {"value": 9.0 / cells["ratio"]}}


_, found = speed.group(store, "zen4", "T b1", measure, figures_of)
expect(len(runs) == 2 and found["T b1, float / best native"]["first"] == 1 and found["T b1, float / best native"]["value"] == 2, "once more: %s" % found)
expect(found["T b4, float / best native"] == {"value": 9.0}, "a figure that had met its bar: %s" % found)
speed.group(speed.Store("state.json", ["this"]), "zen4", "T b1", measure, figures_of)
expect(len(runs) == 2, "what is done is measured again")
speed.group(speed.Store("state.json", ["that"]), "zen4", "T b1", measure, figures_of)
expect(len(runs) == 3, "another program's rounds are taken for this one's")


# ---- rounds in turn go on behind those that are there; one that fails is left out, and the others go on
class Entry:
    slow = False

    def __init__(self, key, fails=99):
        self.key, self.fails, self.stopped = key, fails, False

    def measure(self, cell):
        if len(cell["rounds"]) == self.fails:
            raise job.Failed("it broke")
        cell["rounds"].append(1)

    def stop(self):
        self.stopped = True


entries, kept = [Entry("a"), Entry("b", fails=1), Entry("c")], []
entries[2].slow = True
state = {"a": {"rounds": [1, 1], "error": None}, "b": {"rounds": [], "error": None}, "c": {"rounds": [], "error": None}}
job.in_turn(entries, state, 4, lambda: kept.append(1))
expect([len(c["rounds"]) for c in state.values()] == [4, 1, 2], "rounds: %s" % state)
expect(state["b"]["error"] == "it broke" and entries[1].stopped and not entries[0].stopped, "one that fails: %s" % state["b"])
expect(len(kept) == 6, "kept %d times" % len(kept))

# ---- scores before the softmax
logits = [1.0, -1.0, 0.0, 2.0, 0.0, -2.0]
scores = [math.exp(v) / 7 for v in logits[:3]] + [math.exp(v) / 9 for v in logits[3:]]
expect(max(abs(a - b) for a, b in zip(peers.before_softmax(scores, 2), logits)) < 1e-12, "before the softmax: %s" % peers.before_softmax(scores, 2))
expect(peers.difference(peers.before_softmax([0.0, 1.0], 1), [1.0, -1.0]) == math.inf, "a score of 0")

# ---- documents
heading = speed.KINDS[1][1]
first = speed.merge("", heading, {"Inference": "one\n"})
expect(first.startswith(speed.INTRODUCTION) and first.count("## %s\n" % heading) == 1, "a new document: %s" % first)
both = speed.merge(speed.merge(first, speed.KINDS[0][1], {"Training": "two\n"}), heading, {"Warm start": "three\n"})
expect([line for line in both.split("\n") if line.startswith("##") or line in ("one", "two", "three")] == [
    "## " + speed.KINDS[0][1], "### Training", "two", "## " + heading, "### Inference", "one", "### Warm start", "three"], "parts and kinds: %s" % both)
expect(speed.merge(both, heading, {"Inference": "one\n"}) == both, "the same again changes the document")
expect(speed.command("/tree", ["--root", "/tree", "--write", "/tree/docs/speed.md", "--alexcl", "/x/alexcl", "--rounds", "3"]) ==
       "tools/peers --write docs/speed.md --rounds 3", "the command")
end()
