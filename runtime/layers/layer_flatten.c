/* SPDX-License-Identifier: MIT */
/* Flatten: feature maps become units, in C, H, W order, which is how they lie in memory. A half has the units of its
 * own channels: with an odd number of channels that is not half of the units, and only a layer that reads all can
 * follow. */
#include "layer_private.h"

static int flatten_describe(struct layer *l, struct alexcl_error *err) {
    (void)err;
    layer_describe_maps(l, 1, 1);
    int hw = l->shape.whole_in.h * l->shape.whole_in.w;
    l->shape.whole_out.c *= hw;
    l->shape.out.c *= hw;
    l->shape.view = 1;
    l->shape.in_place = l->shape.by_value = 1;
    return ALEXCL_OK;
}

const struct layer_ops layer_flatten_ops = {
    .type = ALEXCL_FLATTEN,
    .name = "flatten",
    .keras = "Flatten",
    .describe = flatten_describe,
    .variants = {[LAYER_FORWARD] = (const struct layer_variant *const[]){NULL}}};
