#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Processes that are killed, and several at once.

  processes.py result PROGRAM PHOTOS          kill -9, and Ctrl-C, while results and weights are written
  processes.py cache=N PROGRAM PHOTOS [SKIP]  kill -9, N times, while the cache is filled
  processes.py together=N PROGRAM PHOTOS [SKIP] N times four on one empty cache, and on one result

After a kill a file is absent, the old one or the new one, whole; the next start gives the right scores and no message; and what a
killed process left in a folder is gone when a file has been written there again. The moments are drawn from a seed, over the time
that an undisturbed run takes; half of the cache's are those in which a temporary file is there, which slow_rename.c makes longer.
Results are written on the reference, the cache by device 0.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

mode, program, photos = sys.argv[1:4]
mode, _, turns = mode.partition("=")
if len(sys.argv) > 4 and sys.argv[4]:
    print(sys.argv[4])
    sys.exit(77)
shutil.rmtree("run", ignore_errors=True)
os.mkdir("run")
os.chdir("run")
os.environ["ALEXCL_CACHE_DIR"] = cache = os.path.abspath("cache")
os.environ.pop("ALEXCL_CHECK", None)  # off in other tests: that kernels have been checked is in the cache too
draw = random.Random(2012)
failures = []


def bad(text):
    print("FAILED: " + text)
    failures.append(text)


def start(*arguments, preload=""):
    return subprocess.Popen([program, "--model", "tiny2t", *arguments], env=dict(os.environ, LD_PRELOAD=preload), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process, what):
    """Waits for a run that must be fine; gives what it wrote to stderr."""
    out, err = process.communicate(timeout=300)
    if process.returncode != 0:
        bad(f"{what}: exit {process.returncode}: {out}{err}")
    return err


def run(what, *arguments):
    return finish(start(*arguments), what)


def read(path):
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def names(folder):
    return os.listdir(folder) if os.path.isdir(folder) else []


def temporaries(folder="."):
    return [name for name in names(folder) if re.fullmatch(r".+\.[0-9]+\.[0-9a-f]{6}\.alexcl", name)]


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def seconds(*arguments):
    begin = time.monotonic()
    run("undisturbed", *arguments)
    return time.monotonic() - begin


with open("list.txt", "w", encoding="utf-8") as file:
    file.writelines(os.path.join(photos, name) + "\n" for name in ("astronaut.jpg", "cat.png"))


with open("many.txt", "w", encoding="utf-8") as many:
    many.writelines(os.path.join(photos, "cat.png") + "\n" for _ in range(30))
with open("long.txt", "w", encoding="utf-8") as file:
    file.writelines(os.path.join(photos, "cat.png") + "\n" for _ in range(300))
ROW = 4 * 8 * 23 * 23  # bytes of one image's conv1
writes = {
    "x.npy": ("infer", "-q", "--devices", "ref", "many.txt", "--features", "conv1", "--batch", "2", "--save", "x.npy"),
    "w.safetensors": ("weights", "init", "-q", "-o", "w.safetensors"),
}


def result():
    for name, arguments in writes.items():
        window = min(seconds(*arguments) for _ in range(3))
        new, old = read(name), b"an older file"
        kills, left, seen = 0, 0, {"absent": 0, "old": 0, "new": 0}
        for turn in range(60):
            if os.path.exists(name):
                os.unlink(name)
            if turn % 2:
                with open(name, "wb") as file:
                    file.write(old)
            process = start(*arguments)
            time.sleep(draw.uniform(0, window))
            killed = kill(process)
            kills += killed
            window *= 1.05 if killed else 0.9  # on a busy machine the undisturbed runs may have been the slowest
            left = max(left, len(temporaries()))
            now = read(name)
            state = "absent" if now is None else "old" if now == old else "new" if now == new else None
            if state is None or state == ("absent" if turn % 2 else "old"):
                bad(f"{name}, kill {turn}: {'a part' if state is None else state} of {len(now or b'')} bytes")
            else:
                seen[state] += 1
        run("after the kills", *arguments)
        if read(name) != new:
            bad(f"{name}: not the same after the kills")
        if temporaries():
            bad(f"left behind: {temporaries()}")
        print(f"{name}: {kills} kills in {window:.3f} s each, {seen}, at most {left} temporary files until the next write")
        if kills < 10 or left > 2:
            bad(f"{name}: {kills} kills, {left} temporary files at once")
    interrupted()


def interrupted():
    """Ctrl-C leaves no temporary file: the first one ends `weights init`, and `infer` behind an image; the second one ends that at once."""
    if temporaries():
        bad(f"before: {temporaries()}")
    mid = 0
    for signals in (1, 2):
        for name, arguments in writes.items():
            window = min(seconds(*arguments) for _ in range(2))
            for turn in range(10):
                process = start(*arguments)
                time.sleep(draw.uniform(0.1, 0.9) * window)
                mid += bool(temporaries())
                for _ in range(signals):
                    process.send_signal(signal.SIGINT)
                    time.sleep(0.002)
                _, err = process.communicate(timeout=300)
                if process.returncode not in (0, 130, -signal.SIGINT):
                    bad(f"{name}, Ctrl-C {turn}: exit {process.returncode}: {err}")
                if temporaries():
                    bad(f"{name}, Ctrl-C {turn}, {signals} of them: left behind: {temporaries()}")
    print(f"40 times Ctrl-C, {mid} of them while a temporary file was there")
    if mid < 5:
        bad(f"only {mid} in the middle of a write")
    # In the middle of a batch: the reference hears it behind an image, and what was done is kept.
    process = start("infer", "--devices", "ref", "long.txt", "--batch", "300", "--features", "conv1", "--save", "y.npy", "--format", "json")
    while process.poll() is None and not any(os.path.getsize(name) > 128 + 5 * ROW for name in temporaries()):
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    done = json.loads(out)["summary"]["images"]
    if process.returncode != 130 or not 5 <= done < 300 or os.path.getsize("y.npy") != 128 + done * ROW:
        bad(f"Ctrl-C in a batch: exit {process.returncode}, {done} of 300 images, {os.path.getsize('y.npy')} bytes: {err}")


def check_cache(what):
    """A start on the cache as it is gives the scores; nothing in it is damaged."""
    err = run(what, "infer", "-q", "--log", "info", "--devices", "0", "list.txt", "--save", "got.npy")
    if read("got.npy") != read("want.npy"):
        bad(f"{what}: other scores")
    for word in ("not believed", "warning", "error"):
        if word in err:
            bad(f"{what}: {err}")


def fill():
    """Everything that a driver keeps itself is there from the first run on; the cache is empty."""
    arguments = ("infer", "-q", "--devices", "0", "list.txt", "--save", "want.npy")
    run("first", *arguments)
    entries = len(names(cache))
    shutil.rmtree(cache)
    return entries, seconds(*arguments)


def cached():
    entries, window = fill()
    kills, hits = 0, 0
    for turn in range(int(turns)):
        shutil.rmtree(cache, ignore_errors=True)
        process = start("infer", "-q", "--devices", "0", "list.txt", preload=os.environ["ALEXCL_TEST_SLOW_RENAME"])
        end = time.monotonic() + draw.uniform(0, window)
        skip, aimed = draw.randrange(entries), turn % 2
        while time.monotonic() < end or aimed:
            if process.poll() is not None:
                break
            if aimed and len(names(cache)) > skip and temporaries(cache):
                break
            time.sleep(0 if aimed else 0.001)
        kills += kill(process)
        hits += bool(temporaries(cache))
        check_cache(f"after kill {turn}")
        if temporaries(cache):
            bad(f"after kill {turn} and another start: {temporaries(cache)}")
    print(f"{kills} kills in {window:.2f} s each, {hits} of them with an entry half written")
    if kills < int(turns) // 3 or hits < int(turns) // 4:
        bad(f"{kills} kills, {hits} in the middle of a write: too few to tell anything")


def together():
    fill()
    for turn in range(int(turns)):
        shutil.rmtree(cache, ignore_errors=True)
        processes = [start("infer", "-q", "--devices", "0", "list.txt", "--save", f"{i}.npy" if turn % 2 else "same.npy") for i in range(4)]
        for i, process in enumerate(processes):
            err = finish(process, f"turn {turn}, process {i}")
            if err:
                bad(f"turn {turn}, process {i}: {err}")
        for name in [f"{i}.npy" for i in range(4)] if turn % 2 else ["same.npy"]:
            if read(name) != read("want.npy"):
                bad(f"turn {turn}: other scores in {name}")
        if temporaries() + temporaries(cache):
            bad(f"turn {turn}: left behind: {temporaries() + temporaries(cache)}")
        check_cache(f"after turn {turn}")
    print(f"{turns} times 4 processes on one empty cache")


{"result": result, "cache": cached, "together": together}[mode]()
print(f"{len(failures)} failures" if failures else "all good")
sys.exit(1 if failures else 0)
