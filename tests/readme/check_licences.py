#!/usr/bin/env python3
"""check_licences.py SOURCE: every file of the tree that is not a text is named in docs/licences.md, and what that page names is there.

A pattern stands between `..` at the beginning of a table's row; * is any part of a path. 77 where SOURCE is no clone."""
import fnmatch
import re
import subprocess
import sys

source = sys.argv[1]
listed = subprocess.run(["git", "-C", source, "ls-files", "-z"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
if listed.returncode:
    print("skipped: the sources are no clone by git")
    sys.exit(77)
files = [name for name in listed.stdout.decode().split("\0") if name]
page = open(f"{source}/docs/licences.md", encoding="utf-8").read()
patterns = re.findall(r"^\| `([^`]+)` \|", page, re.M)
failed = 0


def bad(text):
    global failed
    failed = 1
    print(f"docs/licences.md: {text}")


def is_text(name):
    with open(f"{source}/{name}", "rb") as file:
        data = file.read()
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


if len(patterns) < 10:
    bad(f"only {len(patterns)} patterns were read")
for name in files:
    if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns) and not is_text(name):
        bad(f"{name} is no text, and no row names it: say whose it is, and under which licence")
for pattern in patterns:
    if not any(fnmatch.fnmatch(name, pattern) for name in files):
        bad(f"`{pattern}` names nothing")
for link in re.findall(r"\]\(\.\./([^)]+)\)", page):
    if link not in files:
        bad(f"{link} is not there")
sys.exit(failed)
