# SPDX-License-Identifier: MIT
"""Runs alexcl and its peers in turn and compares them; tools/peers says how, and installs what this runs. Needs Python alone."""
import argparse
import array
import glob
import json
import math
import os
import random
import selectors
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import time

from nets import NETS

HERE = os.path.dirname(os.path.abspath(__file__))
ROUND_SECONDS = 0.7  # of each framework, at least one batch
SLOW_SECONDS = 3  # a batch that takes longer is timed in two rounds only
START_SECONDS, ANSWER_SECONDS = 600, 300
AGREES = 1e-3  # largest difference of scores, of the largest score
NAMES = {"openvino": "OpenVINO", "openvino-streams": "OpenVINO", "onnxruntime": "ONNX Runtime", "torch": "PyTorch", "tinygrad": "tinygrad"}
RUNTIMES = {"pocl": "PoCL", "intel": "Intel"}


def note(text):
    print("peers: " + text, file=sys.stderr, flush=True)


class Failed(Exception):
    pass


# ---- what runs: start(net, batch), answer(path), run() -> images a second, stop() ----------------------

class Worker:
    """A peer in a process of its own, stopped by a signal while others run."""

    def __init__(self, job, name, runtime=None):
        self.job, self.name, self.runtime = job, name, runtime
        self.kind = "opencl" if runtime else "native"
        self.key = name + ("-" + runtime if runtime else "")
        self.folder = os.path.join(job.peers, name.split("-")[0])
        self.version, self.process, self.peak = "", None, 0

    def label(self):
        more = ", %s" % RUNTIMES[self.runtime] if self.runtime else ", %d streams" % self.job.threads if self.name.endswith("streams") else ""
        return (NAMES[self.name] + " " + self.version).strip() + more

    def start(self, net, batch):
        job = self.job
        env = dict(job.env, PYTHONPATH=self.folder, PYTHONDONTWRITEBYTECODE="1")
        if self.runtime:
            env.update(OCL_ICD_VENDORS=job.icd(self.runtime), DEV="CL", CACHEDB=os.path.join(job.work, "tinygrad-%s.db" % self.runtime), BEAM=str(job.beam))
        self.log = open(os.path.join(job.work, self.key + ".log"), "w")
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "worker.py"), self.name, net, str(batch), str(job.threads), job.work],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=env, text=True)
        self.batch, self.count = batch, 1
        self.version = self.read(START_SECONDS)["version"]
        if self.name != "onnx":
            seconds = self.ask({"run": 1}, ANSWER_SECONDS)["seconds"][0]
            self.count = max(1, math.ceil(ROUND_SECONDS / seconds))
            self.slow = seconds > SLOW_SECONDS
            self.pause()

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

    def run(self):
        self.go_on()
        got = self.ask({"run": self.count}, ANSWER_SECONDS * self.count)
        self.pause()
        self.peak = got["peak_kib"] / 1024
        return self.batch / statistics.median(got["seconds"])

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
    kind, version, slow = "alexcl", "", False

    def __init__(self, job, key, label, runtime, devices="0", more=(), env=None):
        self.job, self.key, self.text, self.runtime, self.devices, self.more = job, key, label, runtime, devices, list(more)
        self.env = dict(job.env, OCL_ICD_VENDORS=job.icd(runtime), **(env or {}))

    def label(self):
        return self.text

    def call(self, command, *more):
        arguments = [self.job.alexcl, command, "-q", "--model", NETS[self.net]["model"], "--weights", self.job.weights(self.net), "--devices", self.devices,
                     "--batch", str(self.batch), *self.more, *more]
        with open(os.path.join(self.job.work, self.key + ".log"), "w+") as log, open(os.path.join(self.job.work, self.key + ".out"), "w+") as out:
            process = subprocess.Popen(arguments, stdout=out, stderr=log, env=self.env)
            _, state, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(state)
            log.seek(0)
            if process.returncode != 0:
                raise Failed("exit %d: %s" % (process.returncode, log.read().strip()[:200]))
            out.seek(0)
            return out.read(), usage.ru_maxrss / 1024

    def time(self, repeat):
        text, _ = self.call("time", "--format", "json", "--warm-up", "2", "--repeat", str(repeat), "--input", self.job.input(self.net, self.batch))
        return json.loads(text)

    def start(self, net, batch):
        self.net, self.batch = net, batch
        median = self.time(1)["seconds"]["median"]
        self.count = max(3, min(1000, math.ceil(ROUND_SECONDS / median)))

    def answer(self, path):
        _, self.peak = self.call("infer", "--input", self.job.input(self.net, self.batch), "--save", path, "--format", "json")

    def run(self):
        return self.time(self.count)["images_per_s"]

    def stop(self):
        pass


# ---- what they run on --------------------------------------------------------------------------------

class Job:
    def __init__(self, options):
        self.peers = os.path.join(options.root, ".deps", "peers")
        self.work = os.path.abspath(options.work or os.path.join(self.peers, "work"))
        self.alexcl, self.beam = os.path.abspath(options.alexcl), options.beam
        cores = sorted(os.sched_getaffinity(0))
        self.threads = options.threads or len(cores)
        if self.threads > len(cores):
            sys.exit("peers: --threads %d: there are %d cores" % (self.threads, len(cores)))
        os.sched_setaffinity(0, cores[:self.threads])
        os.makedirs(self.work, exist_ok=True)
        keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
        self.env = {name: os.environ[name] for name in keep if name in os.environ}
        self.env.update(OMP_NUM_THREADS=str(self.threads), ALEXCL_CACHE_DIR=os.path.join(self.work, "cache"), POCL_CACHE_DIR=os.path.join(self.work, "pocl"))
        if self.threads < os.cpu_count():
            self.env.update(POCL_MAX_PTHREAD_COUNT=str(self.threads), DPCPP_CPU_NUM_CUS=str(self.threads))
        for folder in ("cache", "pocl"):
            os.makedirs(os.path.join(self.work, folder), mode=0o700, exist_ok=True)
        self.libraries = {"pocl": self.find_pocl(), "intel": os.environ.get("ALEXCL_INTEL_OPENCL") or
                          next(iter(glob.glob(os.path.join(options.root, ".deps/intel-opencl-rt/**/libintelocl.so"), recursive=True)), None)}
        shutil.rmtree(os.path.join(self.work, "icd"), ignore_errors=True)

    @staticmethod
    def find_pocl():
        for path in glob.glob("/etc/OpenCL/vendors/*.icd"):
            with open(path) as file:
                line = file.readline().strip()
            if "pocl" in line:
                return line
        return None

    def icd(self, runtime):
        """A vendor folder that shows one runtime, or those joined by "+"."""
        folder = os.path.join(self.work, "icd", runtime)
        os.makedirs(folder, exist_ok=True)
        for name in runtime.split("+"):
            with open(os.path.join(folder, name + ".icd"), "w") as file:
                file.write(self.libraries[name] + "\n")
        return folder + "/"

    def runtimes(self):
        return [name for name in RUNTIMES if self.libraries[name]]

    def has(self, peer):
        return os.path.exists(os.path.join(self.peers, peer, "installed"))

    def weights(self, net):
        path = os.path.join(self.work, NETS[net]["model"] + ".safetensors")
        if not os.path.exists(path):
            subprocess.run([self.alexcl, "weights", "init", "-q", "--model", NETS[net]["model"], "--seed", "1", "-o", path], check=True, env=self.env)
        return path

    def input(self, net, batch):
        """Pictures of noise, prepared as the net wants them."""
        path = os.path.join(self.work, "%s-%d.npy" % (net, batch))
        if os.path.exists(path):
            return path
        channels, height, width = NETS[net]["input"]
        header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d, %d), }" % (batch, channels, height, width)
        pixels, values = random.Random(1), array.array("f")
        tables = [[(b * NETS[net]["scale"] - NETS[net]["mean"][c]) / NETS[net]["std"][c] for b in range(256)] for c in range(channels)]
        for plane in range(batch * channels):
            values.extend(map(tables[plane % channels].__getitem__, pixels.randbytes(height * width)))
        with open(path + ".part", "wb") as file:
            file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.ljust(117).encode() + b"\n")
            values.tofile(file)
        os.rename(path + ".part", path)
        return path

    def make_onnx(self, net):
        path = os.path.join(self.work, net + ".onnx")
        if not os.path.exists(path):
            maker = Worker(self, "onnx")
            try:
                maker.start(net, 1)
            finally:
                maker.stop()
        return path


def read_scores(path):
    with open(path, "rb") as file:
        start = file.read(10)
        file.read(struct.unpack("<H", start[8:10])[0])
        values = array.array("f")
        values.frombytes(file.read())
    return values


def difference(got, want):
    if len(got) != len(want):
        return math.inf
    largest = max(abs(v) for v in want)
    worst = max((abs(a - b) for a, b in zip(got, want)), default=math.inf)
    return worst / largest if all(map(math.isfinite, got)) else math.inf


# ---- one net, one batch ------------------------------------------------------------------------------

def compare(job, entries, net, batch, rounds):
    """Rounds of every entry in turn: {key: figures}."""
    cells, base = {}, None
    job.weights(net)
    job.input(net, batch)
    for entry in entries:
        note("%s b%d: %s starts" % (net, batch, entry.label()))
        cell = cells[entry.key] = {"images_per_s": None, "rounds": [], "difference": None, "peak_mib": None, "error": None}
        answer = os.path.join(job.work, entry.key + ".npy")
        try:
            entry.start(net, batch)
            entry.answer(answer)
            scores = read_scores(answer)
            os.remove(answer)
            base = base or scores
            cell["difference"] = difference(scores, base)
            if cell["difference"] > AGREES:
                raise Failed("wrong: scores differ by %.2g of the largest" % cell["difference"])
        except (Failed, OSError, ValueError) as error:
            cell["error"] = str(error) or type(error).__name__
            entry.stop()
    for i in range(rounds):
        for j in range(len(entries)):
            entry = entries[(i + j) % len(entries)]  # nobody is always behind the same one
            cell = cells[entry.key]
            if cell["error"] or (entry.slow and i >= 2):
                continue
            try:
                cell["rounds"].append(entry.run())
            except (Failed, OSError, ValueError) as error:
                cell["error"] = str(error) or type(error).__name__
                entry.stop()
    for entry in entries:
        cell = cells[entry.key]
        if not cell["error"]:
            cell["images_per_s"], cell["peak_mib"] = statistics.median(cell["rounds"]), round(entry.peak, 1)
        entry.stop()
        cell["label"], cell["kind"] = entry.label(), entry.kind
        if cell["error"]:
            note("%s b%d: %s is left out: %s" % (net, batch, entry.label(), cell["error"]))
    return cells


def best(cells, kind):
    return max((c["images_per_s"] for c in cells.values() if c["kind"] == kind and c["images_per_s"]), default=None)


def ratio(a, b):
    return a / b if a and b else None


# ---- what comes out ----------------------------------------------------------------------------------

def print_table(document):
    columns = [(net, batch) for net in document["cells"] for batch in document["cells"][net]]
    width = 8
    print("%s\n%.80s\n%d threads; medians of %d rounds in turn; images a second" % (document["alexcl"], document["machine"], document["threads"],
                                                                                   document["rounds"]))  # a processor's name may be long
    print("\n%-29s" % "" + "".join(("%s b%s" % c).rjust(width) for c in columns))

    def row(name, values, form):
        print(("%-29s" % name[:29] + "".join((form % v if v is not None else "-").rjust(width) for v in values)).rstrip())
    labels = {}
    for net, batch in columns:
        for key, cell in document["cells"][net][batch].items():
            labels[key] = max(labels.get(key, ""), cell["label"], key=len)
    for key, label in labels.items():
        row(label, [document["cells"][n][b].get(key, {}).get("images_per_s") for n, b in columns], "%.1f")
    for title, of in (("/ best native", "native"), ("/ best OpenCL framework", "opencl")):
        print("\n" + title)
        for key, label in labels.items():
            if key.startswith("alexcl"):
                row(label, [document["ratios"][n][b][key][of] for n, b in columns], "%.2f")
    print("\nlargest difference of scores from the first row, of the largest")
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


def two_devices(job, options, takes):
    """T b16: two parts of one core each against one of them; two runtimes of one thread each, split by their speed, against the faster."""
    entries, one = [], {"POCL_MAX_PTHREAD_COUNT": "1", "DPCPP_CPU_NUM_CUS": "1"}
    if "pocl" in job.runtimes():
        entries += [Alexcl(job, "alexcl-core", "PoCL, one core", "pocl", env=one), Alexcl(job, "alexcl-cores", "PoCL, two parts (0/2)", "pocl", "0/2")]
    if len(job.runtimes()) == 2 and "--split" in takes:
        entries += [Alexcl(job, "alexcl-core-intel", "Intel, one unit", "intel", env=one),
                    Alexcl(job, "alexcl-split", "PoCL + Intel, --split auto", "pocl+intel", "0,1", ["--split", "auto"], one)]
    if not entries or job.threads != 2:
        return None
    cells = compare(job, entries, "T", 16, options.rounds)
    rate = {key: cell["images_per_s"] for key, cell in cells.items()}
    alone = [rate[k] for k in ("alexcl-core", "alexcl-core-intel") if rate.get(k)]
    ratios = {"two parts / one core": ratio(rate.get("alexcl-cores"), rate.get("alexcl-core")),
              "split / the faster alone": ratio(rate.get("alexcl-split"), max(alone, default=None))}
    return {"batch": 16, "cells": cells, "ratios": ratios}


def machine():
    name = "unknown processor"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    return "%s, %d cores" % (name, os.cpu_count())


def read_options():
    p = argparse.ArgumentParser(prog="tools/peers")
    p.add_argument("--root", required=True, help=argparse.SUPPRESS)
    p.add_argument("--work", help=argparse.SUPPRESS)  # folder for weights, inputs, caches
    p.add_argument("--alexcl", required=True)
    p.add_argument("--quick", action="store_true")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--nets", default="T,V")
    p.add_argument("--batches")
    p.add_argument("--threads", type=int)
    p.add_argument("--beam", type=int, default=0)
    p.add_argument("--without", action="append", default=[])
    p.add_argument("--format", choices=["text", "json"], default="text")
    options = p.parse_args()
    options.nets = options.nets.split(",")
    try:
        options.batches = [int(b) for b in (options.batches or ("1,16" if options.quick else "1,16,128")).split(",")]
    except ValueError:
        p.error("--batches %s: numbers are wanted, as 1,16" % options.batches)
    known = sorted({w.name.split("-")[0] for w in map(lambda n: Worker(argparse.Namespace(peers="", threads=0), n), NAMES)}) + ["two-devices"]
    for name in options.without:
        if name not in known:
            p.error("--without %s: it can be one of %s" % (name, ", ".join(known)))
    for name in options.nets:
        if name not in NETS:
            p.error("--nets %s: T (alexnet-caffe) and V (alexnet-torchvision) are known" % name)
    if options.rounds < 1 or min(options.batches) < 1 or (options.threads or 1) < 1:
        p.error("rounds, batches and threads begin at 1")
    if not os.access(options.alexcl, os.X_OK):
        p.error("%s is not there: tools/peers without --installed builds it" % options.alexcl)
    return options


def main():
    options = read_options()
    load = os.getloadavg()[0]
    if load > 0.5:
        note("the machine is not idle (load %.1f): the figures will not be those of an idle one" % load)
    job = Job(options)
    help_text = subprocess.run([job.alexcl, "time", "--help"], capture_output=True, text=True, check=True, env=job.env).stdout
    takes = [option for option in ("--weights-precision", "--split") if option in help_text]
    workers = []
    for name in ("onnxruntime", "openvino", "openvino-streams", "torch", "tinygrad"):
        peer = name.split("-")[0]
        if peer in options.without or (name == "openvino-streams" and job.threads == 1):
            continue
        if not job.has(peer) or (peer in ("openvino", "onnxruntime") and not job.has("onnx")):
            note("%s is not installed and is left out" % NAMES[peer])
            continue
        workers += [Worker(job, name, r) for r in job.runtimes()] if peer == "tinygrad" else [Worker(job, name)]
    for name in RUNTIMES:
        if not job.libraries[name]:
            note("%s's runtime is not installed and is left out" % RUNTIMES[name])
    alexcls = [Alexcl(job, "alexcl-" + r, "alexcl, " + RUNTIMES[r], r) for r in job.runtimes()]
    if "--weights-precision" in takes:
        alexcls += [Alexcl(job, "alexcl-%s-half" % r, "alexcl, %s, half weights" % RUNTIMES[r], r, more=["--weights-precision", "half"]) for r in job.runtimes()]
    if not alexcls:
        sys.exit("peers: neither PoCL nor Intel's runtime is installed: tools/setup --test installs both")
    version = subprocess.run([job.alexcl, "--version"], capture_output=True, text=True, check=True, env=job.env).stdout.split("\n")[0]
    document = {"alexcl": version, "machine": machine(), "load_at_start": load, "threads": job.threads, "rounds": options.rounds, "cells": {}, "ratios": {},
                "two_devices": None}
    for net in options.nets:
        job.weights(net)
        if any(w.name != "torch" and w.name != "tinygrad" for w in workers):
            job.make_onnx(net)
        document["cells"][net], document["ratios"][net] = {}, {}
        for batch in options.batches:
            cells = document["cells"][net][str(batch)] = compare(job, workers + alexcls, net, batch, options.rounds)
            document["ratios"][net][str(batch)] = {key: {kind: ratio(cell["images_per_s"], best(cells, kind)) for kind in ("native", "opencl")}
                                                   for key, cell in cells.items() if cell["kind"] == "alexcl"}
    if "T" in options.nets and 16 in options.batches and "two-devices" not in options.without:
        document["two_devices"] = two_devices(job, options, takes)
    if options.format == "json":
        print(json.dumps(document, indent=2))
    else:
        print_table(document)
    wrong = [c for net in document["cells"].values() for cells in net.values() for c in cells.values() if (c["difference"] or 0) > AGREES]
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
