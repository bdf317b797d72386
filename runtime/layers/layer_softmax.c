/* SPDX-License-Identifier: MIT */
/* Softmax: each half reads every logit, so that both divide by the same sum, and writes the probabilities of its own
 * half. */
#include <stdio.h>

#include "layer_private.h"
#include "ref.h"

static int softmax_describe(struct layer *l, struct alexcl_error *err) {
    layer_describe_maps(l, 1, 1);
    return layer_describe_units(l, "softmax", err);
}

/* Flattened maps of more than one value each would lie in another order than the units. */
static int softmax_takes_blocks(const struct layer *l) { return l->shape.maps.c == l->shape.whole_in.c; }

static void softmax_shrink(struct alexcl_layer *d, struct alexcl_shape *in) {
    (void)d;
    in->c = layer_min(in->c, 201);
}

static int softmax_first(const struct layer *l) { return shape_half_first(l->shape.whole_in.c, l->shape.half); }

static int softmax_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_softmax(layer_host_out(l, io), layer_host_in(l, io), io->count, l->shape.in.c, softmax_first(l),
                l->shape.out.c);
    return ALEXCL_OK;
}

/* Work-items an image: 64, or as many, a power of two, as the compiled kernel is allowed. */
static int softmax_build(struct layer *l, enum layer_pass_kind pass, const char *source, const char *function,
                         struct alexcl_error *err) {
    for (int group = 64;; group /= 2) {
        struct alexcl_error why = {0};
        char defines[48];
        snprintf(defines, sizeof defines, "-DGROUP=%d -DBLOCK=%d", group, l->choice.in_block);
        int status = layer_add_kernel(l, pass, 0, source, function, defines, &why);
        if (status == ALEXCL_OK) return ALEXCL_OK;
        if (group == 1 || !kernel_is_refused(status)) return error_copy(err, &why);
    }
}

static int softmax_own_build(struct layer *l, struct alexcl_error *err) {
    return softmax_build(l, LAYER_FORWARD, "softmax", "softmax_forward", err);
}

/* One work-group an image. */
static struct kernel_range softmax_range(const struct layer *l, enum layer_pass_kind pass, const struct layer_io *io) {
    struct kernel_range range = layer_range(kernel_required_group(layer_kernel(l, pass, 0)), io);
    range.local[0] = range.global[0];
    return range;
}

/* The arguments that tell the kernels the units. */
#define SOFTMAX_ARGS(l)                                                                                                \
    ARG_INT((l)->shape.in.c), ARG_INT(shape_half_count((l)->shape.whole_in.c, 0)), ARG_INT(softmax_first(l)),          \
        ARG_INT((l)->shape.out.c)

static int softmax_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = softmax_range(l, LAYER_FORWARD, io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out->buffer), SOFTMAX_ARGS(l));
}

static const struct layer_variant softmax_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = softmax_ref_enqueue};
static const struct layer_variant softmax_own = {.name = "own",
                                                 .applicable = layer_on_device,
                                                 .build = softmax_own_build,
                                                 .enqueue = softmax_own_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "softmax"};

/* ---- input gradient: what a half's own probabilities give to every logit ---- */

static int softmax_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_softmax_input_gradient(layer_host_in_gradient(l, io), layer_host_in(l, io), layer_host_out_gradient(l, io),
                               io->count, l->shape.in.c, softmax_first(l), l->shape.out.c);
    return ALEXCL_OK;
}

static int softmax_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    return softmax_build(l, LAYER_INPUT_GRADIENT, "softmax_input_gradient", "softmax_input_gradient", err);
}

static int softmax_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = softmax_range(l, LAYER_INPUT_GRADIENT, io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out_gradient->buffer),
                         ARG_BUFFER(io->in_gradients[0].own->buffer), SOFTMAX_ARGS(l));
}

static const struct layer_variant softmax_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = softmax_ref_enqueue_gradient};
static const struct layer_variant softmax_own_gradient = {.name = "own",
                                                          .applicable = layer_on_device,
                                                          .build = softmax_own_build_gradient,
                                                          .enqueue = softmax_own_enqueue_gradient,
                                                          .release = layer_free_kernels,
                                                          .kernels = "softmax_input_gradient"};

static const struct layer_variant *const softmax_variants[] = {&softmax_ref, &softmax_own, NULL};
static const struct layer_variant *const softmax_gradients[] = {&softmax_ref_gradient, &softmax_own_gradient, NULL};

const struct layer_ops layer_softmax_ops = {
    .type = ALEXCL_SOFTMAX,
    .name = "softmax",
    .keras = "Activation",
    .blocks = LAYER_BLOCKS_ENDED,
    .takes_blocks = softmax_takes_blocks,
    .output = ALEXCL_OUTPUT_PROBABILITIES,
    .describe = softmax_describe,
    .variants = {[LAYER_FORWARD] = softmax_variants, [LAYER_INPUT_GRADIENT] = softmax_gradients},
    .shrink = softmax_shrink,
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_SOFTMAX, .name = "softmax"}, {10, 1, 1}, 0},
                                             {{.type = ALEXCL_SOFTMAX, .name = "softmax"}, {201, 1, 1}, 0},
                                             {{0}, {0}, 0}}};
