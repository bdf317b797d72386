/* SPDX-License-Identifier: MIT */
/* A layer described: its fields and what it reads are bounded first, then its type's row computes shapes, tensors and
 * what crosses, and the result is bounded again. So no row has to think of sizes that int or a kernel's index does not
 * hold. */
#include <limits.h>

#include "layer.h"

/* Kernels index the values of one image, and the weights, by int. */
static int layer_check_size(size_t values, struct alexcl_error *err) {
    if (values <= INT_MAX / 2) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE, "%zu values: a layer has at most %d; use a smaller input or fewer outputs",
                     values, INT_MAX / 2);
}

/* What a layer reads is bounded before anything is computed from it. */
static int layer_check_input(const struct layer_ops *ops, struct alexcl_shape in, struct alexcl_error *err) {
    if (in.c < 1 || in.h < 1 || in.w < 1) return error_set(err, ALEXCL_E_USAGE, "there is nothing to read");
    if (ops->reads_maps && in.c > LAYER_GROUPS)
        return error_set(err, ALEXCL_E_USAGE, "%d channels: convolutions, pooling and normalisation read at most %d",
                         in.c, LAYER_GROUPS);
    return layer_check_size(shape_size(in), err);
}

int layer_describe(struct layer *l, const struct alexcl_layer *desc, int half, struct alexcl_shape whole_in,
                   struct alexcl_error *err) {
    int status = ALEXCL_OK;
    *l = (struct layer){.shape = {.desc = desc, .half = half, .whole_in = whole_in, .maps = whole_in},
                        .choice = {.in_block = 1, .out_block = 1}};
    TRY(layer_fields_check(desc, err));
    l->shape.ops = layer_type(desc->type);
    TRY(layer_check_input(l->shape.ops, whole_in, err));
    TRY(l->shape.ops->describe(l, err));
    TRY(layer_check_size(shape_size(l->shape.whole_out), err));
    for (int t = 0; t < l->shape.tensor_count; t++)
        TRY(layer_check_size(layer_tensor_floats(&l->shape.tensors[t]), err));
done:
    if (status != ALEXCL_OK)
        error_prefix(err, "layer %s behind %d x %d x %d: ", desc->name, whole_in.c, whole_in.h, whole_in.w);
    return status;
}
