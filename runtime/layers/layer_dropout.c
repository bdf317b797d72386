/* SPDX-License-Identifier: MIT */
/* Dropout. In training both kinds drop a unit with probability p, the inverted one scales what it keeps by 1 / (1 - p);
 * a gradient is dropped as its value was, by the same random numbers. At test time the paper's scales by 1 - p, and the
 * inverted one does nothing. */
#include <math.h>
#include <stdio.h>

#include "counter_rng.h"
#include "layer_private.h"
#include "ref.h"

static int dropout_describe(struct layer *l, struct alexcl_error *err) {
    (void)err;
    layer_describe_maps(l, l->shape.whole_in.h, l->shape.whole_in.w);
    l->shape.in_place = l->shape.by_value = 1;
    l->shape.view = l->shape.desc->dropout == ALEXCL_DROPOUT_INVERTED;
    return ALEXCL_OK;
}

static void dropout_tell(const struct alexcl_layer *d, layer_tell_fn *tell, void *user) {
    tell(user, "rate", NULL, d->rate);
    tell(user, "style", d->dropout == ALEXCL_DROPOUT_PAPER ? "paper" : "inverted", 0);
}

static float dropout_factor(const struct layer *l) { return (float)(1.0 - l->shape.desc->rate); }

static int dropout_own_build(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_FORWARD, 0, "scale", "scale_forward", "", err);
}

static int dropout_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = layer_range(layer_out_floats(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_out_floats(l)), ARG_FLOAT(dropout_factor(l)));
}

/* ---- in training ---- */

/* The place in the stream of the half's first unit of the first image of the buffers, plus `images`. */
static uint64_t dropout_element(const struct layer *l, const struct layer_io *io, int images) {
    struct alexcl_shape whole = l->shape.whole_in;
    struct alexcl_shape before = {shape_half_first(whole.c, l->shape.half), whole.h, whole.w};
    return (io->random.image + (uint64_t)images) * shape_size(whole) + shape_size(before);
}

/* A unit is kept where its 24 bits, as a number from 0 to 1, are the rate at least. */
static uint32_t dropout_threshold(const struct layer *l, const struct layer_io *io) {
    return io->random.on ? (uint32_t)ceil(l->shape.desc->rate * 0x1p24) : 0;
}

/* By what those that are kept are multiplied. */
static float dropout_scale(const struct layer *l, const struct layer_io *io) {
    if (l->shape.desc->dropout == ALEXCL_DROPOUT_PAPER) return io->random.on ? 1.0f : dropout_factor(l);
    return io->random.on ? (float)(1.0 / (1.0 - l->shape.desc->rate)) : 1.0f;
}

static void dropout_ref_draw(const struct layer *l, const struct layer_io *io, float *y, const float *x) {
    ref_dropout(y, x, io->count, shape_size(l->shape.out), io->random.key, dropout_element(l, io, io->first),
                shape_size(l->shape.whole_in), dropout_threshold(l, io), dropout_scale(l, io));
}

static int dropout_build(struct layer *l, enum layer_pass_kind pass, struct alexcl_error *err) {
    char defines[32];
    snprintf(defines, sizeof defines, "-DBLOCK=%d", l->choice.in_block);
    return layer_add_kernel(l, pass, 0, "dropout", "dropout", defines, err);
}

static int dropout_enqueue(struct layer *l, enum layer_pass_kind pass, const struct layer_io *io, struct buffer *x,
                           struct buffer *y, struct alexcl_error *err) {
    struct kernel_range range = layer_range(layer_out_floats(l), io);
    uint64_t start = counter_rng_state(io->random.key, dropout_element(l, io, 0));
    int values = (int)layer_out_floats(l), blocks = l->choice.in_block > 1;
    int channels = blocks ? shape_half_count(l->shape.maps.c, l->shape.half) : values;
    int hw = blocks ? l->shape.maps.h * l->shape.maps.w : 1;
    return KERNEL_LAUNCH(layer_kernel(l, pass, 0), l->shape.desc->name, &range, err, ARG_BUFFER(x), ARG_BUFFER(y),
                         ARG_INT(values), ARG_INT(channels), ARG_INT(hw), ARG_INT((int)shape_size(l->shape.whole_in)),
                         ARG_INT((int32_t)(uint32_t)start), ARG_INT((int32_t)(uint32_t)(start >> 32)),
                         ARG_INT((int32_t)dropout_threshold(l, io)), ARG_FLOAT(dropout_scale(l, io)));
}

static int dropout_draw_build(struct layer *l, struct alexcl_error *err) {
    return dropout_build(l, LAYER_FORWARD, err);
}

static int dropout_draw_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    return dropout_enqueue(l, LAYER_FORWARD, io, io->in[0].own->buffer, io->out->buffer, err);
}

static int dropout_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    if (l->choice.training)
        dropout_ref_draw(l, io, layer_host_out(l, io), layer_host_in(l, io));
    else
        ref_scale(layer_host_out(l, io), layer_host_in(l, io), (size_t)io->count * shape_size(l->shape.out),
                  dropout_factor(l));
    return ALEXCL_OK;
}

static int dropout_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    dropout_ref_draw(l, io, layer_host_in_gradient(l, io), layer_host_out_gradient(l, io));
    return ALEXCL_OK;
}

static int dropout_build_gradient(struct layer *l, struct alexcl_error *err) {
    return dropout_build(l, LAYER_INPUT_GRADIENT, err);
}

static int dropout_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    return dropout_enqueue(l, LAYER_INPUT_GRADIENT, io, io->out_gradient->buffer, io->in_gradients[0].own->buffer, err);
}

/* ---- the type ---- */

static int dropout_scales(const struct layer *l, const struct target *target) {
    return layer_on_device(l, target) && !l->choice.training;
}

static int dropout_draws(const struct layer *l, const struct target *target) {
    return layer_on_device(l, target) && l->choice.training;
}

static const struct layer_variant dropout_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = dropout_ref_enqueue};
static const struct layer_variant dropout_own = {.name = "own",
                                                 .applicable = dropout_scales,
                                                 .build = dropout_own_build,
                                                 .enqueue = dropout_own_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "scale"};
static const struct layer_variant dropout_draw = {.name = "draw",
                                                  .applicable = dropout_draws,
                                                  .build = dropout_draw_build,
                                                  .enqueue = dropout_draw_enqueue,
                                                  .release = layer_free_kernels,
                                                  .kernels = "dropout"};
static const struct layer_variant dropout_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = dropout_ref_enqueue_gradient};
static const struct layer_variant dropout_draw_gradient = {.name = "draw",
                                                           .applicable = dropout_draws,
                                                           .build = dropout_build_gradient,
                                                           .enqueue = dropout_enqueue_gradient,
                                                           .release = layer_free_kernels,
                                                           .kernels = "dropout"};
static const struct layer_variant *const dropout_variants[] = {&dropout_ref, &dropout_own, &dropout_draw, NULL};
static const struct layer_variant *const dropout_gradients[] = {&dropout_ref_gradient, &dropout_draw_gradient, NULL};

const struct layer_ops layer_dropout_ops = {
    .type = ALEXCL_DROPOUT,
    .name = "dropout",
    .keras = "Dropout",
    .fields = LAYER_FIELD_DROPOUT,
    .draws = 1,
    .describe = dropout_describe,
    .variants = {[LAYER_FORWARD] = dropout_variants, [LAYER_INPUT_GRADIENT] = dropout_gradients},
    .metadata = dropout_tell,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_DROPOUT, .name = "dropout", .rate = 0.5, .dropout = ALEXCL_DROPOUT_PAPER}, {150, 1, 1}, 0},
        {{.type = ALEXCL_DROPOUT, .name = "dropout", .rate = 0.25, .dropout = ALEXCL_DROPOUT_INVERTED}, {5, 3, 7}, 0},
        {{0}, {0}, 0}}};
