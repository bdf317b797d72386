# SPDX-License-Identifier: MIT
"""The compilers of devices that are not here, over every kernel.

  offline.py amd|nvidia|intel|spirv|x86 SOURCE_FOLDER KERNEL_BUILDS TABLE
  offline.py catches ...                 the kernels in broken/, each of which must be refused for its reason, and those in sound/, which must not

Every kernel file is built with the defaults of its tunables and with every set of defines that the runtime builds it with (KERNEL_BUILDS
prints them). Refused are: what does not compile, register spills, scratch memory, more than 32 KiB of local memory, a required work-group
of more than 256 items, and calls of functions that nobody has. The first chip of a kind gets every set of defines, the others each third. kernels/*_cpu.cl are for CPUs: they go to x86 and SPIR-V, not to GPUs.
clang-15 gives gfx1100 128 of its 256 registers: a spill there alone is that compiler's, and told, not refused.
Registers, SIMD width and local memory of every kernel are printed, and kept in TABLE. Register counts are not judged: two versions of one
compiler differ by three times. Exit code 77: a compiler is not installed.
"""
import concurrent.futures
import functools
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

LOCAL_MOST, GROUP_MOST = 32 << 10, 256
CLC = "/usr/lib/clc/"
COMPILES, SPILL, SCRATCH, LOCAL, GROUP, SYMBOL = "does not compile", "spills", "scratch memory", "local memory", "work-group", "unresolved symbol"


class Kernel:
    """What a compiler tells of one kernel function."""

    def __init__(self, name, figures="", local=0, group=1, spills=0, scratch=0, registers=(), loop=None):
        self.name, self.figures, self.local, self.group, self.spills, self.scratch = name, figures, local, group, spills, scratch
        self.registers = registers  # AMD: vector and scalar ones; NVIDIA: of a thread; Intel: SIMD width
        self.loop = loop  # AMD: hot_loop

    def fma(self):
        """The share of fma among the vector instructions of its busiest loop; None where that is not known."""
        return self.loop["fma"] / self.loop["vector"] if self.loop and not self.loop["nested"] else None

    def problems(self):
        if self.spills:
            yield SPILL, "%d" % self.spills
        if self.scratch:
            yield SCRATCH, "%d bytes" % self.scratch
        if self.local > LOCAL_MOST:
            yield LOCAL, "%d bytes, more than %d" % (self.local, LOCAL_MOST)
        if self.group > GROUP_MOST:
            yield GROUP, "of %d items, more than %d" % (self.group, GROUP_MOST)


class Refused(Exception):
    pass


def run(*command):
    """stdout and stderr of a compiler; Refused with its first error when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, errors="replace")
    if done.returncode:
        lines = [l for l in done.stdout.splitlines() if re.search(r"error|fatal|abort", l, re.I)] or done.stdout.splitlines() or [""]
        raise Refused("%s: %s" % (os.path.basename(command[0]), lines[0].strip()))
    return done.stdout


def product(numbers):
    value = 1
    for n in numbers:
        value *= int(n)
    return value


def clang(target, library=None):
    command = ["clang-15", "-x", "cl", "-nogpulib", "-Wno-linker-warnings", "-Wno-psabi", "-Xclang", "-finclude-default-header"] + target
    return command + (["-Xclang", "-mlink-builtin-bitcode", "-Xclang", CLC + library] if library else [])


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


PRODUCTS = re.compile(r"v_(?:dual_)?(?:fma|fmac|mac|mad)(?:ak|mk)?_f32|v_pk_fma_f32")
LOCAL_LOADS = re.compile(r"ds_(?:read|load)(2|_2addr)?(?:st|_stride)?(?:64)?_[bu](\d+)")


def hot_loop(text):
    """What an item does in the loop that has most products, in the assembly of one function for AMD; None without any. A product is what an
    fma makes for an item: a packed one and one of two that are issued together make two. Branches of the loop count as if all were taken.
    `nested`: in another loop or around one; how often the inner ones go round is not told."""
    loops, header = {}, None
    for line in text.splitlines():
        block = re.match(r"\.L(BB\d+_\d+):|; %bb\.\d+:", line)
        instruction = re.match(r"\t([a-z]\w+)", line)
        if block:
            of = re.search(r"in Loop: Header=(\w+)", line)
            header = of.group(1) if of else block.group(1) if "Loop Header" in line else None
        elif instruction and header:
            loop = loops.setdefault(header, {"products": 0, "fma": 0, "vector": 0, "instructions": 0, "local": 0})
            made = sum(2 if name.startswith("v_pk") else 1 for name in PRODUCTS.findall(line))
            loop["products"] += made
            loop["fma"] += made > 0
            loop["vector"] += instruction.group(1).startswith("v_")
            loop["instructions"] += 1
            load = LOCAL_LOADS.match(instruction.group(1))
            loop["local"] += (2 if load.group(1) else 1) * max(1, int(load.group(2)) // 32) if load else 0  # values of 4 bytes
    most = max(loops.values(), key=lambda loop: loop["products"], default={"products": 0})
    return {**most, "nested": bool(re.search(r"Depth[= ]2", text))} if most["products"] else None


def amd(chip, options, source, folder):
    out = folder + "/k.s"
    run(*clang(["-target", "amdgcn-amd-amdhsa", "-mcpu=" + chip], "amdgcn--amdhsa.bc"), "-O3", *options, "-S", "-o", out, source)
    text = read(out)
    # A call is an address in two halves, or one from a table of them; a function of the file itself has a label.
    called = set(re.findall(r"([\w.$]+)@(?:rel32|gotpcrel32)@lo", text))
    missing = sorted(s for s in called if not re.search(r"^%s:" % re.escape(s), text, re.M))
    kernels = []
    for part in re.split(r"^  - (?=\.)", text.split("amdhsa.kernels:")[1], flags=re.M)[1:]:
        number = lambda key: int(re.search(r"^    \.%s: +(\d+)" % key, part, re.M).group(1))
        group = re.search(r"^    \.reqd_workgroup_size:\n((?:      - \d+\n)+)", part, re.M)
        name = re.search(r"^    \.name: +(\S+)", part, re.M).group(1)
        registers = (number("vgpr_count"), number("sgpr_count"))
        body = re.search(r"^%s:(.*?)^\.Lfunc_end" % re.escape(name), text, re.M | re.S).group(1)
        kernels.append(Kernel(name, "%d/%d" % registers, number("group_segment_fixed_size"), product(re.findall(r"\d+", group.group(1))) if group else 1,
                              number("vgpr_spill_count") + number("sgpr_spill_count"), number("private_segment_fixed_size"), registers, hot_loop(body)))
    return kernels, missing


SPIR = ["-target", "spir64", "-O0", "-Xclang", "-disable-O0-optnone", "-emit-llvm"]


def required_groups(text):
    """(kernel, work-items of its required group or 1) of a file as LLVM's text."""
    for name, attached in re.findall(r"^define [^\n]*spir_kernel void @(\w+)\((.*?)\{$", text, re.M):
        group = re.search(r"!reqd_work_group_size (!\d+)", attached)
        numbers = re.search(r"^%s = !\{(.*)\}" % group.group(1), text, re.M).group(1) if group else ""
        yield name, product(re.findall(r"i32 (\d+)", numbers))


def nvidia(chip, options, source, folder):
    ptx = folder + "/k.ptx"
    run(*clang(["-target", "nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", "sm_75"], "nvptx64--nvidiacl.bc"), "-O3", *options, "-S", "-o", ptx,
        source)
    text = read(ptx)
    missing = re.findall(r"^\.extern \.func .*?([\w$]+)$", text, re.M)
    if missing:
        return [], missing
    told = run(PTXAS, "-v", "-arch=" + chip, ptx, "-o", folder + "/k.cubin")
    # Of a required work-group nothing is left here: clang does not hand it on to PTX.
    run(*clang(SPIR), *options, "-S", "-o", folder + "/k.ll", source)
    groups = dict(required_groups(read(folder + "/k.ll")))
    kernels = []
    for entry in re.finditer(r"Compiling entry function '(\w+)'.*?Used \d+ registers[^\n]*", told, re.S):
        part, name = entry.group(0, 1)
        number = lambda pattern: int((re.search(pattern, part) or [0, 0])[1])
        registers = number(r"Used (\d+) registers")
        kernels.append(Kernel(name, "%d" % registers, number(r"(\d+) bytes smem"), groups[name],
                              number(r"(\d+) bytes spill stores") + number(r"(\d+) bytes spill loads"), number(r"(\d+) bytes stack frame"), (registers,)))
    return kernels, []


def intel(chip, options, source, folder):
    options = [*options, "-I", os.path.dirname(os.path.abspath(source))]  # ocloc looks for no file beside another by itself
    told = run("ocloc", "compile", "-file", source, "-device", chip, "-options", " ".join(options), "-output", "k", "-out_dir", folder)
    spilled = dict((n, int(s)) for n, s in re.findall(r"kernel (\w+) .*?spilled around (\d+)", told))
    run("ocloc", "disasm", "-file", glob.glob(folder + "/k*.bin")[0], "-device", chip, "-dump", folder + "/dump")
    kernels = []
    for part in read(folder + "/dump/PTM.txt").split("KernelBinaryHeader:")[1:]:
        tokens = {int(t): [int.from_bytes(bytes(int(b, 16) for b in data.split()[i:i + 4]), "little") for i in range(0, len(data.split()), 4)]
                  for t, data in re.findall(r"4 Token (\d+)\n\t4 Size \d+\n\tHex ([0-9a-f ]+)", part)}
        name = re.search(r"KernelName (\S+)", part).group(1)
        form = tokens[23]  # the execution environment: required group, then the SIMD width
        # Scratch memory. An array that was moved to memory is there too, without a word of the compiler; dg2 has it elsewhere.
        scratch = tokens.get(18, [0, 0])[1] or tokens.get(38, [0] * 4)[3]
        kernels.append(Kernel(name, "SIMD%d" % form[3], tokens.get(15, [0, 0])[1], product(form[:3]) or 1, spilled.get(name, 0),
                              0 if name in spilled else scratch, (form[3],)))
    return kernels, []


def llvm_bytes(kind):
    """Size of a type as LLVM writes it."""
    array = re.match(r"[\[<](\d+) x (.*)[\]>]$", kind)
    if array:
        return int(array.group(1)) * llvm_bytes(array.group(2))
    return {"i8": 1, "i16": 2, "half": 2, "i32": 4, "float": 4, "i64": 8, "double": 8}[kind]


def spirv(version, options, source, folder):
    front = clang(SPIR)
    run(*front, *options, "-S", "-o", folder + "/k.ll", source)
    run(*front, *options, "-c", "-o", folder + "/k.bc", source)
    run("llvm-spirv-15", "--spirv-max-version=1.0", folder + "/k.bc", "-o", folder + "/k.spv")
    run("spirv-val", "--target-env", version, folder + "/k.spv")
    text = read(folder + "/k.ll")
    kernels = []
    for name, group in required_groups(text):
        size = sum(llvm_bytes(kind) for kind in re.findall(r"^@%s\.\w+ = internal addrspace\(3\) global (.*?) undef" % name, text, re.M))
        kernels.append(Kernel(name, "valid", size, group))
    return kernels, []


X86 = {"avx2": ["-mavx2", "-mfma", "-mf16c"], "avx512": ["-march=skylake-avx512", "-mprefer-vector-width=512"]}


def x86(chip, options, source, folder):
    # libclc has no form for x86: its plain one, with the names of address spaces that it was made with.
    target = ["-target", "x86_64-linux-gnu", *X86[chip], "-Xclang", "-ffake-address-space-map", "-Xclang", "-faddress-space-map-mangling=yes"]
    out = folder + "/k.s"
    told = run(*clang(target, "nvptx64--.bc"), "-O3", "-Rpass-missed=regalloc", *options, "-S", "-o", out, source)
    text = read(out)
    called = set(re.findall(r"\t(?:callq?|jmp)\t_?([A-Za-z][\w$]*)", text))
    # Of the driver: the place of an item, and what every C library has.
    known = r"Z\d+get_(global|local|group|num|work|enqueued)_|mem(cpy|set|move)$|(fma|exp|pow|sqrt|tanh|log)f$"
    missing = sorted(s for s in called if not re.match(known, s) and not re.search(r"^_?%s:" % s, text, re.M))
    # Without AVX-512 this libclc's fma is not inlined, and every loop that calls it spills: no figure.
    loops = [(int(line), int(n)) for line, n in re.findall(r":(\d+):\d+: remark: (\d+) spills.*in loop", told)]
    starts = [(read(source).count("\n", 0, m.start()) + 1, m.group(1)) for m in re.finditer(r"__kernel[^;{]*?void\s+(\w+)\(", read(source), re.S)]
    kernels = []
    for i, (start, name) in enumerate(starts):
        end = starts[i + 1][0] if i + 1 < len(starts) else sys.maxsize
        spills = sum(n for line, n in loops if start <= line < end)
        kernels.append(Kernel(name, "built" if chip == "avx2" else "%d" % spills))
    return kernels, missing


TARGETS = {
    "amd": (amd, ["gfx906", "gfx90a", "gfx1030", "gfx1100"], "AMD GPUs (clang-15, libclc): VGPRs/SGPRs"),
    "nvidia": (nvidia, ["sm_80", "sm_90"], "NVIDIA GPUs (clang-15, libclc, ptxas): registers"),
    "intel": (intel, ["skl", "tgllp", "dg2"], "Intel GPUs (ocloc): SIMD width"),
    "spirv": (spirv, ["opencl1.2"], "SPIR-V (clang-15, llvm-spirv-15), validated for OpenCL 1.2"),
    "x86": (x86, ["avx2", "avx512"], "x86 CPUs (clang-15, libclc): with AVX-512, spills in loops; not judged"),
}


def find_ptxas():
    places = [os.environ.get(v, "") + "/bin" for v in ("CUDA_HOME", "CUDA_PATH")] + sorted(glob.glob("/usr/local/cuda*/bin")) + ["/opt/cuda/bin"]
    return shutil.which("ptxas") or shutil.which("ptxas", path=os.pathsep.join(places))


PTXAS = find_ptxas()


def missing_tool(kind):
    """What a skipped test says, or None."""
    needs = {"amd": ["clang-15"], "nvidia": ["clang-15"], "x86": ["clang-15"], "intel": ["ocloc"], "spirv": ["clang-15", "llvm-spirv-15", "spirv-val"]}[kind]
    for tool in needs:
        if not shutil.which(tool):
            return "%s is not installed (tools/setup --all installs it)" % tool
    library = {"amd": "amdgcn--amdhsa.bc", "nvidia": "nvptx64--nvidiacl.bc", "x86": "nvptx64--.bc"}.get(kind)
    if library and not os.path.exists(CLC + library):
        return "libclc-15 is not installed (tools/setup --all installs it)"
    if kind == "nvidia" and not PTXAS:
        return "ptxas is not installed (it comes with NVIDIA's CUDA toolkit)"
    return None


def compile_one(kind, chip, options, source):
    """(kernels, [(reason, text)]) of one file for one chip."""
    found = recall(kind, chip, options, source)
    if found:
        return found
    with tempfile.TemporaryDirectory(dir=".") as folder:
        try:
            kernels, unresolved = TARGETS[kind][0](chip, options, source, folder)
        except Refused as refused:
            return [], [(SYMBOL if re.search("unresolved|undefined symbol", str(refused), re.I) else COMPILES, str(refused))]
    problems = [(SYMBOL, name) for name in unresolved]
    problems += [(reason, "%s: %s" % (k.name, text)) for k in kernels for reason, text in k.problems()]
    if not kernels and not problems:
        problems = [(COMPILES, "no kernel came out")]
    keep(kind, chip, options, source, kernels, problems)
    return kernels, problems


# The tests offline.* keep what compilers told them (the folder ALEXCL_OFFLINE_KEEP); the test of tools/occupancy, behind them, asks for
# the same and takes it from there (ALEXCL_OFFLINE_KEPT). A name holds all that the answer hangs on.
def kept_name(variable, kind, chip, options, source):
    folder = os.environ.get(variable)
    if not folder:
        return None
    tools = [(tool, os.stat(tool).st_mtime_ns) for tool in map(shutil.which, ("clang-15", "ocloc", PTXAS or "ptxas")) if tool]
    folder_of_source = os.path.dirname(os.path.abspath(source))
    shared = sorted(os.path.join(folder_of_source, f) for f in os.listdir(folder_of_source) if f.endswith(".clh"))
    text = repr((kind, chip, options, tools)) + "".join(map(read, [source, *shared, __file__]))
    return "%s/%s.json" % (folder, hashlib.sha256(text.encode()).hexdigest())


def keep(kind, chip, options, source, kernels, problems):
    path = kept_name("ALEXCL_OFFLINE_KEEP", kind, chip, options, source)
    if path:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            json.dump([[vars(k) for k in kernels], problems], file)


def recall(kind, chip, options, source):
    path = kept_name("ALEXCL_OFFLINE_KEPT", kind, chip, options, source)
    if not path or not os.path.exists(path):
        return None
    kernels, problems = json.loads(read(path))
    return [Kernel(**{**k, "registers": tuple(k["registers"])}) for k in kernels], [tuple(p) for p in problems]


NARROW = ("gfx1100", 128)  # a chip, and the registers that clang-15 gives it at most; some of the last may lie idle


def judge(results):
    """What is to be refused of build_all's results, and what is told of a compiler alone: two lists of (chip, kernel file, defines, reason, what)."""
    refused, told = [], []
    elsewhere = {job[1:] for job, (_, problems) in results if problems and job[0] != NARROW[0]}
    others = {job[1:] for job, _ in results if job[0] != NARROW[0]}
    for job, (kernels, problems) in results:
        full = {k.name for k in kernels if k.spills and k.registers and k.registers[0] > NARROW[1] - 8}
        alone = job[0] == NARROW[0] and job[1:] in others - elsewhere
        for reason, what in problems:
            theirs = alone and reason in (SPILL, SCRATCH) and what.split(":")[0] in full
            (told if theirs else refused).append((*job, reason, what))
    return refused, told


@functools.lru_cache  # it prepares every layer of every net: seconds
def asked_of(builds):
    """What kernel_builds prints: {(kind of device, kernel file, defines)}."""
    lines = subprocess.run([builds], stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout.splitlines()
    return {(device, source, "".join(defines)) for device, source, _, *defines in (line.split(" ", 3) for line in lines)}


def jobs_of(kind, root, builds):
    """(chip, kernel file, defines) of everything to build: defaults, and what the runtime asks for on such a device."""
    asked = asked_of(builds)
    names = sorted(os.path.basename(p)[:-3] for p in glob.glob(root + "/kernels/*.cl"))
    lost = set(names) - {source for _, source, _ in asked}
    if lost or not names:
        sys.exit("kernels that no layer builds: %s; kernel_builds.c does not reach them, or nobody needs them" % ", ".join(sorted(lost)))
    jobs = []
    for chip in TARGETS[kind][1]:
        for name in names:
            on_cpu = name.endswith("_cpu")
            if kind != "spirv" and on_cpu != (kind == "x86"):
                continue
            device = {"avx2": "cpu8", "avx512": "cpu16"}.get(chip)
            if kind in ("amd", "nvidia", "intel"):
                device = "gpu"
            sets = {d for dev, source, d in asked if source == name and device in (None, dev)}
            if kind == "spirv":  # which has no instruction for it; drivers that come this way are not given the define (quirks.c)
                sets = {d.replace(" -DFETCHES", "") for d in sets}
            if chip != TARGETS[kind][1][0]:  # the first chip of a kind gets them all, the others some
                sets = set(sorted(sets)[::3])
            sets |= {""}
            if "MULTIPLY_ADD" in read(root + "/kernels/" + name + ".cl"):  # what program.c adds where fma is slow
                sets.add("-DMULTIPLY_ADD=mad")
            jobs += [(chip, name, defines) for defines in sorted(sets)]
    return jobs


def table(kind, results):
    """80 columns: a row a kernel and set of defines; what differs between chips in a column each."""
    chips = TARGETS[kind][1]
    lines = ["", TARGETS[kind][2], "", "%-40s%s%8s" % ("kernel", "".join("%8s" % c if c != "opencl1.2" else "%10s" % c for c in chips), "local")]
    rows = {}
    for (chip, _, defines), (kernels, _) in results:
        for k in kernels:
            row = rows.setdefault((k.name, defines), {})
            row[chip] = k.figures
            row["local"] = max(k.local, row.get("local", 0))
    for (name, defines), row in sorted(rows.items()):
        title = (name + " " + defines.replace("-D", "")).strip()
        if len(title) > 40:
            lines.append(title)
            title = ""
        lines.append("%-40s%s%8d" % (title, "".join("%*s" % (10 if c == "opencl1.2" else 8, row.get(c, "-")) for c in chips), row["local"]))
    return "\n".join(lines) + "\n"


def write_table(path, kind, text):
    """TABLE is the tables of all kinds that were run, each kept in a file of its own."""
    with open("%s.%s" % (path, kind), "w") as file:
        file.write(text)
    whole = "".join(read(p) for p in (path + "." + k for k in TARGETS) if os.path.exists(p))
    temporary = "%s.%d" % (path, os.getpid())
    with open(temporary, "w") as file:
        file.write(whole)
    os.replace(temporary, path)


def build_all(kind, root, builds, wanted=lambda chip, name: True):
    """[(job, (kernels, problems))] of everything that a kind of device gets, as far as it is wanted."""
    options = re.search(r'"(-cl-std=[^"%]*)%s', read(root + "/runtime/cl/program.c")).group(1).split()
    jobs = [job for job in jobs_of(kind, root, builds) if wanted(*job[:2])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(zip(jobs, pool.map(lambda j: compile_one(kind, j[0], options + j[2].split(), "%s/kernels/%s.cl" % (root, j[1])), jobs)))


def gate(kind, root, builds, path):
    results = build_all(kind, root, builds)
    text = table(kind, results)
    print(text)
    write_table(path, kind, text)
    refused, told = judge(results)
    for problem in refused:
        print("REFUSED %s %s.cl %s: %s: %s" % problem)
    for problem in told:
        print("%s %s.cl %s: %s: %s; of clang-15's registers alone" % problem)
    print("%s: %d programs of %d kernel files, %s" % (kind, len(results), len({job[1] for job, _ in results}), "REFUSED" if refused else "all accepted"))
    return int(bool(refused))


def catches(root):
    """Every file in broken/ says who must refuse it, and why: "Refused by amd, intel: spills". What a compiler says is read alike for all of
    its chips: each file goes to one, the next to the next."""
    failed = ran = 0
    for number, source in enumerate(sorted(glob.glob(root + "/tests/offline/broken/*.cl"))):
        kinds, reason = re.search(r"Refused by ([a-z0-9, ]+): ([a-z -]+)\.", read(source)).groups()
        for kind in kinds.split(", "):
            absent = missing_tool(kind)
            if absent:
                print("%s, %s: skipped: %s" % (os.path.basename(source), kind, absent))
                continue
            chip = TARGETS[kind][1][number % len(TARGETS[kind][1])]
            problems = compile_one(kind, chip, ["-cl-std=CL1.2"], source)[1]
            caught = reason in [r for r, _ in problems]
            print("%s, %s: %s" % (os.path.basename(source), chip, "; ".join("%s: %s" % p for p in problems) or "accepted") +
                  ("" if caught else "  FAILED: it must be refused: " + reason))
            failed |= not caught
            ran += 1
    for source in sorted(glob.glob(root + "/tests/offline/sound/*.cl")):
        kind, reason = re.search(r"Accepted by ([a-z0-9]+), though one of its compilers alone: ([a-z -]+)\.", read(source)).groups()
        if missing_tool(kind):
            continue
        results = [((chip, os.path.basename(source), ""), compile_one(kind, chip, ["-cl-std=CL1.2"], source)) for chip in TARGETS[kind][1]]
        refused, told = judge(results)
        alone = [job for job in results if job[0][0] == NARROW[0]]
        sound = not refused and reason in [t[3] for t in told] and judge(alone)[0]  # nobody else is asked: it may be the kernel's fault
        print("%s: %s%s" % (os.path.basename(source), "; ".join("%s %s: %s" % (p[0], *p[3:]) for p in refused + told) or "no problem",
                            "" if sound else "  FAILED: it must be told of %s alone, and not refused" % NARROW[0]))
        failed |= not sound
    if not ran:
        print("skipped: no offline compiler is installed (tools/setup --all installs them)")
        return 77
    return int(failed)


def main():
    kind, root, builds, path = sys.argv[1:]
    if kind == "catches":
        return catches(root)
    absent = missing_tool(kind)
    if absent:
        print("skipped: " + absent)
        return 77
    return gate(kind, root, builds, path)


if __name__ == "__main__":
    sys.exit(main())
