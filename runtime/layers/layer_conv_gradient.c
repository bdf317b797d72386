/* SPDX-License-Identifier: MIT */
/* The backward passes of a convolution: the reference's, and the last resort of devices. A half has the gradients of
 * its own outputs; what it makes of them for an input that both halves read is its part of that gradient. The weights
 * of connections that a layer leaves out are among the tensors, and their gradient is 0. */
#include <stdio.h>
#include <stdlib.h>

#include "layer_conv.h"
#include "memory.h"
#include "ref.h"

/* ---- ref ---- */

static int conv_ref_enqueue_input_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_conv s = conv_shape(l);
    ref_conv_input_gradient(layer_host_in_gradient(l, io), layer_host_out_gradient(l, io),
                            l->pass[LAYER_INPUT_GRADIENT].parameters[0].host, io->count, &s);
    return ALEXCL_OK;
}

static struct layer_fill conv_fill(const struct layer *l, float *weights) {
    const struct layer_tensor *t = &l->shape.tensors[0];
    return (struct layer_fill){
        .desc = l->shape.desc, .shape = t->shape, .first = t->first, .count = t->count, .out = weights};
}

static int conv_ref_enqueue_weight_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_conv s = conv_shape(l);
    float *weights = io->tensor_gradients[0].host;
    struct layer_fill fill = conv_fill(l, weights);
    ref_conv_weight_gradient(weights, io->tensor_gradients[1].host, layer_host_in(l, io),
                             layer_host_out_gradient(l, io), io->count, io->add, &s);
    if (l->shape.desc->connections) layer_cut_connections(&fill);
    return ALEXCL_OK;
}

const struct layer_variant conv_ref_input_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = conv_ref_enqueue_input_gradient};
static const struct layer_variant conv_ref_weight_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = conv_ref_enqueue_weight_gradient};

/* ---- naive: conv_input_gradient.cl ---- */

static void conv_naive_defines(const struct layer *l, char *out, size_t size) {
    struct shape_window v = layer_window(l->shape.desc);
    snprintf(out, size, "-DIN_BLOCK=%d -DOUT_BLOCK=%d -DDILATION_H=%d -DDILATION_W=%d", l->choice.in_block,
             l->choice.out_block, v.dilation[0], v.dilation[1]);
}

static int conv_naive_build_input_gradient(struct layer *l, struct alexcl_error *err) {
    char defines[128];
    conv_naive_defines(l, defines, sizeof defines);
    return layer_add_kernel(l, LAYER_INPUT_GRADIENT, 0, "conv_input_gradient", "conv_input_gradient", defines, err);
}

static int conv_naive_enqueue_input_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_conv s = conv_shape(l);
    int channels = layer_in_channels(l);
    struct kernel_range range = layer_range_maps((size_t)(s.in.h * s.in.w), (size_t)channels, io);
    return KERNEL_LAUNCH(
        layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
        ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(l->pass[LAYER_INPUT_GRADIENT].parameters[0].buffer),
        ARG_BUFFER(io->in_gradients[0].own->buffer), ARG_INT(s.in.c / s.groups), ARG_INT(s.group_out),
        ARG_INT(s.before), ARG_INT(s.in.c), ARG_INT(s.out.c), ARG_INT(channels), ARG_INT((int)layer_channels(l)),
        ARG_INT(layer_first_channels(l)), ARG_INT(layer_gap(l)), ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.out.h),
        ARG_INT(s.out.w), ARG_INT(s.window.kernel[0]), ARG_INT(s.window.kernel[1]), ARG_INT(s.window.stride[0]),
        ARG_INT(s.window.stride[1]), ARG_INT(s.window.pad[0]), ARG_INT(s.window.pad[1]));
}

const struct layer_variant conv_naive_input_gradient = {.name = "naive",
                                                        .applicable = layer_on_device,
                                                        .build = conv_naive_build_input_gradient,
                                                        .enqueue = conv_naive_enqueue_input_gradient,
                                                        .release = layer_free_kernels,
                                                        .kernels = "conv_input_gradient",
                                                        .last_resort = 1};

/* ---- naive: conv_weight_gradient.cl ---- */

/* The state of a weight gradient on a device. */
struct conv_weight_state {
    struct kernel *kernels[LAYER_KERNELS]; /* first: layer_kernel finds them */
    struct buffer *connections; /* outputs of the half x inputs: 0 where there is none; NULL: all are there */
};

int conv_build_cut(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const struct layer_tensor *t = &l->shape.tensors[0];
    size_t inputs = (size_t)t->shape[1], count = (size_t)t->count * inputs;
    float *there = NULL;
    struct conv_weight_state *state = NULL;
    if (!l->shape.desc->connections) return ALEXCL_OK;
    TRY(memory_alloc(&state, 1, sizeof *state, "a layer's kernels", err));
    l->pass[LAYER_WEIGHT_GRADIENT].state = state;
    TRY(memory_alloc_floats(&there, count, "a layer's connections", err));
    for (size_t i = 0; i < count; i++)
        there[i] = (float)(l->shape.desc->connections[(size_t)t->first + i / inputs] >> i % inputs & 1u);
    TRY(buffer_create(l->target->device, count, "connections", &state->connections, err));
    TRY(buffer_write(state->connections, 0, there, count, err));
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, CONV_CUT, "conv_weight_gradient", "conv_weight_gradient_cut", "",
                         err));
done:
    free(there);
    return status;
}

void conv_free_weight_gradient(struct layer *l, enum layer_pass_kind pass) {
    struct conv_weight_state *state = l->pass[pass].state;
    if (state && l->shape.desc->connections) buffer_free(state->connections);
    layer_free_kernels(l, pass);
}

int conv_enqueue_cut(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    const struct layer_tensor *t = &l->shape.tensors[0];
    if (!l->shape.desc->connections) return ALEXCL_OK;
    const struct conv_weight_state *state = l->pass[LAYER_WEIGHT_GRADIENT].state;
    const struct layer_io once = {.count = 1};
    struct kernel_range range = layer_range(layer_tensor_floats(t), &once);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, CONV_CUT), l->shape.desc->name, &range, err,
                         ARG_BUFFER(state->connections), ARG_BUFFER(io->tensor_gradients[0].buffer),
                         ARG_INT(t->count * t->shape[1]), ARG_INT(t->shape[2] * t->shape[3]));
}

static int conv_naive_build_weight_gradient(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char defines[128];
    conv_naive_defines(l, defines, sizeof defines);
    TRY(conv_build_cut(l, err));
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 0, "conv_weight_gradient", "conv_weight_gradient", defines, err));
done:
    return status;
}

static int conv_naive_enqueue_weight_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct shape_conv s = conv_shape(l);
    const struct layer_io once = {.count = 1};
    /* a filter's weights, then its bias */
    struct kernel_range range = layer_range_maps(layer_tensor_row(&l->shape.tensors[0]) + 1, (size_t)s.out.c, &once);
    TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 0), l->shape.desc->name, &range, err,
                      ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out_gradient->buffer),
                      ARG_BUFFER(io->tensor_gradients[0].buffer), ARG_BUFFER(io->tensor_gradients[1].buffer),
                      ARG_INT(io->first), ARG_INT(io->first + io->count), ARG_INT(io->add), ARG_INT(s.in.c / s.groups),
                      ARG_INT(s.group_out), ARG_INT(s.before), ARG_INT(s.out.c), ARG_INT(layer_in_channels(l)),
                      ARG_INT((int)layer_channels(l)), ARG_INT(layer_first_channels(l)), ARG_INT(layer_gap(l)),
                      ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.out.h), ARG_INT(s.out.w), ARG_INT(s.window.kernel[0]),
                      ARG_INT(s.window.kernel[1]), ARG_INT(s.window.stride[0]), ARG_INT(s.window.stride[1]),
                      ARG_INT(s.window.pad[0]), ARG_INT(s.window.pad[1])));
    TRY(conv_enqueue_cut(l, io, err));
done:
    return status;
}

static const struct layer_variant conv_naive_weight_gradient = {.name = "naive",
                                                                .applicable = layer_on_device,
                                                                .build = conv_naive_build_weight_gradient,
                                                                .enqueue = conv_naive_enqueue_weight_gradient,
                                                                .release = conv_free_weight_gradient,
                                                                .kernels = "conv_weight_gradient",
                                                                .last_resort = 1};

const struct layer_variant *const conv_weight_gradients[] = {&conv_ref_weight_gradient,
                                                             &conv_clblast_weight_gradient,
                                                             &conv_winograd_weight_gradient,
                                                             &conv_cpu_weight_gradient,
                                                             &conv_tiles_weight_gradient,
                                                             &conv_naive_weight_gradient,
                                                             NULL};
