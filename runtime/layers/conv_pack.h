/* SPDX-License-Identifier: MIT */
/* A convolution's weights and biases as its kernels read them: docs/layout.md. These functions compute in host memory
 * alone, from the file's layout to the packed one. */
#ifndef ALEXCL_CONV_PACK_H
#define ALEXCL_CONV_PACK_H
#include "layer_private.h"
#include "winograd.h"

/* How weights are packed: blocks of outputs, each of points x depth x width floats, filled up with zeros. Biases are
 * blocks x width. */
struct conv_packing {
    int width;                 /* outputs of a block */
    int blocks;                /* the number of blocks; each group of the half has a last one that is filled up */
    struct winograd_form form; /* how the weights are transformed; out 0: they are not */
    /* the order is points x blocks x depth x width instead: one matrix product for each point */
    int points_first;
    int points; /* points of a transformed window; 1 where it is not transformed */
    /* weights of an output for one point: the inputs as they lie in memory and, where nothing is transformed, times kh
     * x kw */
    int depth;
};

/* The number of groups in which the half is packed. */
int conv_pack_groups(const struct layer *l);
/* The number of blocks of `width` outputs that the half makes. */
int conv_pack_blocks(const struct layer *l, int width);
/* The packing of a layer without and with a transform. The depth is a multiple of `step`. */
struct conv_packing conv_pack_plain(const struct layer *l, int width, int step);
struct conv_packing conv_pack_winograd(const struct layer *l, struct winograd_form form, int width, int step);
/* The size of tensor t once it is packed, in floats. */
size_t conv_pack_floats(const struct conv_packing *p, int t);
/* Packs tensor t: `master`, the half's slice in the file's layout, to `packed`, which has so many floats. */
void conv_pack(const struct layer *l, const struct conv_packing *p, int t, const float *master, float *packed);
#endif
