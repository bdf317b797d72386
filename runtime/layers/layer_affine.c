/* SPDX-License-Identifier: MIT */
/* A factor and a summand for each channel, in place: what batch normalisation is once it is trained. */
#include <stdio.h>

#include "channel_gradient.h"
#include "counter_rng.h"
#include "layer_private.h"
#include "ref.h"

/* About 1: a sign that changes would hide half of the values behind a ReLU. */
static void affine_fill(const struct layer_fill *f) {
    counter_rng_fill_uniform(f->out, f->key, (uint64_t)f->first * f->row, (size_t)f->count * f->row, 0.5, 1);
}

static int affine_describe(struct layer *l, struct alexcl_error *err) {
    (void)err;
    layer_describe_maps(l, l->shape.whole_in.h, l->shape.whole_in.w);
    l->shape.in_place = l->shape.by_value = 1;
    layer_describe_tensor(l, (struct layer_tensor){.suffix = "weight",
                                                   .dims = 1,
                                                   .shape = {l->shape.whole_in.c},
                                                   .trainable = 1,
                                                   .stream = "w",
                                                   .fill = affine_fill});
    layer_describe_bias(l, l->shape.whole_in.c);
    return ALEXCL_OK;
}

/* Units of flattened blocks lie in another order than their factors. */
static int affine_takes_blocks(const struct layer *l) { return l->shape.maps.c == l->shape.whole_in.c; }

static int affine_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_affine(layer_host_out(l, io), layer_host_in(l, io), l->pass[LAYER_FORWARD].parameters[0].host,
               l->pass[LAYER_FORWARD].parameters[1].host, io->count, l->shape.out.c, l->shape.out.h * l->shape.out.w);
    return ALEXCL_OK;
}

static int affine_add_kernel(struct layer *l, enum layer_pass_kind pass, const char *source, const char *function,
                             struct alexcl_error *err) {
    char defines[32];
    snprintf(defines, sizeof defines, "-DBLOCK=%d", l->choice.in_block);
    return layer_add_kernel(l, pass, 0, source, function, defines, err);
}

static int affine_own_build(struct layer *l, struct alexcl_error *err) {
    return affine_add_kernel(l, LAYER_FORWARD, "affine", "affine_forward", err);
}

static int affine_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    size_t hw = (size_t)l->shape.out.h * (size_t)l->shape.out.w;
    struct kernel_range range = layer_range_maps(hw, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                         ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_channels(l)), ARG_INT((int)hw));
}

static const struct layer_variant affine_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = affine_ref_enqueue};
static const struct layer_variant affine_own = {.name = "own",
                                                .applicable = layer_on_device,
                                                .build = affine_own_build,
                                                .enqueue = affine_own_enqueue,
                                                .release = layer_free_kernels,
                                                .kernels = "affine",
                                                .packed = layer_packed_channels,
                                                .pack = layer_pack_channels};

static void affine_shrink(struct alexcl_layer *d, struct alexcl_shape *in) {
    (void)d;
    *in = (struct alexcl_shape){layer_min(in->c, 35), layer_min(in->h, 5), layer_min(in->w, 7)};
}

/* ---- gradients ---- */

static int affine_ref_enqueue_input(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_affine_input_gradient(layer_host_in_gradient(l, io), l->pass[LAYER_INPUT_GRADIENT].parameters[0].host,
                              layer_host_out_gradient(l, io), io->count, l->shape.out.c,
                              l->shape.out.h * l->shape.out.w);
    return ALEXCL_OK;
}

static int affine_ref_enqueue_weight(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_affine_weight_gradient(io->tensor_gradients[0].host, io->tensor_gradients[1].host, layer_host_in(l, io),
                               layer_host_out_gradient(l, io), io->count, l->shape.out.c,
                               l->shape.out.h * l->shape.out.w, io->add);
    return ALEXCL_OK;
}

static int affine_own_build_input(struct layer *l, struct alexcl_error *err) {
    return affine_add_kernel(l, LAYER_INPUT_GRADIENT, "affine_input_gradient", "affine_input_gradient", err);
}
static int affine_own_build_weight(struct layer *l, struct alexcl_error *err) {
    return channel_gradient_build(l, "affine_weight_gradient", err);
}

static int affine_own_enqueue_input(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    size_t hw = (size_t)l->shape.out.h * (size_t)l->shape.out.w;
    struct kernel_range range = layer_range_maps(hw, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(l->pass[LAYER_INPUT_GRADIENT].parameters[0].buffer),
                         ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->in_gradients[0].own->buffer),
                         ARG_INT((int)layer_channels(l)), ARG_INT((int)hw));
}

static int affine_own_enqueue_weight(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, end = io->first + io->count;
    for (int first = io->first; first < end; first += CHANNEL_GRADIENT_IMAGES) {
        int count = layer_min(end - first, CHANNEL_GRADIENT_IMAGES);
        struct kernel_range range = channel_gradient_range(l, count);
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 0), l->shape.desc->name, &range, err,
                          ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out_gradient->buffer),
                          ARG_BUFFER(io->workspace->buffer), ARG_INT(first), ARG_INT(l->shape.out.c),
                          ARG_INT(l->shape.out.h * l->shape.out.w)));
        TRY(channel_gradient_add(l, io, count, io->add || first > io->first, err));
    }
done:
    return status;
}

static const struct layer_variant affine_ref_input = {
    .name = "ref", .applicable = layer_on_host, .enqueue = affine_ref_enqueue_input};
static const struct layer_variant affine_ref_weight = {
    .name = "ref", .applicable = layer_on_host, .enqueue = affine_ref_enqueue_weight};
static const struct layer_variant affine_own_input = {.name = "own",
                                                      .applicable = layer_on_device,
                                                      .build = affine_own_build_input,
                                                      .enqueue = affine_own_enqueue_input,
                                                      .release = layer_free_kernels,
                                                      .kernels = "affine_input_gradient",
                                                      .packed = layer_packed_channels,
                                                      .pack = layer_pack_channels};
static const struct layer_variant affine_own_weight = {.name = "own",
                                                       .workspace = channel_gradient_workspace,
                                                       .applicable = layer_on_device,
                                                       .build = affine_own_build_weight,
                                                       .enqueue = affine_own_enqueue_weight,
                                                       .release = layer_free_kernels,
                                                       .kernels = "affine_weight_gradient"};

const struct layer_ops layer_affine_ops = {
    .type = ALEXCL_AFFINE,
    .name = "affine",
    .keras = "BatchNormalization",
    .reads_maps = 1,
    .takes_blocks = affine_takes_blocks,
    .describe = affine_describe,
    .variants = {[LAYER_FORWARD] = (const struct layer_variant *const[]){&affine_ref, &affine_own, NULL},
                 [LAYER_INPUT_GRADIENT] =
                     (const struct layer_variant *const[]){&affine_ref_input, &affine_own_input, NULL},
                 [LAYER_WEIGHT_GRADIENT] =
                     (const struct layer_variant *const[]){&affine_ref_weight, &affine_own_weight, NULL}},
    .shrink = affine_shrink,
    .samples =
        (const struct layer_sample[]){{{.type = ALEXCL_AFFINE, .name = "affine"}, {37, 5, 9}, 0}, {{0}, {0}, 0}}};
