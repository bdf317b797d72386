#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No two files of a folder of runtime/ and host/ call each other in a circle, nor do two folders.

  circles.py ROOT

Which file defines a function that is not static, and which others call it, be it by a macro, is read from the sources as
clang-format leaves them: a definition begins in the first column, and its parameters end in a brace. Files that reach each other through such calls
are printed, each with what it calls of the others, and so are folders; exit 1 where there are any. What is reached by a pointer
in a table (a layer's row, a source of weights) is no call: that is how a circle is opened.
"""
import os
import re
import sys

COMMENT_OR_TEXT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
MACRO = re.compile(r"^#define (\w+)\(((?:[^\n]*\\\n)*[^\n]*)", re.M)
DEFINITION = re.compile(r"^(?!static\b|typedef\b|extern\b)[A-Za-z_][\w \t*]*?\(?\b([A-Za-z_]\w*)\)?\([^;{}]*\)\s*\{", re.M)


def read(path):
    with open(path, encoding="utf-8") as file:
        return COMMENT_OR_TEXT.sub(" ", file.read())


def called(text):
    """Names behind which a bracket opens."""
    return set(re.findall(r"\b([A-Za-z_]\w*)\s*\(", text))


def reached(calls, start):
    """What `start` calls, and what that calls, and so on."""
    found, left = set(), [start]
    while left:
        for next_one in calls[left.pop()]:
            if next_one not in found:
                found.add(next_one)
                left.append(next_one)
    return found


def circles(names, calls):
    """Groups of names that reach each other."""
    reach = {name: reached(calls, name) for name in names}
    groups = {frozenset(other for other in reach[name] if name in reach[other]) for name in names if name in reach[name]}
    return sorted(sorted(group) for group in groups)


def main(root):
    folders = sorted(os.path.relpath(folder, root) for top in ("runtime", "host")
                     for folder, _, names in os.walk(os.path.join(root, top)) if any(n.endswith(".c") for n in names))
    texts, folder_of, macros = {}, {}, {}
    for folder in folders:
        for name in sorted(os.listdir(os.path.join(root, folder))):
            if name.endswith((".c", ".h")):
                text = read(os.path.join(root, folder, name))
                macros.update((macro, called(body)) for macro, body in MACRO.findall(text))
            if name.endswith(".c"):
                texts[name] = text
                folder_of[name] = folder
    home = {function: name for name, text in texts.items() for function in DEFINITION.findall(text)}
    if not home:
        sys.exit("circles.py: no function is found: is it still read right?")
    used = {}  # (file, file) -> functions
    for name, text in texts.items():
        names = called(text)
        for function in names.union(*(macros.get(macro, ()) for macro in names)):
            if home.get(function, name) != name:
                used.setdefault((name, home[function]), set()).add(function)
    bad = 0
    inside = {name: {b for a, b in used if a == name and folder_of[a] == folder_of[b]} for name in texts}
    between = {f: {folder_of[b] for a, b in used if folder_of[a] == f and folder_of[b] != f} for f in folders}
    for group in circles(texts, inside):
        bad = 1
        print(f"{folder_of[group[0]]}: these call each other in a circle: " + ", ".join(group))
        for (a, b), functions in sorted(used.items()):
            if a in group and b in group:
                print(f"    {a} calls of {b}: " + ", ".join(sorted(functions)))
    for group in circles(folders, between):
        bad = 1
        print("these folders call each other in a circle: " + ", ".join(group))
        for (a, b), functions in sorted(used.items()):
            if folder_of[a] in group and folder_of[b] in group and folder_of[a] != folder_of[b]:
                print(f"    {folder_of[a]}/{a} calls of {folder_of[b]}/{b}: " + ", ".join(sorted(functions)))
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
