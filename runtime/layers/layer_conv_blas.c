/* SPDX-License-Identifier: MIT */
/* A convolution by CLBlast, forward and weight gradient, image after image: what the windows read is laid out as a
 * matrix (im2col.cl), by which the weights, or the gradients of the outputs, are multiplied. The input gradient of a
 * convolution without a stride is a forward pass (conv_turned.c). */
#include "blas.h"
#include "channel_gradient.h"
#include "layer_conv.h"

enum { BLAS_COLUMNS, BLAS_BIAS }; /* the slots of the kernels */

static size_t blas_pixels(const struct layer *l) { return (size_t)l->shape.out.h * (size_t)l->shape.out.w; }
static size_t blas_depth(const struct layer *l) { return layer_tensor_row(&l->shape.tensors[0]); }

/* Floats of the workspace that CLBlast needs for the largest of the groups; the columns lie behind them. */
static size_t blas_start(const struct layer *l, enum layer_pass_kind pass, const struct target *target) {
    struct shape_conv s = conv_shape(l);
    size_t max = 0, depth = blas_depth(l), pixels = blas_pixels(l);
    for (int g = 0, rows = 0; g < s.groups; g++) {
        int first, count;
        conv_group_rows(&s, g, &first, &count);
        if (count <= 0 || count == rows) continue; /* groups between the first and the last are all alike */
        size_t wanted = pass == LAYER_FORWARD
                            ? blas_gemm_workspace(target->device, (size_t)count, pixels, depth, BLAS_AB)
                            : blas_gemm_workspace(target->device, (size_t)count, depth, pixels, BLAS_ABT);
        rows = count;
        if (wanted > max) max = wanted;
    }
    return max;
}

static int blas_build(struct layer *l, enum layer_pass_kind pass, const char *bias, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char defines[192];
    conv_window_defines(l, defines, sizeof defines);
    TRY(layer_add_kernel(l, pass, BLAS_COLUMNS, "im2col", "im2col", defines, err));
    TRY(layer_add_kernel(l, pass, BLAS_BIAS, "bias", bias, "", err));
done:
    return status;
}

/* The columns of a group of image n, from float `start` of the workspace. */
static int blas_lay_columns(struct layer *l, enum layer_pass_kind pass, const struct layer_io *io, int n, int group,
                            size_t start, struct alexcl_error *err) {
    struct shape_conv s = conv_shape(l);
    const struct shape_window *v = &s.window;
    int in = s.in.c / s.groups;
    const struct layer_io image = {.first = n, .count = 1};
    struct kernel_range range = layer_range_maps(blas_pixels(l), (size_t)in, &image);
    return KERNEL_LAUNCH(layer_kernel(l, pass, BLAS_COLUMNS), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->workspace->buffer), ARG_INT((int)start),
                         ARG_INT(s.in.c), ARG_INT(group * in), ARG_INT(in), ARG_INT(s.in.h), ARG_INT(s.in.w),
                         ARG_INT(s.out.h), ARG_INT(s.out.w), ARG_INT(v->kernel[0]), ARG_INT(v->kernel[1]),
                         ARG_INT(v->stride[0]), ARG_INT(v->stride[1]), ARG_INT(v->pad[0]), ARG_INT(v->pad[1]));
}

/* ---- forward ---- */

static size_t blas_forward_workspace(const struct layer *l, const struct target *target) {
    return blas_start(l, LAYER_FORWARD, target) + blas_depth(l) * blas_pixels(l);
}

static int blas_build_forward(struct layer *l, struct alexcl_error *err) {
    return blas_build(l, LAYER_FORWARD, "bias_fill", err);
}

static int blas_enqueue_forward(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct shape_conv s = conv_shape(l);
    const char *name = l->shape.desc->name;
    size_t pixels = blas_pixels(l), depth = blas_depth(l), start = blas_start(l, LAYER_FORWARD, l->target);
    struct kernel_range whole = layer_range(shape_size(s.out), io);
    TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, BLAS_BIAS), name, &whole, err, ARG_BUFFER(io->out->buffer),
                      ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_INT(s.out.c), ARG_INT((int)pixels)));
    for (int n = io->first; n < io->first + io->count; n++) {
        for (int g = 0; g < s.groups; g++) {
            int first, count;
            conv_group_rows(&s, g, &first, &count);
            if (count <= 0) continue;
            TRY(blas_lay_columns(l, LAYER_FORWARD, io, n, g, start, err));
            struct blas_matrix weights = {l->pass[LAYER_FORWARD].parameters[0].buffer, (size_t)first * depth, depth},
                               columns = {io->workspace->buffer, start, pixels};
            struct blas_matrix to = {io->out->buffer, ((size_t)n * (size_t)s.out.c + (size_t)first) * pixels, pixels};
            TRY(blas_gemm(l->target->device, name, (size_t)count, pixels, depth, weights, columns, BLAS_AB, 1.0f, to,
                          io->workspace->buffer, err));
        }
    }
done:
    return status;
}

const struct layer_variant conv_clblast = {.name = "clblast",
                                           .applicable = layer_wants_clblast,
                                           .workspace = blas_forward_workspace,
                                           .build = blas_build_forward,
                                           .enqueue = blas_enqueue_forward,
                                           .release = layer_free_kernels,
                                           .kernels = "im2col bias"};

/* ---- weight gradient ---- */

static size_t blas_weight_workspace(const struct layer *l, const struct target *target) {
    return blas_start(l, LAYER_WEIGHT_GRADIENT, target) + blas_depth(l) * blas_pixels(l);
}

static int blas_build_weight(struct layer *l, struct alexcl_error *err) {
    int status = conv_build_cut(l, err);
    return status == ALEXCL_OK ? blas_build(l, LAYER_WEIGHT_GRADIENT, "bias_gradient", err) : status;
}

static int blas_enqueue_weight(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct shape_conv s = conv_shape(l);
    const char *name = l->shape.desc->name;
    size_t pixels = blas_pixels(l), depth = blas_depth(l), start = blas_start(l, LAYER_WEIGHT_GRADIENT, l->target);
    TRY(channel_gradient_bias(l, BLAS_BIAS, io, err));
    for (int n = io->first; n < io->first + io->count; n++) {
        for (int g = 0; g < s.groups; g++) {
            int first, count;
            conv_group_rows(&s, g, &first, &count);
            if (count <= 0) continue;
            TRY(blas_lay_columns(l, LAYER_WEIGHT_GRADIENT, io, n, g, start, err));
            struct blas_matrix from = {io->out_gradient->buffer, ((size_t)n * (size_t)s.out.c + (size_t)first) * pixels,
                                       pixels},
                               columns = {io->workspace->buffer, start, pixels},
                               to = {io->tensor_gradients[0].buffer, (size_t)first * depth, depth};
            TRY(blas_gemm(l->target->device, name, (size_t)count, depth, pixels, from, columns, BLAS_ABT,
                          io->add || n > io->first ? 1.0f : 0.0f, to, io->workspace->buffer, err));
        }
    }
    TRY(conv_enqueue_cut(l, io, err));
done:
    return status;
}

const struct layer_variant conv_clblast_weight_gradient = {.name = "clblast",
                                                           .applicable = layer_wants_clblast,
                                                           .workspace = blas_weight_workspace,
                                                           .build = blas_build_weight,
                                                           .enqueue = blas_enqueue_weight,
                                                           .release = conv_free_weight_gradient,
                                                           .kernels = "im2col bias"};
