/* SPDX-License-Identifier: MIT */
/* What the two files of the convolution share. */
#ifndef ALEXCL_LAYER_CONV_H
#define ALEXCL_LAYER_CONV_H
#include "layer_private.h"

/* A window as high as wide, and so its stride, of neighbouring values. */
int conv_is_square(const struct layer *l);
/* The defines of the window; what snprintf gives. */
int conv_window_defines(const struct layer *l, char *out, size_t size);
/* Whether it reads and makes feature maps in blocks (layer_ops.takes_blocks). */
int conv_takes_blocks(const struct layer *l);

/* Of CPU devices (layer_conv_cpu.c). */
extern const struct layer_variant conv_cpu, conv_winograd, conv_winograd_mem;
#endif
