/* SPDX-License-Identifier: MIT */
/* Max-pooling, average pooling, and LeNet-1998's trained sub-sampling. */
#include <stdio.h>

#include "generator.h"
#include "layer_private.h"
#include "ref.h"

enum {
    POOL_FIELDS = LAYER_FIELD_KERNEL | LAYER_FIELD_STRIDE | LAYER_FIELD_CEIL_MODE,
    POOL_FIELDS_PADDED = POOL_FIELDS | LAYER_FIELD_DILATION | LAYER_FIELD_PAD
};

/* Windows along one side. In ceil mode a window may be clipped, but must start inside. */
static int pool_windows(int side, const struct alexcl_layer *d) {
    if (!d->ceil_mode) return side < d->kernel[0] ? 0 : (side - d->kernel[0]) / d->stride[0] + 1;
    int windows = side < d->kernel[0] ? 1 : (side - d->kernel[0] + d->stride[0] - 1) / d->stride[0] + 1;
    return (windows - 1) * d->stride[0] >= side ? windows - 1 : windows;
}

static int pool_describe(struct layer *l, struct alexcl_error *err) {
    const struct alexcl_layer *d = l->shape.desc;
    if (d->kernel[0] != d->kernel[1] || d->stride[0] != d->stride[1] || d->dilation[0] > 1 || d->dilation[1] > 1 ||
        d->pad[0] || d->pad[1] || d->pad[2] || d->pad[3])
        return error_set(err, ALEXCL_E_USAGE, "a rectangular, a dilated or a padded window");
    int h = pool_windows(l->shape.whole_in.h, d), w = pool_windows(l->shape.whole_in.w, d);
    if (h < 1 || w < 1)
        return error_set(err, ALEXCL_E_USAGE, "a %d x %d window does not fit; with ceil_mode it would be clipped",
                         d->kernel[0], d->kernel[1]);
    layer_describe_maps(l, h, w);
    return ALEXCL_OK;
}

static void pool_shrink(struct alexcl_layer *d, struct alexcl_shape *in) {
    int side = d->kernel[0] + 3 * d->stride[0] + 1;
    *in = (struct alexcl_shape){layer_least(in->c, 5), layer_least(in->h, side), layer_least(in->w, side)};
}

static struct shape_pool pool_shape(const struct layer *l) {
    return (struct shape_pool){l->shape.in, l->shape.out, l->shape.desc->kernel[0], l->shape.desc->stride[0]};
}

static int pool_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.out.h * (size_t)s.out.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in->buffer), ARG_BUFFER(io->out->buffer), ARG_INT((int)layer_channels(l)),
                         ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.out.h), ARG_INT(s.out.w), ARG_INT(s.kernel),
                         ARG_INT(s.stride));
}

static int pool_add_kernel(struct layer *l, const char *source, const char *function, struct alexcl_error *err) {
    char defines[32];
    snprintf(defines, sizeof defines, "-DBLOCK=%d", l->choice.in_block);
    return layer_add_kernel(l, LAYER_FORWARD, 0, source, function, defines, err);
}

/* ---- maxpool ---- */

static int maxpool_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_maxpool(layer_host_out(l, io), layer_host_in(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int maxpool_own_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    (void)values;
    return pool_add_kernel(l, "maxpool", "maxpool_forward", err);
}

static const struct layer_variant maxpool_ref = {
    .name = "ref", .applicable = layer_on_host, .prepare = layer_upload, .enqueue = maxpool_ref_enqueue};
static const struct layer_variant maxpool_own = {.name = "own",
                                                 .applicable = layer_on_device,
                                                 .prepare = maxpool_own_prepare,
                                                 .enqueue = pool_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "maxpool",
                                                 .last_resort = 1};

static int maxpool_cpu_applicable(const struct layer *l, const struct place *place) {
    return layer_on_cpu_device(l, place) && l->choice.in_block == LAYER_BLOCK;
}

static int maxpool_cpu_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    (void)values;
    return layer_add_kernel(l, LAYER_FORWARD, 0, "maxpool_cpu", "maxpool_cpu_forward", "", err);
}

static int maxpool_cpu_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    size_t blocks = layer_channels(l) / LAYER_BLOCK;
    struct kernel_range range = {3, {0, 0, (size_t)io->first}, {(size_t)s.out.h, blocks, (size_t)io->count}, {1, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in->buffer), ARG_BUFFER(io->out->buffer), ARG_INT((int)blocks), ARG_INT(s.in.h),
                         ARG_INT(s.in.w), ARG_INT(s.out.h), ARG_INT(s.out.w), ARG_INT(s.kernel), ARG_INT(s.stride));
}

static const struct layer_variant maxpool_cpu = {.name = "cpu",
                                                 .applicable = maxpool_cpu_applicable,
                                                 .prepare = maxpool_cpu_prepare,
                                                 .enqueue = maxpool_cpu_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "maxpool_cpu"};

const struct layer_ops layer_maxpool_ops = {
    .type = ALEXCL_MAXPOOL,
    .name = "maxpool",
    .keras = "MaxPooling2D",
    .fields = POOL_FIELDS_PADDED,
    .reads_maps = 1,
    .describe = pool_describe,
    .variants = {[LAYER_FORWARD] =
                     (const struct layer_variant *const[]){&maxpool_ref, &maxpool_cpu, &maxpool_own, NULL}},
    .shrink = pool_shrink,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_MAXPOOL, .name = "maxpool", .kernel = {3, 3}, .stride = {2, 2}}, {5, 13, 13}, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "maxpool", .kernel = {2, 2}, .stride = {3, 3}, .ceil_mode = 1}, {3, 8, 9}, 0},
        {{0}, {0}, 0}}};

/* ---- avgpool ---- */

static int avgpool_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_avgpool(layer_host_out(l, io), layer_host_in(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int avgpool_own_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    (void)values;
    return pool_add_kernel(l, "avgpool", "avgpool_forward", err);
}

static const struct layer_variant avgpool_ref = {
    .name = "ref", .applicable = layer_on_host, .prepare = layer_upload, .enqueue = avgpool_ref_enqueue};
static const struct layer_variant avgpool_own = {.name = "own",
                                                 .applicable = layer_on_device,
                                                 .prepare = avgpool_own_prepare,
                                                 .enqueue = pool_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "avgpool"};

const struct layer_ops layer_avgpool_ops = {
    .type = ALEXCL_AVGPOOL,
    .name = "avgpool",
    .keras = "AveragePooling2D",
    .fields = POOL_FIELDS_PADDED | LAYER_FIELD_COUNT_PAD,
    .reads_maps = 1,
    .describe = pool_describe,
    .variants = {[LAYER_FORWARD] = (const struct layer_variant *const[]){&avgpool_ref, &avgpool_own, NULL}},
    .shrink = pool_shrink,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_AVGPOOL, .name = "avgpool", .kernel = {3, 3}, .stride = {2, 2}, .ceil_mode = 1},
         {5, 12, 10},
         0},
        {{0}, {0}, 0}}};

/* ---- subsample ---- */

/* About the mean of its window. */
static void subsample_fill(const struct layer_fill *f) {
    generator_fill_uniform(f->out, f->key, (uint64_t)f->first * f->row, (size_t)f->count * f->row, 0.25, 0.5);
}

static int subsample_describe(struct layer *l, struct alexcl_error *err) {
    int status = pool_describe(l, err);
    if (status != ALEXCL_OK) return status;
    layer_describe_tensor(l, (struct layer_tensor){.suffix = "weight",
                                                   .dims = 1,
                                                   .shape = {l->shape.whole_in.c},
                                                   .trainable = 1,
                                                   .stream = "w",
                                                   .fill = subsample_fill});
    layer_describe_bias(l, l->shape.whole_in.c);
    return ALEXCL_OK;
}

static int subsample_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_subsample(layer_host_out(l, io), layer_host_in(l, io), l->parameters[0].host, l->parameters[1].host, io->count,
                  &s);
    return ALEXCL_OK;
}

static size_t subsample_own_packed(const struct layer *l, const struct place *place, int t) {
    (void)place, (void)t;
    return layer_channels(l);
}

static int subsample_own_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    int status = ALEXCL_OK;
    TRY(pool_add_kernel(l, "subsample", "subsample_forward", err));
    /* as the channels are */
    for (int t = 0; t < LAYER_TENSORS; t++)
        TRY(layer_upload_filled(l, t, values[t], (size_t)l->shape.out.c, layer_channels(l), err));
done:
    return status;
}

static int subsample_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.out.h * (size_t)s.out.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in->buffer), ARG_BUFFER(l->parameters[0].buffer),
                         ARG_BUFFER(l->parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_channels(l)), ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.out.h),
                         ARG_INT(s.out.w), ARG_INT(s.kernel), ARG_INT(s.stride));
}

static const struct layer_variant subsample_ref = {
    .name = "ref", .applicable = layer_on_host, .prepare = layer_upload, .enqueue = subsample_ref_enqueue};
static const struct layer_variant subsample_own = {.name = "own",
                                                   .applicable = layer_on_device,
                                                   .prepare = subsample_own_prepare,
                                                   .enqueue = subsample_own_enqueue,
                                                   .release = layer_free_kernels,
                                                   .kernels = "subsample",
                                                   .packed = subsample_own_packed};

const struct layer_ops layer_subsample_ops = {
    .type = ALEXCL_SUBSAMPLE,
    .name = "subsample",
    .fields = POOL_FIELDS,
    .reads_maps = 1,
    .describe = subsample_describe,
    .variants = {[LAYER_FORWARD] = (const struct layer_variant *const[]){&subsample_ref, &subsample_own, NULL}},
    .shrink = pool_shrink,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_SUBSAMPLE, .name = "subsample", .kernel = {2, 2}, .stride = {2, 2}}, {5, 10, 14}, 0},
        {{0}, {0}, 0}}};
