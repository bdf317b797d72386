/* SPDX-License-Identifier: MIT */
/* Concatenation of channels. A half makes its own half of the output's channels, which are not the halves of the
 * inputs: of each input it needs a run of channels, and some of these may belong to the other half. They cross as a
 * halo, and no others do. Then a half's own channels and those that have crossed are copied, run by run. */
#include <stdio.h>
#include <string.h>

#include "layer_private.h"
#include "ref.h"

/* Channels from .. end-1, counted over both halves of an input or of the output. */
struct concat_run {
    int from, end;
};

static struct concat_run concat_common(struct concat_run a, struct concat_run b) {
    struct concat_run both = {a.from > b.from ? a.from : b.from, a.end < b.end ? a.end : b.end};
    if (both.end < both.from) both.end = both.from;
    return both;
}

static struct concat_run concat_half(int channels, int half) {
    int first = shape_half_first(channels, half);
    return (struct concat_run){first, first + shape_half_count(channels, half)};
}

/* The channels of input `input` that half `half` has and that this layer's half outputs, counted from the input's first
 * channel. *at: where the input begins in the output. */
static struct concat_run concat_part(const struct layer *l, int input, int half, int *at) {
    struct concat_run made = concat_half(l->shape.whole_out.c, l->shape.half);
    *at = 0;
    for (int i = 0; i < input; i++) *at += l->shape.inputs[i].whole.c;
    made.from -= *at;
    made.end -= *at;
    return concat_common(made, concat_half(l->shape.inputs[input].whole.c, half));
}

static int concat_describe(struct layer *l, struct alexcl_error *err) {
    int channels = 0, at;
    for (int i = 0; i < l->shape.input_count; i++) {
        channels += l->shape.inputs[i].whole.c;
        if (channels > LAYER_GROUPS)
            return error_set(err, ALEXCL_E_USAGE, "more than %d channels together", LAYER_GROUPS);
    }
    layer_describe_maps(l, l->shape.whole_in.h, l->shape.whole_in.w);
    l->shape.whole_out.c = channels;
    l->shape.out.c = shape_half_count(channels, l->shape.half);
    for (int i = 0; i < l->shape.input_count; i++) {
        struct concat_run part = concat_part(l, i, 1 - l->shape.half, &at);
        l->shape.inputs[i].halo = (struct layer_halo){
            part.from - shape_half_first(l->shape.inputs[i].whole.c, 1 - l->shape.half), part.end - part.from};
        if (part.end == part.from) l->shape.inputs[i].halo.first = 0;
    }
    return ALEXCL_OK;
}

/* The copy of one run. */
struct concat_copy {
    const struct storage *at; /* of the input */
    int channels, first;      /* the number of channels there, and the first one that is copied */
    int count, to_first;
    int packed; /* it lies packed, as it has crossed (struct layer_source's halo) */
};

/* Finds the copy of the channels of input `input` that half `half` has, of what a pass reads or makes of the inputs. */
static struct concat_copy concat_copy(const struct layer *l, const struct layer_source *inputs, int input, int half) {
    int at, own = half == l->shape.half;
    struct concat_run part = concat_part(l, input, half, &at);
    return (struct concat_copy){.at = own ? inputs[input].own : inputs[input].halo,
                                .channels = own ? layer_own(l, input).c : part.end - part.from,
                                .first = own ? part.from - shape_half_first(l->shape.inputs[input].whole.c, half) : 0,
                                .count = part.end - part.from,
                                .to_first = at + part.from - shape_half_first(l->shape.whole_out.c, l->shape.half),
                                .packed = !own};
}

static int concat_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    int hw = l->shape.out.h * l->shape.out.w;
    for (int i = 0; i < l->shape.input_count; i++) {
        for (int h = 0; h < 2; h++) {
            struct concat_copy c = concat_copy(l, io->in, i, h);
            if (c.count)
                ref_concat(layer_host_out(l, io), c.at->host + (size_t)io->first * (size_t)(c.channels * hw), io->count,
                           hw, l->shape.out.c, c.to_first, c.channels, c.first, c.count);
        }
    }
    return ALEXCL_OK;
}

static int concat_build(struct layer *l, enum layer_pass_kind pass, const char *source, const char *function,
                        struct alexcl_error *err) {
    char defines[32];
    snprintf(defines, sizeof defines, "-DBLOCK=%d", l->choice.in_block);
    return layer_add_kernel(l, pass, 0, source, function, defines, err);
}

static int concat_own_build(struct layer *l, struct alexcl_error *err) {
    return concat_build(l, LAYER_FORWARD, "concat", "concat_copy", err);
}

static int concat_launch(struct layer *l, const struct layer_io *io, const struct concat_copy *c,
                         struct alexcl_error *err) {
    int hw = l->shape.out.h * l->shape.out.w, last = l->shape.out.c;
    /* The lanes that fill up the last block are written together with the last channel. */
    int filled = c->to_first + c->count == last ? (int)layer_channels(l) - last : 0;
    /* On a CPU a work-item copies the channels that lie side by side. */
    int rows = l->choice.out_block > 1 ? 1 : c->count;
    struct kernel_range range = layer_range_maps((size_t)hw, (size_t)rows, io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err, ARG_BUFFER(c->at->buffer),
                         ARG_BUFFER(io->out->buffer), ARG_INT(hw), ARG_INT(c->channels), ARG_INT(c->first),
                         ARG_INT(l->shape.out.c), ARG_INT(c->to_first), ARG_INT(c->count), ARG_INT(filled),
                         ARG_INT(c->packed));
}

static int concat_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < l->shape.input_count; i++) {
        for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
            struct concat_copy c = concat_copy(l, io->in, i, h);
            if (c.count) status = concat_launch(l, io, &c, err);
        }
    }
    return status;
}

static const struct layer_variant concat_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = concat_ref_enqueue};
static const struct layer_variant concat_own = {.name = "own",
                                                .applicable = layer_on_device,
                                                .build = concat_own_build,
                                                .enqueue = concat_own_enqueue,
                                                .release = layer_free_kernels,
                                                .kernels = "concat"};

/* ---- input gradient: each run is copied back; own channels that the other half outputs get 0 here ---- */

static int concat_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    int hw = l->shape.out.h * l->shape.out.w;
    for (int i = 0; i < l->shape.input_count; i++) {
        for (int h = 0; h < 2; h++) {
            struct concat_copy c = concat_copy(l, io->in_gradients, i, h);
            size_t floats = (size_t)c.channels * (size_t)hw;
            if (c.channels == 0) continue;
            float *gx = c.at->host + (size_t)io->first * floats;
            memset(gx, 0, (size_t)io->count * floats * sizeof *gx);
            ref_concat(gx, layer_host_out_gradient(l, io), io->count, hw, c.channels, c.first, l->shape.out.c,
                       c.to_first, c.count);
        }
    }
    return ALEXCL_OK;
}

static int concat_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    return concat_build(l, LAYER_INPUT_GRADIENT, "concat_input_gradient", "concat_input_gradient", err);
}

static int concat_launch_gradient(struct layer *l, const struct layer_io *io, const struct concat_copy *c,
                                  struct alexcl_error *err) {
    int hw = l->shape.out.h * l->shape.out.w;
    struct alexcl_shape each = {c->channels, 1, 1};
    size_t memory = c->packed ? (size_t)c->channels : shape_floats(each, l->choice.in_block);
    struct kernel_range range = layer_range_maps((size_t)hw, memory, io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(c->at->buffer), ARG_INT(hw),
                         ARG_INT(c->channels), ARG_INT((int)memory), ARG_INT(c->first), ARG_INT(c->count),
                         ARG_INT(l->shape.out.c), ARG_INT(c->to_first), ARG_INT(c->packed));
}

static int concat_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < l->shape.input_count; i++) {
        for (int h = 0; h < 2 && status == ALEXCL_OK; h++) {
            struct concat_copy c = concat_copy(l, io->in_gradients, i, h);
            if (c.channels) status = concat_launch_gradient(l, io, &c, err);
        }
    }
    return status;
}

static const struct layer_variant concat_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = concat_ref_enqueue_gradient};
static const struct layer_variant concat_own_gradient = {.name = "own",
                                                         .applicable = layer_on_device,
                                                         .build = concat_own_build_gradient,
                                                         .enqueue = concat_own_enqueue_gradient,
                                                         .release = layer_free_kernels,
                                                         .kernels = "concat_input_gradient"};

static const struct layer_variant *const concat_variants[] = {&concat_ref, &concat_own, NULL};
static const struct layer_variant *const concat_gradients[] = {&concat_ref_gradient, &concat_own_gradient, NULL};

const struct layer_ops layer_concat_ops = {
    .type = ALEXCL_CONCAT,
    .name = "concat",
    .keras = "Concatenate",
    .inputs = LAYER_INPUTS,
    .reads_maps = 1,
    .describe = concat_describe,
    .variants = {[LAYER_FORWARD] = concat_variants, [LAYER_INPUT_GRADIENT] = concat_gradients},
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_CONCAT, .name = "concat"}, {21, 3, 7}, 0}, {{0}, {0}, 0}},
    .more = {{5, 3, 7}, {1, 3, 7}, {36, 3, 7}}};
