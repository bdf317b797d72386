/* SPDX-License-Identifier: MIT */
/* ReLU, tanh, sigmoid, LeCun's scaled tanh: value by value, in place. */
#include <stdio.h>

#include "layer_private.h"
#include "ref.h"

static int activation_describe(struct layer *l, struct alexcl_error *err) {
    (void)err;
    layer_describe_maps(l, l->shape.whole_in.h, l->shape.whole_in.w);
    l->shape.in_place = 1;
    return ALEXCL_OK;
}

static int activation_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_activation(layer_host_out(l, io), layer_host_in(l, io), (size_t)io->count * shape_size(l->shape.out),
                   l->shape.desc->type);
    return ALEXCL_OK;
}

static int activation_own_build(struct layer *l, struct alexcl_error *err) {
    static const int numbers[] = {/* ACTIVATION of activation.cl */
                                  [ALEXCL_RELU] = 0,
                                  [ALEXCL_TANH] = 1,
                                  [ALEXCL_SIGMOID] = 2,
                                  [ALEXCL_LECUN_TANH] = 3};
    char defines[32];
    snprintf(defines, sizeof defines, "-DACTIVATION=%d", numbers[l->shape.desc->type]);
    return layer_add_kernel(l, LAYER_FORWARD, 0, "activation", "activation_forward", defines, err);
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

const struct layer_ops layer_relu_ops = {
    .type = ALEXCL_RELU,
    .name = "relu",
    .keras = "Activation",
    .is_relu = 1,
    .describe = activation_describe,
    .variants = {[LAYER_FORWARD] = activation_variants},
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_RELU, .name = "relu"}, {5, 7, 3}, 0}, {{0}, {0}, 0}}};
const struct layer_ops layer_tanh_ops = {
    .type = ALEXCL_TANH,
    .name = "tanh",
    .keras = "Activation",
    .describe = activation_describe,
    .variants = {[LAYER_FORWARD] = activation_variants},
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_TANH, .name = "tanh"}, {5, 7, 3}, 0}, {{0}, {0}, 0}}};
const struct layer_ops layer_sigmoid_ops = {
    .type = ALEXCL_SIGMOID,
    .name = "sigmoid",
    .keras = "Activation",
    .describe = activation_describe,
    .variants = {[LAYER_FORWARD] = activation_variants},
    .samples =
        (const struct layer_sample[]){{{.type = ALEXCL_SIGMOID, .name = "sigmoid"}, {5, 7, 3}, 0}, {{0}, {0}, 0}}};
const struct layer_ops layer_lecun_tanh_ops = {
    .type = ALEXCL_LECUN_TANH,
    .name = "lecun-tanh",
    .keras = "Activation",
    .describe = activation_describe,
    .variants = {[LAYER_FORWARD] = activation_variants},
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_LECUN_TANH, .name = "lecun_tanh"}, {5, 7, 3}, 0},
                                             {{0}, {0}, 0}}};
