/* SPDX-License-Identifier: MIT */
/* A convolution's weight gradient on GPUs: conv_tiles_weight_gradient.cl. The sums of each image go to the workspace,
 * since a layer's weights alone are too few tiles to keep a GPU busy; then they are added in order. */
#include "layer_conv.h"

/* TILE_O, TILE_W, SIDE of the kernel; the workspace has at most TILES_BYTES, unless one image needs more, and no more
 * than so many images. */
enum { TILES_OUTPUTS = 32, TILES_WEIGHTS = 64, TILES_SIDE = 8, TILES_WORKSPACE = 16 << 20, TILES_IMAGES = 64 };

/* Sums of one image: a bias for each output behind its weights. */
static size_t tiles_values(const struct layer *l) {
    return (size_t)l->shape.out.c * (layer_tensor_row(&l->shape.tensors[0]) + 1);
}

static int tiles_images(const struct layer *l) {
    size_t bytes = tiles_values(l) * sizeof(float), images = bytes ? TILES_WORKSPACE / bytes : 1;
    int max = l->choice.max_images > 0 ? layer_min(l->choice.max_images, TILES_IMAGES) : TILES_IMAGES;
    if (images < 1) return 1;
    return images < (size_t)max ? (int)images : max;
}

static size_t tiles_workspace(const struct layer *l, const struct target *target) {
    (void)target;
    return (size_t)tiles_images(l) * tiles_values(l);
}

static int tiles_build(struct layer *l, struct alexcl_error *err) {
    static const char source[] = "conv_tiles_weight_gradient";
    int status = ALEXCL_OK;
    char defines[192];
    conv_window_defines(l, defines, sizeof defines);
    TRY(conv_build_cut(l, err));
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 0, source, source, defines, err));
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 1, source, "conv_tiles_add", defines, err));
done:
    return status;
}

/* Images part->first .. part->first+part->count-1, which the workspace holds. */
static int tiles_enqueue_part(struct layer *l, const struct layer_io *part, struct alexcl_error *err) {
    int status = ALEXCL_OK, row = (int)layer_tensor_row(&l->shape.tensors[0]);
    struct shape_conv s = conv_shape(l);
    const struct layer_io once = {.count = 1};
    for (int g = 0; g < s.groups; g++) {
        int first, count, in = s.in.c / s.groups;
        conv_group_rows(&s, g, &first, &count);
        if (count <= 0) continue;
        size_t across = (size_t)(row + TILES_WEIGHTS) / TILES_WEIGHTS, /* of the weights and the bias */
            down = (size_t)(count + TILES_OUTPUTS - 1) / TILES_OUTPUTS;
        struct kernel_range range = {3,
                                     {0, 0, (size_t)part->first},
                                     {across * TILES_SIDE, down * TILES_SIDE, (size_t)part->count},
                                     {TILES_SIDE, TILES_SIDE, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 0), l->shape.desc->name, &range, err,
                          ARG_BUFFER(part->in[0].own->buffer), ARG_BUFFER(part->out_gradient->buffer),
                          ARG_BUFFER(part->workspace->buffer), ARG_INT(part->first), ARG_INT(s.in.c), ARG_INT(g * in),
                          ARG_INT(in), ARG_INT(s.out.c), ARG_INT(first), ARG_INT(count), ARG_INT(s.in.h),
                          ARG_INT(s.in.w), ARG_INT(s.out.h), ARG_INT(s.out.w), ARG_INT(s.window.pad[0]),
                          ARG_INT(s.window.pad[1])));
    }
    struct kernel_range sums = layer_range(tiles_values(l), &once);
    TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 1), l->shape.desc->name, &sums, err,
                      ARG_BUFFER(part->workspace->buffer), ARG_BUFFER(part->tensor_gradients[0].buffer),
                      ARG_BUFFER(part->tensor_gradients[1].buffer), ARG_INT(part->count), ARG_INT(part->add),
                      ARG_INT(s.out.c), ARG_INT(row)));
done:
    return status;
}

static int tiles_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, max = tiles_images(l), end = io->first + io->count;
    struct layer_io part = *io;
    for (; part.first < end; part.first += max, part.add = 1) {
        part.count = layer_min(max, end - part.first);
        TRY(tiles_enqueue_part(l, &part, err));
    }
    TRY(conv_enqueue_cut(l, io, err));
done:
    return status;
}

const struct layer_variant conv_tiles_weight_gradient = {.name = "own",
                                                         .applicable = layer_on_device_plain,
                                                         .workspace = tiles_workspace,
                                                         .build = tiles_build,
                                                         .enqueue = tiles_enqueue,
                                                         .release = conv_free_weight_gradient,
                                                         .kernels = "conv_tiles_weight_gradient",
                                                         .chunk = tiles_images};
