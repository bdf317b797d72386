/* SPDX-License-Identifier: MIT */
/* What the two files of the convolution share. */
#ifndef ALEXCL_LAYER_CONV_H
#define ALEXCL_LAYER_CONV_H
#include "layer_private.h"

/* Of CPU devices (layer_conv_cpu.c). */
extern const struct layer_variant conv_cpu, conv_winograd, conv_winograd_mem;

/* Where channel c of what the layer is given stands among those in memory. */
static inline size_t conv_channel(const struct layer *l, int c) {
    size_t block = (size_t)l->in_block, at = layer_in_position(l, c, 0);
    return at / (block * (size_t)l->maps.h * (size_t)l->maps.w) * block + at % block;
}
#endif
