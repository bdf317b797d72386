/* SPDX-License-Identifier: MIT */
/* Backward passes of the fully connected layer by CLBlast: of up to fc_clblast_images images a product of matrices,
 * with weights and their gradients as they are in the file. CLBlast chooses its kernel, and so the order of its sums,
 * by the number of images: which are those of the call, in groups that neither device nor placement decides. */
#include "blas.h"
#include "channel_gradient.h"
#include "layer_fc.h"

/* The next images of a call, from part->first on. */
static int blas_next(const struct layer *l, const struct layer_io *io, struct layer_io *part) {
    part->first += part->count;
    part->count = layer_min(io->first + io->count - part->first, fc_clblast_images(l));
    return part->count > 0;
}

/* ---- input gradient ---- */

static size_t blas_input_workspace(const struct layer *l, const struct target *target) {
    return blas_gemm_workspace(target->device, (size_t)fc_clblast_images(l), (size_t)l->shape.in.c,
                               (size_t)l->shape.out.c, BLAS_AB);
}

static int blas_enqueue_input(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t in = (size_t)l->shape.in.c, out = (size_t)l->shape.out.c;
    const struct blas_matrix weights = {l->pass[LAYER_INPUT_GRADIENT].parameters[0].buffer, 0, in};
    for (struct layer_io part = {.first = io->first}; blas_next(l, io, &part);) {
        struct blas_matrix from = {io->out_gradient->buffer, (size_t)part.first * out, out},
                           to = {io->in_gradients[0].own->buffer, (size_t)part.first * in, in};
        TRY(blas_gemm(l->target->device, l->shape.desc->name, (size_t)part.count, in, out, from, weights, BLAS_AB, 0.0f,
                      to, io->workspace ? io->workspace->buffer : NULL, err));
    }
done:
    return status;
}

const struct layer_variant fc_clblast_input = {.name = "clblast",
                                               .applicable = fc_clblast_applicable,
                                               .workspace = blas_input_workspace,
                                               .enqueue = blas_enqueue_input};

/* ---- weight gradient ---- */

static size_t blas_weight_workspace(const struct layer *l, const struct target *target) {
    return blas_gemm_workspace(target->device, (size_t)l->shape.out.c, (size_t)l->shape.in.c,
                               (size_t)fc_clblast_images(l), BLAS_ATB);
}

static int blas_build_weight(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 0, "bias", "bias_gradient", "", err);
}

static int blas_enqueue_weight(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t in = (size_t)l->shape.in.c, out = (size_t)l->shape.out.c;
    const struct blas_matrix to = {io->tensor_gradients[0].buffer, 0, in};
    TRY(channel_gradient_bias(l, 0, io, err));
    for (struct layer_io part = {.first = io->first}; blas_next(l, io, &part);) {
        struct blas_matrix from = {io->out_gradient->buffer, (size_t)part.first * out, out},
                           x = {io->in[0].own->buffer, (size_t)part.first * in, in};
        TRY(blas_gemm(l->target->device, l->shape.desc->name, out, in, (size_t)part.count, from, x, BLAS_ATB,
                      io->add || part.first > io->first ? 1.0f : 0.0f, to, io->workspace ? io->workspace->buffer : NULL,
                      err));
    }
done:
    return status;
}

const struct layer_variant fc_clblast_weight = {.name = "clblast",
                                                .applicable = fc_clblast_applicable,
                                                .workspace = blas_weight_workspace,
                                                .build = blas_build_weight,
                                                .enqueue = blas_enqueue_weight,
                                                .release = layer_free_kernels,
                                                .kernels = "bias"};
