/* SPDX-License-Identifier: MIT */
/* LeNet-1998's output: distances to the classes' codes, which are given, not trained. A half has its own half of the
 * classes. */
#include "counter_rng.h"
#include "layer_private.h"
#include "ref.h"

/* Codes are -1 and 1. */
static void rbf_fill(const struct layer_fill *f) {
    uint64_t from = (uint64_t)f->first * f->row;
    for (size_t i = 0; i < (size_t)f->count * f->row; i++)
        f->out[i] = counter_rng_int(f->key, from + i, 2) ? 1.0f : -1.0f;
}

static int rbf_describe(struct layer *l, struct alexcl_error *err) {
    const struct alexcl_layer *d = l->shape.desc;
    int status = layer_describe_outputs(l, "an RBF layer", err);
    if (status != ALEXCL_OK) return status;
    layer_describe_tensor(l, (struct layer_tensor){.suffix = "weight",
                                                   .dims = 2,
                                                   .shape = {d->outputs, l->shape.whole_in.c},
                                                   .trainable = 0,
                                                   .stream = "code",
                                                   .fill = rbf_fill});
    return ALEXCL_OK;
}

static int rbf_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_rbf(layer_host_out(l, io), layer_host_in(l, io), l->pass[LAYER_FORWARD].parameters[0].host, io->count,
            l->shape.in.c, l->shape.out.c);
    return ALEXCL_OK;
}

static int rbf_own_build(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_FORWARD, 0, "rbf", "rbf_forward", "", err);
}

static int rbf_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = layer_range((size_t)l->shape.out.c, io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                         ARG_BUFFER(io->out->buffer), ARG_INT(l->shape.in.c), ARG_INT(l->shape.out.c));
}

static const struct layer_variant rbf_ref = {.name = "ref", .applicable = layer_on_host, .enqueue = rbf_ref_enqueue};
static const struct layer_variant rbf_own = {.name = "own",
                                             .applicable = layer_on_device,
                                             .build = rbf_own_build,
                                             .enqueue = rbf_own_enqueue,
                                             .release = layer_free_kernels,
                                             .kernels = "rbf"};

/* ---- input gradient ---- */

static int rbf_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_rbf_input_gradient(layer_host_in_gradient(l, io), layer_host_in(l, io),
                           l->pass[LAYER_INPUT_GRADIENT].parameters[0].host, layer_host_out_gradient(l, io), io->count,
                           l->shape.in.c, l->shape.out.c);
    return ALEXCL_OK;
}

static int rbf_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_INPUT_GRADIENT, 0, "rbf_input_gradient", "rbf_input_gradient", "", err);
}

static int rbf_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = layer_range((size_t)l->shape.in.c, io);
    return KERNEL_LAUNCH(
        layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err, ARG_BUFFER(io->in[0].own->buffer),
        ARG_BUFFER(l->pass[LAYER_INPUT_GRADIENT].parameters[0].buffer), ARG_BUFFER(io->out_gradient->buffer),
        ARG_BUFFER(io->in_gradients[0].own->buffer), ARG_INT(l->shape.in.c), ARG_INT(l->shape.out.c));
}

static const struct layer_variant rbf_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = rbf_ref_enqueue_gradient};
static const struct layer_variant rbf_own_gradient = {.name = "own",
                                                      .applicable = layer_on_device,
                                                      .build = rbf_own_build_gradient,
                                                      .enqueue = rbf_own_enqueue_gradient,
                                                      .release = layer_free_kernels,
                                                      .kernels = "rbf_input_gradient"};

const struct layer_ops layer_rbf_ops = {
    .type = ALEXCL_RBF,
    .name = "rbf",
    .keras = "RBF",
    .fields = LAYER_FIELD_UNITS,
    .blocks = LAYER_BLOCKS_NONE,
    .whole_batch = 1,
    .output = ALEXCL_OUTPUT_DISTANCES,
    .describe = rbf_describe,
    .variants = {[LAYER_FORWARD] = (const struct layer_variant *const[]){&rbf_ref, &rbf_own, NULL},
                 [LAYER_INPUT_GRADIENT] =
                     (const struct layer_variant *const[]){&rbf_ref_gradient, &rbf_own_gradient, NULL}},
    .shrink = layer_shrink_units,
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_RBF, .name = "rbf", .outputs = 10}, {84, 1, 1}, 0},
                                             {{0}, {0}, 0}}};
