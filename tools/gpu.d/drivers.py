# SPDX-License-Identifier: MIT
"""The drivers' OpenCL libraries of a machine: where they are, and which of them a vendor folder names."""
import glob
import os
import shutil
import subprocess

LIBRARIES = (
    ("NVIDIA", "nvidia", "libnvidia-opencl.so.1"),
    ("AMD", "amd", "libamdocl64.so"),
    ("Intel", "intel", "libigdrcl.so"),
    ("PoCL", "pocl", "libpocl.so.2"),
)
# Where drivers put them, in this order, when the linker's cache has them not; a container has the driver of its host in a folder of its own.
FOLDERS = (
    "/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/nvidia/lib64", "/usr/local/nvidia/lib", "/usr/lib/wsl/lib",
    "/usr/lib/*-linux-gnu/nvidia/current", "/usr/lib64/nvidia", "/run/nvidia/driver/usr/lib/*-linux-gnu", "/run/opengl-driver/lib",
    "/usr/local/cuda*/lib64", "/opt/rocm*/lib", "/opt/rocm*/opencl/lib", "/opt/amdgpu*/lib/*-linux-gnu", "/opt/amdgpu*/lib64",
    "/usr/lib/*-linux-gnu/intel-opencl", "/usr/lib64/intel-opencl",
)
VENDORS = "/etc/OpenCL/vendors"


def stem(path):
    return os.path.basename(path).split(".so")[0]


def linked():
    """{name: path} of what the dynamic linker finds by itself."""
    ldconfig = shutil.which("ldconfig") or next(filter(os.path.exists, ("/sbin/ldconfig", "/usr/sbin/ldconfig")), None)
    if not ldconfig:
        return {}
    lines = subprocess.run([ldconfig, "-p"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True).stdout.split("\n")
    found = {}
    for line in lines:
        name, arrow, path = line.partition(" => ")
        if arrow:
            found.setdefault(name.split()[0], path.strip())
    return found


def find(further, only):
    """[(vendor, file name of its ICD file, path)] of the libraries that are there; `further`: folders to look in first, or only."""
    cache = {} if only else linked()
    folders = further + [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder and not only]
    found = []
    for vendor, icd, name in LIBRARIES:
        paths = [os.path.join(folder, name) for folder in folders] + [cache.get(name, "")]
        paths += [path for folder in FOLDERS if not only for path in sorted(glob.glob(os.path.join(folder, name)))]
        path = next(filter(os.path.exists, paths), None)
        if path:
            found.append((vendor, icd, os.path.realpath(path)))  # beside which it looks for its other parts
    return found


def vendor_files(folder):
    """{path of an ICD file: library it names}"""
    named = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.icd"))):
        with open(path, errors="replace") as file:
            named[path] = file.readline().strip()
    return named


def prepare(out, further):
    """What the report says of each library, and the environment in which the loader finds all of them. Where no ICD file names one, a vendor
    folder of the results' own does, beside copies of the files that are there. Who sets OCL_ICD_VENDORS wants these drivers and no other."""
    chosen = os.environ.get("OCL_ICD_VENDORS")
    folder = chosen or VENDORS
    named = vendor_files(folder)
    drivers, lacking, environment = [], {}, {}
    for vendor, icd, library in find(further, chosen is not None):
        by = next((path for path, line in named.items() if stem(line) == stem(library)), None)
        if not by:
            lacking[icd + ".icd"] = library
            by = os.path.join(out, "vendors", icd + ".icd")
        drivers.append({"vendor": vendor, "library": library, "icd": by, "icd_written": by not in named})
    if lacking:
        own = os.path.join(out, "vendors")
        shutil.rmtree(own, ignore_errors=True)
        os.makedirs(own)
        lines = {os.path.basename(path): line for path, line in named.items()}
        for name, line in {**lines, **lacking}.items():
            with open(os.path.join(own, name), "w") as file:
                file.write(line + "\n")
        environment["OCL_ICD_VENDORS"] = own + "/"
    # A driver loads its other libraries, the compiler above all, by their names alone.
    environment["folders"] = list(dict.fromkeys(os.path.dirname(driver["library"]) for driver in drivers))
    return drivers, environment
