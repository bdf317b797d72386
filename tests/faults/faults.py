#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the program again and again, each time with one call failing, and judges how it ends.

  faults.py COMMAND --alexcl FILE --root FOLDER [--layer FILE] [--most N] [--only CALL[:N]]

COMMAND is a row of COMMANDS below. How often each call is made is found by a run that counts (FAULT_COUNT, see faults.h); then every
call fails at its first, second, ... last time, with codes in turn. A function called more than N (--most; 0: no limit) times fails at N
of them, the first, the last and others evenly between. Every (function, code) pair is met where N is 4 or more. CALL may be a pattern,
file.* or alloc.[!j]*. Works in the current folder.
"""
import argparse
import fnmatch
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor

# Exit codes by class (docs/settings.md): what a code means when a device is used.
EXITS = {-2: 7, -4: 5, -5: 7, -6: 5, -11: 4, -14: 7, -36: 7}
ENOMEM, EAGAIN, ENOSPC, EIO, EINTR, ECHILD, EACCES, EMFILE = 12, 11, 28, 5, 4, 10, 13, 24


class Command:
    """kind: of what fails, cl, alloc, file, or child: any call of a process that the program forks. args: of the program; LIST stands for a
    list of two pictures, WEIGHTS for weights that were made before, @name for one of FILES. cache: warm, cold (an empty folder each time) or off. only: the functions that fail. most: at most so many of a
    function's calls, fewer where a run takes long or another command makes the same calls. gone: in so many runs all fails from some
    call on; 16, or none where only some functions fail."""

    def __init__(self, kind, args, cache="warm", only=None, most=None, gone=None):
        self.kind, self.args, self.cache, self.only, self.most = kind, args, cache, only, most
        self.gone = gone if gone is not None else 0 if only else 16


INFER = ["--model", "tiny2t", "--batch", "1", "infer", "LIST", "--save", "scores.npy"]
BUILD = ["clCreateProgramWithSource", "clBuildProgram", "clGetProgramInfo"]
# What CLBlast calls, beside the calls that `infer` makes without it.
CLBLAST = BUILD + ["clCreateKernel", "clEnqueueNDRangeKernel", "clGetCommandQueueInfo", "clGetDeviceInfo", "clGetKernelInfo", "clGetKernelWorkGroupInfo",
                   "clGetMemObjectInfo", "clSetKernelArg", "event"]
TINY = ["--model", "tiny2t"]
REF = ["--devices", "ref"] + INFER
INIT = TINY + ["weights", "init", "-o", "made.safetensors"]
# On one device: with the kernels of `peak` from its cache on one part and compiled anew on the other, PoCL 3.1 aborts (pocl_release_dlhandle_cache).
TIME = ["--devices", "0"] + TINY + ["--batch", "2", "time", "--repeat", "2", "--warm-up", "1", "--trace", "trace.json", "--plot", "plot.svg"]
SHOW = TINY + ["weights", "show", "WEIGHTS"]
# In the folder of tests, or of an archive there.
FILES = ["formats/torch_nets.tar.xz/state_dict.pth", "formats/torch/deflated.pth", "formats/keras.zip/jax.keras", "formats/keras.zip/jax.h5",
         "formats/keras.zip/gzip.weights.h5", "formats/torch_nets.tar.xz/torchscript.onnx", "formats/caffe/chain.prototxt", "formats/caffe/chain.caffemodel",
         "host/data/pictures/webp_lossy.webp", "host/data/pictures/bmp_24.bmp", "host/data/pictures/ppm_p6.ppm", "host/lpips/ex_ref.png", "host/lpips/ex_p0.png"]
FORMATS = [["convert"] + files + ["-o", "made.safetensors"] for files in (["--format", "json", "@state_dict.pth"], ["@jax.keras"], ["@jax.h5"], ["@torchscript.onnx"], ["@chain.prototxt", "@chain.caffemodel"])] + [
    ["weights", "show", "@" + name] for name in ("deflated.pth", "gzip.weights.h5")]
ON_REF = ["--devices", "ref"] + TINY
# Three steps of one image each, two epochs, a checkpoint and a validation after each.
TRAIN = TINY + ["train", "--data", "LIST", "--val", "LIST", "--batch", "1", "--steps", "3", "--augment", "none", "-o", "run"]
PICTURES = [ON_REF + ["features", "--layer", "pool1", "@pictures", "-o", "made.npy"], ON_REF + ["nearest", "--layer", "pool1", "--query", "@bmp_24.bmp", "@pictures", "-o", "made.png"],
            ["--devices", "ref", "distance", "@ex_ref.png", "@ex_p0.png"]]
COMMANDS = {
    "formats": [Command(kind, args, "off", most=2, gone=4) for args in FORMATS for kind in ("alloc", "file")] + [
        Command("child", args, "off", most=3, gone=4) for args in FORMATS if any(name.endswith(("keras", "h5")) for name in args)],
    "pictures": [Command(kind, args, "off", most=2, gone=4) for args in PICTURES for kind in ("alloc", "file")],
    "devices": [Command("cl", ["devices"]), Command("cl", ["devices", "-v"], only=["clGetDeviceInfo", "clGetPlatformInfo"])],
    "infer": [Command("cl", ["--devices", "0"] + INFER), Command("cl", ["--devices", "0"] + INFER, "cold", BUILD, 4),
              Command("cl", ["--devices", "0"] + INFER + ["--check", "off"], "off", BUILD)],
    "infer_two": [Command("cl", ["--devices", "0/2"] + INFER, most=3), Command("cl", ["--devices", "0/2"] + INFER[:2] + ["--batch", "2", "--split", "auto"] + INFER[4:], most=2, gone=8)],
    "infer_clblast": [  # whose start takes longer
        Command("cl", ["--devices", "0", "--gemm", "clblast"] + INFER, only=CLBLAST, most=4, gone=16)],
    # All its checks go one way, and no function is called in it that `infer` does not call: those of one layer, and few failures of the whole.
    "check": [Command("cl", ["--devices", "0", "check", "--layer", "lrn"], most=1, gone=6),
              Command("cl", ["--devices", "0", "check"], only=["clBuildProgram", "event"], most=1)],
    "time": [Command("cl", TIME, most=2)],
    "train": [Command("cl", ["--devices", "0/2"] + TRAIN, most=1, gone=4)],
    "train_host": [Command(kind, ["--devices", "ref"] + TRAIN, "off", most=6, gone=8) for kind in ("alloc", "file")],
    "malloc": [Command("alloc", args, cache, only) for args, cache, only in (
        (REF + ["--dump-patches", "patches"], "off", None), (REF + ["--format", "json", "--weights", "WEIGHTS"], "off", None),
        (["--devices", "0"] + INFER, "warm", None),
        (["devices", "--format", "json"], "warm", None), (["devices"], "warm", None), (INIT, "off", None), (SHOW, "off", None),
        (SHOW + ["--format", "json"], "off", None), (["--devices", "ref"] + TIME[2:], "off", None), (["plan"], "off", None), (["plan", "--format", "json"], "off", None))],
    "files": [Command("file", args, cache) for args, cache in (
        (REF + ["--dump-patches", "patches"], "off"), (REF + ["--format", "json", "--weights", "WEIGHTS"], "off"), (["--devices", "0"] + INFER, "warm"),
        (INIT, "off"), (SHOW, "off"), (["--devices", "ref"] + TIME[2:], "off"), (["devices"], "warm"), (["plan", "--format", "csv"], "off"))] + [
            Command("file", ["--devices", "0"] + INFER, "cold", ["file." + f for f in ("mkdir", "open64", "write", "close", "rename")], 3)],
}


def codes_of(call):
    """What a function may well fail with."""
    if call == "event":
        return [-14, -5, -4, -36]
    if call in ("clBuildProgram",):
        return [-11, -5, -6, -2]
    if call in ("clCreateBuffer",):
        return [-4, -5, -6]
    if call in ("clWaitForEvents",):
        return [-14, -5, -6]
    if call.startswith("clEnqueue"):
        return [-4, -5, -6, -36]
    if call in ("clFlush", "clFinish"):
        return [-36, -5, -6]
    if call in ("clCreateContext", "clCreateCommandQueue", "clGetDeviceIDs", "clCreateSubDevices"):
        return [-2, -5, -6]
    if call == "cl*":
        return [-36, -2, -5]
    own = {"alloc.pthread_create": [EAGAIN], "file.fork": [EAGAIN, ENOMEM], "file.pipe2": [EMFILE], "file.poll": [ENOMEM, EINTR], "file.waitpid": [ECHILD, EINTR],
           "file.opendir": [EACCES, EMFILE], "file.readdir64": [EIO]}
    if call in own:
        return own[call]
    call = call.removeprefix("child.")
    if call.startswith("alloc"):
        return [ENOMEM]
    if call.startswith("file") or call == "child*":
        return [ENOSPC, EIO]
    return [-5, -6]


class Run:
    """One run in a folder of its own: how it ended and what it left."""

    def __init__(self, test, command, place, fault=""):
        self.fault = fault
        folder = os.path.join(test.folder, place)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        cache = os.path.join(folder, "cache") if command.cache == "cold" else os.path.join(test.folder, "warm")
        counts = os.path.join(folder, "counts")
        environment = dict(os.environ, FAULT=fault, FAULT_COUNT=counts, ALEXCL_CACHE_DIR=cache, ALEXCL_NO_CACHE="1" if command.cache == "off" else "0")
        environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":exitcode=99"
        environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
        environment["LSAN_OPTIONS"] = environment.get("LSAN_OPTIONS", "") + ":exitcode=98"
        if command.kind == "cl":
            environment["OPENCL_LAYERS"] = test.layer
        args = [os.path.join(test.files, a[1:]) if a[0] == "@" else {"LIST": test.list, "WEIGHTS": test.weights}.get(a, a) for a in command.args]
        self.hung = False
        try:
            done = subprocess.run([test.alexcl] + args, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=120)
            self.exit, out, err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as late:
            self.exit, out, err, self.hung = None, late.stdout or b"", late.stderr or b"", True
        self.out, self.err = steady(command, out.decode("utf-8", "replace")), err.decode("utf-8", "replace")
        self.document = None
        if "json" in command.args:
            try:
                self.document = json.loads(self.out)
            except ValueError:
                pass
            if isinstance(self.document, dict):
                self.document.pop("timing", None)
        self.counts, self.fired, self.live, self.open = {}, None, 0, 0
        if os.path.exists(counts):
            for line in open(counts):
                word = line.split()
                if word[0] == "fired":
                    self.fired = (word[1], int(word[2]))
                elif word[0] == "live":
                    self.live += int(word[1])
                elif word[0] == "open":
                    self.open = max(self.open, int(word[1]))
                else:
                    self.counts[word[0]] = self.counts.get(word[0], 0) + int(word[1])
            os.remove(counts)
        self.files = {}
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                with open(path, "rb") as file:
                    self.files[os.path.relpath(path, folder)] = file.read()


def steady(command, text):
    """A program's output without what differs from run to run."""
    return re.sub(r", \d+\.\d s\b", "", text) if "check" in command.args else "" if {"time", "train"} & set(command.args) else text


def run_file_wrong(name, data, whole):
    """What is wrong with a file of a folder of training, where a run ended before its end; whole: those of a good run."""
    if name.endswith(".safetensors"):
        length = int.from_bytes(data[:8], "little")
        try:
            tensors = json.loads(data[8:8 + length])
            tensors.pop("__metadata__")
            return None if len(data) == 8 + length + max(t["data_offsets"][1] for t in tensors.values()) else "is not whole"
        except ValueError:
            return "is not whole"
    if name.endswith(".csv"):
        return None if not data or data.split(b"\n")[0] == whole[name].split(b"\n")[0] else "has another head"
    if name.endswith(".json"):
        return None if json_whole(data) else "is not whole"
    if name.endswith(".svg"):
        return None if data.rstrip().endswith(b"</svg>") else "is not whole"
    return None


def json_whole(data):
    try:
        json.loads(data)
        return True
    except ValueError:
        return False


def npy_rows(data):
    """(rows, bytes of the values) of a file that is whole, else None."""
    found = re.search(rb"'shape': \(([\d, ]+)\)", data[:128])
    shape = [int(n) for n in found.group(1).split(b",")] if found else []
    if not shape or len(data) != 128 + 4 * math.prod(shape):
        return None
    return shape[0], data[128:]


class Test:
    def __init__(self, options):
        self.name, self.alexcl, self.layer = options.command, os.path.abspath(options.alexcl), options.layer and os.path.abspath(options.layer)
        self.folder = os.path.abspath("runs")
        self.most, self.only = options.most, options.only
        self.failures, self.injected, self.missed, self.exits = 0, 0, 0, {}
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(os.path.join(self.folder, "warm"), mode=0o700)
        root = os.path.abspath(options.root)
        self.files = os.path.join(self.folder, "files")
        self.place_files(os.path.join(root, "tests"))
        self.list = os.path.join(self.folder, "two.txt")
        with open(self.list, "w") as file:
            for label, photo in ((3, "cat.png"), (4, "rocket.jpg")):
                file.write('"%s" %d\n' % (os.path.join(root, "tools", "photos", photo), label))
        self.weights = os.path.join(self.folder, "tiny2t.safetensors")
        subprocess.run([self.alexcl] + TINY + ["-q", "weights", "init", "-o", self.weights], check=True)

    def place_files(self, tests):
        pictures = os.path.join(self.files, "pictures")
        os.makedirs(pictures)
        for path in FILES:
            folder, name = os.path.split(os.path.join(tests, path))
            if folder.endswith(".zip"):
                with zipfile.ZipFile(folder) as archive:
                    data = archive.read(name)
            elif folder.endswith(".tar.xz"):
                with tarfile.open(folder) as archive:
                    data = archive.extractfile(name).read()
            else:
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read()
            for place in [self.files] + [pictures] * name.endswith((".webp", ".bmp", ".ppm")):
                with open(os.path.join(place, name), "wb") as file:
                    file.write(data)

    def judge(self, command, whole, run):
        """What is wrong with a run, compared with one without a fault."""
        wrong = []
        call, code = run.fired if run.fired else (None, 0)
        if run.hung:
            return ["did not end in 120 s"]
        if run.exit < 0 or run.exit in (98, 99) or re.search(r"Sanitizer|runtime error:", run.err):
            return ["crashed, or a sanitizer speaks: exit %s" % run.exit]
        if run.live:
            wrong.append("%d OpenCL objects, mappings or processes were not released" % run.live)
        if run.open > whole.open:
            wrong.append("%d files stayed open" % (run.open - whole.open))
        known = set(whole.files)
        for name, data in run.files.items():
            if name.endswith(".npy") and name in known:
                rows, full = npy_rows(data), npy_rows(whole.files[name])
                # By another kernel they are not the same to the bit (limits.sh looks at them).
                other = call == "clBuildProgram" and run.exit == 0 and "takes its place" in run.err
                if rows is None or not (other and len(rows[1]) == len(full[1]) or full[1].startswith(rows[1])) or (run.exit != 0 and rows[0] == 0):
                    wrong.append(name + " is not whole, or has other values")
            elif name == "made.npy.txt" and whole.files[name].startswith(data) and data.endswith(b"\n"):
                continue  # of the images before a bad one
            elif re.fullmatch(r"cache/([0-9a-f]{64}\.clbin|build-\w+-[0-9a-f]{8}\.log)", name):
                if name.endswith(".clbin") and name in known and data != whole.files[name] and len(data) != len(whole.files[name]):
                    wrong.append(name + " is not whole")
            elif name.startswith("run/") and (name in known or re.fullmatch(r"run/step-\d{6}\.safetensors", name)):
                found = run_file_wrong(name, data, whole.files)
                if found:
                    wrong.append(name + " " + found)
            elif name not in known:
                wrong.append("left the file " + name)
            elif data != whole.files[name] and name not in ("trace.json", "plot.svg"):
                wrong.append(name + " is another file than without the fault")
        same = run.document == whole.document if whole.document else run.out == whole.out
        if run.fired is None:
            if run.exit != 0 or not same:
                wrong.append("nothing was made to fail, and it ended otherwise")
            return wrong
        if run.exit == 0:
            return wrong + self.judge_healed(command, whole, run, same)
        if not run.err.strip():
            wrong.append("says nothing on stderr")
        if command.kind == "file" and run.exit == 1 and "the results could not be written" in run.err:
            return wrong  # stdout is a file too: it lacks what failed, and its reason may be lost in stdio
        if whole.document:
            if run.out.strip() and not (isinstance(run.document, dict) and run.document.get("error")) and "results could not be written" not in run.err:
                wrong.append("the document on stdout does not tell the error")
            return wrong + getattr(self, "judge_" + command.kind)(command, run, call, code)
        if "check" in command.args:  # goes on with other kernels, and tells all of it there
            if run.exit in (4, 5, 7) and "FAILED" not in run.out:
                wrong.append("stdout does not tell what failed")
            run.err = re.sub(r"\s+", " ", run.out + run.err)
            return wrong + self.judge_cl(command, run, call, code)
        if command.kind == "file" and "+" in run.fault:
            return wrong + self.judge_file(command, run, call, code)
        lines = [line for line in run.out.splitlines() if not re.match(r"\w+\.npy: \d+ x", line)]
        due = [line for line in whole.out.splitlines() if not re.match(r"\w+\.npy: \d+ x", line)]
        if lines != due[:len(lines)] and not all(any(part in line for part in ("NOT USABLE", "top-1 error")) or line in due for line in lines):
            wrong.append("stdout has what a good run has not")
        if "infer" in command.args and "scores.npy" not in run.files and len(lines) == len(due) and "written: " not in run.err:
            wrong.append("stdout looks whole")
        return wrong + getattr(self, "judge_" + command.kind)(command, run, call, code)

    def judge_healed(self, command, whole, run, same):
        """Exit 0 in spite of a fault."""
        call, code = run.fired
        lost = [f for f in whole.files if f not in run.files]
        missing = any(not f.startswith("cache/") for f in lost)
        if call == "clBuildProgram" and not missing and re.search(r"is dropped, \w+ takes its place: [^\n]* \(%d\); \S+" % code, run.err):
            return []
        if not same or missing:
            if call.startswith("child.") and "more memory than may be used" in run.out:
                return []  # `weights show` goes on, and tells it of the tensor
            if command.args[0] == "devices" and re.search(r"(NOT USABLE|usable +no): %s.* \(%d\); \S+" % (call, code), run.out):
                return []
            return ["exit 0, but stdout or files are not those of a good run"]
        if call == "event":
            return ["a command failed, and nobody noticed"]
        if any(f.endswith((".clbin", ".checked")) for f in lost) and call.startswith("file.") and "at every start" not in run.err:
            return ["no warning tells that the cache could not be written"]
        return []

    def judge_alloc(self, command, run, call, code):
        wrong = []
        if call == "alloc.json" and run.exit == 6 and "is not for model" in run.err:
            return []  # Jansson's reader leaves out a letter that it has no memory for (lex_save), and says nothing: the file is refused
        # Of several threads for decoding one is not missed: where everything fails from it on, it is memory that is lacking next.
        thread = call == "alloc.pthread_create" and not ("+" in run.fault and run.exit == 5)
        if run.exit != (1 if thread else 5):
            wrong.append("exit %d" % run.exit)
        if not re.search("starts no thread" if thread else r": [Oo]ut of (host )?memory|out of host memory[:;] \S+|mapped into memory: ", run.err):
            wrong.append("does not tell what there was no memory for")
        return wrong

    def judge_file(self, command, run, call, code):
        wrong = []
        reads = "+" in run.fault or call in ("file.read", "file.fread", "file.stat64", "file.fstat64", "file.fopen64", "file.open64", "file.opendir", "file.readdir64")
        if call == "file.waitpid" and run.exit == 6 and "libhdf5 failed on it (what it told ends, or is none)" in run.err:
            return []  # how the child ended nobody knows
        if run.exit not in ((1, 6) if reads else (1,)):
            wrong.append("exit %d" % run.exit)
        if os.strerror(code) not in run.err:
            wrong.append("does not tell the reason: " + os.strerror(code))
        return wrong

    def judge_child(self, command, run, call, code):
        """The file is refused, by its name: what the child lacks, a hostile file may have taken."""
        wrong = [] if run.exit == 6 else ["exit %d" % run.exit]
        return wrong + ([] if re.search("libhdf5 failed on it|more memory than may be used", run.err) else ["does not tell that its file could not be read"])

    def judge_cl(self, command, run, call, code):
        wrong = []
        before = call in ("clGetPlatformIDs", "clGetPlatformInfo", "clGetDeviceIDs", "clGetDeviceInfo")
        allowed = {EXITS[code]} | ({3} if before else set()) | ({4} if call == "clBuildProgram" else set())
        if call == "event":
            allowed.add(7)  # who waits is told of a failed wait, -14
        if "cl*" in run.fault or "check" in command.args:
            allowed |= {3, 4}
        blas = re.search(r"CLBlastSgem[mv] failed on device 0.*\(-\d+\); \S+", run.err)
        if blas:  # its routine, and its own code where it has one
            allowed.add(7)
        if run.exit not in allowed:
            wrong.append("exit %d, not one of %s" % (run.exit, sorted(allowed)))
        # A command that blocks fails in the call, others tell it where they are waited for.
        told = r"a command in the queue failed|cl(Enqueue\w+|WaitForEvents|Finish) failed" if call == "event" else call
        if not blas and not re.search(told, run.err) and "cl*" not in run.fault:
            wrong.append("does not name " + call)
        if not blas and not re.search(r"\((%d|-14)\)" % code if call == "event" else r"\(%d\)" % code, run.err):
            wrong.append("does not name the code %d" % code)
        elif not re.search(r"\(-\d+\); \S+ \S+", run.err) and "cl*" not in run.fault:
            wrong.append("names no remedy")
        if not before and "device 0" not in run.err:
            wrong.append("does not name the device")
        return wrong

    def faults(self, command, counts):
        """The faults to set, for every counted call."""
        chosen = []
        most = self.most if command.most is None or not self.most else min(command.most, self.most)
        for call in sorted(counts):
            if self.only and not fnmatch.fnmatchcase(call, self.only.split(":")[0]) or command.only and call not in command.only:
                continue
            if not call.startswith(command.kind) and call != "event" or call == "event" and command.kind != "cl":
                continue
            codes, count = codes_of(call), counts[call]
            at = range(1, count + 1)
            if most and count > most:
                at = sorted({1 + (count - 1) * i // max(most - 1, 1) for i in range(most)})
            at = list(at) + [1] * (min(len(codes), most or len(codes)) - len(at))  # the other codes, at the first call
            first = len(chosen)  # where few fail, another code for each function
            chosen += ["%s:%d:%d" % (call, n, codes[(first + i) % len(codes)]) for i, n in enumerate(at)]
        calls, every = sum(n for name, n in counts.items() if name.startswith(command.kind)), command.kind + "*"
        if command.gone and self.only in (None, every):  # from some call on: the device is gone, memory or disk are full
            codes = codes_of(every)
            chosen += ["%s:%d+:%d" % (every, 1 + (calls - 1) * i // (command.gone - 1), codes[i % len(codes)]) for i in range(command.gone)]
        if self.only and ":" in self.only:
            chosen = [f for f in chosen if f.split(":")[1] == self.only.split(":")[1]]
        return chosen

    def go(self):
        for command in COMMANDS[self.name]:
            Run(self, command, "first")  # what drivers keep is there from now on
            whole = Run(self, command, "whole")
            wrong = self.judge(command, whole, whole)
            if wrong or not whole.counts:
                sys.exit("without a fault: exit %s, %s\n%s" % (whole.exit, wrong or "nothing was counted", whole.err))
            chosen = self.faults(command, whole.counts)

            def one(numbered):
                number, fault = numbered
                run = Run(self, command, "run%d" % number, fault)
                if "LeakSanitizer has encountered a fatal error" in run.err:  # it is what crashed, in a thread that was ending: it tells nothing
                    run = Run(self, command, "run%d" % number, fault)
                wrong = self.judge(command, whole, run)
                shutil.rmtree(os.path.join(self.folder, "run%d" % number))
                return run, wrong

            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                for run, wrong in pool.map(one, enumerate(chosen)):
                    self.injected += run.fired is not None
                    self.missed += run.fired is None
                    if run.fired:
                        self.exits[run.exit] = self.exits.get(run.exit, 0) + 1
                    if not wrong:
                        continue
                    self.failures += 1
                    if self.failures <= 40:
                        print("FAILED: FAULT=%s alexcl %s: exit %s: %s" % (run.fault, " ".join(command.args), run.exit, "; ".join(wrong)))
                        print("    " + "\n    ".join(line[:400] for line in run.err.splitlines()[-12:] or ["(nothing on stderr)"]))
        ends = ", ".join("%d with exit %s" % (self.exits[code], code) for code in sorted(self.exits, key=str))
        print("faults.%s: %d faults injected: %s; %d runs where the call was not made; %d failures" % (self.name, self.injected, ends, self.missed, self.failures))
        return 1 if self.failures else 0


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("command", choices=sorted(COMMANDS))
    reader.add_argument("--alexcl", required=True)
    reader.add_argument("--root", required=True)
    reader.add_argument("--layer")
    reader.add_argument("--most", type=int, default=6)
    reader.add_argument("--only")
    reader.add_argument("--skip", default="", help="why there is nothing to run on; empty: there is")
    options = reader.parse_args()
    if options.skip:
        print(options.skip)
        return 77
    return Test(options).go()


if __name__ == "__main__":
    sys.exit(main())
