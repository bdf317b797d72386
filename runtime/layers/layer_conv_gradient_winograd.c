/* SPDX-License-Identifier: MIT */
/* A convolution's weight gradient on CPU devices by Winograd's minimal filtering: winograd_weight_gradient_cpu.cl. Some
 * images at a time are transformed into the workspace, as are their output's gradients; then the products of all tiles
 * are summed, point by point, and made weights. */
#include <stdio.h>

#include "layer_conv.h"
#include "winograd.h"

enum {
    /* largest size in bytes of a chunk's transformed values, so that a cache has them; twice the sums' where that is
     * more, since each chunk's are made weights; or one image's */
    GRADIENT_CACHED = 5 << 20,
    GRADIENT_IMAGES = 16,   /* at most; a power of two */
    GRADIENT_CHANNELS = 32, /* the fewest, on both sides, whose products outweigh the transforms */
    GRADIENT_VALUES = 16,   /* the largest tile */
    GRADIENT_VECTORS = 4,
    GRADIENT_KERNELS = 4,
};

struct gradient_tile {
    int values, vectors; /* inputs, and vectors of outputs, that a work-item multiplies */
};

static int gradient_up(int count, int size) { return (count + size - 1) / size; }
/* Inputs that are multiplied for an output: with a stride 16 of a plane. */
static int gradient_depth(const struct layer *l) {
    return layer_in_channels(l) * (conv_winograd_strides(l) ? LAYER_BLOCK : 1);
}
static int gradient_blocks(const struct layer *l) { return gradient_up(l->shape.out.c, LAYER_BLOCK); }

static struct winograd_form gradient_form(const struct layer *l) {
    return (struct winograd_form){conv_winograd_window(l), conv_winograd_out(l), 1};
}
static int gradient_across(const struct layer *l) { return gradient_up(l->shape.out.w, gradient_form(l).out); }
static int gradient_per_image(const struct layer *l) {
    return gradient_across(l) * gradient_up(l->shape.out.h, gradient_form(l).out);
}
static size_t gradient_points(const struct layer *l) {
    return (size_t)winograd_side(gradient_form(l)) * (size_t)winograd_side(gradient_form(l));
}

static struct gradient_tile gradient_tile(const struct layer *l, const struct target *target) {
    const int *asked = l->pass[LAYER_WEIGHT_GRADIENT].tile.size;
    if (asked[0]) return (struct gradient_tile){asked[0], asked[1]};
    if (!layer_has_wide_registers(target)) return (struct gradient_tile){4, 1};
    return gradient_blocks(l) % 3 == 0 ? (struct gradient_tile){8, 3} : (struct gradient_tile){8, 2};
}
static struct layer_tile gradient_layer_tile(const struct layer *l, const struct target *target) {
    struct gradient_tile t = gradient_tile(l, target);
    return (struct layer_tile){{t.values, t.vectors}};
}

static int gradient_applicable(const struct layer *l, const struct target *target) {
    return conv_winograd_applicable(l, target) && conv_shape(l).groups == 1 && gradient_depth(l) >= GRADIENT_CHANNELS &&
           l->shape.out.c >= GRADIENT_CHANNELS &&
           layer_takes_tile(l, LAYER_WEIGHT_GRADIENT, (struct layer_tile){{GRADIENT_VALUES, GRADIENT_VECTORS}}) &&
           LAYER_BLOCK % gradient_tile(l, target).values == 0;
}

/* Floats of an image's transformed inputs and gradients. */
static size_t gradient_image_floats(const struct layer *l) {
    return gradient_points(l) * (size_t)gradient_per_image(l) *
           (size_t)(gradient_depth(l) + gradient_blocks(l) * LAYER_BLOCK);
}
/* Floats of the sums. */
static size_t gradient_sums(const struct layer *l) {
    return gradient_points(l) * (size_t)(gradient_depth(l) * gradient_blocks(l) * LAYER_BLOCK);
}
/* The images of a chunk, whose products are summed before they are made weights: a power of two that divides the most
 * images of a call, so that a batch has the same sums in whatever groups of whole chunks it is computed. */
static int gradient_images(const struct layer *l) {
    size_t cached = GRADIENT_CACHED / sizeof(float), twice = 2 * gradient_sums(l),
           most = twice > cached ? twice : cached;
    int images = GRADIENT_IMAGES;
    while (images > 1 && ((size_t)images * gradient_image_floats(l) > most || l->choice.max_images % images != 0))
        images /= 2;
    return images;
}
static size_t gradient_workspace(const struct layer *l, const struct target *target) {
    (void)target;
    return (size_t)gradient_images(l) * gradient_image_floats(l) + gradient_sums(l);
}

static int gradient_build(struct layer *l, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct gradient_tile tile = gradient_tile(l, l->target);
    struct winograd_form form = gradient_form(l);
    static const char *const kernels[] = {"winograd_weight_gradient_cpu_output",
                                          "winograd_weight_gradient_cpu_multiply",
                                          "winograd_weight_gradient_cpu_gather"};
    char defines[128];
    TRY(conv_build_cut(l, err));
    int made = snprintf(defines, sizeof defines, "-DWINDOW=%d -DOUT=%d -DSTRIDE=%d -DFUSED=0", form.window, form.out,
                        l->shape.desc->stride[0]);
    TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, 0, "winograd_cpu", "winograd_cpu_input", defines, err));
    snprintf(defines + made, sizeof defines - (size_t)made, " -DKERNEL=%d -DVALUES=%d -DVECTORS=%d",
             l->shape.desc->kernel[0], tile.values, tile.vectors);
    for (int i = 1; i < GRADIENT_KERNELS; i++)
        TRY(layer_add_kernel(l, LAYER_WEIGHT_GRADIENT, i, "winograd_weight_gradient_cpu", kernels[i - 1], defines,
                             err));
done:
    return status;
}

static int gradient_enqueue(struct layer *l, const struct layer_io *io, struct alexcl_error *err) {
    int status = ALEXCL_OK, max = gradient_images(l), end = io->first + io->count, add = io->add,
        depth = gradient_depth(l), blocks = gradient_blocks(l), across = gradient_across(l),
        per_image = gradient_per_image(l);
    size_t points = gradient_points(l);
    struct gradient_tile tile = gradient_tile(l, l->target);
    struct shape_conv s = conv_shape(l);
    const char *name = l->shape.desc->name;
    for (int first = io->first, count; first < end; first += count, add = 1) {
        count = layer_min(max, end - first);
        int tiles = count * per_image;
        size_t values = points * (size_t)tiles * (size_t)depth,
               gradients = points * (size_t)tiles * (size_t)(blocks * LAYER_BLOCK);
        struct kernel_range in = {
            3, {0, 0, 0}, {(size_t)per_image, (size_t)(depth / LAYER_BLOCK), (size_t)count}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 0), name, &in, err, ARG_BUFFER(io->in[0].own->buffer),
                          ARG_BUFFER(io->workspace->buffer), ARG_INT(first), ARG_INT(tiles), ARG_INT(depth),
                          ARG_INT(across), ARG_INT(s.in.h), ARG_INT(s.in.w), ARG_INT(s.window.pad[0]),
                          ARG_INT(s.window.pad[1])));
        struct kernel_range out = {3, {0, 0, 0}, {(size_t)per_image, (size_t)blocks, (size_t)count}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 1), name, &out, err,
                          ARG_BUFFER(io->out_gradient->buffer), ARG_BUFFER(io->workspace->buffer), ARG_INT((int)values),
                          ARG_INT(first), ARG_INT(tiles), ARG_INT(blocks), ARG_INT(across), ARG_INT(s.out.h),
                          ARG_INT(s.out.w)));
        struct kernel_range products = {
            3,
            {0, 0, 0},
            {(size_t)(depth / tile.values), (size_t)gradient_up(blocks, tile.vectors), points},
            {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 2), name, &products, err,
                          ARG_BUFFER(io->workspace->buffer), ARG_INT(tiles), ARG_INT(depth), ARG_INT(blocks)));
        struct kernel_range gather = {2, {0, 0, 0}, {(size_t)depth + 1, (size_t)blocks, 1}, {1, 1, 1}};
        TRY(KERNEL_LAUNCH(layer_kernel(l, LAYER_WEIGHT_GRADIENT, 3), name, &gather, err,
                          ARG_BUFFER(io->workspace->buffer), ARG_BUFFER(io->out_gradient->buffer),
                          ARG_BUFFER(io->tensor_gradients[0].buffer), ARG_BUFFER(io->tensor_gradients[1].buffer),
                          ARG_INT((int)(values + gradients)), ARG_INT(first), ARG_INT(first + count), ARG_INT(add),
                          ARG_INT(depth), ARG_INT(s.in.c / s.groups), ARG_INT(s.group_out), ARG_INT(s.before),
                          ARG_INT(s.in.c), ARG_INT(s.out.c), ARG_INT(layer_first_channels(l)), ARG_INT(layer_gap(l)),
                          ARG_INT(blocks), ARG_INT(s.out.h * s.out.w)));
    }
    TRY(conv_enqueue_cut(l, io, err));
done:
    return status;
}

static const struct layer_tile gradient_tiles[] = {{{8, 3}}, {{8, 2}}, {{4, 4}}, {{16, 1}},
                                                   {{4, 3}}, {{4, 1}}, {{2, 2}}, {{0}}};

const struct layer_variant conv_winograd_weight_gradient = {.name = "winograd",
                                                            .applicable = gradient_applicable,
                                                            .workspace = gradient_workspace,
                                                            .build = gradient_build,
                                                            .enqueue = gradient_enqueue,
                                                            .release = conv_free_weight_gradient,
                                                            .kernels = "winograd_weight_gradient_cpu winograd_cpu",
                                                            .tile = gradient_layer_tile,
                                                            .tiles = gradient_tiles,
                                                            .chunk = gradient_images};
