/* SPDX-License-Identifier: MIT */
/* The sum of several values of one shape, added in the order of the inputs wherever the halves run. */
#include <string.h>

#include "layer_private.h"
#include "ref.h"

static int add_describe(struct layer *l, struct alexcl_error *err) {
    for (int i = 1; i < l->shape.input_count; i++)
        if (l->shape.inputs[i].whole.c != l->shape.whole_in.c)
            return error_set(err, ALEXCL_E_USAGE,
                             "input %d has %d channels where the first has %d: a sum is of values of one shape", i + 1,
                             l->shape.inputs[i].whole.c, l->shape.whole_in.c);
    layer_describe_maps(l, l->shape.whole_in.h, l->shape.whole_in.w);
    l->shape.in_place = l->shape.by_value = 1;
    return ALEXCL_OK;
}

static int add_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    size_t size = shape_size(l->shape.out), at = (size_t)io->first * size, count = (size_t)io->count * size;
    float *y = layer_host_out(l, io);
    for (int i = 1; i < l->shape.input_count; i++)
        ref_add(y, i == 1 ? io->in[0].own->host + at : y, io->in[i].own->host + at, count);
    return ALEXCL_OK;
}

static int add_own_build(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_FORWARD, 0, "add", "add_forward", "", err);
}

static int add_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct kernel_range range = layer_range(layer_out_floats(l), io);
    for (int i = 1; i < l->shape.input_count && status == ALEXCL_OK; i++)
        status = KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                               ARG_BUFFER(i == 1 ? io->in[0].own->buffer : io->out->buffer),
                               ARG_BUFFER(io->in[i].own->buffer), ARG_BUFFER(io->out->buffer),
                               ARG_INT((int)layer_out_floats(l)));
    return status;
}

static const struct layer_variant add_ref = {.name = "ref", .applicable = layer_on_host, .enqueue = add_ref_enqueue};
static const struct layer_variant add_own = {.name = "own",
                                             .applicable = layer_on_device,
                                             .build = add_own_build,
                                             .enqueue = add_own_enqueue,
                                             .release = layer_free_kernels,
                                             .kernels = "add"};

/* ---- input gradient: the output's is that of every input; one of them may stand where that stands already ---- */

static int add_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    size_t size = shape_size(l->shape.out), at = (size_t)io->first * size, count = (size_t)io->count * size;
    const float *gy = layer_host_out_gradient(l, io);
    for (int i = 0; i < l->shape.input_count; i++)
        if (io->in_gradients[i].own->host + at != gy)
            memcpy(io->in_gradients[i].own->host + at, gy, count * sizeof *gy);
    return ALEXCL_OK;
}

static int add_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_INPUT_GRADIENT, 0, "scale", "scale_forward", "", err);
}

static int add_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct kernel_range range = layer_range(layer_out_floats(l), io);
    struct buffer *gy = io->out_gradient->buffer;
    for (int i = 0; i < l->shape.input_count && status == ALEXCL_OK; i++)
        if (io->in_gradients[i].own->buffer != gy)
            status = KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                                   ARG_BUFFER(gy), ARG_BUFFER(io->in_gradients[i].own->buffer),
                                   ARG_INT((int)layer_out_floats(l)), ARG_FLOAT(1.0f));
    return status;
}

static const struct layer_variant add_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = add_ref_enqueue_gradient};
static const struct layer_variant add_own_gradient = {.name = "own",
                                                      .applicable = layer_on_device,
                                                      .build = add_own_build_gradient,
                                                      .enqueue = add_own_enqueue_gradient,
                                                      .release = layer_free_kernels,
                                                      .kernels = "scale"};

static const struct layer_variant *const add_variants[] = {&add_ref, &add_own, NULL};
static const struct layer_variant *const add_gradients[] = {&add_ref_gradient, &add_own_gradient, NULL};

const struct layer_ops layer_add_ops = {
    .type = ALEXCL_ADD,
    .name = "add",
    .keras = "Add",
    .inputs = LAYER_INPUTS,
    .describe = add_describe,
    .variants = {[LAYER_FORWARD] = add_variants, [LAYER_INPUT_GRADIENT] = add_gradients},
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_ADD, .name = "add"}, {5, 7, 3}, 0}, {{0}, {0}, 0}},
    .more = {{5, 7, 3}, {5, 7, 3}}};
