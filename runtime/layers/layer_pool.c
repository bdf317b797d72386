/* SPDX-License-Identifier: MIT */
/* Max-pooling, average pooling, and what LeNet-1998's trained sub-sampling shares with them. Output sizes are computed
 * as by PyTorch and ONNX. Every window must have a value on the map, so that no kernel has to take the largest of none:
 * padding and dilation that break this are refused. */
#include "layer_pool.h"

#include <stdio.h>

#include "ref.h"

enum { POOL_FIELDS_PADDED = POOL_FIELDS | LAYER_FIELD_DILATION | LAYER_FIELD_PAD };

/* The number of windows along one side. In ceil mode the last one may be clipped, but must start on the map or in the
 * padding before it. */
static int pool_windows(int side, int axis, int ceil_mode, const struct shape_window *w) {
    int stride = w->stride[axis], extent = shape_window_extent(w, axis),
        padded = w->pad[axis] + side + w->pad[axis + 2];
    if (!ceil_mode) return padded < extent ? 0 : (padded - extent) / stride + 1;
    int windows = padded < extent ? 1 : (padded - extent + stride - 1) / stride + 1;
    return (windows - 1) * stride >= w->pad[axis] + side ? windows - 1 : windows;
}

/* The first window that has no value on the map; -1: every window has one. */
static int pool_without_values(int side, int axis, int windows, const struct shape_window *w) {
    int step = w->dilation[axis];
    for (int i = 0; i < windows; i++) {
        int start = i * w->stride[axis] - w->pad[axis], skipped = start < 0 ? (step - 1 - start) / step : 0;
        if (skipped >= w->kernel[axis] || start + skipped * step >= side) return i;
    }
    return -1;
}

/* A global pool's window is the map. */
static struct shape_window pool_window(const struct layer *l) {
    if (l->shape.ops->fields & LAYER_FIELD_KERNEL) return layer_window(l->shape.desc);
    return (struct shape_window){
        .kernel = {l->shape.whole_in.h, l->shape.whole_in.w}, .stride = {1, 1}, .dilation = {1, 1}};
}

int pool_describe(struct layer *l, struct alexcl_error *err) {
    struct shape_window w = pool_window(l);
    int sides[2] = {l->shape.whole_in.h, l->shape.whole_in.w}, windows[2];
    for (int axis = 0; axis < 2; axis++) {
        windows[axis] = pool_windows(sides[axis], axis, l->shape.desc->ceil_mode, &w);
        if (windows[axis] < 1)
            return error_set(err, ALEXCL_E_USAGE, "a %d x %d window does not fit; with ceil_mode it would be clipped",
                             shape_window_extent(&w, 0), shape_window_extent(&w, 1));
    }
    for (int axis = 0; axis < 2; axis++) {
        int empty = pool_without_values(sides[axis], axis, windows[axis], &w);
        if (empty >= 0)
            return error_set(err, ALEXCL_E_USAGE,
                             "the windows of %s %d have nothing but padding: pad[%d] %d, pad[%d] %d; give less",
                             axis ? "column" : "row", empty, axis, w.pad[axis], axis + 2, w.pad[axis + 2]);
    }
    layer_describe_maps(l, windows[0], windows[1]);
    return ALEXCL_OK;
}

void pool_shrink(struct alexcl_layer *d, struct alexcl_shape *in) {
    struct shape_window w = layer_window(d);
    *in = (struct alexcl_shape){layer_min(in->c, 5), layer_shrink_side(in->h, 0, 3, &w),
                                layer_shrink_side(in->w, 1, 3, &w)};
}

/* For a global pool: a small map. */
static void pool_shrink_map(struct alexcl_layer *d, struct alexcl_shape *in) {
    (void)d;
    *in = (struct alexcl_shape){layer_min(in->c, 5), layer_min(in->h, 4), layer_min(in->w, 3)};
}

struct shape_pool pool_shape(const struct layer *l) {
    return (struct shape_pool){l->shape.in, l->shape.out, pool_window(l), l->shape.desc->count_include_pad};
}

static void pool_tell(const struct alexcl_layer *d, layer_tell_fn *tell, void *user) {
    layer_tell_window(d, 0, tell, user);
}

int pool_add_kernel(struct layer *l, enum layer_pass_kind pass, const char *source, const char *function,
                    struct alexcl_error *err) {
    struct shape_window w = pool_window(l);
    char defines[112];
    snprintf(defines, sizeof defines, "-DBLOCK=%d -DDILATION_H=%d -DDILATION_W=%d%s", l->choice.in_block, w.dilation[0],
             w.dilation[1], pass == LAYER_INPUT_GRADIENT && l->choice.all_ties ? " -DALL_TIES" : "");
    return layer_add_kernel(l, pass, 0, source, function, defines, err);
}

#define POOL_ARGS_PADDED(s) POOL_ARGS(s), ARG_INT((s).window.pad[0]), ARG_INT((s).window.pad[1])

/* ---- maxpool ---- */

static int maxpool_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_maxpool(layer_host_out(l, io), layer_host_in(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int maxpool_own_build(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_FORWARD, "maxpool", "maxpool_forward", err);
}

static int maxpool_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.out.h * (size_t)s.out.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_channels(l)), POOL_ARGS_PADDED(s));
}

static const struct layer_variant maxpool_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = maxpool_ref_enqueue};
static const struct layer_variant maxpool_own = {.name = "own",
                                                 .applicable = layer_on_device,
                                                 .build = maxpool_own_build,
                                                 .enqueue = maxpool_own_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "maxpool",
                                                 .last_resort = 1};

static int pool_cpu_applicable(const struct layer *l, const struct target *target) {
    return layer_on_cpu_device(l, target) && l->choice.in_block == LAYER_BLOCK;
}

static int maxpool_cpu_build(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_FORWARD, "maxpool_cpu", "maxpool_cpu_forward", err);
}

static int maxpool_cpu_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    size_t blocks = layer_channels(l) / LAYER_BLOCK;
    struct kernel_range range = {3, {0, 0, (size_t)io->first}, {(size_t)s.out.h, blocks, (size_t)io->count}, {1, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out->buffer), ARG_INT((int)blocks),
                         POOL_ARGS_PADDED(s));
}

static const struct layer_variant maxpool_cpu = {.name = "cpu",
                                                 .applicable = pool_cpu_applicable,
                                                 .build = maxpool_cpu_build,
                                                 .enqueue = maxpool_cpu_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "maxpool_cpu"};

static const struct layer_variant *const maxpool_variants[] = {&maxpool_ref, &maxpool_cpu, &maxpool_own, NULL};

static int maxpool_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_maxpool_input_gradient(layer_host_in_gradient(l, io), layer_host_in(l, io), layer_host_out_gradient(l, io),
                               io->count, &s, l->choice.all_ties);
    return ALEXCL_OK;
}

static int maxpool_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_INPUT_GRADIENT, "maxpool_input_gradient", "maxpool_input_gradient", err);
}

static int maxpool_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.in.h * (size_t)s.in.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out_gradient->buffer),
                         ARG_BUFFER(io->in_gradients[0].own->buffer), ARG_INT((int)layer_channels(l)),
                         POOL_ARGS_PADDED(s));
}

static int maxpool_cpu_build_gradient(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_INPUT_GRADIENT, "maxpool_input_gradient_cpu", "maxpool_input_gradient_cpu", err);
}

static int maxpool_cpu_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    size_t blocks = layer_channels(l) / LAYER_BLOCK;
    struct kernel_range range = {2, {0, (size_t)io->first, 0}, {blocks, (size_t)io->count, 1}, {1, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out_gradient->buffer),
                         ARG_BUFFER(io->in_gradients[0].own->buffer), ARG_INT((int)blocks), POOL_ARGS_PADDED(s));
}

static const struct layer_variant maxpool_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = maxpool_ref_enqueue_gradient};
static const struct layer_variant maxpool_own_gradient = {.name = "own",
                                                          .applicable = layer_on_device,
                                                          .build = maxpool_own_build_gradient,
                                                          .enqueue = maxpool_own_enqueue_gradient,
                                                          .release = layer_free_kernels,
                                                          .kernels = "maxpool_input_gradient",
                                                          .last_resort = 1};
static const struct layer_variant maxpool_cpu_gradient = {.name = "cpu",
                                                          .applicable = pool_cpu_applicable,
                                                          .build = maxpool_cpu_build_gradient,
                                                          .enqueue = maxpool_cpu_enqueue_gradient,
                                                          .release = layer_free_kernels,
                                                          .kernels = "maxpool_input_gradient_cpu"};
static const struct layer_variant *const maxpool_gradients[] = {&maxpool_ref_gradient, &maxpool_cpu_gradient,
                                                                &maxpool_own_gradient, NULL};

#define MAXPOOL_PASSES                                                                                                 \
    { [LAYER_FORWARD] = maxpool_variants, [LAYER_INPUT_GRADIENT] = maxpool_gradients }

const struct layer_ops layer_global_maxpool_ops = {
    .type = ALEXCL_GLOBAL_MAXPOOL,
    .name = "global-maxpool",
    .keras = "GlobalMaxPooling2D",
    .reads_maps = 1,
    .describe = pool_describe,
    .variants = MAXPOOL_PASSES,
    .shrink = pool_shrink_map,
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_GLOBAL_MAXPOOL, .name = "globalmax"}, {5, 7, 6}, 0},
                                             {{0}, {0}, 0}}};

const struct layer_ops layer_maxpool_ops = {
    .type = ALEXCL_MAXPOOL,
    .name = "maxpool",
    .keras = "MaxPooling2D",
    .fields = POOL_FIELDS_PADDED,
    .reads_maps = 1,
    .describe = pool_describe,
    .variants = MAXPOOL_PASSES,
    .metadata = pool_tell,
    .shrink = pool_shrink,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_MAXPOOL, .name = "maxpool", .kernel = {3, 3}, .stride = {2, 2}}, {5, 13, 13}, 0},
        {{.type = ALEXCL_MAXPOOL, .name = "maxpool", .kernel = {2, 2}, .stride = {3, 3}, .ceil_mode = 1}, {3, 8, 9}, 0},
        {{.type = ALEXCL_MAXPOOL,
          .name = "maxpool",
          .kernel = {3, 2},
          .stride = {1, 2},
          .dilation = {2, 1},
          .pad = {1, 0, 2, 1}},
         {3, 8, 9},
         0},
        {{0}, {0}, 0}}};

/* ---- avgpool ---- */

#define AVGPOOL_ARGS(s)                                                                                                \
    POOL_ARGS_PADDED(s), ARG_INT((s).in.h + (s).window.pad[2]), ARG_INT((s).in.w + (s).window.pad[3]),                 \
        ARG_INT((s).count_include_pad)

static int avgpool_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_avgpool(layer_host_out(l, io), layer_host_in(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int avgpool_own_build(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_FORWARD, "avgpool", "avgpool_forward", err);
}

static int avgpool_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.out.h * (size_t)s.out.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT((int)layer_channels(l)), AVGPOOL_ARGS(s));
}

static void avgpool_tell(const struct alexcl_layer *d, layer_tell_fn *tell, void *user) {
    pool_tell(d, tell, user);
    if (d->pad[0] || d->pad[1] || d->pad[2] || d->pad[3]) tell(user, "count_include_pad", NULL, d->count_include_pad);
}

static const struct layer_variant avgpool_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = avgpool_ref_enqueue};
static const struct layer_variant avgpool_own = {.name = "own",
                                                 .applicable = layer_on_device,
                                                 .build = avgpool_own_build,
                                                 .enqueue = avgpool_own_enqueue,
                                                 .release = layer_free_kernels,
                                                 .kernels = "avgpool"};

static const struct layer_variant *const avgpool_variants[] = {&avgpool_ref, &avgpool_own, NULL};

static int avgpool_ref_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_avgpool_input_gradient(layer_host_in_gradient(l, io), layer_host_out_gradient(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int avgpool_own_build_gradient(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_INPUT_GRADIENT, "avgpool_input_gradient", "avgpool_input_gradient", err);
}

static int avgpool_own_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.in.h * (size_t)s.in.w, layer_channels(l), io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->in_gradients[0].own->buffer),
                         ARG_INT((int)layer_channels(l)), AVGPOOL_ARGS(s));
}

static int avgpool_cpu_build_gradient(struct layer *l, struct alexcl_error *err) {
    return pool_add_kernel(l, LAYER_INPUT_GRADIENT, "avgpool_input_gradient_cpu", "avgpool_input_gradient_cpu", err);
}

static int avgpool_cpu_enqueue_gradient(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    size_t blocks = layer_channels(l) / LAYER_BLOCK;
    struct kernel_range range = {2, {0, (size_t)io->first, 0}, {blocks, (size_t)io->count, 1}, {1, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->in_gradients[0].own->buffer),
                         ARG_INT((int)blocks), AVGPOOL_ARGS(s));
}

static const struct layer_variant avgpool_ref_gradient = {
    .name = "ref", .applicable = layer_on_host, .enqueue = avgpool_ref_enqueue_gradient};
static const struct layer_variant avgpool_own_gradient = {.name = "own",
                                                          .applicable = layer_on_device,
                                                          .build = avgpool_own_build_gradient,
                                                          .enqueue = avgpool_own_enqueue_gradient,
                                                          .release = layer_free_kernels,
                                                          .kernels = "avgpool_input_gradient",
                                                          .last_resort = 1};
static const struct layer_variant avgpool_cpu_gradient = {.name = "cpu",
                                                          .applicable = pool_cpu_applicable,
                                                          .build = avgpool_cpu_build_gradient,
                                                          .enqueue = avgpool_cpu_enqueue_gradient,
                                                          .release = layer_free_kernels,
                                                          .kernels = "avgpool_input_gradient_cpu"};
static const struct layer_variant *const avgpool_gradients[] = {&avgpool_ref_gradient, &avgpool_cpu_gradient,
                                                                &avgpool_own_gradient, NULL};

#define AVGPOOL_PASSES                                                                                                 \
    { [LAYER_FORWARD] = avgpool_variants, [LAYER_INPUT_GRADIENT] = avgpool_gradients }

const struct layer_ops layer_global_avgpool_ops = {
    .type = ALEXCL_GLOBAL_AVGPOOL,
    .name = "global-avgpool",
    .keras = "GlobalAveragePooling2D",
    .reads_maps = 1,
    .describe = pool_describe,
    .variants = AVGPOOL_PASSES,
    .shrink = pool_shrink_map,
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_GLOBAL_AVGPOOL, .name = "globalavg"}, {5, 7, 6}, 0},
                                             {{0}, {0}, 0}}};

const struct layer_ops layer_avgpool_ops = {
    .type = ALEXCL_AVGPOOL,
    .name = "avgpool",
    .keras = "AveragePooling2D",
    .fields = POOL_FIELDS_PADDED | LAYER_FIELD_COUNT_PAD,
    .reads_maps = 1,
    .describe = pool_describe,
    .variants = AVGPOOL_PASSES,
    .metadata = avgpool_tell,
    .shrink = pool_shrink,
    .samples = (const struct layer_sample[]){
        {{.type = ALEXCL_AVGPOOL, .name = "avgpool", .kernel = {3, 3}, .stride = {2, 2}, .ceil_mode = 1},
         {5, 12, 10},
         0},
        {{.type = ALEXCL_AVGPOOL,
          .name = "avgpool",
          .kernel = {2, 3},
          .stride = {1, 2},
          .pad = {1, 0, 0, 2},
          .count_include_pad = 1},
         {5, 7, 10},
         0},
        {{0}, {0}, 0}}};
