# SPDX-License-Identifier: MIT
"""What tools/gpu runs, in which order, and how: each step in a time limit of its own, its result on disk at once."""
import collections
import concurrent.futures
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

NET = "alexnet-caffe"  # whose times stand beside PyTorch's
# Seconds: with less left nothing is begun; what is told to end may still write what it knows; the scratch folder takes its time to be removed.
LEAST, GRACE, TIDY = 5, 3, 4
KERNELS = 0.2  # of the time, for the kernels' own tests: `check` has seen each kernel before

# read: figures from what it printed.
Step = collections.namedtuple("Step", "name limit command environment read")


def read_nothing(printed):
    return {}


def read_check(printed):
    document = json.loads(printed)
    return {key: document[key] for key in ("checks", "failed")}


def read_tests(printed):
    counts = [tuple(map(int, found)) for found in re.findall(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)", printed)]
    return {"tests": sum(c[0] for c in counts), "failed": sum(c[1] + c[2] for c in counts)}


def read_tune(printed):
    layers = json.loads(printed)["devices"][0]["layers"]
    return {"chosen": {layer["layer"]: "%s %s" % (way["variant"], way["tile"]) for layer in layers for way in layer["ways"] if way["chosen"]}}


def read_time(what, devices, alone):
    def read(printed):
        document = json.loads(printed)
        return {"model": document["model"], "what": what, "batch": document["batch"], "devices": devices, "alone": alone,
                "images_per_s": document["images_per_s"], "milliseconds": document["seconds"]["median"] * 1e3, "gflops": document["gflops"],
                "peak_gflops": document["devices"][0]["peak_gflops"], "peak_read_gbytes_per_s": document["devices"][0]["peak_read_gbytes_per_s"]}
    return read


def read_torch(printed):
    rows = [json.loads(line) for line in printed.split("\n") if line.startswith("{") and line.endswith("}")]
    return {**rows[0], "times": rows[1:]} if rows else {}


def plan(place, device, other, models, base):
    """All steps. `device`: of `alexcl devices`, the one under test; `other`: index of the second half's, or ref; `base`: environment."""
    own = str(device["index"])
    pair = "%s,%s" % (own, other)
    program = {**base, **place.environment}
    checks, kernels, nets, late, times = [], [], [], [], []

    def add(steps, name, limit, command, read=read_nothing, environment=program):
        steps.append(Step(name, limit, command, environment, read))

    def add_test(steps, name, limit, test, devices, case=None):
        environment = {**program, "ALEXCL_TEST_DEVICES": devices, "ALEXCL_TEST_IMPLEMENTATION": "gpu", "CK_FORK": "no"}
        if case:
            environment["ALEXCL_TEST_CASE"] = case
        add(steps, name, limit, place.command(test), read_tests, environment)

    def add_time(name, limit, model, batch, what, *options, devices=own, repeat=10):
        command = place.command("host/alexcl", "time", "--model", model, "--devices", devices, "--batch", str(batch), "--repeat", str(repeat),
                                "--format", "json", *options)
        add(times, "time." + name, limit, command, read_time(what, devices, devices == own))

    add(checks, "devices", 20, place.command("host/alexcl", "devices", "-v"))
    add(checks, "check.json", 60, place.command("host/alexcl", "check", "--devices", own, "--format", "json"), read_check)
    for name in place.kernel_checks():
        add_test(kernels, name[len("check_"):], 30, "tests/kernels/" + name, own)
    # A small net before all; a half of a whole one takes the reference half a minute, so there that is left for the end.
    for case in ("tiny2t", "caffe227", "torchvision224"):
        alone, both = (checks, checks) if case == "tiny2t" else (nets, nets if other != "ref" else late)
        add_test(alone, "net.%s.alone" % case, 40, "tests/net/check_oracle_nets", own, case)
        add_test(both, "net.%s.pair" % case, 60, "tests/net/check_oracle_nets", pair, case)
    if device["parts"] and device["parts"] > 1:
        add_test(nets, "net.tiny2t.cut", 40, "tests/net/check_oracle_nets", own + "/2", "tiny2t")
    for case in ("tiny2t", "lenet5"):
        add_test(nets, "train.%s.alone" % case, 40, "tests/train/check_train_nets", own, case)
        add_test(nets, "train.%s.pair" % case, 40, "tests/train/check_train_nets", pair, case)

    half = ("--weights-precision", "half")
    for batch in (1, 16, 128):
        add_time("b%d.json" % batch, 40, NET, batch, "float")
    for batch in (1, 16, 128):
        add_time("b%d.half.json" % batch, 40, NET, batch, "half", *half)
    add_time("b128.train.json", 40, NET, 128, "training, float", "--train", repeat=5)
    here = os.path.dirname(os.path.abspath(__file__))
    add(times, "torch", 45, [shutil.which("python3") or sys.executable, os.path.join(here, "torch_times.py")], read_torch, base)
    add(times, "tune.json", 60, place.command("host/alexcl", "tune", NET, "--devices", own, "--format", "json"), read_tune)
    for batch in (1, 16, 128):
        add_time("b%d.tuned.json" % batch, 40, NET, batch, "float, tuned")
    if other != "ref":
        add_time("b16.pair.json", 60, NET, 16, "float", "--split", "auto", devices=pair, repeat=5)
    for kind, what, options in (("", "float", ()), (".train", "training, float", ("--train",)), (".half", "half", half)):
        for model in models:
            if model != NET:
                add_time("%s%s.json" % (model, kind), 20, model, 16, what, *options, repeat=5)
    return checks, kernels, nets, times + late


class Interrupted(Exception):
    """By a signal, whose number it has."""


class Runner:
    def __init__(self, report, out, begun, seconds):
        self.report, self.out, self.begun, self.seconds = report, out, begun, seconds
        self.failed = self.left = 0
        self.running, self.stopped, self.lock = set(), False, threading.RLock()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.interrupt)

    def interrupt(self, number, frame):
        self.stopped = True
        for process in list(self.running):
            kill(process, signal.SIGKILL)
        raise Interrupted(number)

    def note(self, line):
        with self.lock:
            print(line, flush=True)

    def run_all(self, groups, jobs):
        checks, kernels, nets, times = groups
        for step in checks:
            self.run(step, self.seconds)
        until = time.monotonic() - self.begun + KERNELS * self.seconds
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(lambda step: self.run(step, until), kernels))
        for step in nets + times:
            self.run(step, self.seconds)

    def run(self, step, until):
        """`until`: seconds of the run after which it is not begun."""
        if self.stopped:
            return
        start = time.monotonic()
        rest = self.seconds - TIDY - (start - self.begun)
        if rest < LEAST or start - self.begun > until:
            self.end(step, "left out", start, {}, "no time was left")
            return
        self.report.step(step.name, state="running")
        document = step.name.endswith(".json")
        path = os.path.join(self.out, step.name if document else step.name + ".log")
        errors = path + ".stderr"
        limit, code = min(step.limit, rest - GRACE), None
        with open(path, "w") as out, open(errors, "w") as err:
            try:
                process = subprocess.Popen(step.command, env=step.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                           start_new_session=True, cwd=step.environment["TMPDIR"])
            except OSError as why:
                os.remove(errors)
                self.end(step, "FAILED", start, {}, str(why), ": %s" % why)
                return
            self.running.add(process)
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                kill(process, signal.SIGTERM)
                try:
                    process.wait(GRACE)
                except subprocess.TimeoutExpired:
                    kill(process, signal.SIGKILL)
                    process.wait()
            finally:
                self.running.discard(process)
        printed, said = (open(name, errors="replace").read() for name in (path, errors))
        if document and code != 0 and said:
            os.rename(errors, path[:-len("json")] + "log")
        else:
            os.remove(errors)
        if not document:
            with open(path, "a") as out:
                out.write(said)
        for log in glob.glob(os.path.join(step.environment["ALEXCL_CACHE_DIR"], "build-*.log")):  # of a kernel that does not compile
            shutil.move(log, os.path.join(self.out, os.path.basename(log)))
        if self.stopped:
            return
        try:
            figures = step.read(printed)
        except (ValueError, KeyError, IndexError) as why:  # as of a program that ended early
            figures = {}
            if code == 0:
                code, said = 1, "what it printed cannot be read: %r" % why
        if code == 0:
            self.end(step, "ok", start, figures, "")
        elif code == 77:
            self.end(step, "skipped", start, figures, printed.split("\n")[0])
        elif code is None and figures.get("failed"):
            self.end(step, "FAILED", start, figures, "%d had failed when its time was over" % figures["failed"])
        elif code is None:
            self.end(step, "TIME OUT", start, figures, "it took more than %.0f s" % limit)
        else:
            how = "exit code %d" % code if code > 0 else "ended by " + signal.Signals(-code).name
            why = telling(said, printed)
            self.end(step, "FAILED", start, figures, "%s: %s" % (how, why), " (%s): %s" % (how, why))

    def end(self, step, state, start, figures, why, told=None):
        seconds = time.monotonic() - start
        with self.lock:
            self.failed += state == "FAILED"
            self.left += state in ("TIME OUT", "left out")
        ok = {"ok": True, "FAILED": False, "TIME OUT": False}.get(state)
        self.report.step(step.name, ok=ok, state=state, seconds=round(seconds, 3), figures=figures, why=why)
        self.report.change(seconds=round(time.monotonic() - self.begun, 3))
        if state == "left out":
            self.note("left out    -  " + step.name)
        else:
            self.note("%-8s %4d s  %s%s" % (state, seconds, step.name, told or (": " + why if state == "skipped" else "")))


def telling(said, printed):
    """The line that says most of why a program failed: alexcl's own, a test's, one of a driver's, whatever there is."""
    lines = [line for line in said.split("\n") if line.strip()]
    kinds = ([line for line in reversed(lines) if line.startswith("alexcl: ")], [line for line in printed.split("\n") if re.search(":[FE]:", line)],
             [line for line in lines if "error" in line.lower()], lines)
    return next((line for kind in kinds for line in kind), "it printed nothing")[:200]


def kill(process, number):
    """With all that it started."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass
