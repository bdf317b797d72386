/* SPDX-License-Identifier: MIT */
/* Fully connected layer: a half makes its own half of the units and reads all. */
#include <stdio.h>

#include "blas.h"
#include "layer_private.h"
#include "ref.h"

static int fc_describe(struct layer *l, struct alexcl_error *err) {
    const struct alexcl_layer *d = l->desc;
    if (d->outputs < 2) return error_set(err, ALEXCL_E_USAGE, "%d units: there must be one for each half at least", d->outputs);
    if (l->whole_in.c < 1 || l->whole_in.h != 1 || l->whole_in.w != 1)
        return error_set(err, ALEXCL_E_USAGE, "a fully connected layer reads units, not maps: put a flatten layer before it");
    l->reads.all = 1;
    l->in = l->whole_in;
    l->whole_out = (struct alexcl_shape){d->outputs, 1, 1};
    l->out = (struct alexcl_shape){shape_half_count(d->outputs, l->half), 1, 1};
    layer_describe_tensor(l, "weight", 1, 2, (int[]){d->outputs, l->whole_in.c});
    layer_describe_tensor(l, "bias", 1, 1, &d->outputs);
    l->macs = (uint64_t)l->out.c * (uint64_t)l->in.c;
    return ALEXCL_OK;
}

/* ---- ref ---- */

static int fc_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    (void)err;
    ref_fc(layer_host_out(l, io), layer_host_in(l, io), l->parameters[0].host, l->parameters[1].host, io->count, l->in.c, l->out.c);
    return ALEXCL_OK;
}

static const struct layer_variant fc_ref = {"ref", layer_on_host, NULL, layer_upload, fc_ref_enqueue, NULL, NULL};

/* ---- own: fc.cl, and cpu: fc_cpu.cl. Both are built twice: for one image, and for tiles of several. ---- */

/* What a work-group (own) or an item (cpu) makes: rows x images sums, in registers. */
struct fc_tile {
    int rows, images, items;
};

static struct fc_tile fc_own_tile(const struct place *place) {
    (void)place;
    return (struct fc_tile){4, 4, 64};
}

static struct fc_tile fc_cpu_tile(const struct place *place) { return layer_has_wide_registers(place) ? (struct fc_tile){4, 4, 1} : (struct fc_tile){2, 2, 1}; }

static int fc_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct fc_tile tile, const char *source, const char *function,
                      struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const int images[LAYER_KERNELS] = {1, tile.images};
    for (int i = 0; i < LAYER_KERNELS; i++) {
        char defines[64];
        snprintf(defines, sizeof defines, "-DROWS=%d -DIMAGES=%d", tile.rows, images[i]);
        TRY(layer_add_kernel(l, i, source, function, defines, err));
    }
    TRY(layer_upload(l, values, err));
done:
    return status;
}

static int fc_enqueue(struct layer *l, const struct layer_io *io, struct fc_tile tile, struct alexcl_error *err) {
    int several = io->count > 1, images = several ? tile.images : 1;
    struct kernel_range range = {2,
                                 {0, 0, 0},
                                 {(size_t)((io->count + images - 1) / images * tile.items), (size_t)((l->out.c + tile.rows - 1) / tile.rows), 1},
                                 {(size_t)tile.items, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, several), l->desc->name, &range, err, ARG_BUFFER(io->in->buffer), ARG_BUFFER(l->parameters[0].buffer),
                         ARG_BUFFER(l->parameters[1].buffer), ARG_BUFFER(io->out->buffer), ARG_INT(io->first), ARG_INT(io->first + io->count), ARG_INT(l->in.c),
                         ARG_INT(l->out.c));
}

static int fc_own_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    return fc_prepare(l, values, fc_own_tile(l->place), "fc", "fc_forward", err);
}
static int fc_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) { return fc_enqueue(l, io, fc_own_tile(l->place), err); }
static int fc_cpu_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    return fc_prepare(l, values, fc_cpu_tile(l->place), "fc_cpu", "fc_cpu_forward", err);
}
static int fc_cpu_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) { return fc_enqueue(l, io, fc_cpu_tile(l->place), err); }

static const struct layer_variant fc_own = {"own", layer_on_device, NULL, fc_own_prepare, fc_own_enqueue, layer_free_kernels, "fc"};
static const struct layer_variant fc_cpu = {"cpu", layer_on_cpu_device, NULL, fc_cpu_prepare, fc_cpu_enqueue, layer_free_kernels, "fc_cpu"};

/* ---- clblast ---- */

static int fc_clblast_prepare(struct layer *l, const float *const values[LAYER_TENSORS], struct alexcl_error *err) {
    int status = ALEXCL_OK;
    TRY(layer_add_kernel(l, 0, "bias", "bias_fill", "", err));
    TRY(layer_upload(l, values, err));
done:
    return status;
}

/* GEMM chooses its kernel by the batch, and so the order of its sums: where that may not be, one GEMV an image. */
static int fc_clblast_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = l->place->device;
    const char *name = l->desc->name;
    size_t in = (size_t)l->in.c, out = (size_t)l->out.c;
    struct kernel_range range = layer_range(out, io);
    struct blas_matrix weights = {l->parameters[0].buffer, 0, in};
    TRY(KERNEL_LAUNCH(layer_kernel(l, 0), name, &range, err, ARG_BUFFER(io->out->buffer), ARG_BUFFER(l->parameters[1].buffer), ARG_INT(l->out.c), ARG_INT(1)));
    if (io->count > 1 && !l->reproducible) {
        struct blas_matrix x = {io->in->buffer, (size_t)io->first * in, in}, y = {io->out->buffer, (size_t)io->first * out, out};
        TRY(blas_gemm(dev, name, (size_t)io->count, out, in, x, weights, 1, 1.0f, y, err));
        goto done;
    }
    for (size_t n = (size_t)io->first; n < (size_t)(io->first + io->count); n++) {
        struct blas_matrix x = {io->in->buffer, n * in, 1}, y = {io->out->buffer, n * out, 1};
        TRY(blas_gemv(dev, name, out, in, weights, x, 1.0f, y, err));
    }
done:
    return status;
}

static const struct layer_variant fc_clblast = {"clblast", layer_wants_clblast, NULL, fc_clblast_prepare, fc_clblast_enqueue, layer_free_kernels, "bias"};

const struct layer_ops layer_fc_ops = {ALEXCL_FC, fc_describe, (const struct layer_variant *const[]){&fc_ref, &fc_clblast, &fc_cpu, &fc_own, NULL}};
