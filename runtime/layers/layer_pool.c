/* SPDX-License-Identifier: MIT */
/* Max-pooling, average pooling, and LeNet-1998's trained sub-sampling. */
#include "layer_private.h"
#include "ref.h"

/* Windows along one side. In ceil mode a window may be clipped, but must start inside. */
static int pool_windows(int side, const struct alexcl_layer *d) {
    if (!d->ceil_mode) return side < d->kernel ? 0 : (side - d->kernel) / d->stride + 1;
    int windows = side < d->kernel ? 1 : (side - d->kernel + d->stride - 1) / d->stride + 1;
    return (windows - 1) * d->stride >= side ? windows - 1 : windows;
}

static int pool_describe(struct layer *l, struct alexcl_error *err) {
    const struct alexcl_layer *d = l->desc;
    if (d->kernel < 1 || d->stride < 1) return error_set(err, ALEXCL_E_USAGE, "window %d, stride %d: both must be 1 at least", d->kernel, d->stride);
    int h = pool_windows(l->whole_in.h, d), w = pool_windows(l->whole_in.w, d);
    if (h < 1 || w < 1) return error_set(err, ALEXCL_E_USAGE, "a %d x %d window does not fit; with ceil_mode it would be clipped", d->kernel, d->kernel);
    layer_describe_maps(l, h, w);
    return ALEXCL_OK;
}

static struct shape_pool pool_shape(const struct layer *l) { return (struct shape_pool){l->in, l->out, l->desc->kernel, l->desc->stride}; }

static int pool_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.out.h * (size_t)s.out.w, (size_t)s.out.c, io);
    return KERNEL_LAUNCH(layer_kernel(l, 0), l->desc->name, &range, err, ARG_BUFFER(io->in->buffer), ARG_BUFFER(io->out->buffer), ARG_INT(s.in.c),
                         ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.out.h), ARG_INT(s.out.w), ARG_INT(s.kernel), ARG_INT(s.stride));
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
    return layer_add_kernel(l, 0, "maxpool", "maxpool_forward", "", err);
}

static const struct layer_variant maxpool_ref = {"ref", layer_on_host, NULL, layer_upload, maxpool_ref_enqueue, NULL, NULL};
static const struct layer_variant maxpool_own = {"own", layer_on_device, NULL, maxpool_own_prepare, pool_enqueue, layer_free_kernels, "maxpool"};

const struct layer_ops layer_maxpool_ops = {ALEXCL_MAXPOOL, pool_describe, (const struct layer_variant *const[]){&maxpool_ref, &maxpool_own, NULL}};

/* ---- avgpool ---- */

static int avgpool_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_avgpool(layer_host_out(l, io), layer_host_in(l, io), io->count, &s);
    return ALEXCL_OK;
}

static int avgpool_own_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    (void)values;
    return layer_add_kernel(l, 0, "avgpool", "avgpool_forward", "", err);
}

static const struct layer_variant avgpool_ref = {"ref", layer_on_host, NULL, layer_upload, avgpool_ref_enqueue, NULL, NULL};
static const struct layer_variant avgpool_own = {"own", layer_on_device, NULL, avgpool_own_prepare, pool_enqueue, layer_free_kernels, "avgpool"};

const struct layer_ops layer_avgpool_ops = {ALEXCL_AVGPOOL, pool_describe, (const struct layer_variant *const[]){&avgpool_ref, &avgpool_own, NULL}};

/* ---- subsample ---- */

static int subsample_describe(struct layer *l, struct alexcl_error *err) {
    int status = pool_describe(l, err);
    if (status != ALEXCL_OK) return status;
    layer_describe_tensor(l, "weight", 1, 1, &l->whole_in.c);
    layer_describe_tensor(l, "bias", 1, 1, &l->whole_in.c);
    return ALEXCL_OK;
}

static int subsample_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    struct shape_pool s = pool_shape(l);
    ref_subsample(layer_host_out(l, io), layer_host_in(l, io), l->parameters[0].host, l->parameters[1].host, io->count, &s);
    return ALEXCL_OK;
}

static int subsample_own_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    int status = ALEXCL_OK;
    TRY(layer_add_kernel(l, 0, "subsample", "subsample_forward", "", err));
    TRY(layer_upload(l, values, err));
done:
    return status;
}

static int subsample_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct shape_pool s = pool_shape(l);
    struct kernel_range range = layer_range_maps((size_t)s.out.h * (size_t)s.out.w, (size_t)s.out.c, io);
    return KERNEL_LAUNCH(layer_kernel(l, 0), l->desc->name, &range, err, ARG_BUFFER(io->in->buffer), ARG_BUFFER(l->parameters[0].buffer),
                         ARG_BUFFER(l->parameters[1].buffer), ARG_BUFFER(io->out->buffer), ARG_INT(s.in.c), ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.out.h),
                         ARG_INT(s.out.w), ARG_INT(s.kernel), ARG_INT(s.stride));
}

static const struct layer_variant subsample_ref = {"ref", layer_on_host, NULL, layer_upload, subsample_ref_enqueue, NULL, NULL};
static const struct layer_variant subsample_own = {"own", layer_on_device, NULL, subsample_own_prepare, subsample_own_enqueue, layer_free_kernels, "subsample"};

const struct layer_ops layer_subsample_ops = {ALEXCL_SUBSAMPLE, subsample_describe,
                                              (const struct layer_variant *const[]){&subsample_ref, &subsample_own, NULL}};
