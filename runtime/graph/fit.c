/* SPDX-License-Identifier: MIT */
/* How many images fit where two targets, or a target and the host, use the same memory. The needs of all who share it
 * are added up for a batch. The largest batch that fits is found by bisection, since the needs only grow with it. */
#include "fit.h"

#include "host_memory.h"

/* Whether two devices are the same one, or the same hardware through two drivers. */
static int fit_same(const struct alexcl_device_info *a, const struct alexcl_device_info *b) {
    return a->index == b->index || a->alias_of == b->index || b->alias_of == a->index ||
           (a->alias_of >= 0 && a->alias_of == b->alias_of);
}

void fit_share(struct fit *f, const struct alexcl_selection *sel) {
    const struct alexcl_device_info *d[2] = {NULL, NULL};
    f->host_memory = host_memory_limit("");
    for (size_t i = 0; i < f->count; i++) {
        d[i] = alexcl_selection_device(sel, i);
        f->targets[i].on_host = !d[i] || d[i]->kind == ALEXCL_DEVICE_CPU || d[i]->unified_memory;
    }
    if (f->count == 2 && !f->targets[0].on_host && !f->targets[1].on_host && fit_same(d[0], d[1]))
        f->shared = d[0]->memory < d[1]->memory ? d[0]->memory : d[1]->memory;
}

static uint64_t fit_device(const struct fit *f, size_t i, const int capacity[2]) {
    const struct fit_target *p = &f->targets[i];
    return graph_memory(p->graph, p->halves, p->target, capacity[i]).total;
}

uint64_t fit_target_host(const struct fit_target *p, int images) {
    struct graph_host host = graph_host_floats(p->graph, p->halves, p->pinned, p->converts);
    return (uint64_t)images * (host.input + host.output + host.sent + host.received) * sizeof(float);
}

uint64_t fit_host(const struct fit *f, int images, const int capacity[2]) {
    const struct graph *g = f->targets[0].graph;
    uint64_t image = (g->values[0].floats[0] + g->output_floats) * sizeof(float) + f->caller_image,
             bytes = f->caller_fixed + (uint64_t)images * image;
    for (size_t i = 0; i < f->count; i++) bytes += fit_target_host(&f->targets[i], capacity[i]);
    return bytes;
}

uint64_t fit_on_host(const struct fit *f, int images, const int capacity[2]) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < f->count; i++) bytes += f->targets[i].on_host ? fit_device(f, i, capacity) : 0;
    return bytes ? bytes + fit_host(f, images, capacity) : 0;
}

/* How much shared memory the batch needs where that does not fit, and how much there is (*there); 0: it fits. */
static uint64_t fit_lacks(const struct fit *f, int images, const int capacity[2], uint64_t *there) {
    uint64_t on_host = fit_on_host(f, images, capacity), host = on_host ? on_host : fit_host(f, images, capacity);
    uint64_t card = f->shared ? fit_device(f, 0, capacity) + fit_device(f, 1, capacity) : 0;
    *there = f->host_memory;
    if (host > f->host_memory - f->host_memory / 10) return host;
    *there = f->shared;
    return card > f->shared - f->shared / 10 ? card : 0;
}

int fit_batch(const struct fit *f, int wanted, const int fits[2], int *images, int capacity[2],
              struct alexcl_error *err) {
    uint64_t there, lacks = 1;
    int low = 0, high = wanted; /* low fits, high + 1 does not */
    *images = split_batch(f->split, wanted, fits, capacity);
    if (fit_lacks(f, *images, capacity, &there) == 0) return ALEXCL_OK;
    while (low < high) {
        int middle = low + (high - low + 1) / 2;
        *images = split_batch(f->split, middle, fits, capacity);
        if (fit_lacks(f, *images, capacity, &there) == 0)
            low = middle;
        else
            high = middle - 1;
    }
    *images = split_batch(f->split, low ? low : 1, fits, capacity);
    if (low) return ALEXCL_OK;
    lacks = fit_lacks(f, *images, capacity, &there);
    return error_set(err, ALEXCL_E_MEMORY,
                     "model %s does not fit: one image needs %.1f MiB of the memory that %s, there are %.1f MiB of "
                     "which a tenth is left free; "
                     "a smaller --batch, or a machine (or a control group's limit) with more memory",
                     f->targets[0].graph->model->name, (double)lacks / 1048576,
                     there == f->shared && f->shared ? "both devices have together"
                                                     : "the host and the devices in it have together",
                     (double)there / 1048576);
}

void fit_groups(int batch, int *images, int capacity[2]) {
    while (batch % *images) --*images;
    for (int i = 0; i < 2; i++)
        if (capacity[i] > *images) capacity[i] = *images;
}
