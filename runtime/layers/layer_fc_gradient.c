/* SPDX-License-Identifier: MIT */
/* Backward passes of the fully connected layer. A half has the gradients of its own units: so the input gradient that
 * it makes, of all inputs, is the part that its units have in it, and its weight gradient is whole. */
#include <stdio.h>

#include "layer_fc.h"
#include "ref.h"

/* ---- ref ---- */

static int fc_ref_enqueue_input(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_fc_input_gradient(layer_host_in_gradient(l, io), l->pass[LAYER_INPUT_GRADIENT].parameters[0].host,
                          layer_host_out_gradient(l, io), io->count, l->shape.in.c, l->shape.out.c);
    return ALEXCL_OK;
}

static int fc_ref_enqueue_weight(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_fc_weight_gradient(io->tensor_gradients[0].host, io->tensor_gradients[1].host, layer_host_in(l, io),
                           layer_host_out_gradient(l, io), io->count, l->shape.in.c, l->shape.out.c, io->add);
    return ALEXCL_OK;
}

static const struct layer_variant fc_ref_input = {
    .name = "ref", .applicable = layer_on_host, .enqueue = fc_ref_enqueue_input};
static const struct layer_variant fc_ref_weight = {
    .name = "ref", .applicable = layer_on_host, .enqueue = fc_ref_enqueue_weight};

/* ---- naive: fc_input_gradient.cl and fc_weight_gradient.cl, the last resort ---- */

enum { NAIVE_TILE = 8 }; /* IMAGES and OUTPUTS of these */

static int fc_naive_build(struct layer *l, enum layer_pass_kind pass, const char *source, struct alexcl_error *err) {
    char defines[32];
    snprintf(defines, sizeof defines, "-DBLOCK=%d", l->choice.in_block);
    return layer_add_kernel(l, pass, 0, source, source, defines, err);
}
static int fc_naive_build_input(struct layer *l, struct alexcl_error *err) {
    return fc_naive_build(l, LAYER_INPUT_GRADIENT, "fc_input_gradient", err);
}
static int fc_naive_build_weight(struct layer *l, struct alexcl_error *err) {
    return fc_naive_build(l, LAYER_WEIGHT_GRADIENT, "fc_weight_gradient", err);
}

static int fc_naive_enqueue_input(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    size_t tiles = ((size_t)io->count + NAIVE_TILE - 1) / NAIVE_TILE;
    struct kernel_range range = {2, {0, 0, 0}, {layer_in_floats(l), tiles, 1}, {64, 1, 1}};
    return KERNEL_LAUNCH(
        layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
        ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(l->pass[LAYER_INPUT_GRADIENT].parameters[0].buffer),
        ARG_BUFFER(io->in_gradients[0].own->buffer), ARG_INT(io->first), ARG_INT(io->count), FC_INPUT_ARGS(l));
}

static int fc_naive_enqueue_weight(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    size_t tiles = ((size_t)l->shape.out.c + NAIVE_TILE - 1) / NAIVE_TILE;
    struct kernel_range range = {1, {0, 0, 0}, {tiles * ((size_t)l->shape.in.c + 1), 1, 1}, {64, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out_gradient->buffer),
                         ARG_BUFFER(io->tensor_gradients[0].buffer), ARG_BUFFER(io->tensor_gradients[1].buffer),
                         ARG_INT(io->first), ARG_INT(io->count), FC_INPUT_ARGS(l), ARG_INT(io->add));
}

static const struct layer_variant fc_naive_input = {.name = "naive",
                                                    .applicable = layer_on_device,
                                                    .build = fc_naive_build_input,
                                                    .enqueue = fc_naive_enqueue_input,
                                                    .release = layer_free_kernels,
                                                    .kernels = "fc_input_gradient",
                                                    .last_resort = 1};
static const struct layer_variant fc_naive_weight = {.name = "naive",
                                                     .applicable = layer_on_device,
                                                     .build = fc_naive_build_weight,
                                                     .enqueue = fc_naive_enqueue_weight,
                                                     .release = layer_free_kernels,
                                                     .kernels = "fc_weight_gradient",
                                                     .last_resort = 1};

const struct layer_variant *const fc_input_gradients[] = {&fc_ref_input, &fc_clblast_input, &fc_cpu_input,
                                                          &fc_naive_input, NULL},
                                  *const fc_weight_gradients[] = {&fc_ref_weight, &fc_clblast_weight, &fc_cpu_weight,
                                                                  &fc_naive_weight, NULL};
