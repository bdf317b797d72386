/* SPDX-License-Identifier: MIT */
/* The shapes and golden vectors that the backward passes are tried on: those of both gradients of a type are the
 * same. */
#include <stdlib.h>

#include "kernel_check.h"

/* One call of a pass of `images` images of a layer with weights and biases: the gradients of the inputs, or of the
 * weights and then of the biases. */
static float *run_images(struct layer *l, enum layer_pass_kind pass, const char *variant, struct target *target,
                         int images, size_t *made) {
    struct alexcl_error err = {0};
    size_t in = (size_t)images * shape_size(l->shape.in), out = (size_t)images * shape_size(l->shape.out),
           weights = layer_tensor_floats(&l->shape.tensors[0]), biases = layer_tensor_floats(&l->shape.tensors[1]);
    *made = pass == LAYER_INPUT_GRADIENT ? in : weights + biases;
    float *values = support_random(in + out + weights, "values", 1.0), *gradients = support_floats(*made);
    const float *const w[LAYER_TENSORS] = {values + in + out, values};
    struct storage x, g, gx, gw[LAYER_TENSORS], workspace;
    EXPECT_OK(layer_prepare_variant(l, pass, target, kernel_check_variant(l, pass, variant), w, &err), err);
    EXPECT_OK(storage_create(target, in, "a test", &x, &err), err);
    EXPECT_OK(storage_create(target, out, "a test", &g, &err), err);
    EXPECT_OK(storage_create(target, in, "a test", &gx, &err), err);
    EXPECT_OK(storage_create(target, weights, "a test", &gw[0], &err), err);
    EXPECT_OK(storage_create(target, biases, "a test", &gw[1], &err), err);
    EXPECT_OK(storage_create(target, l->pass[pass].workspace, "a test", &workspace, &err), err);
    EXPECT_OK(storage_write(&x, 0, values, in, &err), err);
    EXPECT_OK(storage_write(&g, 0, values + in, out, &err), err);
    const struct layer_source source = {&x, NULL}, sink = {&gx, NULL};
    const struct layer_io io = {.in = &source,
                                .workspace = &workspace,
                                .count = images,
                                .out_gradient = &g,
                                .in_gradients = &sink,
                                .tensor_gradients = gw};
    EXPECT_OK(layer_run(l, pass, &io, &err), err);
    if (pass == LAYER_INPUT_GRADIENT) {
        EXPECT_OK(storage_read(&gx, 0, gradients, in, &err), err);
    } else {
        EXPECT_OK(storage_read(&gw[0], 0, gradients, weights, &err), err);
        EXPECT_OK(storage_read(&gw[1], 0, gradients + weights, biases, &err), err);
    }
    storage_free(&x), storage_free(&g), storage_free(&gx), storage_free(&workspace);
    storage_free(&gw[0]), storage_free(&gw[1]);
    layer_release(l);
    free(values);
    return gradients;
}

void kernel_check_gradient_many(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc,
                                struct alexcl_shape in) {
    enum { IMAGES = 290 };
    struct alexcl_error err = {0};
    struct target host = {NULL};
    struct layer l;
    size_t floats;
    if (!kernel_check_possible(variant) || kernel_check_bare()) return;
    EXPECT_OK(layer_describe(&l, desc, 0, in, &err), err);
    float *want = run_images(&l, pass, "ref", &host, IMAGES, &floats),
          *got = run_images(&l, pass, variant, support_target(), IMAGES, &floats);
    support_compare("many images", got, want, floats, KERNEL_CHECK_TOLERANCE);
    free(want), free(got);
}

void kernel_check_fc_gradient_grid(const char *variant, enum layer_pass_kind pass) {
    static const int inputs[] = {1, 15, 16, 65, 130}, outputs[] = {2, 7, 33, 70};
    int costly = kernel_check_extent(variant, ALEXCL_FC)->costly;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++) {
            if (!costly && o != i % (sizeof outputs / sizeof *outputs)) continue; /* each of both at least once */
            struct alexcl_layer desc = {.type = ALEXCL_FC, .name = "fc", .outputs = outputs[o]};
            const struct alexcl_shape in = {inputs[i], 1, 1};
            kernel_check_gradient(variant, pass, &desc, &in, 1, in);
        }
    }
    /* behind a flatten layer; more outputs of a half than are added together */
    static const struct alexcl_shape maps[] = {{1, 3, 3}, {7, 2, 5}, {40, 3, 3}};
    static const int behind_maps[] = {540, 9, 34};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_FC, .name = "fc", .outputs = behind_maps[i]};
        const struct alexcl_shape in = {(int)shape_size(maps[i]), 1, 1};
        kernel_check_gradient(variant, pass, &desc, &in, 1, maps[i]);
    }
    const struct alexcl_layer small = {.type = ALEXCL_FC, .name = "fc", .outputs = 7};
    kernel_check_gradient_many(variant, pass, &small, (struct alexcl_shape){5, 1, 1});
}

void kernel_check_golden_fc_gradient(const char *variant, enum layer_pass_kind pass) {
    static const char *const dirs[] = {"fc_mid", "fc_odd", "fc_one"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_FC, .name = dirs[i], .outputs = (int)oracle_number(dirs[i], "out")};
        kernel_check_golden_gradient(variant, pass, &desc, dirs[i], "gy", "gx");
    }
}

void kernel_check_subsample_gradient_grid(const char *variant, enum layer_pass_kind pass) {
    static const struct {
        struct alexcl_shape in;
        int kernel[2], stride[2], ceil_mode;
    } cases[] = {
        {{1, 1, 1}, {1, 1}, {1, 1}, 0},  {{6, 14, 14}, {2, 2}, {2, 2}, 0}, {{3, 4, 7}, {2, 2}, {3, 3}, 1},
        {{36, 5, 5}, {3, 3}, {2, 2}, 0}, {{9, 7, 6}, {3, 2}, {1, 2}, 1},   {{5, 6, 4}, {2, 3}, {2, 1}, 1},
        {{2, 9, 5}, {1, 4}, {4, 1}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i % 2 && !kernel_check_extent(variant, ALEXCL_SUBSAMPLE)->costly) continue;
        const struct alexcl_layer desc = {.type = ALEXCL_SUBSAMPLE,
                                          .name = "subsample",
                                          .kernel = {cases[i].kernel[0], cases[i].kernel[1]},
                                          .stride = {cases[i].stride[0], cases[i].stride[1]},
                                          .ceil_mode = cases[i].ceil_mode};
        kernel_check_gradient(variant, pass, &desc, &cases[i].in, 1, cases[i].in);
        if (i == 1 && pass == LAYER_WEIGHT_GRADIENT) kernel_check_gradient_many(variant, pass, &desc, cases[i].in);
    }
}

void kernel_check_affine_gradient_grid(enum layer_pass_kind pass) {
    static const struct alexcl_shape shapes[] = {{2, 1, 1}, {5, 3, 7}, {130, 1, 1}, {33, 5, 4}, {16, 9, 15}};
    const struct alexcl_layer desc = {.type = ALEXCL_AFFINE, .name = "affine"};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        kernel_check_gradient("own", pass, &desc, &shapes[s], 1, shapes[s]);
    kernel_check_gradient_many("own", pass, &desc, shapes[1]);
}
