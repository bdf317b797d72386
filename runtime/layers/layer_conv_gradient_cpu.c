/* SPDX-License-Identifier: MIT */
/* A convolution's weight gradient on CPU devices: conv_weight_gradient_cpu.cl. Some images at a time are copied into
 * frames of zeros; then each work-item adds these images' products to the weights that it owns. */
#include <limits.h>
#include <stdio.h>

#include "layer_conv.h"

/* Weights are read and written once for so many outputs of a map, of which one image may have fewer; the largest number
 * of images; the largest tile. */
enum { WEIGHT_PIXELS = 2048, WEIGHT_IMAGES = 64, WEIGHT_VALUES = 32, WEIGHT_VECTORS = 4 };

/* A work-item computes `values` neighbouring weights of a row of the window, for `vectors` vectors of outputs. */
struct weight_tile {
    int values, vectors;
};

static int weight_row(const struct layer *l) { return l->shape.desc->kernel[1] * l->choice.in_block; }
static int weight_blocks(const struct layer *l) { return (l->shape.out.c + LAYER_BLOCK - 1) / LAYER_BLOCK; }
static int weight_up(int count, int size) { return (count + size - 1) / size; }

/* Of the tiles whose sums and gradients fit into the registers, the one that takes the fewest operations. A load counts
 * half as much as a product. Weights and outputs behind the last one are computed too, and count. */
static struct weight_tile weight_tile(const struct layer *l, const struct target *target) {
    const int *asked = l->pass[LAYER_WEIGHT_GRADIENT].tile.size;
    if (asked[0]) return (struct weight_tile){asked[0], asked[1]};
    int registers = layer_has_wide_registers(target) ? 28 : 6, max = layer_has_wide_registers(target) ? 3 : 1,
        row = weight_row(l), min = INT_MAX;
    struct weight_tile best = {1, 1};
    for (int vectors = 1; vectors <= max; vectors++) {
        for (int values = 1; values * vectors <= registers && values <= row; values++) {
            int cost = weight_up(weight_blocks(l), vectors) * weight_up(row, values) *
                       (2 * values * vectors + values + vectors);
            if (cost > min) continue;
            best = (struct weight_tile){values, vectors};
            min = cost;
        }
    }
    return best;
}

static struct layer_tile weight_layer_tile(const struct layer *l, const struct target *target) {
    struct weight_tile t = weight_tile(l, target);
    return (struct layer_tile){{t.values, t.vectors}};
}

static int weight_applicable(const struct layer *l, const struct target *target) {
    struct layer_tile max = {{layer_min(weight_row(l), WEIGHT_VALUES), WEIGHT_VECTORS}};
    return conv_makes_blocks(l, target) && layer_takes_tile(l, LAYER_WEIGHT_GRADIENT, max);
}

/* How many images have their frames in the workspace. */
static int weight_images(const struct layer *l) {
    int images = layer_min(weight_up(WEIGHT_PIXELS, l->shape.out.h * l->shape.out.w), WEIGHT_IMAGES);
    return l->choice.max_images > 0 ? layer_min(images, l->choice.max_images) : images;
}

static size_t weight_workspace(const struct layer *l, const struct target *target) {
    int h, w;
    (void)target;
    conv_frame_size(l, l->shape.out.w, &h, &w);
    return (size_t)weight_images(l) * (size_t)layer_in_channels(l) * (size_t)h * (size_t)w;
}

static int weight_build(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct weight_tile tile = weight_tile(l, l->target);
    char window[192], defines[256];
    conv_window_defines(l, window, sizeof window);
    TRY(conv_build_cut(l, err));
    snprintf(defines, sizeof defines, "%s -DBLOCK=%d", window, l->choice.in_block);
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 0, "conv_cpu", "conv_cpu_frame", defines, err));
    snprintf(defines, sizeof defines, "%s -DBLOCK=%d -DVALUES=%d -DVECTORS=%d", window, l->choice.in_block, tile.values,
             tile.vectors);
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 1, "conv_weight_gradient_cpu", "conv_weight_gradient_cpu", defines,
                         err));
done:
    return status;
}

static int weight_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, h, w, max = weight_images(l), end = io->first + io->count, row = weight_row(l),
        blocks = layer_in_channels(l) / l->choice.in_block;
    struct weight_tile tile = weight_tile(l, l->target);
    struct shape_conv s = conv_shape(l);
    struct layer_io part = *io;
    conv_frame_size(l, s.out.w, &h, &w);
    /* the last one for the biases */
    size_t items = (size_t)(blocks * s.window.kernel[0] * weight_up(row, tile.values)) + 1;
    struct kernel_range range = {
        2, {0, 0, 0}, {items, (size_t)weight_up(weight_blocks(l), tile.vectors), 1}, {1, 1, 1}};
    for (; part.first < end; part.first += max, part.add = 1) {
        part.count = layer_min(max, end - part.first);
        TRY(conv_run_frame(l, LAYER_WEIGHT_GRADIENT, &part, s.out.w, err));
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 1), l->shape.desc->name, &range, err,
                          ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(io->out_gradient->buffer),
                          ARG_BUFFER(io->tensor_gradients[0].buffer), ARG_BUFFER(io->tensor_gradients[1].buffer),
                          ARG_INT(part.first), ARG_INT(part.first + part.count), ARG_INT(part.add),
                          ARG_INT(s.in.c / s.groups), ARG_INT(s.group_out), ARG_INT(s.before), ARG_INT(s.in.c),
                          ARG_INT(s.out.c), ARG_INT(layer_first_channels(l)), ARG_INT(layer_gap(l)), ARG_INT(blocks),
                          ARG_INT(weight_blocks(l)), ARG_INT(h), ARG_INT(w), ARG_INT(s.out.h), ARG_INT(s.out.w)));
    }
    TRY(conv_enqueue_cut(l, io, err));
done:
    return status;
}

static const struct layer_tile weight_tiles[] = {{{8, 3}}, {{16, 1}}, {{12, 2}}, {{8, 2}}, {{11, 2}},
                                                 {{6, 3}}, {{6, 1}},  {{4, 1}},  {{0}}};

const struct layer_variant conv_cpu_weight_gradient = {.name = "cpu",
                                                       .applicable = weight_applicable,
                                                       .workspace = weight_workspace,
                                                       .build = weight_build,
                                                       .enqueue = weight_enqueue,
                                                       .release = conv_free_weight_gradient,
                                                       .kernels = "conv_cpu conv_weight_gradient_cpu",
                                                       .tile = weight_layer_tile,
                                                       .tiles = weight_tiles};
