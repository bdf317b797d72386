/* SPDX-License-Identifier: MIT */
/* Backward passes of the fully connected layer on CPU devices. Both read and write weights as they are in the file, so
 * that none are packed for them; a work-item copies what it reads again and again. */
#include <stdio.h>

#include "layer_fc.h"

enum {
    LARGEST_TILE = 16,
    ITEMS = 4, /* that each compute unit has, where there are so many */
    WIDTH_BYTES = FC_CPU_WIDTH * sizeof(float)
};

/* What is computed in registers at the same time: images of an input gradient, outputs of a weight gradient. */
static int gradient_tile(const struct layer *l, enum layer_pass_kind pass, const struct target *target) {
    if (l->pass[pass].tile.size[0]) return l->pass[pass].tile.size[0];
    return layer_has_wide_registers(target) ? 8 : 2;
}

static int gradient_add_kernel(struct layer *l, enum layer_pass_kind pass, int slot, const char *source,
                               const char *function, struct alexcl_error *err) {
    char defines[96];
    snprintf(defines, sizeof defines, "-DBLOCK=%d -D%s=%d%s", l->choice.in_block,
             pass == LAYER_INPUT_GRADIENT ? "IMAGES" : "OUTPUTS", gradient_tile(l, pass, l->target),
             layer_prefetch_define(l->target));
    return layer_add_kernel(l, pass, slot, source, function, defines, err);
}

static const struct layer_tile gradient_tiles[] = {{{12}}, {{8}}, {{6}}, {{4}}, {{2}}, {{0}}};

static size_t inputs_items(const struct layer *l) { return ((size_t)l->shape.in.c + FC_CPU_WIDTH - 1) / FC_CPU_WIDTH; }

/* ---- input gradient ---- */

static int input_images(const struct layer *l, const struct target *target) {
    return fc_cpu_panel_images(target, gradient_tile(l, LAYER_INPUT_GRADIENT, target));
}

static int input_applicable(const struct layer *l, const struct target *target) {
    return layer_on_cpu_device(l, target) &&
           layer_takes_tile(l, LAYER_INPUT_GRADIENT, (struct layer_tile){{LARGEST_TILE}}) &&
           input_images(l, target) > 0;
}

static struct layer_tile input_tile(const struct layer *l, const struct target *target) {
    return (struct layer_tile){{gradient_tile(l, LAYER_INPUT_GRADIENT, target)}};
}

static size_t input_chunks(const struct layer *l) { return fc_cpu_chunks((size_t)l->shape.out.c); }

static size_t input_workspace(const struct layer *l, const struct target *target) {
    return input_chunks(l) * FC_CPU_CHUNK * (size_t)input_images(l, target);
}

static int input_build(struct layer *l, struct alexcl_error *err) {
    static const char source[] = "fc_input_gradient_cpu";
    int status = gradient_add_kernel(l, LAYER_INPUT_GRADIENT, 0, source, "fc_cpu_pack", err);
    return status == ALEXCL_OK ? gradient_add_kernel(l, LAYER_INPUT_GRADIENT, 1, source, source, err) : status;
}

static int input_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, tile = gradient_tile(l, LAYER_INPUT_GRADIENT, l->target), max = input_images(l, l->target),
        end = io->first + io->count;
    for (int first = io->first; first < end; first += max) {
        int count = layer_min(end - first, max), rows = (count + tile - 1) / tile * tile;
        struct kernel_range pack = {2, {0, 0, 0}, {(size_t)rows, input_chunks(l), 1}, {1, 1, 1}},
                            range = {1, {0, 0, 0}, {inputs_items(l), 1, 1}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_INPUT_GRADIENT, 0), l->shape.desc->name, &pack, err,
                          ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->workspace->buffer), ARG_INT(first),
                          ARG_INT(count), ARG_INT(l->shape.out.c), ARG_INT(rows)));
        TRY(KERNEL_LAUNCH(
            layer_kernel(l, LAYER_INPUT_GRADIENT, 1), l->shape.desc->name, &range, err,
            ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(l->pass[LAYER_INPUT_GRADIENT].parameters[0].buffer),
            ARG_BUFFER(io->in_gradients[0].own->buffer), ARG_INT(first), ARG_INT(count), ARG_INT(rows),
            FC_INPUT_ARGS(l), ARG_LOCAL((size_t)FC_CPU_PANEL * WIDTH_BYTES), ARG_LOCAL((size_t)rows * WIDTH_BYTES)));
    }
done:
    return status;
}

const struct layer_variant fc_cpu_input = {.name = "cpu",
                                           .applicable = input_applicable,
                                           .workspace = input_workspace,
                                           .build = input_build,
                                           .enqueue = input_enqueue,
                                           .release = layer_free_kernels,
                                           .kernels = "fc_input_gradient_cpu",
                                           .tile = input_tile,
                                           .tiles = gradient_tiles};

/* ---- weight gradient ---- */

/* How many images are computed together; 0: the local memory does not hold one. */
static int weight_images(const struct target *target) {
    uint64_t rows = device_limits(target->device)->local_memory / WIDTH_BYTES;
    return rows < FC_CPU_IMAGES ? (int)rows : FC_CPU_IMAGES;
}

static int weight_applicable(const struct layer *l, const struct target *target) {
    return layer_on_cpu_device(l, target) &&
           layer_takes_tile(l, LAYER_WEIGHT_GRADIENT, (struct layer_tile){{LARGEST_TILE}}) && weight_images(target) > 0;
}

static struct layer_tile weight_tile(const struct layer *l, const struct target *target) {
    return (struct layer_tile){{gradient_tile(l, LAYER_WEIGHT_GRADIENT, target)}};
}

/* Blocks of as many outputs as are in registers. */
static int weight_blocks(const struct layer *l, const struct target *target) {
    int tile = gradient_tile(l, LAYER_WEIGHT_GRADIENT, target);
    return (l->shape.out.c + tile - 1) / tile;
}

static size_t weight_workspace(const struct layer *l, const struct target *target) {
    return (size_t)weight_blocks(l, target) * (size_t)gradient_tile(l, LAYER_WEIGHT_GRADIENT, target) *
           (size_t)weight_images(target);
}

static int weight_build(struct layer *l, struct alexcl_error *err) {
    static const char source[] = "fc_weight_gradient_cpu";
    int status = gradient_add_kernel(l, LAYER_WEIGHT_GRADIENT, 0, source, "fc_weight_gradient_cpu_pack", err);
    return status == ALEXCL_OK ? gradient_add_kernel(l, LAYER_WEIGHT_GRADIENT, 1, source, source, err) : status;
}

/* How many blocks of outputs an item owns: all, where there are items enough without. */
static int weight_together(const struct layer *l) {
    int blocks = weight_blocks(l, l->target), items = (int)inputs_items(l),
        wanted = ITEMS * (int)device_limits(l->target->device)->compute_units, shares = (wanted + items - 1) / items;
    return shares > 1 ? (blocks + shares - 1) / shares : blocks;
}

static int weight_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, blocks = weight_blocks(l, l->target), together = weight_together(l),
        max = weight_images(l->target), end = io->first + io->count;
    for (int first = io->first; first < end; first += max) {
        int count = layer_min(end - first, max), add = io->add || first > io->first;
        struct kernel_range pack = {1, {0, 0, 0}, {(size_t)blocks, 1, 1}, {1, 1, 1}},
                            range = {2,
                                     {0, 0, 0},
                                     {inputs_items(l), (size_t)((blocks + together - 1) / together), 1},
                                     {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 0), l->shape.desc->name, &pack, err,
                          ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->workspace->buffer),
                          ARG_BUFFER(io->tensor_gradients[1].buffer), ARG_INT(first), ARG_INT(count),
                          ARG_INT(l->shape.out.c), ARG_INT(add)));
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 1), l->shape.desc->name, &range, err,
                          ARG_BUFFER(io->in[0].own->buffer), ARG_BUFFER(io->workspace->buffer),
                          ARG_BUFFER(io->tensor_gradients[0].buffer), ARG_INT(first), ARG_INT(count), FC_INPUT_ARGS(l),
                          ARG_INT(add), ARG_INT(together), ARG_LOCAL((size_t)count * WIDTH_BYTES)));
    }
done:
    return status;
}

const struct layer_variant fc_cpu_weight = {.name = "cpu",
                                            .applicable = weight_applicable,
                                            .workspace = weight_workspace,
                                            .build = weight_build,
                                            .enqueue = weight_enqueue,
                                            .release = layer_free_kernels,
                                            .kernels = "fc_weight_gradient_cpu",
                                            .tile = weight_tile,
                                            .tiles = gradient_tiles};
