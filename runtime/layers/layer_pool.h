/* SPDX-License-Identifier: MIT */
/* What the layers with a window that is moved over each map share (layer_pool.c). */
#ifndef ALEXCL_LAYER_POOL_H
#define ALEXCL_LAYER_POOL_H
#include "layer_private.h"

enum { POOL_FIELDS = LAYER_FIELD_KERNEL | LAYER_FIELD_STRIDE | LAYER_FIELD_CEIL_MODE };

int pool_describe(struct layer *l, struct alexcl_error *err);
/* Keeps some windows of each side, of which the first and the last lie in the padding as before. */
void pool_shrink(struct alexcl_layer *d, struct alexcl_shape *in);
struct shape_pool pool_shape(const struct layer *l);
/* Builds the one kernel of a pass for the layer's blocks and dilation. */
int pool_add_kernel(struct layer *l, enum layer_pass_kind pass, const char *source, const char *function,
                    struct alexcl_error *err);

/* The arguments that tell the kernels the shape. */
#define POOL_ARGS(s)                                                                                                   \
    ARG_INT((s).in.h), ARG_INT((s).in.w), ARG_INT((s).out.h), ARG_INT((s).out.w), ARG_INT((s).window.kernel[0]),       \
        ARG_INT((s).window.kernel[1]), ARG_INT((s).window.stride[0]), ARG_INT((s).window.stride[1])
#endif
