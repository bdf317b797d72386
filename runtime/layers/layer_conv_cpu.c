/* SPDX-License-Identifier: MIT */
/* Convolution on CPU devices: directly (conv_cpu.cl) and, where window and stride allow it, by Winograd's minimal
 * filtering (winograd_cpu.cl). In variant `winograd` the transformed values stay in local memory. In `wino_mem` they go
 * through the workspace: for deep layers, whose weights should be fetched once for many tiles. All variants write their
 * output in blocks of channels. This file chooses tiles that fit into the registers, and launches the kernels. */
#include <limits.h>
#include <stdio.h>

#include "conv_pack.h"
#include "layer_conv.h"

static int conv_blocks(int channels) { return (channels + LAYER_BLOCK - 1) / LAYER_BLOCK; }
static int conv_groups(const struct layer *l, int vectors) { return conv_pack_blocks(l, vectors * LAYER_BLOCK); }

int conv_makes_blocks(const struct layer *l, const struct target *target) {
    return layer_on_cpu_device(l, target) && l->choice.out_block == LAYER_BLOCK && conv_takes_blocks(l);
}

/* ---- cpu: conv_cpu.cl ---- */

/* how many images have their frames in the workspace; the largest tile */
enum { CPU_IMAGES = 8, CPU_COLUMNS = 32, CPU_VECTORS = 4 };

/* A work-item computes `columns` outputs of a row, for `vectors` vectors of output channels. */
struct conv_tile {
    int columns, vectors;
};

/* Of the tiles whose sums and weights fit into the registers, the one that takes the fewest operations. A load counts
 * half as much as a product. Columns behind the end of a row and channels behind the last one are computed too, and
 * count. */
static struct conv_tile conv_cpu_tile(const struct layer *l, const struct target *target) {
    if (l->pass[LAYER_FORWARD].tile.size[0])
        return (struct conv_tile){l->pass[LAYER_FORWARD].tile.size[0], l->pass[LAYER_FORWARD].tile.size[1]};
    int registers = layer_has_wide_registers(target) ? 28 : 6, max = layer_has_wide_registers(target) ? 3 : 1,
        min = INT_MAX;
    struct conv_tile best = {1, 1};
    for (int vectors = 1; vectors <= max; vectors++) {
        for (int columns = 1; columns * vectors <= registers && columns <= l->shape.out.w; columns++) {
            int tiles = (l->shape.out.w + columns - 1) / columns,
                cost = conv_groups(l, vectors) * tiles * (2 * columns * vectors + columns + vectors);
            if (cost > min) continue;
            best = (struct conv_tile){columns, vectors};
            min = cost;
        }
    }
    return best;
}

static struct layer_tile conv_cpu_layer_tile(const struct layer *l, const struct target *target) {
    struct conv_tile t = conv_cpu_tile(l, target);
    return (struct layer_tile){{t.columns, t.vectors}};
}

static int conv_cpu_applicable(const struct layer *l, const struct target *target) {
    int columns = l->shape.out.w < CPU_COLUMNS ? l->shape.out.w : CPU_COLUMNS;
    return conv_makes_blocks(l, target) &&
           layer_takes_tile(l, LAYER_FORWARD, (struct layer_tile){{columns, CPU_VECTORS}});
}

void conv_frame_size(const struct layer *l, int columns, int *h, int *w) {
    struct shape_window v = layer_window(l->shape.desc);
    *h = (l->shape.out.h - 1) * v.stride[0] + shape_window_extent(&v, 0);
    *w = (columns - 1) * v.stride[1] + shape_window_extent(&v, 1);
}

int conv_run_frame(struct layer *l, enum layer_pass_kind pass, const struct layer_io *io, int columns,
                   struct alexcl_error *err) {
    int h, w, blocks = layer_in_channels(l) / l->choice.in_block;
    conv_frame_size(l, columns, &h, &w);
    struct kernel_range rows = {2, {0, (size_t)io->first, 0}, {(size_t)(blocks * h), (size_t)io->count, 1}, {1, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, pass, 0), l->shape.desc->name, &rows, err, ARG_BUFFER(io->in[0].own->buffer),
                         ARG_BUFFER(io->workspace->buffer), ARG_INT(io->first), ARG_INT(blocks), ARG_INT(l->shape.in.h),
                         ARG_INT(l->shape.in.w), ARG_INT(l->shape.desc->pad[0]), ARG_INT(l->shape.desc->pad[1]),
                         ARG_INT(h), ARG_INT(w));
}

/* The columns of all tiles of a row. */
static int conv_cpu_columns(const struct layer *l, struct conv_tile tile) {
    return (l->shape.out.w + tile.columns - 1) / tile.columns * tile.columns;
}

static size_t conv_cpu_workspace(const struct layer *l, const struct target *target) {
    int h, w;
    conv_frame_size(l, conv_cpu_columns(l, conv_cpu_tile(l, target)), &h, &w);
    return (size_t)CPU_IMAGES * (size_t)layer_in_channels(l) * (size_t)h * (size_t)w;
}

static struct conv_packing conv_cpu_packing(const struct layer *l, const struct target *target) {
    return conv_pack_plain(l, conv_cpu_tile(l, target).vectors * LAYER_BLOCK, 1);
}
static size_t conv_cpu_packed(const struct layer *l, const struct target *target, int t) {
    struct conv_packing p = conv_cpu_packing(l, target);
    return conv_pack_floats(&p, t);
}
static void conv_cpu_pack(const struct layer *l, int t, const float *master, size_t first, float *packed) {
    (void)first;
    struct conv_packing p = conv_cpu_packing(l, l->target);
    conv_pack(l, &p, t, master, packed);
}

static int conv_cpu_build(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct conv_tile tile = conv_cpu_tile(l, l->target);
    char defines[192];
    int made = conv_window_defines(l, defines, sizeof defines);
    snprintf(defines + made, sizeof defines - (size_t)made, " -DBLOCK=%d -DCOLUMNS=%d -DVECTORS=%d", l->choice.in_block,
             tile.columns, tile.vectors);
    TRY(layer_add_kernel(l, LAYER_FORWARD, 0, "conv_cpu", "conv_cpu_frame", defines, err));
    TRY(layer_add_kernel(l, LAYER_FORWARD, 1, "conv_cpu", "conv_cpu_forward", defines, err));
done:
    return status;
}

static int conv_cpu_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, frame_h, frame_w, blocks = layer_in_channels(l) / l->choice.in_block;
    struct conv_tile tile = conv_cpu_tile(l, l->target);
    int columns = conv_cpu_columns(l, tile), tiles = columns / tile.columns;
    conv_frame_size(l, columns, &frame_h, &frame_w);
    for (int first = io->first; first < io->first + io->count; first += CPU_IMAGES) {
        int left = io->first + io->count - first;
        size_t count = (size_t)(left < CPU_IMAGES ? left : CPU_IMAGES);
        struct layer_io part = *io;
        part.first = first;
        part.count = (int)count;
        TRY(conv_run_frame(l, LAYER_FORWARD, &part, columns, err));
        struct kernel_range range = {3,
                                     {0, 0, (size_t)first},
                                     {(size_t)(tiles * l->shape.out.h), (size_t)conv_groups(l, tile.vectors), count},
                                     {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 1), l->shape.desc->name, &range, err,
                          ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                          ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                          ARG_INT(first), ARG_INT(blocks), ARG_INT(conv_blocks(l->shape.out.c)), ARG_INT(frame_h),
                          ARG_INT(frame_w), ARG_INT(l->shape.out.h), ARG_INT(l->shape.out.w), ARG_INT(l->choice.relu)));
    }
done:
    return status;
}

const struct layer_tile conv_cpu_tiles[] = {{{14, 2}}, {{13, 2}}, {{11, 2}}, {{9, 2}}, {{7, 2}}, {{5, 2}},
                                            {{9, 3}},  {{6, 3}},  {{6, 1}},  {{4, 1}}, {{0}}};

const struct layer_variant conv_cpu = {.name = "cpu",
                                       .applicable = conv_cpu_applicable,
                                       .workspace = conv_cpu_workspace,
                                       .build = conv_cpu_build,
                                       .enqueue = conv_cpu_enqueue,
                                       .release = layer_free_kernels,
                                       .kernels = "conv_cpu",
                                       .packed = conv_cpu_packed,
                                       .pack = conv_cpu_pack,
                                       .tile = conv_cpu_layer_tile,
                                       .tiles = conv_cpu_tiles};

/* ---- winograd: winograd_cpu.cl ---- */

enum {
    WINOGRAD_STRIDE = 4, /* the one stride that it computes, beside 1 */
    /* largest size in bytes of transformed inputs and sums, unless one image needs more: weights are fetched once for
     * all of them */
    WINOGRAD_WORKSPACE = 16 << 20,
    WINOGRAD_IMAGES = 64, /* at most */
    WINOGRAD_ITEM = 128,  /* the largest number of tiles for which a work-item computes the sums of one point */
    WINOGRAD_DEEP = 128,  /* channels */
};

/* Tiles and vectors that are in registers at the same time; groups of tiles that a work-item computes one after the
 * other; outputs along a side of a tile. */
struct winograd_tile {
    int tiles, vectors, groups, out;
};
enum { WINOGRAD_TILES = 16, WINOGRAD_VECTORS = 4, WINOGRAD_GROUPS = 16 }; /* largest */

int conv_winograd_strides(const struct layer *l) {
    return l->shape.desc->stride[0] == WINOGRAD_STRIDE && l->choice.in_block == 1;
}
int conv_winograd_window(const struct layer *l) {
    return conv_winograd_strides(l) ? (l->shape.desc->kernel[0] + WINOGRAD_STRIDE - 1) / WINOGRAD_STRIDE
                                    : l->shape.desc->kernel[0];
}
int conv_winograd_out(const struct layer *l) {
    int window = conv_winograd_window(l), w = l->shape.out.w, best = WINOGRAD_OUT;
    for (int out = WINOGRAD_OUT; out <= (window == 3 ? WINOGRAD_MAX_OUT : WINOGRAD_OUT); out++)
        if ((window + out - 1) * ((w + out - 1) / out) < (window + best - 1) * ((w + best - 1) / best)) best = out;
    return best;
}
static struct winograd_form winograd_form(const struct layer *l, struct winograd_tile t) {
    return (struct winograd_form){conv_winograd_window(l), t.out, conv_winograd_strides(l) ? WINOGRAD_STRIDE : 1};
}
static struct conv_packing winograd_packing(const struct layer *l, struct winograd_tile t) {
    return conv_pack_winograd(l, winograd_form(l, t), t.vectors * LAYER_BLOCK, 1);
}
/* Inputs that are multiplied for an output, whatever the tile. */
static int winograd_depth(const struct layer *l) {
    return winograd_packing(l, (struct winograd_tile){1, 1, 1, WINOGRAD_OUT}).depth;
}
static int winograd_points(const struct layer *l, struct winograd_tile t) { return winograd_packing(l, t).points; }
/* Bytes of local memory for a work-item's transformed inputs, and for its sums. */
static size_t winograd_local(const struct layer *l, struct winograd_tile t, int floats) {
    return (size_t)(winograd_points(l, t) * t.groups * t.tiles * floats) * sizeof(float);
}
static size_t winograd_local_values(const struct layer *l, struct winograd_tile t) {
    return winograd_local(l, t, winograd_depth(l));
}
static size_t winograd_local_sums(const struct layer *l, struct winograd_tile t) {
    return winograd_local(l, t, t.vectors * LAYER_BLOCK);
}

/* How many vectors of output channels to hold in registers: a number that divides the blocks of outputs, if one
 * does. */
static int winograd_vectors(const struct layer *l) {
    int blocks = conv_blocks(l->shape.out.c);
    if (blocks % 4 == 0) return 4;
    if (blocks % 3 == 0) return 3;
    return blocks < 2 ? 1 : 2;
}

/* The largest accumulator tile that fits into the registers. */
static struct winograd_tile winograd_tile(const struct layer *l, const struct target *target) {
    static const int tiles[WINOGRAD_VECTORS + 1] = {0, 12, 12, 8, 6};
    const int *asked = l->pass[LAYER_FORWARD].tile.size;
    int vectors = winograd_vectors(l);
    if (asked[0]) return (struct winograd_tile){asked[0], asked[1], asked[2], WINOGRAD_OUT};
    return layer_has_wide_registers(target) ? (struct winograd_tile){tiles[vectors], vectors, 1, WINOGRAD_OUT}
                                            : (struct winograd_tile){6, 1, 1, WINOGRAD_OUT};
}
static int winograd_fits(const struct layer *l, const struct target *target, struct winograd_tile t) {
    return winograd_local_values(l, t) + winograd_local_sums(l, t) <= device_limits(target->device)->local_memory;
}
/* `groups` is 0 where not even one group fits into local memory. */
static struct winograd_tile winograd_fused_tile(const struct layer *l, const struct target *target) {
    struct winograd_tile t = winograd_tile(l, target);
    while (!l->pass[LAYER_FORWARD].tile.size[0] && t.tiles > 1 && !winograd_fits(l, target, t)) t.tiles--;
    while (t.groups > 0 && !winograd_fits(l, target, t)) t.groups--;
    return t;
}
static int winograd_across(const struct layer *l, struct winograd_tile t) {
    return (l->shape.out.w + t.out - 1) / t.out;
}
static int winograd_per_image(const struct layer *l, struct winograd_tile t) {
    return winograd_across(l, t) * ((l->shape.out.h + t.out - 1) / t.out);
}
/* A larger tile of outputs, where a row then takes fewer products. Not for images that are computed one by one: their
 * time goes to reading the weights, which are larger then. */
static struct winograd_tile winograd_mem_tile(const struct layer *l, const struct target *target) {
    struct winograd_tile t = winograd_tile(l, target);
    if (l->choice.max_images != 1 || l->choice.reproducible) t.out = conv_winograd_out(l);
    t.groups = WINOGRAD_ITEM / t.tiles;
    return t;
}

static struct layer_tile winograd_fused_layer_tile(const struct layer *l, const struct target *target) {
    struct winograd_tile t = winograd_fused_tile(l, target);
    return (struct layer_tile){{t.tiles, t.vectors, t.groups}};
}
static struct layer_tile winograd_mem_layer_tile(const struct layer *l, const struct target *target) {
    struct winograd_tile t = winograd_mem_tile(l, target);
    return (struct layer_tile){{t.tiles, t.vectors}};
}

int conv_winograd_applicable(const struct layer *l, const struct target *target) {
    int blocks = l->shape.desc->stride[0] == 1 && l->choice.in_block == LAYER_BLOCK, window = conv_winograd_window(l);
    return conv_makes_blocks(l, target) && conv_is_square(l) && (blocks || conv_winograd_strides(l)) &&
           (window == 3 || window == 5);
}
static int winograd_fused_applicable(const struct layer *l, const struct target *target) {
    struct layer_tile max = {{WINOGRAD_TILES, WINOGRAD_VECTORS, WINOGRAD_GROUPS}};
    return conv_winograd_applicable(l, target) && layer_takes_tile(l, LAYER_FORWARD, max) &&
           winograd_fused_tile(l, target).groups > 0;
}
/* In the fused variant a work-item of a deep layer would fetch weights for few tiles. */
static int winograd_mem_applicable(const struct layer *l, const struct target *target) {
    return conv_winograd_applicable(l, target) && winograd_depth(l) >= WINOGRAD_DEEP &&
           layer_takes_tile(l, LAYER_FORWARD, (struct layer_tile){{WINOGRAD_TILES, WINOGRAD_VECTORS}});
}

/* Floats that one image's transformed inputs and sums take in the workspace. */
static size_t winograd_between_floats(const struct layer *l, struct winograd_tile t) {
    int channels = winograd_depth(l) + conv_groups(l, t.vectors) * t.vectors * LAYER_BLOCK;
    return (size_t)winograd_points(l, t) * (size_t)winograd_per_image(l, t) * (size_t)channels;
}
/* How many images are in the workspace at the same time. */
static int winograd_images(const struct layer *l, struct winograd_tile t) {
    size_t images = WINOGRAD_WORKSPACE / (winograd_between_floats(l, t) * sizeof(float));
    int max =
        l->choice.max_images > 0 && l->choice.max_images < WINOGRAD_IMAGES ? l->choice.max_images : WINOGRAD_IMAGES;
    if (images < 1) return 1;
    return images < (size_t)max ? (int)images : max;
}
static size_t winograd_mem_workspace(const struct layer *l, const struct target *target) {
    struct winograd_tile t = winograd_mem_tile(l, target);
    return (size_t)winograd_images(l, t) * winograd_between_floats(l, t);
}

static size_t winograd_fused_packed(const struct layer *l, const struct target *target, int t) {
    struct conv_packing p = winograd_packing(l, winograd_fused_tile(l, target));
    return conv_pack_floats(&p, t);
}
static size_t winograd_mem_packed(const struct layer *l, const struct target *target, int t) {
    struct conv_packing p = winograd_packing(l, winograd_mem_tile(l, target));
    return conv_pack_floats(&p, t);
}
static void winograd_fused_pack(const struct layer *l, int t, const float *master, size_t first, float *packed) {
    (void)first;
    struct conv_packing p = winograd_packing(l, winograd_fused_tile(l, l->target));
    conv_pack(l, &p, t, master, packed);
}
static void winograd_mem_pack(const struct layer *l, int t, const float *master, size_t first, float *packed) {
    (void)first;
    struct conv_packing p = winograd_packing(l, winograd_mem_tile(l, l->target));
    conv_pack(l, &p, t, master, packed);
}

/* `kernels`: ends with NULL. */
static int winograd_build(struct layer *l, int fused, struct winograd_tile tile, const char *const *kernels,
                          struct alexcl_error *err) {
    int status = ALEXCL_OK;
    char defines[128];
    snprintf(defines, sizeof defines,
             "-DWINDOW=%d -DOUT=%d -DSTRIDE=%d -DTILES=%d -DVECTORS=%d -DGROUPS=%d -DFUSED=%d%s",
             conv_winograd_window(l), tile.out, l->shape.desc->stride[0], tile.tiles, tile.vectors, tile.groups, fused,
             layer_prefetch_define(l->target));
    for (int i = 0; kernels[i]; i++)
        TRY(layer_add_kernel(l, LAYER_FORWARD, i, "winograd_cpu", kernels[i], defines, err));
done:
    return status;
}

static int winograd_fused_build(struct layer *l, struct alexcl_error *err) {
    return winograd_build(l, 1, winograd_fused_tile(l, l->target), (const char *const[]){"winograd_cpu_fused", NULL},
                          err);
}
static int winograd_mem_build(struct layer *l, struct alexcl_error *err) {
    return winograd_build(
        l, 0, winograd_mem_tile(l, l->target),
        (const char *const[]){"winograd_cpu_input", "winograd_cpu_multiply", "winograd_cpu_gather", NULL}, err);
}

static int winograd_fused_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct winograd_tile tile = winograd_fused_tile(l, l->target);
    int per_image = winograd_per_image(l, tile), tiles = io->count * per_image,
        together = tile.tiles * (tile.groups > 1 ? tile.groups : 1); /* applicable: one fits */
    struct kernel_range range = {2,
                                 {0, 0, 0},
                                 {(size_t)((tiles + together - 1) / together), (size_t)conv_groups(l, tile.vectors), 1},
                                 {1, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                         ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                         ARG_INT(io->first), ARG_INT(tiles), ARG_INT(winograd_depth(l)),
                         ARG_INT(winograd_across(l, tile)), ARG_INT(per_image), ARG_INT(conv_blocks(l->shape.out.c)),
                         ARG_INT(l->shape.in.h), ARG_INT(l->shape.in.w), ARG_INT(l->shape.desc->pad[0]),
                         ARG_INT(l->shape.desc->pad[1]), ARG_INT(l->shape.out.h), ARG_INT(l->shape.out.w),
                         ARG_INT(l->choice.relu), ARG_LOCAL(winograd_local_values(l, tile)),
                         ARG_LOCAL(winograd_local_sums(l, tile)));
}

static int winograd_mem_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    struct winograd_tile tile = winograd_mem_tile(l, l->target);
    int status = ALEXCL_OK, max = winograd_images(l, tile), across = winograd_across(l, tile),
        per_image = winograd_per_image(l, tile), depth = winograd_depth(l);
    int together = tile.groups * tile.tiles, blocks = conv_blocks(l->shape.out.c);
    for (int first = io->first; first < io->first + io->count; first += max) {
        int left = io->first + io->count - first, count = left < max ? left : max, tiles = count * per_image;
        struct kernel_range in = {
            3, {0, 0, 0}, {(size_t)per_image, (size_t)(depth / LAYER_BLOCK), (size_t)count}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &in, err,
                          ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->workspace->buffer), ARG_INT(first),
                          ARG_INT(tiles), ARG_INT(depth), ARG_INT(across), ARG_INT(l->shape.in.h),
                          ARG_INT(l->shape.in.w), ARG_INT(l->shape.desc->pad[0]), ARG_INT(l->shape.desc->pad[1])));
        struct kernel_range products = {3,
                                        {0, 0, 0},
                                        {(size_t)((tiles + together - 1) / together),
                                         (size_t)conv_groups(l, tile.vectors), (size_t)winograd_points(l, tile)},
                                        {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 1), l->shape.desc->name, &products, err,
                          ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                          ARG_INT(tiles), ARG_INT(depth)));
        struct kernel_range out = {3, {0, 0, 0}, {(size_t)per_image, (size_t)blocks, (size_t)count}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 2), l->shape.desc->name, &out, err,
                          ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer),
                          ARG_BUFFER(io->out->buffer), ARG_INT(first), ARG_INT(tiles), ARG_INT(depth), ARG_INT(across),
                          ARG_INT(blocks), ARG_INT(l->shape.out.h), ARG_INT(l->shape.out.w), ARG_INT(l->choice.relu)));
    }
done:
    return status;
}

const struct layer_tile winograd_fused_tiles[] = {{{8, 2, 1}}, {{6, 4, 1}}, {{8, 3, 1}}, {{12, 2, 1}},
                                                  {{8, 3, 2}}, {{6, 4, 2}}, {{6, 1, 4}}, {{0}}};
const struct layer_tile winograd_mem_tiles[] = {{{6, 4}}, {{9, 3}},  {{8, 3}}, {{8, 2}},
                                                {{4, 4}}, {{12, 2}}, {{6, 1}}, {{0}}};

const struct layer_variant conv_winograd = {.name = "winograd",
                                            .applicable = winograd_fused_applicable,
                                            .build = winograd_fused_build,
                                            .enqueue = winograd_fused_enqueue,
                                            .release = layer_free_kernels,
                                            .kernels = "winograd_cpu",
                                            .packed = winograd_fused_packed,
                                            .pack = winograd_fused_pack,
                                            .tile = winograd_fused_layer_tile,
                                            .tiles = winograd_fused_tiles};

const struct layer_variant conv_winograd_mem = {.name = "wino_mem",
                                                .applicable = winograd_mem_applicable,
                                                .workspace = winograd_mem_workspace,
                                                .build = winograd_mem_build,
                                                .enqueue = winograd_mem_enqueue,
                                                .release = layer_free_kernels,
                                                .kernels = "winograd_cpu",
                                                .packed = winograd_mem_packed,
                                                .pack = winograd_mem_pack,
                                                .tile = winograd_mem_layer_tile,
                                                .tiles = winograd_mem_tiles};
