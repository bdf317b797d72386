/* SPDX-License-Identifier: MIT */
/* Describes a layer. First its fields and its inputs are checked against bounds; then the row of its type computes
 * shapes, tensors and what crosses; then these are checked against bounds as well. So no row has to consider sizes that
 * do not fit into an int or a kernel's index. */
#include <assert.h>
#include <limits.h>

#include "layer.h"

/* Kernels index the values of one image, and the weights, by int. */
static int layer_check_size(uint64_t values, struct alexcl_error *err) {
    if (values <= INT_MAX / 2) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE, "%llu values: a layer has at most %d; use a smaller input or fewer outputs",
                     (unsigned long long)values, INT_MAX / 2);
}

/* Checks the size of an input before anything is computed from it. */
static int layer_check_input(const struct layer_ops *ops, struct alexcl_shape in, struct alexcl_error *err) {
    if (in.c < 1 || in.h < 1 || in.w < 1) return error_set(err, ALEXCL_E_USAGE, "there is nothing to read");
    if (ops->reads_maps && in.c > LAYER_GROUPS)
        return error_set(err, ALEXCL_E_USAGE, "%d channels: convolutions, pooling and normalisation read at most %d",
                         in.c, LAYER_GROUPS);
    return layer_check_size(shape_size(in), err);
}

/* Finds the halo of each input: the channels of the other half that are nearest to the cut. */
static void layer_describe_halos(struct layer *l) {
    for (int i = 0; i < l->shape.input_count && l->shape.reads.halo; i++) {
        struct layer_input *in = &l->shape.inputs[i];
        int other = shape_half_count(in->whole.c, 1 - l->shape.half);
        in->halo.count = l->shape.reads.halo < other ? l->shape.reads.halo : other;
        in->halo.first = l->shape.half ? other - in->halo.count : 0;
    }
}

/* Checks that all inputs are feature maps of one size, with any number of channels. */
static int layer_check_inputs(const struct layer *l, struct alexcl_error *err) {
    int max = l->shape.ops->inputs ? l->shape.ops->inputs : 1, status = ALEXCL_OK;
    if (max == 1 && l->shape.input_count != 1)
        return error_set(err, ALEXCL_E_USAGE, "%d inputs: %s layers read one", l->shape.input_count,
                         l->shape.ops->name);
    if (max > 1 && (l->shape.input_count < 2 || l->shape.input_count > max))
        return error_set(err, ALEXCL_E_USAGE, "%d inputs: %s layers read from 2 to %d", l->shape.input_count,
                         l->shape.ops->name, max);
    for (int i = 0; i < l->shape.input_count && status == ALEXCL_OK; i++) {
        struct alexcl_shape in = l->shape.inputs[i].whole;
        status = layer_check_input(l->shape.ops, in, err);
        if (status == ALEXCL_OK && (in.h != l->shape.whole_in.h || in.w != l->shape.whole_in.w))
            status = error_set(err, ALEXCL_E_USAGE,
                               "input %d has maps of %d x %d where the first has %d x %d: they must be equal", i + 1,
                               in.h, in.w, l->shape.whole_in.h, l->shape.whole_in.w);
    }
    return status;
}

int layer_describe_inputs(struct layer *l, const struct alexcl_layer *desc, int half, const struct alexcl_shape *whole,
                          int count, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    assert(count >= 1 && count <= LAYER_INPUTS);
    *l = (struct layer){
        .shape = {.desc = desc, .half = half, .whole_in = whole[0], .maps = whole[0], .input_count = count},
        .choice = {.in_block = 1, .out_block = 1}};
    for (int i = 0; i < count; i++) l->shape.inputs[i].whole = whole[i];
    TRY(layer_fields_check(desc, err));
    l->shape.ops = layer_type(desc->type);
    TRY(layer_check_inputs(l, err));
    TRY(l->shape.ops->describe(l, err));
    layer_describe_halos(l);
    TRY(layer_check_size(shape_size(l->shape.whole_out), err));
    for (int t = 0; t < l->shape.tensor_count; t++)
        TRY(layer_check_size(layer_tensor_floats(&l->shape.tensors[t]), err));
done:
    if (status == ALEXCL_OK) return ALEXCL_OK;
    error_prefix(err, "layer %s behind %d x %d x %d: ", desc->name, whole[0].c, whole[0].h, whole[0].w);
    error_note_layer(err, desc->name);
    return status;
}

int layer_describe(struct layer *l, const struct alexcl_layer *desc, int half, struct alexcl_shape whole_in,
                   struct alexcl_error *err) {
    return layer_describe_inputs(l, desc, half, &whole_in, 1, err);
}

void layer_train(struct layer *l) {
    l->choice.training = l->choice.reproducible = 1;
    if (l->shape.ops->draws) l->shape.view = l->shape.in_place = 0;
}
