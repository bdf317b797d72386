# SPDX-License-Identifier: MIT
"""tools/occupancy: its rules on cases that are published, a row for every kernel on every device and no spill, and a spill that must be told.
check_occupancy.py SOURCE KERNEL_BUILDS"""
import glob
import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
import sys

import tool_check
from tool_check import end, expect, run

SOURCE, BUILDS = sys.argv[1:]
TOOL = SOURCE + "/tools/occupancy"


def run_tool(tool, *arguments):
    return run(tool, "--builds", BUILDS, *arguments)


loader = importlib.machinery.SourceFileLoader("occupancy", TOOL)
occupancy = importlib.util.module_from_spec(importlib.util.spec_from_loader("occupancy", loader))
loader.exec_module(occupancy)
offline = occupancy.offline

# By hand from the sources that the tool names.
KNOWN = [
    ("amd", "gfx906", (24, 16), 0, 64, (40, 40, "none")),
    ("amd", "gfx906", (25, 16), 0, 64, (36, 40, "registers")),
    ("amd", "gfx906", (128, 16), 0, 256, (8, 40, "registers")),
    ("amd", "gfx906", (24, 102), 0, 64, (28, 40, "scalars")),
    ("amd", "gfx906", (24, 16), 32769, 64, (1, 40, "local")),
    ("amd", "gfx906", (24, 16), 0, 128, (32, 40, "groups")),
    ("amd", "gfx90a", (128, 16), 0, 64, (16, 32, "registers")),
    ("amd", "gfx1030", (128, 16), 0, 64, (32, 64, "registers")),
    ("amd", "gfx1030", (64, 16), 8192, 64, (32, 64, "local")),
    ("amd", "gfx1100", (120, 16), 0, 32, (48, 64, "registers")),
    ("nvidia", "sm_80", (32,), 0, 64, (64, 64, "none")),
    ("nvidia", "sm_80", (128,), 0, 64, (16, 64, "registers")),
    ("nvidia", "sm_80", (32,), 31 << 10, 64, (10, 64, "local")),
    ("nvidia", "sm_90", (16,), 0, 32, (32, 64, "groups")),
    ("intel", "skl", (8,), 0, 64, (56, 56, "none")),
    ("intel", "skl", (32,), 5 << 10, 64, (16, 56, "local")),
    ("intel", "dg2", (32,), 100, 64, (64, 128, "barriers")),
]
for kind, chip, registers, local, group, due in KNOWN:
    got = occupancy.KINDS[kind](chip, offline.Kernel("k", local=local, registers=registers), group)
    expect(got == due, "%s, registers %s, local %d, group %d: %s, not %s" % (chip, registers, local, group, got, due))
tile = occupancy.tile_conv(32, 64, 8, 8)
expect(abs(tile["global"] - 32 / 3) < 1e-9 and abs(tile["local"] - 32 / 27) < 1e-9, "the tile of 32 x 64: %s" % tile)
# conv3: 144 products of a pair of channels for 36, but 16 x 16 outputs for 13 x 13.
direct, product, moved = occupancy.work_winograd(3, 256, 192, 13)
expect(direct == 2 * 13 * 13 * 9 * 256 * 192 and abs(direct / product - 4 * 169 / 256) < 1e-9, "FLOP of conv3: %d, %d" % (direct, product))
expect(moved == 4 * 16 * (72 * 256 + 88 * 192), "bytes of conv3's transforms: %d" % moved)

# A loop in two blocks, with every way to make products and to load from local memory, and around it what is no loop.
SAMPLE = """; %bb.0:
\tv_fma_f32 v1, v2, v3, v1
\tds_read_b128 v[2:5], v0
.LBB0_1:                                ; =>This Inner Loop Header: Depth=1
\ts_add_i32 s0, s0, 1
\tds_read_b128 v[2:5], v0
\tds_read2st64_b32 v[6:7], v0 offset1:1
\tds_load_2addr_b64 v[8:11], v0 offset1:1
\tds_read_u16 v12, v0
\tds_write_b128 v0, v[2:5]
\tglobal_load_dword v13, v0, s[2:3]
\tv_add_u32_e32 v14, 1, v14
; %bb.2:                                ;   in Loop: Header=BB0_1 Depth=1
\tv_fma_f32 v1, v2, v3, v1
\tv_fmac_f32_e32 v1, v2, v3
\tv_pk_fma_f32 v[2:3], v[4:5], v[6:7], v[2:3]
\tv_dual_fmac_f32 v1, v2, v3 :: v_dual_fmac_f32 v4, v5, v6
\tv_dual_mov_b32 v1, v2 :: v_dual_fmac_f32 v4, v5, v6
\ts_cbranch_scc1 .LBB0_1
; %bb.3:
\tv_fma_f32 v1, v2, v3, v1
.LBB0_4:                                ; =>This Inner Loop Header: Depth=1
\tv_fma_f32 v1, v2, v3, v1
\ts_cbranch_scc1 .LBB0_4
"""
LOOP = {"products": 7, "fma": 5, "vector": 6, "instructions": 14, "local": 11, "nested": False}
expect(offline.hot_loop(SAMPLE) == LOOP, "the loop of the sample: %s" % offline.hot_loop(SAMPLE))
expect(offline.Kernel("k", loop=LOOP).fma() == 5 / 6, "the share of fma of the sample")
inner = offline.hot_loop(SAMPLE.replace("Depth=1", "Depth=2"))
expect(inner == {**LOOP, "nested": True} and offline.Kernel("k", loop=inner).fma() is None, "the sample in another loop: %s" % inner)
expect(offline.hot_loop(SAMPLE.split(".LBB0_1")[0]) is None, "a loop without any")

code, out, err = run_tool(TOOL, "--devices", "gfx9000")
expect(code == 2 and "gfx906" in err, "an unknown device is not explained")

present = [kind for kind in occupancy.KINDS if not offline.missing_tool(kind)]
if not present:
    print("skipped: no offline compiler is installed (tools/setup --all installs them)")
    sys.exit(1 if tool_check.failures else 77)

# Two of AMD's and one of each other vendor: the rest is compiled by the tests offline.*.
wanted = [chip for kind in present for chip in offline.TARGETS[kind][1] if chip in ("gfx906", "gfx1030", "sm_80", "skl")]
code, out, err = run_tool(TOOL, "--format", "json", "--devices", ",".join(wanted))
expect(code == 0, "exit code %d: %s" % (code, err))
document = json.loads(out)
rows = {(r["kernel"], r["device"]): r for r in document["kernels"]}
functions = []
for path in glob.glob(SOURCE + "/kernels/*.cl"):
    if not path.endswith("_cpu.cl"):
        functions += re.findall(r"^__kernel[^;{]*?void\s+(\w+)\(", offline.read(path), re.M)
expect(len(functions) >= 15, "only %d kernels were found" % len(functions))
for function in functions:
    for device in wanted:
        expect((function, device) in rows, "no row for %s on %s" % (function, device))
for r in document["kernels"]:
    expect(r["spills"] == 0 and r["scratch"] == 0, "%s %s on %s spills" % (r["kernel"], r["defines"], r["device"]))
    expect(0 < r["resident"] <= r["most"], "%s on %s: %d of %d waves" % (r["kernel"], r["device"], r["resident"], r["most"]))
    expect(r["registers"] not in ("", "0"), "%s on %s: no registers" % (r["kernel"], r["device"]))
expect(not any("_cpu" in r["kernel"] for r in document["kernels"]), "kernels of CPUs are among them")
for name in ("conv", "conv_pipelined", "winograd", "conv_tiles_weight_gradient"):
    chosen = [t for t in document["tiles"] if t["chosen"] and t["title"].startswith(name + ".cl")]
    expect(len(chosen) == len(occupancy.MACHINES), "%d rows of %s.cl's tile" % (len(chosen), name))
    for t in chosen:
        nested = name.endswith("gradient")  # a loop over a tile in one over all places: the share of fma is not told
        expect(nested or t["machine"]["chip"] not in wanted or not t["machine"]["chip"].startswith("gfx") or "issue" in t["bounds"],
               "no share of fma: are loops of %s.cl in one another on %s?" % (name, t["machine"]["chip"]))
        expect(min(t["bounds"].values()) >= 60, "%s.cl's tile allows %s %% of %s" % (name, t["bounds"], t["machine"]["name"]))
expect(len(document["winograd"]) == 4 and all(1 < times < 6 for r in document["winograd"] for times in r["times"].values()), "winograd.cl against conv.cl: %s" % document["winograd"])

# What conv_pipelined.cl is for.
for device in (d for d in wanted if d.startswith("gfx")):
    loops = [rows[kernel, device]["loop"] for kernel in ("conv_forward", "conv_pipelined_forward")]
    fewer = {key: loops[0][key] / loops[0]["products"] / (loops[1][key] / loops[1]["products"]) for key in ("instructions", "local")}
    expect(fewer["instructions"] >= 1.2 and fewer["local"] == 1.5, "conv_pipelined.cl against conv.cl on %s: %s" % (device, fewer))

code, out, err = run_tool(TOOL, "--kernels", "conv,fc", "--devices", ",".join(offline.TARGETS[present[0]][1]))
expect(code == 0 and "conv_forward" in out and "fc_forward" in out and "softmax" not in out, "--kernels conv,fc")
expect(max(len(line) for line in out.splitlines()) <= 80, "a line is longer than 80 columns")

# The same tree with a kernel that spills.
shutil.rmtree("spills", ignore_errors=True)
os.makedirs("spills/tools")
shutil.copy(TOOL, "spills/tools/occupancy")
shutil.copytree(SOURCE + "/kernels", "spills/kernels")
for name in ("tests", "runtime"):
    os.symlink(os.path.join(SOURCE, name), "spills/" + name)
with open("spills/kernels/bias.cl", "a") as file:
    file.write(offline.read(SOURCE + "/tests/offline/broken/broken_spill.cl"))
code, out, err = run_tool("spills/tools/occupancy", "--kernels", "bias", "--devices", ",".join(wanted))
expect(code == 1 and "broken_spill" in out and "REFUSED" in err, "a kernel that spills is not told: exit code %d" % code)
for device in wanted:
    expect("REFUSED %s bias.cl" % device in err, "a kernel that spills is not told on %s" % device)
end()
