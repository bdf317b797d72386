# SPDX-License-Identifier: MIT
"""Runs alexcl and its peers in turn and compares them; tools/peers says how, and installs what this runs. Needs Python alone."""
import array
import json
import math
import os
import re
import selectors
import signal
import statistics
import struct
import subprocess
import sys

from job import FAILURES, ONE_CORE, RUNTIMES, Failed, Job, in_turn, leave_out, machine, note, parser, ratio
from nets import NETS

HERE = os.path.dirname(os.path.abspath(__file__))
ROUND_SECONDS = 0.7  # of each framework, at least one batch
SLOW_SECONDS = 3  # a batch that takes longer is timed in two rounds only
START_SECONDS, ANSWER_SECONDS = 600, 300
AGREES = 1e-3  # largest difference of scores, of the largest score
AGREES_INT8 = 2e-2  # with weights of 8 bits: of the scores before the softmax
NAMES = {"openvino": "OpenVINO", "openvino-streams": "OpenVINO", "openvino-int8": "OpenVINO", "onnxruntime": "ONNX Runtime", "torch": "PyTorch",
         "mnn": "MNN", "ncnn": "ncnn", "tinygrad": "tinygrad"}
# Files that a peer reads, by their makers in models.py, and the folder of .deps/peers that a maker runs with.
READS = {"openvino": ["onnx"], "openvino-streams": ["onnx"], "openvino-int8": ["onnx", "nncf-model"], "onnxruntime": ["onnx"], "mnn": ["onnx", "mnn-model"],
         "ncnn": ["ncnn-model"]}


# ---- what runs: start(net, batch), answer(path), measure(cell) adds images a second, stop() -------------------

class Worker:
    """A peer in a process of its own, stopped by a signal while others run."""

    def __init__(self, job, name, runtime=None):
        self.job, self.name, self.runtime = job, name, runtime
        self.int8 = name.endswith("int8")
        self.kind = "opencl" if runtime else "int8" if self.int8 else "native"
        self.key = name + ("-" + runtime if runtime else "")
        self.folder = os.path.join(job.peers, name.split("-")[0])
        self.version, self.process, self.slow = "", None, False

    def label(self):
        more = (", %s" % RUNTIMES[self.runtime] if self.runtime else ", %d streams" % self.job.threads if self.name.endswith("streams") else
                ", int8 weights" if self.int8 else "")
        return (NAMES[self.name] + " " + self.version).strip() + more

    def start(self, net, batch):
        for maker in READS.get(self.name, []):
            make(self.job, maker, net)
        self.open(net, batch)
        seconds = self.ask({"run": 1}, ANSWER_SECONDS)["seconds"][0]
        self.count = max(1, math.ceil(ROUND_SECONDS / seconds))
        self.slow = seconds > SLOW_SECONDS
        self.pause()

    def open(self, net, batch):
        job = self.job
        env = dict(job.env, PYTHONPATH=self.folder, PYTHONDONTWRITEBYTECODE="1")
        if self.runtime:
            env.update(OCL_ICD_VENDORS=job.icd(self.runtime), DEV="CL", CACHEDB=os.path.join(job.work, "tinygrad-%s.db" % self.runtime), BEAM=str(job.beam))
        self.log = open(os.path.join(job.work, self.key + ".log"), "w")
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "worker.py"), self.name, net, str(batch), str(job.threads), job.work],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=env, text=True)
        self.batch = batch
        self.version = self.read(START_SECONDS)["version"]

    def read(self, limit):
        waiting = selectors.DefaultSelector()
        waiting.register(self.process.stdout, selectors.EVENT_READ)
        if not waiting.select(limit):
            raise Failed("no answer within %d s" % limit)
        line = self.process.stdout.readline()
        got = json.loads(line) if line else {"error": "it ended (%s)" % self.log.name}
        if "error" in got:
            raise Failed(got["error"])
        return got

    def ask(self, what, limit):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return self.read(limit)

    def pause(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def answer(self, path):
        self.go_on()
        self.ask({"answer": path}, ANSWER_SECONDS)
        self.pause()

    def measure(self, cell):
        self.go_on()
        got = self.ask({"run": self.count}, ANSWER_SECONDS)
        self.pause()
        cell["peak_mib"] = round(got["peak_kib"] / 1024, 1)
        cell["rounds"].append(self.batch / statistics.median(got["seconds"]))

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.log.close()
            self.process = None


class Alexcl:
    """A process for each round; what it prints is the median of whole batches."""
    kind, slow = "alexcl", False

    def __init__(self, job, key, label, runtime, devices="0", more=(), env=None):
        self.job, self.key, self.text, self.runtime, self.devices, self.more = job, key, label, runtime, devices, list(more)
        self.env = dict(job.env, OCL_ICD_VENDORS=job.icd(runtime), **(env or {}))
        self.int8 = "int8" in self.more

    def label(self):
        return self.text

    def call(self, command, *more):
        arguments = [self.job.alexcl, command, "-q", "--model", NETS[self.net]["model"], "--weights", self.job.weights(self.net), "--devices", self.devices,
                     "--batch", str(self.batch), *self.more, *more]
        return self.job.call(self.key, arguments, self.env, ANSWER_SECONDS)

    def time(self, repeat):
        text, _ = self.call("time", "--format", "json", "--warm-up", "2", "--repeat", str(repeat), "--input", self.job.input(self.net, self.batch))
        return json.loads(text)

    def start(self, net, batch):
        self.net, self.batch = net, batch
        median = self.time(1)["seconds"]["median"]
        self.count = max(3, min(1000, math.ceil(ROUND_SECONDS / median)))

    def answer(self, path):
        _, self.peak = self.call("infer", "--input", self.job.input(self.net, self.batch), "--save", path, "--format", "json")

    def measure(self, cell):
        cell["peak_mib"] = round(self.peak / (1 << 20), 1)
        cell["rounds"].append(self.time(self.count)["images_per_s"])

    def stop(self):
        pass


def make(job, maker, net):
    """A file that a peer reads, once for a folder."""
    made = os.path.join(job.work, "%s.%s.made" % (net, maker))
    if os.path.exists(made):
        return
    worker = Worker(job, maker)
    try:
        worker.open(net, 1)
    finally:
        worker.stop()
    open(made, "w").close()


def read_scores(path):
    with open(path, "rb") as file:
        start = file.read(10)
        header = file.read(struct.unpack("<H", start[8:10])[0]).decode()
        values = array.array("f")
        values.frombytes(file.read())
    return values, int(re.search(r"'shape': \((\d+)", header).group(1))


def before_softmax(scores, images):
    """Logarithms of the scores less their mean: what went into the softmax, but for a constant."""
    logs = [math.log(s) if s > 0 else math.nan for s in scores]
    classes = len(logs) // images
    means = [sum(logs[i:i + classes]) / classes for i in range(0, len(logs), classes)]
    return [v - means[i // classes] for i, v in enumerate(logs)]


def difference(got, want):
    if len(got) != len(want):
        return math.inf
    largest = max(abs(v) for v in want)
    worst = max((abs(a - b) for a, b in zip(got, want)), default=math.inf)
    return worst / largest if all(map(math.isfinite, got)) else math.inf


# ---- one net, one batch ------------------------------------------------------------------------------

def check(entry, path, base):
    """The largest difference of its scores from `base`, or Failed where that is too large; (difference, scores)."""
    entry.answer(path)
    scores, images = read_scores(path)
    os.remove(path)
    if not base:
        return 0, scores
    pair = [before_softmax(s, images) for s in (scores, base)] if entry.int8 and len(scores) == len(base) else (scores, base)
    return difference(*pair), scores


def compare(job, entries, net, batch, rounds, cells=None, keep=lambda: None):
    """Rounds of every entry in turn: {key: figures}. `cells` is what an earlier run came to, which goes on."""
    cells, base = {} if cells is None else cells, None
    entries = [e for e in entries if batch == 1 or not e.int8]
    job.weights(net)
    job.input(net, batch)
    try:
        for entry in entries:
            note("%s b%d: %s starts" % (net, batch, entry.label()))
            cell = cells.setdefault(entry.key, {"images_per_s": None, "rounds": [], "difference": None, "peak_mib": None})
            cell["error"] = None
            try:
                entry.start(net, batch)
                cell["difference"], scores = check(entry, os.path.join(job.work, entry.key + ".npy"), base)
                base = base or scores
                if cell["difference"] > (AGREES_INT8 if entry.int8 else AGREES):
                    raise Failed("wrong: scores differ by %.2g of the largest" % cell["difference"])
            except FAILURES as error:
                leave_out(entry, cell, error)
        in_turn(entries, cells, rounds, keep)
    finally:
        for entry in entries:
            entry.stop()
    for entry in entries:
        cell = cells[entry.key]
        cell["images_per_s"] = None if cell["error"] else statistics.median(cell["rounds"])
        cell["label"], cell["kind"] = entry.label(), entry.kind
        if cell["error"]:
            note("%s b%d: %s is left out: %s" % (net, batch, entry.label(), cell["error"]))
    return cells


def best(cells, kind):
    """Key of the fastest, or None."""
    return max((key for key, c in cells.items() if c["kind"] == kind and c["images_per_s"]), key=lambda key: cells[key]["images_per_s"], default=None)


def ratios_of(cells):
    """alexcl's images a second in those of the best of each kind; weights of 8 bits are beside weights of 8 bits too."""
    rates = {kind: cells[best(cells, kind)]["images_per_s"] if best(cells, kind) else None for kind in ("native", "opencl", "int8")}
    return {key: {kind: ratio(cell["images_per_s"], rate) for kind, rate in rates.items() if kind != "int8" or key.endswith("int8")}
            for key, cell in cells.items() if cell["kind"] == "alexcl"}


def entries_of(job, without, int8):
    """What is there to run, peers before alexcl."""
    entries, told = [], set()
    for name in ("onnxruntime", "openvino", "openvino-streams", "openvino-int8", "torch", "mnn", "ncnn", "tinygrad"):
        peer = name.split("-")[0]
        if peer in without or (name == "openvino-streams" and job.threads == 1) or (name == "openvino-int8" and not int8):
            continue
        missing = [p for p in [peer, *(m.split("-")[0] for m in READS.get(name, []))] if not job.has(p)]
        if missing:
            if (peer, missing[0]) not in told:
                note("%s is left out: %s is not installed" % (NAMES[name], missing[0]))
            told.add((peer, missing[0]))
            continue
        entries += [Worker(job, name, r) for r in job.runtimes()] if peer == "tinygrad" else [Worker(job, name)]
    for name in RUNTIMES:
        if not job.libraries[name] and name not in without:
            note("%s's runtime is not installed and is left out" % RUNTIMES[name])
    if not job.runtimes():
        sys.exit("peers: neither PoCL nor Intel's runtime is installed: tools/setup --test installs both")
    entries += [Alexcl(job, "alexcl-" + r, "alexcl, " + RUNTIMES[r], r) for r in job.runtimes()]
    known = re.search(r"--weights-precision .*", job.help("time"))
    for precision in ("half", "int8") if int8 else ("half",):
        if known and precision in known.group():
            entries += [Alexcl(job, "alexcl-%s-%s" % (r, precision), "alexcl, %s, %s weights" % (RUNTIMES[r], precision), r,
                               more=["--weights-precision", precision]) for r in job.runtimes()]
        elif precision == "int8":
            note("this alexcl knows no --weights-precision int8")
    return entries


# ---- what comes out ----------------------------------------------------------------------------------

def labels_of(groups):
    """{key: label} of the cells of all groups; a label is longest where its version is known."""
    labels = {}
    for cells in groups:
        for key, cell in cells.items():
            labels[key] = max(labels.get(key, ""), cell["label"], key=len)
    return labels


def print_table(document):
    columns = [(net, batch) for net in document["cells"] for batch in document["cells"][net]]
    width = 8
    print("%s\n%.80s\n%d threads; medians of %d rounds in turn; images a second" % (document["alexcl"], document["machine"], document["threads"],
                                                                                   document["rounds"]))  # a processor's name may be long
    print("\n%-31s" % "" + "".join(("%s b%s" % c).rjust(width) for c in columns))

    def row(name, values, form):
        print(("%-31s" % name[:31] + "".join((form % v if v is not None else "-").rjust(width) for v in values)).rstrip())
    labels = labels_of(document["cells"][net][batch] for net, batch in columns)
    for key, label in labels.items():
        row(label, [document["cells"][n][b].get(key, {}).get("images_per_s") for n, b in columns], "%.1f")
    for title, of in (("best native", "native"), ("best OpenCL framework", "opencl"), ("OpenVINO, int8 weights", "int8")):
        if of == "int8" and not any(cell["kind"] == of for n, b in columns for cell in document["cells"][n][b].values()):
            continue
        print("\n/ " + title)
        for key, label in labels.items():
            if key.startswith("alexcl") and (of != "int8" or key.endswith("int8")):
                row(label, [document["ratios"][n][b].get(key, {}).get(of) for n, b in columns], "%.2f")
    print("\nlargest difference of scores from the first row, of the largest\n(int8 weights: of the scores before the softmax)")
    for key, label in labels.items():
        row(label, [document["cells"][n][b].get(key, {}).get("difference") for n, b in columns], "%.0e")
    if document["cells"].get("T", {}).get("1"):
        print("\npeak memory, T b1, MiB")
        for key, label in labels.items():
            row(label, [document["cells"]["T"]["1"].get(key, {}).get("peak_mib")], "%.0f")
    if document["two_devices"]:
        print("\ntwo devices, %-16s   images/s" % ("T b%s" % document["two_devices"]["batch"]))
        for cell in document["two_devices"]["cells"].values():
            row(cell["label"], [cell["images_per_s"]], "%.1f")
        for name, value in document["two_devices"]["ratios"].items():
            row(name, [value], "%.2f")
    errors = ["%s b%s: %s: %s" % (n, b, c["label"], c["error"]) for n, b in columns for c in document["cells"][n][b].values() if c["error"]]
    if errors:
        print("\nleft out")
        for text in errors:
            print("  " + text[:78])


def two_devices(job, options):
    """T b16: two parts of one core each against one of them; two runtimes of one thread each, split by their speed, against the faster."""
    entries = []
    if "pocl" in job.runtimes():
        entries += [Alexcl(job, "alexcl-core", "PoCL, one core", "pocl", env=ONE_CORE), Alexcl(job, "alexcl-cores", "PoCL, two parts (0/2)", "pocl", "0/2")]
    if len(job.runtimes()) == 2:
        entries += [Alexcl(job, "alexcl-core-intel", "Intel, one unit", "intel", env=ONE_CORE),
                    Alexcl(job, "alexcl-split", "PoCL + Intel, --split auto", "pocl+intel", "0,1", ["--split", "auto"], ONE_CORE)]
    if not entries or job.threads != 2:
        return None
    cells = compare(job, entries, "T", 16, options.rounds)
    rate = {key: cell["images_per_s"] for key, cell in cells.items()}
    alone = [rate[k] for k in ("alexcl-core", "alexcl-core-intel") if rate.get(k)]
    ratios = {"two parts / one core": ratio(rate.get("alexcl-cores"), rate.get("alexcl-core")),
              "split / the faster alone": ratio(rate.get("alexcl-split"), max(alone, default=None))}
    return {"batch": 16, "cells": cells, "ratios": ratios}


def read_options():
    p = parser("", 5)
    p.add_argument("--quick", action="store_true")
    p.add_argument("--nets", default="T,V")
    p.add_argument("--batches")
    p.add_argument("--beam", type=int, default=0)
    p.add_argument("--int8", action="store_true")
    p.add_argument("--without", action="append", default=[])
    p.add_argument("--format", choices=["text", "json"], default="text")
    options = p.parse_args()
    options.nets = options.nets.split(",")
    try:
        options.batches = [int(b) for b in (options.batches or ("1,16" if options.quick else "1,16,128")).split(",")]
    except ValueError:
        p.error("--batches %s: numbers are wanted, as 1,16" % options.batches)
    known = sorted({name.split("-")[0] for name in NAMES}) + [*RUNTIMES, "two-devices"]
    for name in options.without:
        if name not in known:
            p.error("--without %s: it can be one of %s" % (name, ", ".join(known)))
    for name in options.nets:
        if name not in NETS:
            p.error("--nets %s: T (alexnet-caffe) and V (alexnet-torchvision) are known" % name)
    if options.rounds < 1 or min(options.batches) < 1 or (options.threads or 1) < 1:
        p.error("rounds, batches and threads begin at 1")
    return options


def main():
    options = read_options()
    job = Job(options)
    entries = entries_of(job, options.without, options.int8)
    document = {"alexcl": job.version(), "machine": machine(), "load_at_start": job.load, "threads": job.threads, "rounds": options.rounds, "cells": {},
                "ratios": {}, "two_devices": None}
    for net in options.nets:
        document["cells"][net], document["ratios"][net] = {}, {}
        for batch in map(str, options.batches):
            document["cells"][net][batch] = compare(job, entries, net, int(batch), options.rounds)
            document["ratios"][net][batch] = ratios_of(document["cells"][net][batch])
    if "T" in options.nets and 16 in options.batches and "two-devices" not in options.without:
        document["two_devices"] = two_devices(job, options)
    if options.format == "json":
        print(json.dumps(document, indent=2))
    else:
        print_table(document)
    sys.exit(any((c["error"] or "").startswith("wrong") for net in document["cells"].values() for cells in net.values() for c in cells.values()))


if __name__ == "__main__":
    main()
