/* SPDX-License-Identifier: MIT */
/* What is known of drivers, one row each with the reason. */
#ifndef ALEXCL_QUIRKS_H
#define ALEXCL_QUIRKS_H
#include "alexcl.h"

enum quirk {
    QUIRK_NO_TIMES = 1, /* event times are useless */
    QUIRK_GENERIC = 2,  /* drives hardware that the vendor's own driver drives better: yields to it as the alias */
    QUIRK_GROUP = 4,    /* tells kernels smaller work-groups than they run with: the device's size holds */
    /* its threads still hold a queue when it is finished, and crash where they are the last to let go of it */
    QUIRK_LATE = 8,
    /* computes wrongly what loops for long: a CPU device takes the kernels for GPUs, whose loops are spread over
     * work-items */
    QUIRK_SHORT_LOOPS = 16,
    /* keeps compiled kernels itself, and compiles each of a program's once more when asked for its binary */
    QUIRK_KEEPS = 32,
    /* OpenCL's prefetch does nothing, and its compiler has what does (kernels for CPU devices) */
    QUIRK_PREFETCH = 64,
    /* computes as a GPU would, on the CPU, to find faults: never a default, and no hardware of its own */
    QUIRK_SIMULATOR = 128,
    QUIRK_FMA = 256, /* does not tell CL_FP_FMA, and its fma is as fast as a product */
};
/* All that apply to a device. */
unsigned quirks_of(const struct alexcl_device_info *info);
/* The note of the first row that has one for people, or "". */
const char *quirks_note(const struct alexcl_device_info *info);
#endif
