/* SPDX-License-Identifier: MIT */
/* The forward pass of the fully connected layer on CPU devices. Where weights stay as they are they are packed, so that
 * they are read in the order in which they lie: 32 outputs of an input side by side. In training they change at each
 * step, and packing them takes longer than what it gains: they are read as they are in the file, from the master that
 * the optimiser writes, and a copy of them less is in memory. Weights of 8 bits are packed too (int8.h). */
#include <stdio.h>

#include "fc_pack.h"
#include "layer_fc.h"

/* ---- cpu: fc_cpu.cl, with packed weights ---- */

enum {
    CPU_LOCAL = 32 << 10,          /* the largest size of a block's sums, in bytes */
    CPU_LOCAL_TOGETHER = 64 << 10, /* and of all sums of an item */
    /* bytes that a near cache holds. Where the inputs take more, an item computes several blocks: */
    CPU_NEAR = 1 << 20,
    CPU_TOGETHER = 4, /* this many at most, */
    CPU_ITEMS = 4,    /* and only so many that each compute unit has this many items */
};

/* Images in registers at the same time, and blocks where there is one image. */
struct fc_tile {
    int images, blocks;
};
enum { CPU_TILE = 16, CPU_STREAMS = 8 }; /* largest */
static struct fc_tile fc_cpu_tile(const struct layer *l, const struct target *target) {
    if (l->pass[LAYER_FORWARD].tile.size[0])
        return (struct fc_tile){l->pass[LAYER_FORWARD].tile.size[0], l->pass[LAYER_FORWARD].tile.size[1]};
    return layer_has_wide_registers(target) ? (struct fc_tile){8, 2} : (struct fc_tile){2, 1};
}
static struct layer_tile fc_cpu_layer_tile(const struct layer *l, const struct target *target) {
    struct fc_tile t = fc_cpu_tile(l, target);
    return (struct layer_tile){{t.images, t.blocks}};
}

/* How many images are computed together: a multiple of those in registers. */
static int fc_cpu_images(const struct layer *l, const struct target *target) {
    uint64_t local = device_limits(target->device)->local_memory,
             images = (local < CPU_LOCAL ? local : CPU_LOCAL) / (FC_PACK_ROWS * sizeof(float));
    int tile = fc_cpu_tile(l, target).images, max = images < FC_CPU_IMAGES ? (int)images : FC_CPU_IMAGES;
    return max / tile * tile;
}

/* How many blocks an item computes, where there are `rows` rows of sums, and `panel` rows besides. */
static int fc_cpu_together(const struct layer *l, int rows, int panel) {
    const struct device_limits *limits = device_limits(l->target->device);
    uint64_t local = limits->local_memory < CPU_LOCAL_TOGETHER ? limits->local_memory : CPU_LOCAL_TOGETHER;
    int fit = ((int)(local / (FC_PACK_ROWS * sizeof(float))) - panel) / rows,
        items = CPU_ITEMS * (int)limits->compute_units, max = fc_pack_blocks(l) / items;
    if (max > CPU_TOGETHER) max = CPU_TOGETHER;
    if (max > fit) max = fit;
    return max < 1 || (size_t)rows * layer_in_floats(l) * sizeof(float) <= CPU_NEAR ? 1 : max;
}

static int fc_cpu_applicable(const struct layer *l, const struct target *target) {
    return layer_on_cpu_device(l, target) && !l->choice.training && l->choice.precision != PRECISION_INT8 &&
           layer_takes_tile(l, LAYER_FORWARD, (struct layer_tile){{CPU_TILE, CPU_STREAMS}});
}

int fc_cpu_panel_images(const struct target *target, int tile) {
    uint64_t local = device_limits(target->device)->local_memory, rows = local / (FC_CPU_WIDTH * sizeof(float));
    int fit = rows > FC_CPU_PANEL + FC_CPU_IMAGES ? FC_CPU_IMAGES : rows > FC_CPU_PANEL ? (int)rows - FC_CPU_PANEL : 0;
    return fit / tile * tile;
}

size_t fc_cpu_chunks(size_t values) { return (values + FC_CPU_CHUNK - 1) / FC_CPU_CHUNK; }

static size_t fc_cpu_workspace(const struct layer *l, const struct target *target) {
    return fc_cpu_chunks(layer_in_floats(l)) * FC_CPU_CHUNK * (size_t)fc_cpu_images(l, target);
}

static int fc_cpu_build(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct fc_tile tile = fc_cpu_tile(l, l->target);
    char defines[64];
    snprintf(defines, sizeof defines, "-DIMAGES=%d -DBLOCKS=%d%s%s", tile.images, tile.blocks,
             l->choice.precision == PRECISION_HALF ? " -DHALF" : "", layer_prefetch_define(l->target));
    TRY(layer_add_kernel(l, LAYER_FORWARD, 0, "fc_cpu", "fc_cpu_pack", defines, err));
    TRY(layer_add_kernel(l, LAYER_FORWARD, 1, "fc_cpu", "fc_cpu_many", defines, err));
    TRY(layer_add_kernel(l, LAYER_FORWARD, 2, "fc_cpu", "fc_cpu_one", defines, err));
done:
    return status;
}

static int fc_cpu_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, in = (int)layer_in_floats(l), blocks = fc_pack_blocks(l), max = fc_cpu_images(l, l->target);
    struct fc_tile tile = fc_cpu_tile(l, l->target);
    int single = io->count == 1 || max == 0; /* 0: the local memory does not hold one tile */
    for (int n = io->first; single && n < io->first + io->count; n++) {
        struct kernel_range range = {
            1, {0, 0, 0}, {(size_t)((blocks + tile.blocks - 1) / tile.blocks), 1, 1}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 2), l->shape.desc->name, &range, err,
                          ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                          ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                          ARG_INT(n), ARG_INT(in), ARG_INT(l->shape.out.c), ARG_INT(l->choice.relu)));
    }
    for (int first = io->first; !single && first < io->first + io->count; first += max) {
        int left = io->first + io->count - first, count = left < max ? left : max,
            rows = (count + tile.images - 1) / tile.images * tile.images;
        struct kernel_range pack = {2, {0, 0, 0}, {(size_t)rows, fc_cpu_chunks((size_t)in), 1}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &pack, err,
                          ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->workspace->buffer), ARG_INT(first),
                          ARG_INT(count), ARG_INT(in), ARG_INT(rows)));
        int together = fc_cpu_together(l, rows, 0);
        struct kernel_range range = {1, {0, 0, 0}, {(size_t)((blocks + together - 1) / together), 1, 1}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 1), l->shape.desc->name, &range, err,
                          ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[0].buffer),
                          ARG_BUFFER(l->pass[LAYER_FORWARD].parameters[1].buffer), ARG_BUFFER(io->out->buffer),
                          ARG_INT(first), ARG_INT(count), ARG_INT(rows), ARG_INT(in), ARG_INT(l->shape.out.c),
                          ARG_INT(l->choice.relu), ARG_INT(together),
                          ARG_LOCAL((size_t)together * (size_t)rows * FC_PACK_ROWS * sizeof(float))));
    }
done:
    return status;
}

static const struct layer_tile fc_cpu_tiles[] = {{{12, 1}}, {{12, 4}}, {{8, 1}}, {{8, 4}},
                                                 {{6, 2}},  {{4, 2}},  {{2, 2}}, {{0}}};

const struct layer_variant fc_cpu = {.name = "cpu",
                                     .applicable = fc_cpu_applicable,
                                     .workspace = fc_cpu_workspace,
                                     .build = fc_cpu_build,
                                     .enqueue = fc_cpu_enqueue,
                                     .release = layer_free_kernels,
                                     .kernels = "fc_cpu",
                                     .packed = fc_pack_floats,
                                     .part = fc_pack_part,
                                     .pack = fc_pack,
                                     .tile = fc_cpu_layer_tile,
                                     .tiles = fc_cpu_tiles};

/* ---- rows and int8: fc_panel.clh, with weights as they are in the file, and of 8 bits ---- */

static size_t panel_chunks(const struct layer *l) { return fc_cpu_chunks((size_t)l->shape.in.c); }

static size_t panel_workspace(const struct layer *l, const struct target *target) {
    return panel_chunks(l) * FC_CPU_CHUNK * (size_t)fc_cpu_panel_images(target, fc_cpu_tile(l, target).images);
}

/* `kernels`: ends with NULL. */
static int panel_build(struct layer *l, const char *source, const char *const *kernels, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct fc_tile tile = fc_cpu_tile(l, l->target);
    char defines[96];
    snprintf(defines, sizeof defines, "-DBLOCK=%d -DIMAGES=%d -DBLOCKS=%d%s", l->choice.in_block, tile.images,
             tile.blocks, layer_prefetch_define(l->target));
    for (int i = 0; kernels[i]; i++) TRY(layer_add_kernel(l, LAYER_FORWARD, i, source, kernels[i], defines, err));
done:
    return status;
}

/* Copies images first .. first+count-1 of the input to the workspace, as `rows` images. */
static int panel_enqueue_pack(struct layer *l, const struct layer_io *io, int first, int count, int rows,
                              struct alexcl_error *err) {
    struct kernel_range range = {2, {0, 0, 0}, {(size_t)rows, panel_chunks(l), 1}, {1, 1, 1}};
    return KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 0), l->shape.desc->name, &range, err,
                         ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->workspace->buffer), ARG_INT(first),
                         ARG_INT(count), ARG_INT(rows), ARG_INT(l->shape.in.c), ARG_INT((int)layer_in_floats(l)),
                         ARG_INT(l->shape.maps.h * l->shape.maps.w), ARG_INT(layer_first_channels(l)),
                         ARG_INT(layer_gap(l)));
}

static int panel_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, tile = fc_cpu_tile(l, l->target).images, max = fc_cpu_panel_images(l->target, tile),
        blocks = fc_pack_blocks(l), end = io->first + io->count;
    const struct layer_pass *p = &l->pass[LAYER_FORWARD];
    for (int first = io->first; first < end; first += max) {
        int count = layer_min(end - first, max), rows = (count + tile - 1) / tile * tile,
            together = fc_cpu_together(l, rows, FC_CPU_PANEL);
        struct kernel_range range = {1, {0, 0, 0}, {(size_t)((blocks + together - 1) / together), 1, 1}, {1, 1, 1}};
        TRY(panel_enqueue_pack(l, io, first, count, rows, err));
        TRY(KERNEL_LAUNCH(
            layer_kernel(l, LAYER_FORWARD, 1), l->shape.desc->name, &range, err, ARG_BUFFER(io->workspace->buffer),
            ARG_BUFFER(p->parameters[0].buffer), ARG_BUFFER(p->parameters[1].buffer), ARG_BUFFER(io->out->buffer),
            ARG_INT(first), ARG_INT(count), ARG_INT(rows), ARG_INT(l->shape.in.c), ARG_INT(l->shape.out.c),
            ARG_INT(l->choice.relu), ARG_INT(together), ARG_LOCAL((size_t)FC_CPU_PANEL * FC_CPU_WIDTH * sizeof(float)),
            ARG_LOCAL((size_t)together * (size_t)rows * FC_CPU_WIDTH * sizeof(float))));
    }
done:
    return status;
}

/* Whether the kernel has room in local memory for a panel and sums. */
static int panel_applicable(const struct layer *l, const struct target *target, struct layer_tile max) {
    return layer_on_cpu_device(l, target) && layer_takes_tile(l, LAYER_FORWARD, max) &&
           fc_cpu_panel_images(target, fc_cpu_tile(l, target).images) > 0;
}

static int rows_applicable(const struct layer *l, const struct target *target) {
    return l->choice.training && !l->choice.precision && panel_applicable(l, target, (struct layer_tile){{CPU_TILE}});
}
static struct layer_tile rows_layer_tile(const struct layer *l, const struct target *target) {
    return (struct layer_tile){{fc_cpu_tile(l, target).images}};
}
static int rows_build(struct layer *l, struct alexcl_error *err) {
    return panel_build(l, "fc_rows_cpu", (const char *const[]){"fc_panel_pack", "fc_rows_cpu", NULL}, err);
}

static const struct layer_tile rows_tiles[] = {{{12}}, {{8}}, {{6}}, {{4}}, {{2}}, {{0}}};

const struct layer_variant fc_rows_cpu = {.name = "rows",
                                          .applicable = rows_applicable,
                                          .workspace = panel_workspace,
                                          .build = rows_build,
                                          .enqueue = panel_enqueue,
                                          .release = layer_free_kernels,
                                          .kernels = "fc_rows_cpu",
                                          .tile = rows_layer_tile,
                                          .tiles = rows_tiles};

static int int8_applicable(const struct layer *l, const struct target *target) {
    return l->choice.precision == PRECISION_INT8 && !l->choice.training &&
           panel_applicable(l, target, (struct layer_tile){{CPU_TILE, CPU_STREAMS}});
}
static int int8_build(struct layer *l, struct alexcl_error *err) {
    return panel_build(l, "fc_int8_cpu",
                       (const char *const[]){"fc_panel_pack", "fc_int8_cpu_many", "fc_int8_cpu_one", NULL}, err);
}

/* One image: what lies as in the file is read where it is. */
static int int8_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, streams = fc_cpu_tile(l, l->target).blocks,
        as_in_file = l->choice.in_block == 1 && layer_gap(l) == 0;
    const struct layer_pass *p = &l->pass[LAYER_FORWARD];
    struct kernel_range range = {
        1, {0, 0, 0}, {(size_t)((fc_pack_blocks(l) + streams - 1) / streams), 1, 1}, {1, 1, 1}};
    if (io->count > 1) return panel_enqueue(l, io, err);
    if (!as_in_file) TRY(panel_enqueue_pack(l, io, io->first, 1, 1, err));
    TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_FORWARD, 2), l->shape.desc->name, &range, err,
                      ARG_BUFFER(as_in_file ? io->in[0].own->buffer : io->workspace->buffer),
                      ARG_BUFFER(p->parameters[0].buffer), ARG_BUFFER(p->parameters[1].buffer),
                      ARG_BUFFER(io->out->buffer), ARG_INT(as_in_file ? io->first : 0), ARG_INT(io->first),
                      ARG_INT(l->shape.in.c), ARG_INT(l->shape.out.c), ARG_INT(l->choice.relu)));
done:
    return status;
}

const struct layer_variant fc_int8_cpu = {.name = "int8",
                                          .applicable = int8_applicable,
                                          .workspace = panel_workspace,
                                          .build = int8_build,
                                          .enqueue = int8_enqueue,
                                          .release = layer_free_kernels,
                                          .kernels = "fc_int8_cpu",
                                          .lanes = FC_CPU_WIDTH,
                                          .tile = fc_cpu_layer_tile,
                                          .tiles = fc_cpu_tiles};
