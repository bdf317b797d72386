# SPDX-License-Identifier: MIT
"""Program and tests where they are: in a build folder, or unpacked from what tools/gpu --pack made, which has the same folders and these too:
lib/ (the packages' libraries), cxx/ (the C++ library), libc/ (the C library), source/, made/ (generated sources), include/ and build.json."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import tarfile

ARCHIVE, UNPACKED, LOADER = "alexcl.tar.xz", "alexcl", "libc/ld-linux-x86-64.so.2"


class Failure(Exception):
    """Text for the person at the machine, and the exit code."""
    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def unpack(pack):
    """The folder with program and tests of a packed folder: unpacked once."""
    archive, folder = os.path.join(pack, ARCHIVE), os.path.join(pack, UNPACKED)
    if os.path.isdir(folder):
        return folder
    if not os.path.exists(archive):
        raise Failure("%s: no %s there; tools/gpu --pack makes such a folder" % (pack, ARCHIVE), 2)
    part = folder + ".part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        with tarfile.open(archive) as file:
            file.extractall(part)
        os.rename(part, folder)
    except (OSError, tarfile.TarError) as why:
        shutil.rmtree(part, ignore_errors=True)
        raise Failure("%s cannot be unpacked into %s: %s. A copy of the folder where there is room and you may write would do; so would "
                      "`mkdir %s && tar -xJf %s -C %s` (Python without lzma)" % (archive, folder, why, folder, archive, folder))
    return folder


class Place:
    def __init__(self, folder, driver_folders):
        self.folder, self.driver_folders = folder, driver_folders
        self.prefix, self.environment, self.libraries = [], {}, "the system's"

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def command(self, program, *arguments):
        return [*self.prefix, self.path(program), *arguments]

    def kernel_checks(self):
        """Of all kernels but those of register tiles as wide as a CPU's, which are never chosen for a GPU; forward passes first."""
        names = sorted(os.listdir(self.path("tests/kernels")), key=lambda name: ("gradient" in name, name))
        return [name for name in names if name.startswith("check_kernel_") and not name.endswith("_cpu") and "." not in name]

    def start(self):
        """Finds how programs start here: with no more libraries of the packed ones than it takes. A driver may need a newer C or C++ library than
        the packed one, or this system may have an older."""
        packed = os.path.isdir(self.path("lib"))
        if os.path.isdir(self.path("source/tests/oracle")):
            self.environment["ALEXCL_TEST_ORACLE"] = self.path("source/tests/oracle")
        ways = [("packed, with the system's C and C++ libraries", ["lib"]), ("packed, with the system's C library", ["lib", "cxx"]),
                ("packed, the C library too", ["lib", "cxx", "libc"])] if packed else [(self.libraries, [])]
        before = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
        why = ""
        for self.libraries, names in ways:
            path = ":".join([self.path(name) for name in names] + before + self.driver_folders)
            if "libc" in names:  # by its own loader: of another version than the C library the system's does not fit
                self.prefix = [self.path(LOADER), "--library-path", path]
                self.environment.pop("LD_LIBRARY_PATH")
            elif path:
                self.environment["LD_LIBRARY_PATH"] = path
            try:
                done = subprocess.run(self.command("host/alexcl", "--version"), env={**os.environ, **self.environment}, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, universal_newlines=True, timeout=20)
            except (OSError, subprocess.TimeoutExpired) as error:
                why = str(error)
                continue
            if done.returncode == 0:
                return done.stdout.split("\n")[0]
            why = done.stderr.strip()
        raise Failure("%s does not start: %s%s" % (self.path("host/alexcl"), why, "; --compile makes it here, where cc is" if packed else ""))

    def compile(self, compiler):
        """Compiles program and tests once more from the packed source, headers and libraries."""
        with open(self.path("build.json")) as file:
            plan = json.load(file)

        def run(program, *arguments):
            try:
                done = subprocess.run([program, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      universal_newlines=True)
            except FileNotFoundError:
                raise Failure("there is no %s here, with which --compile makes program and tests" % program)
            if done.returncode:
                raise Failure("%s %s: %s" % (program, " ".join(arguments), done.stderr))

        for output in [entry["object"] for entry in plan["objects"]] + list(plan["programs"]):
            os.makedirs(os.path.dirname(self.path(output)), exist_ok=True)
        shared = [entry["object"] for entry in plan["objects"] if not entry["program"]]
        libraries = ["lib/" + name for name in sorted(os.listdir(self.path("lib")))]
        static = [name for name in libraries if name.endswith(".a")]
        libraries = [name for name in libraries if ".so" in name] + ["cxx/" + name for name in os.listdir(self.path("cxx"))]

        def link(program):
            mains = [entry["object"] for entry in plan["objects"] if entry["program"] == program]
            run(compiler, "-pie", "-o", program, *mains, "objects/all.a", *static, "-Wl,--as-needed", "-Wl,--allow-shlib-undefined",
                *libraries, "-lm", "-ldl", "-lpthread", "-lrt")

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda entry: run(compiler, *entry["flags"], "-o", entry["object"], "-c", entry["source"]), plan["objects"]))
            archive = self.path("objects/all.a")
            if os.path.exists(archive):
                os.remove(archive)
            run("ar", "rcs", archive, *shared)
            list(pool.map(link, plan["programs"]))
