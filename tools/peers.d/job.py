# SPDX-License-Identifier: MIT
"""What alexcl and its peers run on, and rounds of them in turn."""
import argparse
import array
import glob
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import threading

from nets import NETS

RUNTIMES = {"pocl": "PoCL", "intel": "Intel"}
ONE_CORE = {"POCL_MAX_PTHREAD_COUNT": "1", "DPCPP_CPU_NUM_CUS": "1"}


def note(text):
    print("peers: " + text, file=sys.stderr, flush=True)


class Failed(Exception):
    pass


FAILURES = (Failed, OSError, ValueError, KeyError, subprocess.SubprocessError)  # of one that is then left out


def parser(option, rounds):
    """What every comparison takes; `option` is the one that asks for it."""
    p = argparse.ArgumentParser(prog=("tools/peers " + option).strip())
    p.add_argument("--root", required=True, help=argparse.SUPPRESS)
    p.add_argument("--work", help=argparse.SUPPRESS)  # folder for weights, inputs, caches
    p.add_argument("--alexcl", required=True)
    p.add_argument("--rounds", type=int, default=rounds)
    p.add_argument("--threads", type=int)
    return p


class Job:
    def __init__(self, options):
        self.peers = os.path.join(options.root, ".deps", "peers")
        self.work = os.path.abspath(options.work or os.path.join(self.peers, "work"))
        self.alexcl, self.beam = os.path.abspath(options.alexcl), getattr(options, "beam", 0)
        if not os.access(self.alexcl, os.X_OK):
            print("peers: %s is not there: tools/peers without --installed builds it" % self.alexcl, file=sys.stderr)
            sys.exit(2)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs is stopped, paused or not
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
        self.load = os.getloadavg()[0]
        if self.load > 0.5:
            note("the machine is not idle (load %.1f): the figures will not be those of an idle one" % self.load)
        for name in getattr(options, "without", []):
            if name in self.libraries:
                self.libraries[name] = None
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

    def installed(self, peer):
        """What was asked of PyPI, as "onnx==1.23.2 numpy==2.4.6"."""
        with open(os.path.join(self.peers, peer, "installed")) as file:
            return file.read().split()

    def call(self, name, arguments, env, limit):
        """Runs a program: what it printed, and its largest resident size in bytes."""
        with open(os.path.join(self.work, name + ".log"), "w+") as log, open(os.path.join(self.work, name + ".out"), "w+") as out:
            process = subprocess.Popen(arguments, stdout=out, stderr=log, env=env)
            late = threading.Timer(limit, process.kill)
            late.start()
            try:
                _, state, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(state)
            finally:
                waited = late.is_alive()
                late.cancel()
                if process.returncode is None:
                    process.kill()
            log.seek(0)
            if process.returncode != 0:
                raise Failed("exit %d: %s" % (process.returncode, log.read().strip()[-200:]) if waited else "no answer within %d s" % limit)
            out.seek(0)
            return out.read(), usage.ru_maxrss * 1024

    def help(self, command):
        return subprocess.run([self.alexcl, command, "--help"], capture_output=True, text=True, check=True, env=self.env).stdout

    def version(self):
        return subprocess.run([self.alexcl, "--version"], capture_output=True, text=True, check=True, env=self.env).stdout.split("\n")[0]

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


# ---- rounds ------------------------------------------------------------------------------------------

def leave_out(entry, cell, error):
    cell["error"] = str(error) or type(error).__name__
    entry.stop()


def in_turn(entries, cells, rounds, keep):
    """Rounds of every entry in turn, behind those that the cells have already: each is added to its cell, and keep() called."""
    for i in range(rounds):
        for j in range(len(entries)):
            entry = entries[(i + j) % len(entries)]  # nobody is always behind the same one
            cell = cells[entry.key]
            if cell["error"] or len(cell["rounds"]) > i or (entry.slow and i >= 2):
                continue
            try:
                entry.measure(cell)
            except FAILURES as error:
                leave_out(entry, cell, error)
            keep()


def ratio(a, b):
    return a / b if a and b else None


def spread(over, under):
    """Smallest and largest ratio of two cells' rounds, each of the same turn."""
    of = [a / b for a, b in zip(over["rounds"], under["rounds"])]
    return (min(of), max(of)) if of else (None, None)


def machine():
    name = "unknown processor"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    return "%s, %d cores" % (name, os.cpu_count())
