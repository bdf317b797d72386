/* SPDX-License-Identifier: MIT */
/* How many images fit where memory is shared: by two targets on one piece of hardware, and by the host with a CPU or a
 * built-in GPU. */
#ifndef ALEXCL_FIT_H
#define ALEXCL_FIT_H
#include "graph.h"
#include "split.h"

struct fit_target {
    const struct graph *graph;
    const struct target *target;
    unsigned halves;
    int pinned, converts; /* graph_host_floats */
    int on_host;          /* what it takes comes out of the host's memory: a CPU, a built-in GPU, the reference */
};
struct fit {
    const struct split *split;
    struct fit_target targets[2];
    size_t count;
    uint64_t host_memory;                /* bytes; UINT64_MAX: as many as are wanted */
    uint64_t shared;                     /* bytes of the one card that both targets are on; 0: none */
    uint64_t caller_fixed, caller_image; /* host memory beside a batch of images and scores */
};

/* Sets what the targets of a selection share, from what their devices say; host_memory too. */
void fit_share(struct fit *f, const struct alexcl_selection *sel);
/* Host memory that a target takes for `images`, and that all take, the caller's with them, for a batch. */
uint64_t fit_target_host(const struct fit_target *p, int images);
uint64_t fit_host(const struct fit *f, int images, const int capacity[2]);
/* The same with what the devices take that compute in the host's memory; 0 where there is none. */
uint64_t fit_on_host(const struct fit *f, int images, const int capacity[2]);
/* Images at once, at most `wanted`, of which each target has room for fits[i] by itself, and that targets and host have
 * room for together; a tenth is left free. ALEXCL_E_MEMORY when not even one has. `room`: images that each target must
 * have memory for. */
int fit_batch(const struct fit *f, int wanted, const int fits[2], int *images, int capacity[2],
              struct alexcl_error *err);
#endif
