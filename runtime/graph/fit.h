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
    int on_host;          /* its memory is the host's: a CPU, a built-in GPU, the reference */
};
struct fit {
    const struct split *split;
    struct fit_target targets[2];
    size_t count;
    uint64_t host_memory; /* bytes; UINT64_MAX: no limit */
    /* bytes of the one card that both targets are parts of; 0: they are on different ones */
    uint64_t shared;
    uint64_t caller_fixed, caller_image; /* host memory beside a batch of images and scores */
};

/* Sets what the targets of a selection share, from what is known of their devices, and host_memory. */
void fit_share(struct fit *f, const struct alexcl_selection *sel);
/* Host memory that a target takes for `images` images; and that all targets and the caller take for a batch. */
uint64_t fit_target_host(const struct fit_target *p, int images);
uint64_t fit_host(const struct fit *f, int images, const int capacity[2]);
/* The same, with the memory of the devices that compute in the host's memory; 0 where there is none. */
uint64_t fit_on_host(const struct fit *f, int images, const int capacity[2]);
/* Finds the largest batch, at most `wanted`, for which each target has memory by itself (fits[i] images), and targets
 * and host have memory together, of which a tenth is left free. ALEXCL_E_MEMORY where not even one image fits. `room`:
 * the number of images that each target must have memory for. */
int fit_batch(const struct fit *f, int wanted, const int fits[2], int *images, int capacity[2],
              struct alexcl_error *err);
/* Of training: cuts a batch of `batch` images into the fewest equal groups of at most *images. */
void fit_groups(int batch, int *images, int capacity[2]);
#endif
