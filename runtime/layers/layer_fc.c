/* SPDX-License-Identifier: MIT */
/* Fully connected layer: a half makes its own half of the units and reads all inputs. With one image the time goes to
 * reading weights, with many to products, so the variants have a kernel, or a tile, for each case: `own` for GPUs,
 * `cpu` and `rows` for CPU devices (layer_fc_cpu.c), `clblast` as GEMV and GEMM, and `naive`, which runs
 * anywhere. */
#include <stdio.h>
#include <string.h>

#include "blas.h"
#include "layer_fc.h"
#include "ref.h"

static int fc_describe(struct layer *l, struct alexcl_error *err) {
    const struct alexcl_layer *d = l->shape.desc;
    int status = layer_describe_outputs(l, "a fully connected layer", err);
    if (status != ALEXCL_OK) return status;
    layer_describe_tensor(l, (struct layer_tensor){.suffix = "weight",
                                                   .dims = 2,
                                                   .shape = {d->outputs, l->shape.whole_in.c},
                                                   .trainable = 1,
                                                   .stream = "w",
                                                   .fill = layer_fill_weight});
    layer_describe_bias(l, d->outputs);
    return ALEXCL_OK;
}

/* ---- ref ---- */

static int fc_ref_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    static void (*const fc[PRECISIONS])(float *, const float *, const float *, const float *, int, int,
                                        int) = {ref_fc, ref_fc_fp16, ref_fc_int8};
    (void)err;
    fc[l->choice.precision](layer_host_out(l, io), layer_host_in(l, io), l->pass[LAYER_FORWARD].parameters[0].host,
                            l->pass[LAYER_FORWARD].parameters[1].host, io->count, l->shape.in.c, l->shape.out.c);
    return ALEXCL_OK;
}

static const struct layer_variant fc_ref = {
    .name = "ref", .applicable = layer_on_host, .enqueue = fc_ref_enqueue, .lanes = 1};

/* ---- own: fc.cl, built for tiles of three sizes ---- */

enum { OWN_TILES = 3, OWN_ITEMS = 64 };
static const struct {
    int rows, images; /* how many sums a work-group computes */
} own_tiles[OWN_TILES] = {{4, 1}, {4, 4}, {8, 8}};

static const char *fc_weight_define(const struct layer *l) {
    static const char *const defines[PRECISIONS] = {"", " -DHALF", " -DINT8"};
    return defines[l->choice.precision];
}

/* fc.cl does not compute the ReLU behind the layer. */
static int fc_own_applicable(const struct layer *l, const struct target *target) {
    return layer_on_device_plain(l, target) && !l->choice.relu;
}

static int fc_own_build(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = 0; i < OWN_TILES; i++) {
        char defines[64];
        snprintf(defines, sizeof defines, "-DROWS=%d -DIMAGES=%d%s", own_tiles[i].rows, own_tiles[i].images,
                 fc_weight_define(l));
        TRY(layer_add_kernel(l, LAYER_FORWARD, i, "fc", "fc_forward", defines, err));
    }
done:
    return status;
}

static int fc_own_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int tile = 0; /* the smallest tile that takes all images, else the largest */
    while (tile < OWN_TILES - 1 && own_tiles[tile].images < io->count) tile++;
    int rows = own_tiles[tile].rows, images = own_tiles[tile].images;
    struct kernel_range range = {
        2,
        {0, 0, 0},
        {(size_t)((io->count + images - 1) / images * OWN_ITEMS), (size_t)((l->shape.out.c + rows - 1) / rows), 1},
        {OWN_ITEMS, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, tile), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                         ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT(io->first), ARG_INT(io->first + io->count), ARG_INT(l->shape.in.c),
                         ARG_INT(l->shape.out.c));
}

static const struct layer_variant fc_own = {.name = "own",
                                            .applicable = fc_own_applicable,
                                            .build = fc_own_build,
                                            .enqueue = fc_own_enqueue,
                                            .release = layer_free_kernels,
                                            .kernels = "fc",
                                            .lanes = 1};

/* ---- clblast ---- */

/* the largest number of images of a GEMM, which copies them, and all weights, into the workspace */
enum { CLBLAST_IMAGES = 128 };

int fc_clblast_images(const struct layer *l) {
    return l->choice.max_images > 0 && l->choice.max_images < CLBLAST_IMAGES ? l->choice.max_images : CLBLAST_IMAGES;
}

static size_t fc_clblast_workspace(const struct layer *l, const struct target *target) {
    if (l->choice.reproducible || l->choice.max_images == 1) return 0;
    return blas_gemm_workspace(target->device, (size_t)fc_clblast_images(l), (size_t)l->shape.out.c,
                               (size_t)l->shape.in.c, BLAS_ABT);
}

static int fc_clblast_build(struct layer *l, struct alexcl_error *err) {
    return layer_add_kernel(l, LAYER_FORWARD, 0, "bias", "bias_fill", "", err);
}

/* CLBlast's GEMM chooses its kernel, and so the order of its sums, by the batch. Where scores must not depend on the
 * batch, each image is a GEMV. */
static int fc_clblast_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct device *dev = l->target->device;
    const char *name = l->shape.desc->name;
    size_t in = (size_t)l->shape.in.c, out = (size_t)l->shape.out.c;
    struct kernel_range range = layer_range(out, io);
    struct blas_matrix weights = {l->pass[LAYER_FORWARD].parameters[0].buffer, 0, in};
    TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), name, &range, err, ARG_BUFFER(io->out->buffer),
                      ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_INT(l->shape.out.c), ARG_INT(1)));
    size_t end = (size_t)io->first + (size_t)io->count, max = l->choice.reproducible ? 1 : (size_t)fc_clblast_images(l);
    for (size_t n = (size_t)io->first, count; n < end; n += count) {
        count = end - n < max ? end - n : max;
        struct blas_matrix x = {io->in[0].own->buffer, n * in, count > 1 ? in : 1},
                           y = {io->out->buffer, n * out, count > 1 ? out : 1};
        if (count > 1)
            TRY(blas_gemm(dev, name, count, out, in, x, weights, BLAS_ABT, 1.0f, y,
                          io->workspace ? io->workspace->buffer : NULL, err));
        else
            TRY(blas_gemv(dev, name, out, in, weights, x, 1.0f, y, err));
    }
done:
    return status;
}

/* With weights in half precision CLBlast would also add in half precision; it has none of 8 bits. */
int fc_clblast_applicable(const struct layer *l, const struct target *target) {
    return !l->choice.precision && layer_wants_clblast(l, target);
}

static const struct layer_variant fc_clblast = {.name = "clblast",
                                                .applicable = fc_clblast_applicable,
                                                .workspace = fc_clblast_workspace,
                                                .build = fc_clblast_build,
                                                .enqueue = fc_clblast_enqueue,
                                                .release = layer_free_kernels,
                                                .kernels = "bias"};

/* ---- naive: fc_naive.cl, the last resort ---- */

static int fc_naive_build(struct layer *l, struct alexcl_error *err) {
    char defines[64];
    snprintf(defines, sizeof defines, "-DBLOCK=%d%s", l->choice.in_block, fc_weight_define(l));
    return layer_add_kernel(l, LAYER_FORWARD, 0, "fc_naive", "fc_naive_forward", defines, err);
}

static int fc_naive_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct kernel_range range = layer_range((size_t)l->shape.out.c, io);
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                         ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT(l->shape.in.c), ARG_INT(l->shape.out.c), ARG_INT((int)layer_in_floats(l)),
                         ARG_INT(l->shape.maps.h * l->shape.maps.w), ARG_INT(layer_first_channels(l)),
                         ARG_INT(layer_gap(l)), ARG_INT(l->choice.relu));
}

static const struct layer_variant fc_naive = {.name = "naive",
                                              .applicable = layer_on_device,
                                              .build = fc_naive_build,
                                              .enqueue = fc_naive_enqueue,
                                              .release = layer_free_kernels,
                                              .kernels = "fc_naive",
                                              .lanes = 1,
                                              .last_resort = 1};

const struct layer_ops layer_fc_ops = {
    .type = ALEXCL_FC,
    .name = "fc",
    .keras = "Dense",
    .fields = LAYER_FIELD_UNITS | LAYER_FIELD_GAIN,
    .blocks = LAYER_BLOCKS_ENDED,
    .fuses_relu = 1,
    .whole_batch = 1,
    .describe = fc_describe,
    .variants = {[LAYER_FORWARD] = (const struct layer_variant *const[]){&fc_ref, &fc_clblast, &fc_cpu, &fc_int8_cpu,
                                                                         &fc_rows_cpu, &fc_own, &fc_naive, NULL},
                 [LAYER_INPUT_GRADIENT] = fc_input_gradients,
                 [LAYER_WEIGHT_GRADIENT] = fc_weight_gradients},
    .narrow_weights = 1,
    .shrink = layer_shrink_units,
    .samples = (const struct layer_sample[]){{{.type = ALEXCL_FC, .name = "fc", .outputs = 33}, {130, 1, 1}, 0},
                                             {{0}, {0}, 0}}};
