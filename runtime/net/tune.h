/* SPDX-License-Identifier: MIT */
/* The tuner: measures every variant and tile that can compute a layer on a device, checks the answer of each, and remembers the fastest
 * (tuning.h). The whole of it for `alexcl tune`; in short before a device's first use of a net. */
#ifndef ALEXCL_TUNE_H
#define ALEXCL_TUNE_H
#include "graph.h"
#include "tuning.h"

/* Before the layers of a net are prepared on place `index` of a selection: gives them what was measured to be fastest. Layers that were
 * never measured on this device are, TUNE_SECONDS at most all together, largest first, if ALEXCL_TUNE says so and the result can be kept. */
enum { TUNE_SECONDS = 3 };
int tune_before_use(const struct alexcl_selection *sel, size_t index, struct graph *g, unsigned halves, const struct place *place, struct tuning *t,
                    struct alexcl_error *err);
#endif
