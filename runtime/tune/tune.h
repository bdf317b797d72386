/* SPDX-License-Identifier: MIT */
/* The tuner: measures every variant and tile that can compute a layer on a device, checks the answer of each, and
 * remembers the fastest (tuning.h). The whole of it for `alexcl tune`; in short before a device's first use of a
 * net. */
#ifndef ALEXCL_TUNE_H
#define ALEXCL_TUNE_H
#include "graph.h"
#include "tuning.h"

/* Before the layers of a net are prepared on target `index` of a selection: gives them what was measured to be fastest.
 * Layers that were never measured on this device are, in `time` nanoseconds (tune_budget), largest first, if
 * ALEXCL_TUNE says so and the result can be kept. */
int tune_before_use(const struct alexcl_selection *sel, size_t index, struct graph *g, unsigned halves,
                    const struct target *target, uint64_t time, struct tuning *t, struct alexcl_error *err);

/* Until when is measured (timeline_now). A way is begun where more is left than the longest so far took: what takes
 * long is to compile it, and that cannot be stopped. What is needed in any case, the default, is compiled here instead
 * of later: its time moves the deadline. */
struct tune_budget {
    uint64_t deadline, longest;
    unsigned done, total; /* ways, for log_progress; total 0: the deadline says how many there will be */
};
int tune_has_time(const struct tune_budget *b, uint64_t now);
void tune_spend(struct tune_budget *b, uint64_t spent, int needed);
#endif
