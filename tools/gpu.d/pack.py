# SPDX-License-Identifier: MIT
"""tools/gpu --pack: what a machine without a network needs, in one archive beside the tool. place.py says what is in it."""
import glob
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile

from place import ARCHIVE, LOADER, UNPACKED, Failure

MOST_MIB = 40
SOURCES = ("CMakeLists.txt", "CMakePresets.json", "LICENSE", "host", "kernels", "runtime", "tests", "tools")
C_LIBRARY = ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2")
CXX_LIBRARY = ("libstdc++.so.6", "libgcc_s.so.1")
# Of the packages that tools/setup installs; the C library's come with a compiler.
HEADERS = ("CL", "png.h", "pngconf.h", "pnglibconf.h", "zlib.h", "zconf.h", "jpeglib.h", "jconfig.h", "jmorecfg.h", "jerror.h", "webp",
           "jansson.h", "jansson_config.h", "zip.h", "zipconf.h", "hdf5/serial", "protobuf-c", "sodium.h", "sodium", "clblast_c.h", "check.h",
           "check_stdint.h")
CHECKS = ("tests/net/check_oracle_nets", "tests/train/check_train_nets")
# Targets whose objects all programs share.
SHARED = ("alexcl_host", "alexcl_data", "alexcl_support", "kernel_check")


def output(*command):
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True).stdout
    except FileNotFoundError:
        raise Failure("%s is not installed, which packing takes (tools/setup installs it)" % command[0])
    except subprocess.CalledProcessError as why:
        raise Failure("%s: %s" % (" ".join(command), why.stderr.strip()))


def copy(path, into):
    os.makedirs(os.path.dirname(into), exist_ok=True)
    if os.path.isdir(path):
        shutil.copytree(path, into, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(path, into)


def pack_libraries(programs, into):
    """Every library that they load, in lib/, cxx/ and libc/."""
    needed = {}
    for line in output("ldd", *programs).split("\n"):
        name, arrow, path = line.strip().partition(" => ")
        if arrow:
            needed[name] = path.split(" (")[0]
    lacking = [name for name, path in needed.items() if not path.startswith("/")]
    if lacking:
        raise Failure("these libraries are not found here: " + ", ".join(lacking))
    beside = os.path.dirname(needed["libc.so.6"])
    for name in C_LIBRARY:
        needed.setdefault(name, os.path.join(beside, name))
    needed[os.path.basename(LOADER)] = output("readelf", "-l", programs[0]).split("interpreter: ")[1].split("]")[0]
    if os.path.basename(needed[os.path.basename(LOADER)]) != os.path.basename(LOADER):
        raise Failure("packing is for x86-64 with the GNU C library, and these programs are not")
    for name, path in needed.items():
        folder = "cxx" if name in CXX_LIBRARY else "libc" if name in C_LIBRARY or name == os.path.basename(LOADER) else "lib"
        copy(path, os.path.join(into, folder, name))
    static = output("cc", "-print-file-name=libcheck_pic.a").strip()  # by which the tests are linked on Debian
    if os.path.isabs(static):
        copy(static, os.path.join(into, "lib", "libcheck_pic.a"))


def pack_headers(into):
    folders = ["/usr/local/include", "/usr/include", *glob.glob("/usr/include/*-linux-gnu")]
    for name in HEADERS:
        path = next((os.path.join(f, name) for f in folders if os.path.exists(os.path.join(f, name))), None)
        if not path:
            raise Failure("the header %s is not in %s" % (name, ", ".join(folders)))
        copy(path, os.path.join(into, "include", name))


def build_plan(root, build, programs):
    """How cc makes the programs of what is packed, in an empty folder beside it: from what CMake had it do here."""
    with open(os.path.join(build, "compile_commands.json")) as file:
        entries = json.load(file)
    places = [(os.path.join(build, ""), "made/"), (os.path.join(root, ""), "source/"), ("/usr/include/", "include/")]

    def moved(text):
        for old, new in places:
            text = text.replace(old, new)
        return text

    objects = []
    for entry in entries:
        words = shlex.split(entry["command"])
        made = os.path.join(entry["directory"], words[words.index("-o") + 1])
        target = made.split(".dir/")[0].rsplit("/", 1)[-1]
        program = os.path.relpath(made.split("/CMakeFiles/")[0], build) + "/" + target
        library = target in SHARED or os.path.relpath(made, build).startswith("runtime/")
        if not library and program not in programs:
            continue
        flags = [moved(word) for word in words[1:words.index("-o")] if word != "-Werror"]
        objects.append({"source": moved(entry["file"]), "flags": flags + ["-Iinclude"], "program": None if library else program,
                        "object": "objects/" + os.path.relpath(made, build).replace("CMakeFiles/", "")})
    lacking = set(programs) - {entry["program"] for entry in objects}
    if lacking:
        raise Failure("%s does not say how these are compiled: %s" % (os.path.join(build, "compile_commands.json"), ", ".join(sorted(lacking))))
    return {"objects": objects, "programs": sorted(programs)}


def describe():
    system = {}
    if os.path.exists("/etc/os-release"):
        with open("/etc/os-release") as file:
            system = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    return {"system": system.get("PRETTY_NAME", platform.system()).strip('"'), "libc": " ".join(platform.libc_ver())}


def pack(root, place, folder):
    programs = ["host/alexcl", *CHECKS, *("tests/kernels/" + name for name in place.kernel_checks())]
    os.makedirs(folder, exist_ok=True)
    for name in (ARCHIVE, UNPACKED, "gpu", "gpu.d", "peers.d"):  # of an earlier packing
        path = os.path.join(folder, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        pack_libraries([place.path(name) for name in programs], scratch)
        for name in programs:
            os.makedirs(os.path.dirname(os.path.join(scratch, name)), exist_ok=True)
            output("strip", "-o", os.path.join(scratch, name), place.path(name))
        pack_headers(scratch)
        for name in SOURCES:
            copy(os.path.join(root, name), os.path.join(scratch, "source", name))
        for path in glob.glob(place.path("*/**/*.[ch]"), recursive=True):
            made = os.path.relpath(path, place.folder)
            if made.split("/")[0] in ("host", "kernels", "runtime") and "CMakeFiles" not in made:
                copy(path, os.path.join(scratch, "made", made))
        with open(os.path.join(scratch, "build.json"), "w") as file:
            json.dump(build_plan(root, place.folder, programs), file)
        with open(os.path.join(scratch, "packed.json"), "w") as file:
            json.dump(describe(), file)
        # Programs side by side: what they share is then found again within the little that level 1 remembers.
        order = ["host", "tests", "lib", "cxx", "libc", "made", "include", "source", "build.json", "packed.json"]
        with tarfile.open(os.path.join(folder, ARCHIVE), "w:xz", preset=1) as archive:
            for name in order:
                archive.add(os.path.join(scratch, name), name)
    here = os.path.dirname(os.path.abspath(__file__))
    copy(os.path.join(root, "tools/gpu"), os.path.join(folder, "gpu"))
    copy(here, os.path.join(folder, "gpu.d"))
    for name in ("torch_net.py", "nets.py"):
        copy(os.path.join(root, "tools/peers.d", name), os.path.join(folder, "peers.d", name))
    size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names) / 2**20
    if size > MOST_MIB:
        raise Failure("%s takes %.1f MiB, more than the %d that it may" % (folder, size, MOST_MIB))
    print("gpu: %s takes %.1f MiB; over there: %s --run %s -o RESULTS" % (folder, size, os.path.join(folder, "gpu"), folder), file=sys.stderr)
