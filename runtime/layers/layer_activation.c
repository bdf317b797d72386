/* SPDX-License-Identifier: MIT */
/* ReLU, tanh, sigmoid, LeCun's scaled tanh: value by value, in place. Their slopes are functions of what they make, so
 * that the backward pass needs nothing else. */
#include <stdio.h>

#include "layer_private.h"
#include "ref.h"

static int activation_describe(struct layer *l, struct alexcl_error *err) {
    (void)err;
    layer_describe_maps(l, l->shape.whole_in.h, l->shape.whole_in.w);
    l->shape.in_place = l->shape.by_value = 1;
    return ALEXCL_OK;
}

static int activation_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_activation(layer_host_out(l, io), layer_host_in(l, io), (size_t)io->count * shape_size(l->shape.out),
                   l->shape.desc->type);
    return ALEXCL_OK;
}

static int activation_add_kernel(struct layer *l, enum layer_pass_kind pass, const char *source, const char *function,
                                 struct alexcl_error *err) {
    static const int numbers[] = {/* ACTIVATION of the kernels */
                                  [ALEXCL_RELU] = 0,
                                  [ALEXCL_TANH] = 1,
                                  [ALEXCL_SIGMOID] = 2,
                                  [ALEXCL_LECUN_TANH] = 3};
    char defines[32];
    snprintf(defines, sizeof defines, "-DACTIVATION=%d", numbers[l->shape.desc->type]);
    return layer_add_kernel(l, pass, 0, source, function, defines, err);
}

static int activation_own_build(struct layer *l, struct alexcl_error *err) {
    return activation_add_kernel(l, LAYER_FORWARD, "activation", "activation_forward", err);
}

static int activation_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = layer_range(layer_out_floats(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_out_floats(l)));
}

static const struct layer_variant activation_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = activation_ref_enqueue};
static const struct layer_variant activation_own = {.name = "own",
                                                    .applicable = layer_on_device,
                                                    .build = activation_own_build,
                                                    .enqueue = activation_own_enqueue,
                                                    .release = layer_free_kernels,
                                                    .kernels = "activation"};
static const struct layer_variant *const activation_variants[] = {&activation_ref, &activation_own, NULL};

/* ---- input gradient ---- */

static int activation_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_activation_input_gradient(layer_host_in_gradient(l, io), layer_host_out(l, io), layer_host_out_gradient(l, io),
                                  (size_t)io->count * shape_size(l->shape.out), l->shape.desc->type);
    return ALEXCL_OK;
}

static int activation_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    return activation_add_kernel(l, LAYER_INPUT_GRADIENT, "activation_input_gradient", "activation_input_gradient",
                                 err);
}

static int activation_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = layer_range(layer_out_floats(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->out->buffer), ARG_BUFFER(io->out_gradient->buffer),
                         ARG_BUFFER(io->in_gradients[0].own->buffer), ARG_INT((int)layer_out_floats(l)));
}

static const struct layer_variant activation_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = activation_ref_enqueue_gradient};
static const struct layer_variant activation_own_gradient = {.name = "own",
                                                             .applicable = layer_on_device,
                                                             .build = activation_own_build_gradient,
                                                             .enqueue = activation_own_enqueue_gradient,
                                                             .release = layer_free_kernels,
                                                             .kernels = "activation_input_gradient"};
static const struct layer_variant *const activation_gradients[] = {&activation_ref_gradient, &activation_own_gradient,
                                                                   NULL};

/* ---- the types ---- */

#define ACTIVATION_PASSES                                                                                              \
    { [LAYER_FORWARD] = activation_variants, [LAYER_INPUT_GRADIENT] = activation_gradients }

const struct layer_ops layer_relu_ops = {
    .type = ALEXCL_RELU,
    .name = "relu",
    .keras = "Activation",
    .is_relu = 1,
    .gradient_by_output = 1,
    .describe = activation_describe,
    .variants = ACTIVATION_PASSES,
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_RELU, .name = "relu"}, {5, 7, 3}, 0}, {{0}, {0}, 0}}};
const struct layer_ops layer_tanh_ops = {
    .type = ALEXCL_TANH,
    .name = "tanh",
    .keras = "Activation",
    .gradient_by_output = 1,
    .describe = activation_describe,
    .variants = ACTIVATION_PASSES,
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_TANH, .name = "tanh"}, {5, 7, 3}, 0}, {{0}, {0}, 0}}};
const struct layer_ops layer_sigmoid_ops = {
    .type = ALEXCL_SIGMOID,
    .name = "sigmoid",
    .keras = "Activation",
    .gradient_by_output = 1,
    .describe = activation_describe,
    .variants = ACTIVATION_PASSES,
    .samples =
        (const struct layer_sample[]){{{.type = ALEXCL_SIGMOID, .name = "sigmoid"}, {5, 7, 3}, 0}, {{0}, {0}, 0}}};
const struct layer_ops layer_lecun_tanh_ops = {
    .type = ALEXCL_LECUN_TANH,
    .name = "lecun-tanh",
    .keras = "Activation",
    .gradient_by_output = 1,
    .describe = activation_describe,
    .variants = ACTIVATION_PASSES,
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_LECUN_TANH, .name = "lecun_tanh"}, {5, 7, 3}, 0},
                                             {{0}, {0}, 0}}};
