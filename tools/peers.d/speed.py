# SPDX-License-Identifier: MIT
"""tools/peers --write FILE: inference, training and the warm start beside today's frameworks, as a document with a section for each kind of core.
Parts that are not measured, and other kinds of core, stay in it as they are."""
import datetime
import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import time

import peers
import start
import train
from job import RUNTIMES, Job, machine, note, parser, ratio, spread
from nets import NETS

# Kinds of core: name, heading, and what a processor of it is.
KINDS = [("xeon", "Intel Xeon, AVX-512 of full width", lambda vendor, family, flags: vendor == "GenuineIntel" and "avx512f" in flags),
         ("zen4", "AMD Zen 4", lambda vendor, family, flags: vendor == "AuthenticAMD" and family == 25 and "avx512f" in flags),
         ("zen5", "AMD Zen 5", lambda vendor, family, flags: vendor == "AuthenticAMD" and family == 26 and "avx512f" in flags),
         ("avx2", "AVX2 alone (AMD Zen 3 and the like)", lambda vendor, family, flags: "avx2" in flags and "avx512f" not in flags),
         ("other", "Another processor", lambda *_: True)]

# What a figure has to come to on a kind of core: at least, or at most where it is a share or a time. A figure that is not here has no bar.
AT_LEAST, AT_MOST = 1, -1
BARS = {
    "T b1, float / best native": (AT_LEAST, {"xeon": 1.2, "zen4": 1.1, "avx2": 1.3}),
    "T b1, half / best native": (AT_LEAST, {"xeon": 1.85, "zen4": 1.7, "avx2": 2.0}),
    "T b1, int8 / best native": (AT_LEAST, {"xeon": 2.4, "zen4": 2.0, "avx2": 2.5}),
    "T b1, int8 / OpenVINO int8": (AT_LEAST, {"xeon": 1.2, "zen4": 1.1, "avx2": 1.2}),
    "T b4, float / best native": (AT_LEAST, {"xeon": 1.5, "zen4": 1.4, "avx2": 1.7}),
    "T b16, float / best native": (AT_LEAST, {"xeon": 2.2, "zen4": 1.7, "avx2": 2.4}),
    "T b128, float / best native": (AT_LEAST, {"xeon": 2.2, "zen4": 1.7, "avx2": 2.4}),
    "V b16, float / best native": (AT_LEAST, {"xeon": 1.9, "zen4": 1.6, "avx2": 1.3}),
    "V b128, float / best native": (AT_LEAST, {"xeon": 1.9, "zen4": 1.6, "avx2": 1.8}),
    "T b128, speed / best peer": (AT_LEAST, {"xeon": 4.0, "zen4": 3.5, "avx2": 4.5}),
    "V b128, speed / best peer": (AT_LEAST, {"xeon": 1.6, "zen4": 1.6, "avx2": 2.0}),
    "T b128, memory / PyTorch": (AT_MOST, {"xeon": 0.6, "zen4": 0.6, "avx2": 0.6}),
    "V b128, memory / PyTorch": (AT_MOST, {"xeon": 0.7, "zen4": 0.7, "avx2": 0.7}),
    "LeNet-5, time of an epoch / PyTorch": (AT_MOST, {"xeon": 0.5, "zen4": 0.5, "avx2": 0.5}),
    "T b64, two parts / one core": (AT_LEAST, {"xeon": 1.75, "zen4": 1.75, "avx2": 1.75}),
    "T b1, first score, s": (AT_MOST, {"xeon": 0.35, "zen4": 0.4, "avx2": 0.5}),
}
PARTS = {"inference": "Inference", "training": "Training", "start": "Warm start"}


def kind_of(cpuinfo):
    fields = dict(re.findall(r"^(vendor_id|cpu family|flags)\s*: (.*)$", cpuinfo.split("\n\n")[0], re.M))
    vendor, family, flags = fields.get("vendor_id", ""), int(fields.get("cpu family", 0)), fields.get("flags", "").split()
    return next((name, heading) for name, heading, fits in KINDS if fits(vendor, family, flags))


# ---- figures: {name: {"value", "low", "high"}} of the cells of a group -----------------------------------------

def put(figures, name, value, low, high):
    if value is not None:
        figures[name] = {"value": value, "low": low, "high": high}


def over(figures, name, cells, mine, theirs, what="rounds"):
    """The ratio of two cells by their medians, and its smallest and largest in one turn."""
    if mine and theirs:
        a, b = ({"rounds": cells[key][what]} for key in (mine, theirs))
        put(figures, name, ratio(statistics.median(a["rounds"]), statistics.median(b["rounds"])), *spread(a, b))


def fastest(cells, what, most, keys):
    """Of alexcl's runtimes, as of the peers, the better one counts."""
    keys = [key for key in keys if key in cells and not cells[key]["error"]]
    return (max if most else min)(keys, key=lambda key: cells[key][what], default=None)


def inference_figures(cells, net, batch):
    figures, native, int8 = {}, peers.best(cells, "native"), peers.best(cells, "int8")
    for precision, end in (("float", ""), ("half", "-half"), ("int8", "-int8")):
        mine = fastest(cells, "images_per_s", True, ["alexcl-" + r + end for r in RUNTIMES])
        over(figures, "%s b%d, %s / best native" % (net, batch, precision), cells, mine, native)
        if precision == "int8":
            over(figures, "%s b%d, int8 / OpenVINO int8" % (net, batch), cells, mine, int8)
    return figures


def training_figures(cells, net, batch):
    figures, keys = {}, ["alexcl-" + r for r in RUNTIMES]
    mine, theirs = fastest(cells, "seconds", False, keys), train.least(cells, "seconds")
    if net == "L":
        over(figures, "LeNet-5, time of an epoch / PyTorch", cells, mine, theirs)
        return figures
    over(figures, "%s b%d, speed / best peer" % (net, batch), cells, theirs, mine)  # of seconds
    mine, theirs = fastest(cells, "resident", False, keys), train.least(cells, "resident", "torch")
    over(figures, "%s b%d, memory / PyTorch" % (net, batch), cells, mine, theirs, "residents")
    return figures


def cores_figures(cells, batch):
    pairs = []
    for r in RUNTIMES:
        figures = {}
        if fastest(cells, "seconds", False, ["alexcl-%s-core" % r]):
            over(figures, "T b%d, two parts / one core" % batch, cells, "alexcl-%s-core" % r, fastest(cells, "seconds", False, ["alexcl-%s-cores" % r]))
        pairs.append(figures)
    return max((f for f in pairs if f), key=lambda f: list(f.values())[0]["value"], default={})


def start_figures(cells):
    figures, mine = {}, fastest(cells, "seconds", False, ["alexcl-" + r for r in RUNTIMES])
    if mine:
        put(figures, "T b1, first score, s", cells[mine]["seconds"], min(cells[mine]["rounds"]), max(cells[mine]["rounds"]))
    return figures


def bar(name, kind):
    """(AT_LEAST or AT_MOST, limit), or None."""
    sense, limits = BARS.get(name, (AT_LEAST, {}))
    return (sense, limits[kind]) if kind in limits else None


def missed(name, figure, kind):
    limit = bar(name, kind)
    return bool(limit) and limit[0] * (figure["value"] - limit[1]) < 0


# ---- what is measured ----------------------------------------------------------------------------------

class Store:
    """Rounds as they come, in a file that an interrupted run goes on from; another program, machine or number of rounds begins anew."""

    def __init__(self, path, subject):
        self.path, self.state = path, {"subject": subject, "groups": {}}
        try:
            with open(path) as file:
                state = json.load(file)
            if state["subject"] == subject:
                self.state = state
                note("going on from %s" % path)
        except (OSError, ValueError, KeyError):
            pass

    def cells(self, name):
        return self.state["groups"].setdefault(name, {"done": False, "cells": {}})

    def keep(self):
        with open(self.path + ".part", "w") as file:
            json.dump(self.state, file)
        os.rename(self.path + ".part", self.path)

    def forget(self):
        if os.path.exists(self.path):
            os.remove(self.path)


def group(store, kind, name, measure, figures_of):
    """Measures, and once more if a figure misses its bar: the cells, and figures of which those that missed are the second's."""
    def once(name):
        at = store.cells(name)
        if not at["done"]:
            measure(at["cells"])
            at["done"] = True
            store.keep()
        return at["cells"]
    cells = once(name)
    figures = figures_of(cells)
    if any(missed(n, f, kind) for n, f in figures.items()):
        note("%s is measured once more: %s" % (name, ", ".join("%s %.2f" % (n, f["value"]) for n, f in figures.items() if missed(n, f, kind))))
        cells = once(name + ", again")
        second = figures_of(cells)
        figures = {n: dict(second[n], first=f["value"]) if missed(n, f, kind) and n in second else f for n, f in figures.items()}
    return cells, figures


def measure_inference(job, options, store, kind):
    entries, groups, figures = peers.entries_of(job, options.without, True), {}, {}
    for net in options.nets:
        for batch in options.batches:
            def measure(cells):
                peers.compare(job, entries, net, batch, options.rounds, cells, store.keep)
            groups[net, batch], found = group(store, kind, "%s b%d" % (net, batch), measure, lambda cells: inference_figures(cells, net, batch))
            figures.update(found)
    return groups, figures


def measure_training(job, options, store, kind):
    entries, groups, figures = train.entries_of(job, options.without), {}, {}
    tasks = [(net, options.batch, entries) for net in options.nets]
    tasks += [("L", train.LENET_BATCH, entries)] if os.path.isdir(train.FASHION) else []
    tasks += [("cores", train.CORES_BATCH, train.cores_of(job))] if job.threads == 2 else []
    for net, batch, those in tasks:
        def measure(cells):
            train.compare(those, "T" if net == "cores" else net, batch, options.steps, options.rounds, cells, store.keep)

        def figures_of(cells):
            return cores_figures(cells, batch) if net == "cores" else training_figures(cells, net, batch)
        groups[net, batch], found = group(store, kind, "training %s b%d" % (net, batch), measure, figures_of)
        figures.update(found)
    return groups, figures


def measure_start(job, options, store, kind):
    entries = [start.Start(job, options.root, r) for r in job.runtimes()]

    def measure(cells):
        start.compare(entries, options.rounds + 2, cells, store.keep)
    cells, figures = group(store, kind, "start", measure, start_figures)
    return {("T", 1): cells}, figures


# ---- what is written -----------------------------------------------------------------------------------

def table(head, rows):
    return "\n".join("| %s |" % " | ".join(row) for row in [head, ["---"] * len(head), *rows]) + "\n"


def values(groups, form, what):
    """A row for each framework, a column for each group."""
    def text(cell):
        return form % cell[what] if cell and not cell["error"] and cell.get(what) is not None else "-"
    return [[label] + [text(cells.get(key)) for cells in groups.values()] for key, label in peers.labels_of(groups.values()).items()]


def figure_rows(figures, kind):
    rows = []
    for name, f in figures.items():
        limit = bar(name, kind)
        wanted = "%s %g" % ("at least" if limit[0] == AT_LEAST else "at most", limit[1]) if limit else ""
        result = "missed" if missed(name, f, kind) else "met" if limit else ""
        again = " (measured twice, first %.2f)" % f["first"] if "first" in f else ""
        rows.append([name, "%.2f" % f["value"], "%.2f..%.2f" % (f["low"], f["high"]), wanted, result + again])
    return table(["", "median", "smallest..largest", "bar", ""], rows)


def left_out(groups, named):
    found = ["%s: %s: %s" % (named(*at), c["label"], re.sub(r"/\S+/", "", c["error"])) for at, cells in groups.items() for c in cells.values() if c["error"]]
    return "\nLeft out: " + "; ".join(found) + ".\n" if found else ""


def write_inference(groups, figures, kind):
    def named(net, batch):
        return "%s b%d" % (net, batch)
    return "\n".join([table(["images a second"] + [named(*at) for at in groups], values(groups, "%.1f", "images_per_s")), figure_rows(figures, kind),
                      table(["largest difference of scores"] + [named(*at) for at in groups], values(groups, "%.1e", "difference"))]) + left_out(groups, named)


def write_training(groups, figures, kind):
    def named(net, batch):
        return {"L": "LeNet-5, an epoch", "cores": "T b%d, cores" % batch}.get(net, "%s b%d" % (net, batch))
    mib = {at: {key: dict(c, mib=c.get("resident", 0) / (1 << 20)) for key, c in cells.items()} for at, cells in groups.items()}
    return "\n".join([table(["seconds of a step"] + [named(*at) for at in groups], values(groups, "%.3f", "seconds")),
                      table(["largest resident size, MiB"] + [named(*at) for at in groups], values(mib, "%.0f", "mib")),
                      figure_rows(figures, kind)]) + left_out(groups, named)


def write_start(groups, figures, kind):
    return "\n".join([table(["first score of T b1, beyond reading the weights", "seconds"], values(groups, "%.3f", "seconds")), figure_rows(figures, kind)]) + \
        left_out(groups, lambda net, batch: "start")


INTRODUCTION = """# Speed beside today's frameworks

`tools/peers --write docs/speed.md` measures this and writes it, a section for each kind of core. T is `alexnet-caffe`, V `alexnet-torchvision`, b
the batch. All run in turn, round after round, on the same cores, net, weights and input. A ratio is of medians, of the best of alexcl's runtimes to
the best of its peers; smallest and largest are those of the ratio in one turn. Native are OpenVINO, ONNX Runtime, PyTorch, MNN and ncnn, in float.
Differences are of scores, from the first row, of the largest score; with weights of 8 bits of what goes into the softmax. A figure that misses its bar
is measured once more, and the second counts.
"""


def sections(text, mark):
    """(What stands before the first heading, {heading: what is under it})."""
    first, *rest = re.split("^%s " % mark, text, flags=re.M)
    return first, {part.split("\n", 1)[0]: (part.split("\n", 1) + [""])[1].strip("\n") + "\n" for part in rest}


def merge(old, heading, new):
    """The document `old` with the parts {name: text} of `new` in the section of `heading`."""
    _, kinds = sections(old, "##")
    order = [title for _, title, _ in KINDS]
    _, parts = sections(kinds.get(heading, ""), "###")
    parts.update(new)
    kinds[heading] = "\n".join("### %s\n\n%s" % (name, parts[name].strip("\n") + "\n") for name in sorted(parts, key=list(PARTS.values()).index))
    return INTRODUCTION + "".join("\n## %s\n\n%s" % (name, kinds[name].strip("\n") + "\n") for name in sorted(
        kinds, key=lambda name: order.index(name) if name in order else len(order)))


def commit(root, document):
    """What the sources are, and whether they were changed since; the document itself is no source."""
    def git(*arguments):
        return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True).stdout
    changed = [line[3:] for line in git("status", "--porcelain", "--untracked-files=no").splitlines()]
    return (git("describe", "--always").strip() or "unknown") + ("" if set(changed) <= {os.path.relpath(document, root)} else ", changed since")


def command(root, arguments):
    """As it was given, but for paths of this machine."""
    def named(path):
        inside = os.path.relpath(path, root)
        return os.path.basename(path) if inside.startswith("..") else inside
    pairs = list(zip(arguments[::2], arguments[1::2]))  # all options have values
    return "tools/peers " + " ".join(shlex.quote(a) for name, value in pairs if name not in ("--root", "--work", "--alexcl")
                                     for a in (name, named(value) if name == "--write" else value))


def versions(job, groups):
    """Of the peers that were measured; their labels have them, but for the program that compresses weights."""
    found = {cell["label"].split(",")[0] for cells in groups.values() for cell in cells.values() if cell["kind"] != "alexcl" and not cell["error"]}
    if any(cell["kind"] == "int8" for cells in groups.values() for cell in cells.values()):
        found.add(job.installed("nncf")[0].replace("==", " "))
    return ", ".join(sorted(found, key=str.lower)) or "no peer"


def read_options():
    p = parser("--write", 7)
    p.add_argument("--write", required=True)
    p.add_argument("--parts", default=",".join(PARTS))
    p.add_argument("--nets", default="T,V")
    p.add_argument("--batches", default="1,4,16,128")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--steps", type=int, default=6)
    p.add_argument("--without", action="append", default=[])
    options = p.parse_args()
    options.parts, options.nets = options.parts.split(","), options.nets.split(",")
    if not all(b.isdigit() and int(b) for b in options.batches.split(",")):
        p.error("--batches %s: numbers are wanted, as 1,16" % options.batches)
    options.batches = [int(b) for b in options.batches.split(",")]
    known = sorted({name.split("-")[0] for name in [*peers.NAMES, *train.PEERS]}) + [*RUNTIMES]
    for name in options.without:
        if name not in known:
            p.error("--without %s: it can be one of %s" % (name, ", ".join(known)))
    for name in options.parts:
        if name not in PARTS:
            p.error("--parts %s: %s are known" % (name, ", ".join(PARTS)))
    for name in options.nets:
        if name not in NETS:
            p.error("--nets %s: T (alexnet-caffe) and V (alexnet-torchvision) are known" % name)
    if options.batch < 1 or options.rounds < 1 or options.steps <= train.SETTLES:
        p.error("--batch and --rounds begin at 1, --steps at %d" % (train.SETTLES + 1))
    return options


def main():
    options, begin = read_options(), time.monotonic()
    job = Job(options)
    with open("/proc/cpuinfo") as file:
        kind, heading = kind_of(file.read())
    settings = [options.nets, options.batches, options.batch, options.steps, options.rounds, options.without, job.threads]
    source = commit(options.root, options.write)
    store = Store(os.path.join(job.work, "speed.json"), [job.version(), source, os.stat(job.alexcl).st_mtime, machine(), settings])
    how = "%d threads, load %.1f at the start; rounds: %d. %s, commit %s" % (job.threads, job.load, options.rounds, job.version(), source)
    for part in options.parts:
        measure, write = {"inference": (measure_inference, write_inference), "training": (measure_training, write_training),
                          "start": (measure_start, write_start)}[part]
        groups, figures = measure(job, options, store, kind)
        if not any(cell["kind"] == "alexcl" and not cell["error"] for cells in groups.values() for cell in cells.values()):
            note("%s: nothing was measured; what the document has stays" % part)
            continue
        text = "%s, %s; %s; %s. `%s`\n\n" % (datetime.date.today(), machine(), how, versions(job, groups), command(options.root, sys.argv[1:]))
        old = ""
        if os.path.exists(options.write):
            with open(options.write) as file:
                old = file.read()
        with open(options.write + ".part", "w") as file:
            file.write(merge(old, heading, {PARTS[part]: text + write(groups, figures, kind)}))
        os.rename(options.write + ".part", options.write)
        print("%s: of %d with a bar or without, %d figures miss theirs" % (PARTS[part], len(figures), sum(missed(n, f, kind) for n, f in figures.items())))
    store.forget()
    minutes = (time.monotonic() - begin) / 60
    print("%s is written; it took %.0f min in all" % (options.write, minutes))


if __name__ == "__main__":
    main()
