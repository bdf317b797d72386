/* SPDX-License-Identifier: MIT */
/* Windows of all kinds that the files of other frameworks can say: rectangles, dilated, padded on each side by another
 * number, ceil mode, groups of any number. */
#include <stdlib.h>
#include <string.h>

#include "kernel_check.h"
#include "ref.h"

/* Windows that are no squares, and those that hang over the map: on every side by another number, dilated, in ceil
 * mode. */
void kernel_check_pool_windows(const char *variant, enum layer_pass_kind pass, struct alexcl_layer desc) {
    static const struct {
        struct alexcl_shape in;
        int kernel[2], stride[2], dilation[2], pad[4], ceil_mode;
    } cases[] = {
        {{3, 7, 9}, {2, 3}, {1, 2}, {0}, {0}, 0},
        {{5, 6, 4}, {3, 1}, {2, 1}, {0}, {0}, 1},
        {{4, 7, 6}, {3, 3}, {2, 2}, {0}, {1, 1, 1, 1}, 0},
        {{4, 7, 6}, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1},
        {{2, 8, 11}, {3, 2}, {1, 3}, {2, 3}, {2, 0, 1, 3}, 0},
        {{37, 9, 5}, {2, 3}, {2, 2}, {3, 1}, {0, 1, 2, 0}, 1},
        {{3, 2, 2}, {3, 3}, {1, 1}, {0}, {1, 2, 2, 1}, 0}, /* larger than the map */
    };
    unsigned fields = layer_type(desc.type)->fields;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!(fields & LAYER_FIELD_PAD) && cases[i].pad[0] + cases[i].pad[1] + cases[i].pad[2] > 0) continue;
        if (i % 2 && !kernel_check_extent(variant, desc.type)->costly) continue;
        memcpy(desc.kernel, cases[i].kernel, sizeof desc.kernel);
        memcpy(desc.stride, cases[i].stride, sizeof desc.stride);
        memcpy(desc.dilation, cases[i].dilation, sizeof desc.dilation);
        memcpy(desc.pad, cases[i].pad, sizeof desc.pad);
        desc.ceil_mode = cases[i].ceil_mode;
        for (int counted = 0; counted <= ((fields & LAYER_FIELD_COUNT_PAD) != 0); counted++) {
            desc.count_include_pad = counted;
            kernel_check_pass(variant, pass, &desc, cases[i].in);
        }
    }
}

/* The halves against the reference's convolution of the whole layer, which knows of no halves. */
static void check_whole_conv(const char *variant, const struct alexcl_layer *desc, struct alexcl_shape whole_in,
                             int in_block) {
    enum { IMAGES = 2 };
    struct alexcl_error err = {0};
    struct layer l;
    EXPECT_OK(layer_describe(&l, desc, 0, whole_in, &err), err);
    struct shape_conv s = {
        .in = whole_in, .out = l.shape.whole_out, .groups = desc->groups, .group_out = desc->outputs / desc->groups};
    size_t count = IMAGES * shape_size(s.out), weights = (size_t)desc->outputs * layer_tensor_row(&l.shape.tensors[0]);
    memcpy(s.window.kernel, desc->kernel, sizeof desc->kernel);
    memcpy(s.window.stride, desc->stride, sizeof desc->stride);
    memcpy(s.window.pad, desc->pad, sizeof desc->pad);
    for (int axis = 0; axis < 2; axis++) s.window.dilation[axis] = desc->dilation[axis] ? desc->dilation[axis] : 1;
    float *x = support_random(IMAGES * shape_size(whole_in), "x", 2.0), *w = support_random(weights, "w", 0.5),
          *b = support_random((size_t)desc->outputs, "b", 0.5), *want = support_floats(count);
    float *got = kernel_check_run_whole(variant, desc, whole_in, x, IMAGES, (const float *const[]){w, b}, in_block,
                                        PRECISION_FLOAT);
    const struct support_maps maps = {s.out, 0, kernel_check_is_winograd(variant)};
    ref_conv(want, x, w, b, IMAGES, &s);
    if (got) support_compare_maps(desc->name, got, want, count, KERNEL_CHECK_TOLERANCE, &maps);
    free(x), free(w), free(b), free(want), free(got);
}

/* Windows that are no squares, dilated, padded on each side by another number; and groups of any number: those that the
 * cut falls between, and those that it falls into, where a half has some outputs of a group. */
static void conv_windows(const char *variant, enum layer_pass_kind pass) {
    static const struct {
        const char *name;
        struct alexcl_shape in;
        int outputs, kernel[2], stride[2], dilation[2], pad[4], groups;
        int costly; /* as in kernel_check_conv_grid */
    } cases[] = {
        {"rectangle", {3, 7, 9}, 5, {3, 2}, {1, 2}, {0}, {0}, 1, 1},
        {"one row of a window", {2, 5, 18}, 6, {1, 5}, {2, 1}, {1, 1}, {0, 4, 0, 2}, 1, 1},
        {"dilated", {18, 9, 11}, 7, {3, 3}, {1, 1}, {2, 3}, {2, 3, 1, 5}, 1, 1},
        {"dilated rectangle", {2, 12, 8}, 20, {2, 4}, {3, 1}, {4, 2}, {4, 1, 0, 6}, 2, 0},
        {"padded on each side by another number", {5, 6, 7}, 4, {3, 3}, {1, 1}, {0}, {2, 0, 1, 2}, 1, 1},
        {"the same, a window of 5", {3, 6, 7}, 4, {5, 5}, {1, 1}, {0}, {1, 4, 0, 2}, 1, 0},
        {"the same, a stride of 4", {3, 25, 22}, 4, {11, 11}, {4, 4}, {0}, {0, 3, 5, 1}, 1, 1},
        {"3 groups, the cut inside the second", {6, 5, 4}, 9, {3, 3}, {1, 1}, {0}, {1, 1, 1, 1}, 3, 0},
        {"3 groups of one input", {3, 5, 4}, 6, {2, 3}, {1, 1}, {0}, {1, 1, 1, 1}, 3, 1},
        {"as many groups as channels, odd", {5, 6, 5}, 5, {3, 3}, {1, 1}, {0}, {1, 1, 1, 1}, 5, 2},
        {"the same with two outputs each", {5, 6, 5}, 10, {3, 3}, {2, 2}, {0}, {1, 1, 1, 1}, 5, 1},
        {"5 groups as wide as a block, the cut inside the third",
         {80, 4, 3},
         40,
         {3, 3},
         {1, 1},
         {0},
         {1, 1, 1, 1},
         5,
         1},
        {"one group a half", {34, 4, 5}, 36, {3, 3}, {1, 1}, {0}, {1, 0, 0, 1}, 2, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alexcl_layer desc = {
            .type = ALEXCL_CONV, .name = cases[i].name, .outputs = cases[i].outputs, .groups = cases[i].groups};
        memcpy(desc.kernel, cases[i].kernel, sizeof desc.kernel);
        memcpy(desc.stride, cases[i].stride, sizeof desc.stride);
        memcpy(desc.dilation, cases[i].dilation, sizeof desc.dilation);
        memcpy(desc.pad, cases[i].pad, sizeof desc.pad);
        if (!kernel_check_possible(variant)) return;
        if (!kernel_check_does(variant, pass, &desc)) continue;
        const struct kernel_check_extent *e = kernel_check_extent(variant, ALEXCL_CONV);
        int costly = cases[i].costly == 1 || (cases[i].costly == 2 && strcmp(variant, "wino_gpu") == 0);
        if (costly ? !e->costly : !e->cheap) continue;
        /* most of it is CLBlast's own kernels */
        if (i != 3 && strcmp(variant, "clblast") == 0 && strcmp(support_implementation(), "oclgrind") == 0) continue;
        if (pass != LAYER_FORWARD) {
            kernel_check_gradient(variant, pass, &desc, &cases[i].in, 1, cases[i].in);
            continue;
        }
        check_whole_conv(variant, &desc, cases[i].in, 1);
        check_whole_conv(variant, &desc, cases[i].in, LAYER_BLOCK);
        if (i % 4 == 0) kernel_check_layer(variant, &desc, cases[i].in);
    }
}

void kernel_check_conv_windows(const char *variant) { conv_windows(variant, LAYER_FORWARD); }
void kernel_check_conv_gradient_windows(const char *variant, enum layer_pass_kind pass) { conv_windows(variant, pass); }
