# SPDX-License-Identifier: MIT
"""alexcl train beside PyTorch: steps of training of the same net, by the same rule, on pictures of a packed file, in turn; seconds a step and
the largest resident size. tools/peers --train runs it.

With --peer as its first argument it is the peer: --peer NET BATCH STEPS THREADS FOLDER trains, and prints a line of JSON."""
import argparse
import csv
import json
import math
import os
import random
import shutil
import statistics
import struct
import subprocess
import sys
import time

from nets import NETS

SIDE, CLASSES = 256, 1000  # of the packed pictures
SETTLES = 2  # first steps that are not counted
AGREES = 2  # both begin with small random weights: the first loss is near that of guessing
LIMIT_SECONDS = 3600


# ---- the peer ------------------------------------------------------------------------------------

def shapes(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return {name: t["shape"] for name, t in header.items() if name != "__metadata__"}


def peer(key, batch, steps, threads, folder):
    import concurrent.futures
    import resource

    import numpy
    import torch
    import torch.nn.functional as f
    import torch_net
    torch.set_num_threads(threads)
    net, generator = NETS[key], torch.Generator().manual_seed(1)
    t = {}
    for name, shape in shapes(os.path.join(folder, net["model"] + ".safetensors")).items():  # as the paper's recipe begins
        ones = name.endswith(".bias") and name.split(".")[0] in ("conv2", "conv4", "conv5", "fc6", "fc7")
        value = torch.randn(shape, generator=generator) * 0.01 if name.endswith(".weight") else torch.full(shape, float(ones))
        value = value.to(memory_format=torch.channels_last) if value.dim() == 4 else value
        t[name] = value.requires_grad_()
    optimizer = torch.optim.SGD(t.values(), lr=0.01, momentum=0.9, weight_decay=5e-4)

    pixels = numpy.memmap(os.path.join(folder, "pictures.bin"), numpy.uint8, "r").reshape(-1, SIDE, SIDE, 3)
    mean, std = (numpy.array(net[k], numpy.float32)[:, None, None] for k in ("mean", "std"))
    draw = random.Random(1)

    def prepare(step):
        x = numpy.empty((batch, *net["input"]), numpy.float32)
        size = net["input"][1]
        for i in range(batch):
            top, left = draw.randrange(SIDE - size + 1), draw.randrange(SIDE - size + 1)
            picture = pixels[(step * batch + i) % len(pixels), top:top + size, left:left + size].transpose(2, 0, 1)
            x[i] = ((picture[:, :, ::-1] if draw.random() < 0.5 else picture) * numpy.float32(net["scale"]) - mean) / std
        return torch.from_numpy(x), torch.arange(step * batch, (step + 1) * batch) % len(pixels) % CLASSES

    seconds, first = [], None
    with concurrent.futures.ThreadPoolExecutor(1) as ahead:  # the next batch is prepared while one is computed
        waiting = ahead.submit(prepare, 0)
        for step in range(steps):
            start = time.perf_counter()
            x, y = waiting.result()
            waiting = ahead.submit(prepare, step + 1)
            optimizer.zero_grad()
            loss = f.cross_entropy(torch_net.scores(net, t, x, dropout=0.5), y)  # which has the softmax
            loss.backward()
            optimizer.step()
            first = loss.item() if first is None else first
            seconds.append(time.perf_counter() - start)
    print(json.dumps({"version": torch.__version__.split("+")[0], "seconds": seconds, "loss": first,
                      "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


# ---- both ----------------------------------------------------------------------------------------

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


class Torch:
    kind, key, label = "native", "torch", "PyTorch"

    def __init__(self, job):
        self.job = job

    def run(self, net, batch, steps, pictures):
        job = self.job
        weights = NETS[net]["model"] + ".safetensors"
        if not os.path.exists(os.path.join(pictures, weights)):
            os.link(job.weights(net), os.path.join(pictures, weights))
        env = dict(job.env, PYTHONPATH=os.path.join(job.peers, "torch"), PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run([sys.executable, os.path.abspath(__file__), "--peer", net, str(batch), str(steps), str(job.threads), pictures],
                              capture_output=True, text=True, env=env, timeout=LIMIT_SECONDS)
        if done.returncode:
            raise OSError("exit %d: %s" % (done.returncode, done.stderr.strip()[-200:]))
        got = json.loads(done.stdout)
        self.label = "PyTorch " + got["version"]
        return {**got, "planned": None}


class Alexcl:
    kind = "alexcl"

    def __init__(self, job, runtime, name):
        self.job, self.runtime, self.key, self.label = job, runtime, "alexcl-" + runtime, "alexcl, " + name

    def run(self, net, batch, steps, pictures):
        """Rows of steps.csv, and the largest resident size of the process."""
        job, run = self.job, os.path.join(self.job.work, "train-" + self.key)
        shutil.rmtree(run, ignore_errors=True)
        arguments = [job.alexcl, "train", "-q", "--devices", "0", "--model", NETS[net]["model"], "--data", os.path.join(pictures, "pictures.pack"),
                     "-o", run, "--recipe", "paper", "--augment", "crop,mirror", "--batch", str(batch), "--steps", str(steps), "--epochs", "0",
                     "--save-every", "1000000"]
        try:
            with open(os.path.join(job.work, self.key + ".log"), "w+") as log:
                process = subprocess.Popen(arguments, stdout=log, stderr=log, env=dict(job.env, OCL_ICD_VENDORS=job.icd(self.runtime)))
                _, state, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(state)
                log.seek(0)
                if process.returncode:
                    raise OSError("exit %d: %s" % (process.returncode, log.read().strip()[-200:]))
            with open(os.path.join(run, "steps.csv")) as file:
                rows = list(csv.DictReader(file))
            with open(os.path.join(run, "train.json")) as file:
                memory = json.load(file)["memory"]
        finally:
            shutil.rmtree(run, ignore_errors=True)
        return {"seconds": [batch / float(row["images_per_s"]) for row in rows], "loss": float(rows[0]["loss"]), "resident": usage.ru_maxrss * 1024,
                "planned": memory["planned"]}


def compare(entries, net, options, pictures, note):
    cells = {e.key: {"step_s": None, "rounds": [], "resident": 0, "residents": [], "planned": None, "loss": None, "error": None} for e in entries}
    for i in range(options.rounds):
        for j in range(len(entries)):
            entry = entries[(i + j) % len(entries)]  # nobody is always behind the same one
            cell = cells[entry.key]
            if cell["error"]:
                continue
            note("%s, batch %d, round %d: %s" % (net, options.batch, i + 1, entry.label))
            try:
                got = entry.run(net, options.batch, options.steps, pictures)
                if not abs(got["loss"] - math.log(CLASSES)) < AGREES:
                    raise OSError("wrong: its first loss is %.3g, that of guessing is %.3g" % (got["loss"], math.log(CLASSES)))
            except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
                cell["error"] = str(error) or type(error).__name__
                continue
            cell["rounds"].append(statistics.median(got["seconds"][SETTLES:]))
            cell["residents"].append(got["resident"])
            cell["planned"], cell["loss"] = got["planned"], got["loss"]
    for entry in entries:
        cell = cells[entry.key]
        cell["label"], cell["kind"] = entry.label, entry.kind
        if not cell["error"]:
            cell["step_s"] = statistics.median(cell["rounds"])
            cell["resident"] = statistics.median(cell["residents"])  # the first start also compiles kernels
    return cells


def ratios_of(cells):
    """alexcl's seconds and bytes in PyTorch's; and what it took of what it planned."""
    torch, of = cells.get("torch", {}), {}
    for key, cell in cells.items():
        if cell["kind"] != "alexcl" or cell["error"]:
            continue
        beside = torch.get("step_s")
        of[key] = {"seconds": cell["step_s"] / beside if beside else None, "resident": cell["resident"] / torch["resident"] if beside else None,
                   "planned": cell["resident"] / cell["planned"]}
    return of


def print_table(document):
    print("%s\n%.80s\n%d threads; batch %d; medians of %d rounds in turn, %d steps each" % (
        document["alexcl"], document["machine"], document["threads"], document["batch"], document["rounds"], document["steps"]))
    for net, cells in document["cells"].items():
        print("\n%-22s %12s %9s %10s %10s %9s" % ((net + ", " + NETS[net]["model"])[:22], "seconds", "/ PyTorch", "resident,", "/ PyTorch", "/ plan"))
        print("%-22s %12s %9s %10s" % ("", "a step", "", "MiB"))
        for key, cell in cells.items():
            if cell["error"]:
                continue
            of = document["ratios"][net].get(key, {})
            seconds, resident, planned = ("%.2f" % of[k] if of.get(k) else "" for k in ("seconds", "resident", "planned"))
            print(("%-22s %12.3f %9s %10.0f %10s %9s" % (cell["label"][:22], cell["step_s"], seconds, cell["resident"] / (1 << 20), resident, planned)).rstrip())
    errors = ["%s: %s: %s" % (net, c["label"], c["error"]) for net, cells in document["cells"].items() for c in cells.values() if c["error"]]
    if errors:
        print("\nleft out")
        for text in errors:
            print("  " + text[:78])


def main():
    from peers import NAMES, RUNTIMES, Job, machine, note
    p = argparse.ArgumentParser(prog="tools/peers --train")
    p.add_argument("--root", required=True, help=argparse.SUPPRESS)
    p.add_argument("--work", help=argparse.SUPPRESS)
    p.add_argument("--alexcl", required=True)
    p.add_argument("--nets", default="T,V")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--steps", type=int, default=6)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--threads", type=int)
    p.add_argument("--without", action="append", default=[])
    p.add_argument("--format", choices=["text", "json"], default="text")
    options = p.parse_args()
    options.beam, options.nets = 0, options.nets.split(",")
    for name in options.nets:
        if name not in NETS:
            p.error("--nets %s: T (alexnet-caffe) and V (alexnet-torchvision) are known" % name)
    for name in options.without:
        if name not in ["torch", *RUNTIMES]:
            p.error("--without %s: it can be one of torch, %s" % (name, ", ".join(RUNTIMES)))
    if options.batch < 1 or options.rounds < 1 or options.steps <= SETTLES:
        p.error("--batch and --rounds begin at 1, --steps at %d: the first %d are not counted" % (SETTLES + 1, SETTLES))
    if not os.access(options.alexcl, os.X_OK):
        p.error("%s is not there: tools/peers without --installed builds it" % options.alexcl)
    load = os.getloadavg()[0]
    if load > 0.5:
        note("the machine is not idle (load %.1f): the figures will not be those of an idle one" % load)
    job = Job(options)
    entries = [Alexcl(job, r, RUNTIMES[r]) for r in job.runtimes() if r not in options.without]
    if not entries:
        sys.exit("peers: neither PoCL nor Intel's runtime is to be had: tools/setup --test installs both")
    if job.has("torch") and "torch" not in options.without:
        entries.insert(0, Torch(job))
    else:
        note("%s is not installed and is left out" % NAMES["torch"])
    version = subprocess.run([job.alexcl, "--version"], capture_output=True, text=True, check=True, env=job.env).stdout.split("\n")[0]
    document = {"alexcl": version, "machine": machine(), "load_at_start": load, "threads": job.threads, "rounds": options.rounds, "batch": options.batch,
                "steps": options.steps, "cells": {}, "ratios": {}}
    pictures = write_pictures(job, 2 * options.batch)
    for net in options.nets:
        document["cells"][net] = cells = compare(entries, net, options, pictures, note)
        document["ratios"][net] = ratios_of(cells)
    if options.format == "json":
        print(json.dumps(document, indent=2))
    else:
        print_table(document)
    sys.exit(any(c["error"] for cells in document["cells"].values() for c in cells.values()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2], *map(int, sys.argv[3:6]), sys.argv[6])
    else:
        main()
