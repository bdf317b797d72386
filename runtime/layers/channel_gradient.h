/* SPDX-License-Identifier: MIT */
/* The weight gradient of layers that have a factor and a summand for each channel (kernels/channel_gradient.clh):
 * kernel 0 of the pass makes the sums of each image, kernel 1 adds them. */
#ifndef ALEXCL_CHANNEL_GRADIENT_H
#define ALEXCL_CHANNEL_GRADIENT_H
#include "layer_private.h"

enum { CHANNEL_GRADIENT_IMAGES = 128 }; /* whose sums the workspace holds */

/* The `workspace` of a variant. */
size_t channel_gradient_workspace(const struct layer *l, const struct target *target);
/* Builds both kernels from kernels/<source>.cl; kernel 0 has its name. */
int channel_gradient_build(struct layer *l, const char *source, struct alexcl_error *err);
/* The range of kernel 0. */
struct kernel_range channel_gradient_range(const struct layer *l, int count);
/* Adds the sums of `count` images of the workspace to what is there or, without `add`, to 0. */
int channel_gradient_add(struct layer *l, const struct layer_io *io, int count, int add, struct alexcl_error *err);

/* The gradient of biases alone, tensor 1, of layers whose values are not in blocks: bias_gradient of bias.cl, which is
 * kernel `slot` of the pass. */
int channel_gradient_bias(const struct layer *l, int slot, const struct layer_io *io, struct alexcl_error *err);
#endif
