/* SPDX-License-Identifier: MIT */
/* What a device can do at most, measured by short runs of kernels/peak.cl. */
#ifndef ALEXCL_PEAK_H
#define ALEXCL_PEAK_H
#include "kernel.h"

/* Build options of peak.cl for a device, and how its work is shared out. */
struct peak_form {
    char defines[64];
    int width, group, items; /* floats of a vector, work-items of a work-group and of a launch */
    /* work-items beside each other read what lies beside each other (GPU), or each a stretch (CPU) */
    int neighbours;
};
struct peak_form peak_form_of(const struct device *dev);
struct peak {
    double flops, bytes;
};
/* Operations (an fma is two) and bytes a second, the best of a few launches of some milliseconds; 0 without event
 * times. */
int peak_measure(struct device *dev, struct peak *out, struct alexcl_error *err);
#endif
