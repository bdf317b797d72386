/* SPDX-License-Identifier: MIT */
/* LeNet-1998's trained sub-sampling: a factor and a summand for each channel, applied to the sum of a window. */
#include "channel_gradient.h"
#include "counter_rng.h"
#include "layer_pool.h"
#include "ref.h"

/* Weights such that an output is about the mean of its window. */
static void subsample_fill(const struct layer_fill *f) {
    counter_rng_fill_uniform(f->out, f->key, (uint64_t)f->first * f->row, (size_t)f->count * f->row, 0.25, 0.5);
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
    ref_subsample(layer_host_out(l, io), layer_host_in(l, io), l->pass[LAYER_FORWARD].parameters[0].host,
                  l->pass[LAYER_FORWARD].parameters[1].host, io->count, &s);
    return ALEXCL_OK;
}

static int subsample_own_build(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_FORWARD, "subsample", "subsample_forward", err);
}

static int subsample_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.out.h * (size_t)s.out.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                         ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_channels(l)), POOL_ARGS(s));
}

static const struct layer_variant subsample_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = subsample_ref_enqueue};
static const struct layer_variant subsample_own = {.name = "own",
                                                   .applicable = layer_on_device,
                                                   .build = subsample_own_build,
                                                   .enqueue = subsample_own_enqueue,
                                                   .release = layer_free_kernels,
                                                   .kernels = "subsample",
                                                   .packed = layer_packed_channels,
                                                   .pack = layer_pack_channels};

/* ---- gradients ---- */

static int subsample_ref_enqueue_input(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_subsample_input_gradient(layer_host_in_gradient(l, io), l->pass[LAYER_INPUT_GRADIENT].parameters[0].host,
                                 layer_host_out_gradient(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int subsample_ref_enqueue_weight(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_subsample_weight_gradient(io->tensor_gradients[0].host, io->tensor_gradients[1].host, layer_host_in(l, io),
                                  layer_host_out_gradient(l, io), io->count, &s, io->add);
    return ALEXCL_OK;
}

static int subsample_own_build_input(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_INPUT_GRADIENT, "subsample_input_gradient", "subsample_input_gradient", err);
}
static int subsample_own_build_weight(struct layer *l, struct alexcl_error *err) {
    return channel_gradient_build(l, "subsample_weight_gradient", err);
}

static int subsample_own_enqueue_input(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.in.h * (size_t)s.in.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(l->pass[LAYER_INPUT_GRADIENT].parameters[0].buffer),
                         ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->in_gradients[0].own->buffer),
                         ARG_INT((int)layer_channels(l)), POOL_ARGS(s));
}

static int subsample_own_enqueue_weight(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, end = io->first + io->count;
    struct shape_pool s = pool_shape(l);
    for (int first = io->first; first < end; first += CHANNEL_GRADIENT_IMAGES) {
        int count = layer_min(end - first, CHANNEL_GRADIENT_IMAGES);
        struct kernel_range range = channel_gradient_range(l, count);
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 0), l->shape.desc->name, &range, err,
                          ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out_gradient->buffer),
                          ARG_BUFFER(io->workspace->buffer), ARG_INT(first), ARG_INT(l->shape.out.c), POOL_ARGS(s)));
        TRY(channel_gradient_add(l, io, count, io->add || first > io->first, err));
    }
done:
    return status;
}

static const struct layer_variant subsample_ref_input = {
    .name = "ref", .applicable = layer_on_host, .enqueue = subsample_ref_enqueue_input};
static const struct layer_variant subsample_ref_weight = {
    .name = "ref", .applicable = layer_on_host, .enqueue = subsample_ref_enqueue_weight};
static const struct layer_variant subsample_own_input = {.name = "own",
                                                         .applicable = layer_on_device,
                                                         .build = subsample_own_build_input,
                                                         .enqueue = subsample_own_enqueue_input,
                                                         .release = layer_free_kernels,
                                                         .kernels = "subsample_input_gradient",
                                                         .packed = layer_packed_channels,
                                                         .pack = layer_pack_channels,
                                                         .last_resort = 1};
static const struct layer_variant subsample_own_weight = {.name = "own",
                                                          .workspace = channel_gradient_workspace,
                                                          .applicable = layer_on_device,
                                                          .build = subsample_own_build_weight,
                                                          .enqueue = subsample_own_enqueue_weight,
                                                          .release = layer_free_kernels,
                                                          .kernels = "subsample_weight_gradient"};

/* ---- cpu: subsample_input_gradient_cpu.cl ---- */

static int subsample_cpu_applicable(const struct layer *l, const struct target *target) {
    return layer_on_cpu_device(l, target) && l->choice.in_block == LAYER_BLOCK;
}

static int subsample_cpu_build_input(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_INPUT_GRADIENT, 0, "subsample_input_gradient_cpu", "subsample_input_gradient_cpu",
                            "", err);
}

static int subsample_cpu_enqueue_input(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    size_t blocks = layer_channels(l) / LAYER_BLOCK;
    struct kernel_range range = {3, {0, 0, (size_t)io->first}, {(size_t)s.in.h, blocks, (size_t)io->count}, {1, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(l->pass[LAYER_INPUT_GRADIENT].parameters[0].buffer),
                         ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->in_gradients[0].own->buffer),
                         ARG_INT((int)blocks), POOL_ARGS(s));
}

static const struct layer_variant subsample_cpu_input = {.name = "cpu",
                                                         .applicable = subsample_cpu_applicable,
                                                         .build = subsample_cpu_build_input,
                                                         .enqueue = subsample_cpu_enqueue_input,
                                                         .release = layer_free_kernels,
                                                         .kernels = "subsample_input_gradient_cpu",
                                                         .packed = layer_packed_channels,
                                                         .pack = layer_pack_channels};

const struct layer_ops layer_subsample_ops = {
    .type = ALEXCL_SUBSAMPLE,
    .name = "subsample",
    .fields = POOL_FIELDS,
    .reads_maps = 1,
    .describe = subsample_describe,
    .variants = {[LAYER_FORWARD] = (const struct layer_variant *const[]){&subsample_ref, &subsample_own, NULL},
                 [LAYER_INPUT_GRADIENT] =
                     (const struct layer_variant *const[]){&subsample_ref_input, &subsample_cpu_input,
                                                           &subsample_own_input, NULL},
                 [LAYER_WEIGHT_GRADIENT] =
                     (const struct layer_variant *const[]){&subsample_ref_weight, &subsample_own_weight, NULL}},
    .shrink = pool_shrink,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_SUBSAMPLE, .name = "subsample", .kernel = {2, 2}, .stride = {2, 2}}, {5, 10, 14}, 0},
        {{0}, {0}, 0}}};
