# SPDX-License-Identifier: MIT
"""alexcl train beside PyTorch and JAX: steps of training of the same net, by the same rule, on pictures of a packed file, in turn; seconds a step
and the largest resident size. LeNet-5's is a whole epoch, and two devices of a core each are beside one. tools/peers --train runs it."""
import csv
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys

from job import ONE_CORE, RUNTIMES, Failed, Job, in_turn, machine, note, parser, ratio
from nets import CLASSES, NETS, SIDE

HERE = os.path.dirname(os.path.abspath(__file__))
SETTLES = 2  # first steps that are not counted
AGREES = 2  # all begin with small random weights: the first loss is near that of guessing
SLOW_SECONDS = 12  # a step that takes longer is timed in two rounds only
LIMIT_SECONDS = 3600
FASHION = "/usr/share/datasets/fashion-mnist"
LENET_BATCH, LENET_LOSS = 64, 1.2  # images of a step; an epoch's mean loss is below this, that of guessing is 2.3
CORES_BATCH = 64
PEERS = {"torch-last": "PyTorch, channels last", "torch-contiguous": "PyTorch, contiguous", "jax": "JAX"}


def write_pictures(job, count):
    """Pictures of noise, in a file behind one another and in files of their own, which alexcl packs."""
    folder = os.path.join(job.work, "pictures-%d" % count)
    pack = os.path.join(folder, "pictures.pack")
    if os.path.exists(pack):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    pixels = random.Random(1)
    with open(os.path.join(folder, "pictures.bin"), "wb") as whole, open(os.path.join(folder, "list.txt"), "w") as names:
        for i in range(count):
            data = pixels.randbytes(SIDE * SIDE * 3)
            with open(os.path.join(folder, "%05d.ppm" % i), "wb") as file:
                file.write(b"P6 %d %d 255\n" % (SIDE, SIDE) + data)
            whole.write(data)
            names.write("%05d.ppm %d\n" % (i, i % CLASSES))
    subprocess.run([job.alexcl, "pack", "-q", os.path.join(folder, "list.txt"), "-o", pack, "--size", str(SIDE)], check=True, env=job.env,
                   stdout=subprocess.DEVNULL)
    return folder


# ---- who trains: run(net, batch, steps) -> seconds of each step, or of the epoch of L; loss, resident and planned bytes ----

class Entry:
    slow = False

    def start(self, net, batch, steps):
        self.task = net, batch, steps

    def measure(self, cell):
        net, batch, steps = self.task
        note("%s, batch %d, round %d: %s" % (net, batch, len(cell["rounds"]) + 1, self.label))
        got = self.run(net, batch, steps)
        if net == "L" and not got["loss"] < LENET_LOSS:
            raise Failed("wrong: its loss is %.3g at the end of the epoch" % got["loss"])
        if net != "L" and not abs(got["loss"] - math.log(CLASSES)) < AGREES:
            raise Failed("wrong: its first loss is %.3g, that of guessing is %.3g" % (got["loss"], math.log(CLASSES)))
        cell["rounds"].append(statistics.median(got["seconds"][0 if net == "L" else SETTLES:]))
        cell["residents"].append(got["resident"])
        cell["planned"], cell["loss"], cell["label"] = got["planned"], got["loss"], self.label
        self.slow = net != "L" and cell["rounds"][-1] > SLOW_SECONDS

    def stop(self):
        pass


class Peer(Entry):
    kind = "native"

    def __init__(self, job, key):
        self.job, self.key, self.label = job, key, PEERS[key]

    def run(self, net, batch, steps):
        job, folder = self.job, FASHION
        if net != "L":
            folder = write_pictures(job, 2 * batch)
            weights = os.path.join(folder, NETS[net]["model"] + ".safetensors")
            if not os.path.exists(weights):
                os.link(job.weights(net), weights)
        env = dict(job.env, PYTHONPATH=os.path.join(job.peers, self.key.split("-")[0]), PYTHONDONTWRITEBYTECODE="1", JAX_PLATFORMS="cpu",
                   NPROC=str(job.threads))  # as many threads has XLA
        arguments = [sys.executable, os.path.join(HERE, "trainer.py"), self.key, net, str(batch), str(steps), str(job.threads), folder]
        got = json.loads(job.call("train-" + self.key, arguments, env, LIMIT_SECONDS)[0])
        name, *layout = PEERS[self.key].split(", ")
        self.label = ", ".join([name + " " + got["version"], *layout])
        return {**got, "planned": None}


class Alexcl(Entry):
    kind = "alexcl"

    def __init__(self, job, key, label, runtime, devices="0", env=None):
        self.job, self.key, self.label, self.devices = job, key, label, devices
        self.env = dict(job.env, OCL_ICD_VENDORS=job.icd(runtime), **(env or {}))

    def run(self, net, batch, steps):
        job, run = self.job, os.path.join(self.job.work, "train-" + self.key)
        what = ["--model", "lenet5", "--data", FASHION, "--recipe", "keras", "--augment", "none", "--epochs", "1"] if net == "L" else [
            "--model", NETS[net]["model"], "--data", os.path.join(write_pictures(job, 2 * batch), "pictures.pack"), "--recipe", "paper",
            "--augment", "crop,mirror", "--steps", str(steps), "--epochs", "0"]
        shutil.rmtree(run, ignore_errors=True)
        try:
            _, resident = job.call("train-" + self.key, [job.alexcl, "train", "-q", "--devices", self.devices, *what, "-o", run, "--batch", str(batch),
                                                         "--save-every", "1000000"], self.env, LIMIT_SECONDS)
            rows = {}
            for name in ("steps", "epochs"):
                with open(os.path.join(run, name + ".csv")) as file:
                    rows[name] = list(csv.DictReader(file))
            with open(os.path.join(run, "train.json")) as file:
                planned = json.load(file)["memory"]["planned"]
        finally:
            shutil.rmtree(run, ignore_errors=True)
        if net == "L":
            epoch = rows["epochs"][0]
            return {"seconds": [float(epoch["seconds"])], "loss": float(epoch["train_loss"]), "resident": resident, "planned": planned}
        return {"seconds": [batch / float(row["images_per_s"]) for row in rows["steps"]], "loss": float(rows["steps"][0]["loss"]), "resident": resident,
                "planned": planned}


def entries_of(job, without):
    for peer in ("torch", "jax"):
        if peer not in without and not job.has(peer):
            note("%s is not installed and is left out" % peer)
    entries = [Peer(job, key) for key in PEERS if key.split("-")[0] not in without and job.has(key.split("-")[0])]
    alexcls = [Alexcl(job, "alexcl-" + r, "alexcl, " + RUNTIMES[r], r) for r in job.runtimes()]
    if not alexcls:
        sys.exit("peers: neither PoCL nor Intel's runtime is to be had: tools/setup --test installs both")
    return entries + alexcls


def cores_of(job):
    """Two devices of a core each and one of them, of each runtime."""
    return [Alexcl(job, "alexcl-%s-%s" % (r, key), "alexcl, %s, %s" % (RUNTIMES[r], text), r, devices, env)
            for r in job.runtimes()
            for key, text, devices, env in (("core", "one core", "0", ONE_CORE), ("cores", "two parts (0/2)", "0/2", None))]


def compare(entries, net, batch, steps, rounds, cells=None, keep=lambda: None):
    """{key: figures}. `cells` is what an earlier run came to, which goes on."""
    cells = {} if cells is None else cells
    if net == "L":
        entries = [e for e in entries if e.key != "jax"]
    for entry in entries:
        entry.start(net, batch, steps)
        cell = cells.setdefault(entry.key, {"seconds": None, "rounds": [], "resident": 0, "residents": [], "planned": None, "loss": None})
        cell.update(error=None, kind=entry.kind)
        cell.setdefault("label", entry.label)
    in_turn(entries, cells, rounds, keep)
    for cell in cells.values():
        if cell["error"]:
            note("%s: %s is left out: %s" % (net, cell["label"], cell["error"]))
        else:
            cell["seconds"] = statistics.median(cell["rounds"])
            cell["resident"] = statistics.median(cell["residents"])  # the first start also compiles kernels
    return cells


def least(cells, what, among=""):
    """Key of the peer with the least of it, or None."""
    return min((key for key, c in cells.items() if c["kind"] == "native" and not c["error"] and key.startswith(among)), key=lambda key: cells[key][what],
               default=None)


def ratios_of(cells):
    """alexcl's seconds in those of the fastest peer, its bytes in PyTorch's; and what it took of what it planned."""
    fastest, smallest = (cells.get(key, {}) for key in (least(cells, "seconds"), least(cells, "resident", "torch")))
    return {key: {"seconds": ratio(cell["seconds"], fastest.get("seconds")), "resident": ratio(cell["resident"], smallest.get("resident")),
                  "planned": cell["resident"] / cell["planned"]}
            for key, cell in cells.items() if cell["kind"] == "alexcl" and not cell["error"]}


def print_table(document):
    print("%s\n%.80s\n%d threads; batch %d; medians of %d rounds in turn, %d steps each" % (
        document["alexcl"], document["machine"], document["threads"], document["batch"], document["rounds"], document["steps"]))
    for net, cells in document["cells"].items():
        title = {"L": "L, lenet5, batch %d" % LENET_BATCH, "cores": "T, batch %d, cores" % CORES_BATCH}.get(net) or net + ", " + NETS[net]["model"]
        print("\n%-32s %9s %7s %9s %9s %7s" % (title, "seconds", "/ best", "resident", "/ PyTorch", "/ plan"))
        print("%-32s %9s %7s %9s" % ("", "an epoch" if net == "L" else "a step", "peer", "MiB"))
        for key, cell in cells.items():
            if cell["error"]:
                continue
            of = document["ratios"][net].get(key, {})
            seconds, resident, planned = ("%.2f" % of[k] if of.get(k) else "" for k in ("seconds", "resident", "planned"))
            print(("%-32s %9.3f %7s %9.0f %9s %7s" % (cell["label"][:32], cell["seconds"], seconds, cell["resident"] / (1 << 20), resident, planned)).rstrip())
    for key, value in document["cores"].items():
        print("%-32s %9.2f times as fast as one core" % (document["cells"]["cores"][key]["label"], value))
    errors = ["%s: %s: %s" % (net, c["label"], c["error"]) for net, cells in document["cells"].items() for c in cells.values() if c["error"]]
    if errors:
        print("\nleft out")
        for text in errors:
            print("  " + text[:78])


def main():
    p = parser("--train", 3)
    p.add_argument("--nets", default="T,V,L")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--steps", type=int, default=6)
    p.add_argument("--without", action="append", default=[])
    p.add_argument("--format", choices=["text", "json"], default="text")
    options = p.parse_args()
    for name in options.nets.split(","):
        if name not in [*NETS, "L"]:
            p.error("--nets %s: T (alexnet-caffe), V (alexnet-torchvision) and L (lenet5) are known" % name)
    known = ["torch", "jax", *RUNTIMES, "two-devices"]
    for name in options.without:
        if name not in known:
            p.error("--without %s: it can be one of %s" % (name, ", ".join(known)))
    if options.batch < 1 or options.rounds < 1 or options.steps <= SETTLES:
        p.error("--batch and --rounds begin at 1, --steps at %d: the first %d are not counted" % (SETTLES + 1, SETTLES))
    job = Job(options)
    entries = entries_of(job, options.without)
    document = {"alexcl": job.version(), "machine": machine(), "load_at_start": job.load, "threads": job.threads, "rounds": options.rounds,
                "batch": options.batch, "steps": options.steps, "cells": {}, "ratios": {}, "cores": {}}
    for net in options.nets.split(","):
        if net == "L" and not os.path.isdir(FASHION):
            note("L is left out: Debian's dataset-fashion-mnist brings %s" % FASHION)
            continue
        cells = compare(entries, net, LENET_BATCH if net == "L" else options.batch, options.steps, options.rounds)
        document["cells"][net], document["ratios"][net] = cells, ratios_of(cells)
    if "T" in options.nets and "two-devices" not in options.without and job.threads == 2:
        cells = compare(cores_of(job), "T", CORES_BATCH, options.steps, options.rounds)
        document["cells"]["cores"], document["ratios"]["cores"] = cells, ratios_of(cells)
        document["cores"] = {key: ratio(cells[key[:-1]]["seconds"], cell["seconds"]) for key, cell in cells.items() if key.endswith("cores")
                             and not cell["error"] and not cells[key[:-1]]["error"]}
    if options.format == "json":
        print(json.dumps(document, indent=2))
    else:
        print_table(document)
    sys.exit(any(c["error"] for cells in document["cells"].values() for c in cells.values()))


if __name__ == "__main__":
    main()
