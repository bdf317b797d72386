/* SPDX-License-Identifier: MIT */
/* What is known to be wrong with drivers, as a table: how to recognise one, what to do, why, and a link. No other file
 * asks for a driver by its name, so a trouble that is over is one row to remove. */
#include "quirks.h"

#include <string.h>

/* A driver's trouble: one row. A part of the platform's, the device's name and of the driver's version ("" fits all),
 * what follows, why, and where to read of it. */
static const struct {
    const char *platform, *device, *driver;
    unsigned quirks;
    const char *note;
} rows[] = {
    /* Mesa 22.3: CL_PROFILING_COMMAND_END - START is 0 or 1 ns, and clFinish returns early; CL_KERNEL_WORK_GROUP_SIZE
     * is 32 for every kernel, even one whose reqd_work_group_size is 64, and 64 run right.
     * https://docs.mesa3d.org/rusticl.html */
    {"rusticl", "", "22.", QUIRK_NO_TIMES | QUIRK_GENERIC | QUIRK_GROUP, "reports no event times"},
    {"rusticl", "", "", QUIRK_GENERIC, ""},
    /* LP_MAX_TGSI_LOOP_ITERATIONS: a work-item's loops end, without a word, when all of them together have run 65,535
     * times; a register tile's own loops, not unrolled, count as well. https://docs.mesa3d.org/drivers/llvmpipe.html */
    {"rusticl", "llvmpipe", "", QUIRK_SHORT_LOOPS,
     "ends long loops early: kernels for GPUs compute there, slowly; prefer PoCL"},
    {"Clover", "", "", QUIRK_GENERIC, "Mesa's old driver, often incomplete: prefer rusticl"},
    /* PoCL drives any CPU and, through CUDA or Level Zero, GPUs. In 3.1 the thread that ran a queue's last command lets
     * go of the command's event, and so of queue and context, after clFinish has returned: one close in a thousand
     * crashed. Its prefetch is an empty function. A kernel is compiled at its first launch, for the launch's
     * work-group, and kept in POCL_CACHE_DIR; the program's binary has every kernel compiled for work-groups of any
     * size as well, one after the other, which no launch then uses. Nothing that it keeps is ever removed, some 60 KiB
     * a set of defines; POCL_KERNEL_CACHE=0, read when a process first lists devices, has it keep nothing
     * (command_tune.c). https://portablecl.org */
    {"Portable Computing Language", "", "", QUIRK_GENERIC | QUIRK_LATE | QUIRK_KEEPS | QUIRK_PREFETCH, ""},
    /* Its CPU runtime, of 2026 as well; Intel's GPUs get no kernels for CPUs, and tell CL_FP_FMA. It does not, and its
     * fma is the CPU's instruction: chains of it take 0.8 of the time of mad's. It changes the order of a plain sum,
     * not of fma's, by the work-group's size. */
    {"Intel(R) OpenCL", "", "", QUIRK_PREFETCH | QUIRK_FMA, ""},
    /* Calls itself a GPU; its clock is simulated. https://github.com/jrprice/Oclgrind */
    {"Oclgrind", "", "", QUIRK_NO_TIMES | QUIRK_GENERIC | QUIRK_SIMULATOR, "a simulator, thousands of times slower"},
};

static int quirks_fit(size_t i, const struct alexcl_device_info *info) {
    return strstr(info->platform_name, rows[i].platform) && strstr(info->name, rows[i].device) &&
           strstr(info->driver, rows[i].driver);
}

unsigned quirks_of(const struct alexcl_device_info *info) {
    unsigned all = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (quirks_fit(i, info)) all |= rows[i].quirks;
    return all;
}

const char *quirks_note(const struct alexcl_device_info *info) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].note[0] && quirks_fit(i, info)) return rows[i].note;
    return "";
}
