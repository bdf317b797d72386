/* SPDX-License-Identifier: MIT */
/* What the files of the convolution share. */
#ifndef ALEXCL_LAYER_CONV_H
#define ALEXCL_LAYER_CONV_H
#include "layer_private.h"

struct shape_conv conv_shape(const struct layer *l);
/* Whether the window is as high as wide, its strides are equal too, and it is not dilated. */
int conv_is_square(const struct layer *l);
/* Writes the defines of the window; returns what snprintf returns. */
int conv_window_defines(const struct layer *l, char *out, size_t size);
/* Whether it reads and makes feature maps in blocks (layer_ops.takes_blocks). */
int conv_takes_blocks(const struct layer *l);

/* The variants for CPU devices (layer_conv_cpu.c). */
extern const struct layer_variant conv_cpu, conv_winograd, conv_winograd_mem;
/* Those of the backward passes (layer_conv_gradient.c). */
extern const struct layer_variant *const conv_input_gradients[], *const conv_weight_gradients[];
#endif
