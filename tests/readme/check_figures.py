#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The figures of README*.md and docs/*.md say where they come from, and are none of an older version.

  check_figures.py SOURCE

A paragraph that says "commit HASH" is a source: it also has a date, and in backquotes the command that made the figures. HASH must not be
older than the last commit to the tool that the command runs: tools/X and tools/X.d, host/command_X.c of `alexcl X`, tests/*/check_X.* or
tests/X/X.* of `ctest .. -R X`, a script in tests/. older.txt lists the figures that are older and stay until they are measured anew, DOCUMENT HASH TOOL
a line; a line there that is true of nothing is an error. A table with four figures or more (1.23, 4e-6) has such a source in its section or in one
above it, or "test `NAME`", of a test that computes them anew; or it has a column of commands.
"""
import glob
import os
import re
import subprocess
import sys

SOURCE = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
COMMIT = re.compile(r"(?:commit|提交)\s?`?([0-9A-Za-z][\w.-]*)")
DATE = re.compile(r"\b20\d\d-\d\d-\d\d\b")
TEST = re.compile(r"(?:tests?|测试) ?`([\w.]+)`")
FIGURE = re.compile(r"(?<![\w.])\d+(?:\.\d+(?![\w.])|(?:\.\d+)?e-?\d+)")
failed = []


def bad(*words):
    failed.append(" ".join(map(str, words)))


def git(*arguments):
    done = subprocess.run(["git", "-C", SOURCE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.returncode, done.stdout.strip()


def tools_of(command):
    """Paths in the repository of what a command runs."""
    words = command.split()
    if not words:
        return []
    if words[0] == "tools/setup":  # measures nothing
        return []
    if words[0].startswith("tools/"):
        paths = [words[0], words[0] + ".d"]
    elif words[0] == "alexcl":
        paths = ["host/command_%s.c" % word for word in words[1:]]
    elif words[0] == "ctest" and "-R" in words:
        name = words[words.index("-R") + 1].strip("'^$").split(".")[0].split("\\")[0]
        places = [os.path.join(SOURCE, "tests", *place) for place in (("*", "check_%s.*" % name), (name, name + ".*"))]
        paths = [os.path.relpath(p, SOURCE) for place in places for p in glob.glob(place)]
    elif words[0].startswith("tests/"):
        paths = [words[0]]
    else:
        return []
    return [path for path in paths if os.path.exists(os.path.join(SOURCE, path))]


def paragraphs(text):
    """(Line, level of a heading or 0, text) of each run of lines without an empty one; headings alone, blocks of code not at all."""
    found, lines, code = [], [], False
    for number, line in enumerate(text.split("\n") + [""], 1):
        if line.startswith("```"):
            code = not code
            line = ""
        elif code:
            continue
        heading = re.match("(#+) ", line)
        if heading or not line.strip():
            if lines:
                found.append((number - len(lines), 0, "\n".join(lines)))
            lines = []
            if heading:
                found.append((number, len(heading[1]), line))
        else:
            lines.append(line)
    return found


def check_source(document, number, text, version, old):
    code, commit = git("rev-parse", "--verify", "-q", version + "^{commit}")
    if code != 0:
        return bad("%s:%d: no commit %s is known" % (document, number, version))
    if not DATE.search(text):
        bad("%s:%d: commit %s, and no date" % (document, number, version))
    tools = [paths for paths in map(tools_of, re.findall(r"`([^`]+)`", text.replace("\n", " "))) if paths]
    if not tools:
        return bad("%s:%d: commit %s, and no command of a tool that is there" % (document, number, version))
    for paths in tools:
        last = git("log", "-1", "--format=%H", "--", *paths)[1]
        if last and git("merge-base", "--is-ancestor", last, commit)[0] != 0:
            line = "%s %s %s" % (document, version, paths[0])
            if line in old:
                old[line] = True
            else:
                bad("%s:%d: figures of commit %s are older than %s, which %s changed" % (document, number, version, paths[0], last[:7]))


def tests_named():
    """Words of the tests' CMakeLists.txt, and what the check_* files are called."""
    words = {os.path.basename(p).split(".")[0][len("check_"):] for p in glob.glob(os.path.join(SOURCE, "tests", "*", "check_*"))}
    for path in glob.glob(os.path.join(SOURCE, "tests", "**", "CMakeLists.txt"), recursive=True):
        with open(path, encoding="utf-8") as file:
            words.update(re.findall(r"\w+", file.read()))
    return words


def check(document, old, names):
    with open(os.path.join(SOURCE, document), encoding="utf-8") as file:
        found = paragraphs(file.read())
    sourced, tables, path = set(), [], [0]  # a section is the tuple of its headings' lines
    for number, level, text in found:
        if level:
            path = path[:level] + [number]
            continue
        versions = [m.rstrip(".-") for m in COMMIT.findall(text) if re.search(r"\d", m)]
        if text.startswith("|"):
            head = text.split("\n")[0].lower()
            cells = [cell for row in text.split("\n")[2:] for cell in row.split("|")]
            if sum(bool(FIGURE.search(cell)) for cell in cells) >= 4 and not re.search("command|命令", head):
                tables.append((number, tuple(path)))
        elif versions:
            for version in versions:
                check_source(document, number, text, version, old)
            sourced.add(tuple(path))
        elif TEST.search(text):
            for name in TEST.findall(text):
                if name.split(".")[0] not in names:
                    bad("%s:%d: no test %s" % (document, number, name))
            sourced.add(tuple(path))
    for number, at in tables:
        if not any(at[:length] in sourced for length in range(1, len(at) + 1)):
            bad("%s:%d: a table of figures, and nothing says by what command, when, where and of which commit" % (document, number))


def main():
    if git("rev-parse", "HEAD")[0] != 0 or git("rev-parse", "--is-shallow-repository")[1] == "true":
        print("skipped: the history is not here")
        sys.exit(77)
    with open(os.path.join(HERE, "older.txt"), encoding="utf-8") as file:
        old = {line.strip(): False for line in file if line.strip() and not line.startswith("#")}
    names = tests_named()
    for name in sorted(glob.glob(os.path.join(SOURCE, "README*.md")) + glob.glob(os.path.join(SOURCE, "docs", "*.md"))):
        check(os.path.relpath(name, SOURCE), old, names)
    for line, true in old.items():
        if not true:
            bad("older.txt: %s: it is not older, or not there: take the line out" % line)
    print("\n".join(failed) or "every figure has its source, and none is older but those of older.txt (%d)" % len(old))
    sys.exit(bool(failed))


main()
