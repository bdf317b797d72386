/* SPDX-License-Identifier: MIT */
/* A convolution's weights and biases as its kernels read them: docs/layout.md. Pure: from the file's layout in the
 * host's memory to the packed one there. */
#ifndef ALEXCL_CONV_PACK_H
#define ALEXCL_CONV_PACK_H
#include "layer_private.h"
#include "winograd.h"

/* Blocks of outputs that lie side by side, block after block; a block is points x depth x width. Zeros where there is
 * nothing. Biases are blocks x width. */
struct conv_packing {
    int width;                 /* outputs of a block */
    int blocks;                /* each group of the half fills up its last one */
    struct winograd_form form; /* what the weights are transformed to; out 0: they are left as they are */
    int points_first;          /* points x blocks x depth x width instead: a product a point */
    int points;                /* of a transformed window; 1 where there is none */
    int depth;                 /* of an output: inputs as they lie in memory, x kh x kw where nothing is transformed */
};

/* Groups that the half is packed in. */
int conv_pack_groups(const struct layer *l);
/* Blocks of `width` outputs that the half makes. */
int conv_pack_blocks(const struct layer *l, int width);
/* Such a packing, whose depth is a multiple of `step`. */
struct conv_packing conv_pack_plain(const struct layer *l, int width, int step);
struct conv_packing conv_pack_winograd(const struct layer *l, struct winograd_form form, int width, int step);
/* Floats of tensor t. */
size_t conv_pack_floats(const struct conv_packing *p, int t);
/* Packs tensor t of the half, `master`, into so many. */
void conv_pack(const struct layer *l, const struct conv_packing *p, int t, const float *master, float *packed);
#endif
