# SPDX-License-Identifier: MIT
"""The warm start: seconds from exec to the first byte that `alexcl infer` writes about one picture, its weights and kernels in the page cache, less
those of reading the weights once. tools/peers --start runs it."""
import json
import os
import statistics
import subprocess
import sys
import threading
import time

from job import RUNTIMES, Failed, Job, in_turn, machine, note, parser

NET, PICTURE, LIMIT_SECONDS = "T", "tools/photos/coffee.jpg", 300


class Start:
    """One runtime's: in_turn's entry."""
    kind, slow = "alexcl", False

    def __init__(self, job, root, runtime):
        self.job, self.key, self.label = job, "alexcl-" + runtime, "alexcl, " + RUNTIMES[runtime]
        self.env = dict(job.env, OCL_ICD_VENDORS=job.icd(runtime))
        self.weights, self.list = job.weights(NET), os.path.join(job.work, "one.txt")
        with open(self.list, "w") as file:
            file.write(os.path.join(root, PICTURE) + "\n")

    def first_byte(self):
        with open(os.path.join(self.job.work, "start-%s.log" % self.key), "w+") as log:
            begin = time.perf_counter()
            process = subprocess.Popen([self.job.alexcl, "infer", "-q", "--weights", self.weights, "--devices", "0", self.list], stdout=subprocess.PIPE,
                                       stderr=log, env=self.env, bufsize=0)
            late = threading.Timer(LIMIT_SECONDS, process.kill)
            late.start()
            try:
                process.stdout.read(1)
                seconds = time.perf_counter() - begin
                process.stdout.read()
                code = process.wait()
            finally:
                late.cancel()
                process.kill()
                process.stdout.close()
            log.seek(0)
            if code:
                raise Failed("exit %d: %s" % (code, log.read().strip()[-200:]))
        return seconds

    def read_weights(self):
        begin = time.perf_counter()
        subprocess.run(["cat", self.weights], stdout=subprocess.DEVNULL, check=True, timeout=LIMIT_SECONDS)
        return time.perf_counter() - begin

    def measure(self, cell):
        if not cell["rounds"]:
            self.first_byte()  # kernels are compiled, and files read
        read = self.read_weights()
        cell["reads"].append(read)
        cell["rounds"].append(self.first_byte() - read)

    def stop(self):
        pass


def compare(entries, rounds, cells=None, keep=lambda: None):
    cells = {} if cells is None else cells
    for entry in entries:
        cells.setdefault(entry.key, {"label": entry.label, "kind": entry.kind, "rounds": [], "reads": []})["error"] = None
    in_turn(entries, cells, rounds, keep)
    for cell in cells.values():
        if cell["error"]:
            note("%s is left out: %s" % (cell["label"], cell["error"]))
        else:
            cell["seconds"], cell["read_s"] = statistics.median(cell["rounds"]), statistics.median(cell["reads"])
    return cells


def main():
    p = parser("--start", 9)
    p.add_argument("--without", action="append", default=[], choices=RUNTIMES)
    p.add_argument("--format", choices=["text", "json"], default="text")
    options = p.parse_args()
    if options.rounds < 1:
        p.error("--rounds begins at 1")
    job = Job(options)
    cells = compare([Start(job, options.root, r) for r in job.runtimes()], options.rounds)
    if options.format == "json":
        print(json.dumps({"alexcl": job.version(), "machine": machine(), "load_at_start": job.load, "threads": job.threads, "rounds": options.rounds,
                          "cells": cells}, indent=2))
    else:
        print("%s\n%.80s\n%d threads; medians of %d starts\n\n%-20s %10s %18s %14s" % (job.version(), machine(), job.threads, options.rounds,
                                                                               "first score, T b1", "seconds", "smallest..largest", "+ reading"))
        for cell in cells.values():
            if not cell["error"]:
                span = "%.3f..%.3f" % (min(cell["rounds"]), max(cell["rounds"]))
                print("%-20s %10.3f %18s %14.3f" % (cell["label"], cell["seconds"], span, cell["read_s"]))
    sys.exit(not cells or any(cell["error"] for cell in cells.values()))


if __name__ == "__main__":
    main()
