/* SPDX-License-Identifier: MIT */
/* The shapes and golden vectors that families of kernels are tried on: those of convolutions are the same for each way
 * of computing them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_check.h"

/* What winograd_cpu.cl, winograd.cl and winograd_fused.cl are for. */
static int winograd_does(const char *variant, const struct alexcl_layer *desc) {
    int fused = strcmp(variant, "wino_fused") == 0, on_cpu = !fused && strcmp(variant, "wino_gpu") != 0,
        window = (desc->kernel[0] + 3) / 4;
    if (desc->kernel[0] != desc->kernel[1] || desc->stride[0] != desc->stride[1] || desc->dilation[0] > 1 ||
        desc->dilation[1] > 1)
        return 0;
    /* Rusticl takes half a minute to compile winograd_cpu.cl for most shapes, and minutes for a window of 5: one of
     * them. */
    if (on_cpu && strcmp(support_implementation(), "rusticl") == 0)
        return strcmp(variant, "winograd") == 0 && desc->stride[0] == 1 && desc->kernel[0] == 3 && desc->outputs == 5;
    /* Rusticl counts winograd_fused.cl's local memory twice, which is more than it has. */
    if (fused && strcmp(support_implementation(), "rusticl") == 0) return 0;
    return desc->stride[0] == 1 ? desc->kernel[0] == 3 || (desc->kernel[0] == 5 && !fused)
                                : on_cpu && desc->stride[0] == 4 && (window == 3 || window == 5);
}

int kernel_check_does(const char *variant, enum layer_pass_kind pass, const struct alexcl_layer *desc) {
    /* as a convolution of the output's gradient */
    if (pass == LAYER_INPUT_GRADIENT && strcmp(variant, "naive") != 0 && desc->stride[0] * desc->stride[1] > 1)
        return 0;
    return !kernel_check_is_winograd(variant) || winograd_does(variant, desc);
}

static void golden_conv(const char *variant, enum layer_pass_kind pass) {
    static const char *const dirs[] = {"conv_11x11s4", "conv_11x11s4p2", "conv_1x1",      "conv_3x3",   "conv_3x3g2",
                                       "conv_5x5g2",   "conv_conv3like", "conv_leftover", "conv_lenet", "conv_rect",
                                       "conv_dilated", "conv_depthwise", "conv_groups3"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        if (pass != LAYER_FORWARD && !oracle_has(dirs[i], "gy")) continue;
        struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                    .name = dirs[i],
                                    .outputs = (int)oracle_number(dirs[i], "o"),
                                    .groups = (int)oracle_number(dirs[i], "groups")};
        kernel_check_oracle_window(dirs[i], &desc);
        if (!kernel_check_does(variant, pass, &desc)) continue;
        if (pass == LAYER_FORWARD)
            kernel_check_golden(variant, &desc, dirs[i], "y");
        else
            kernel_check_golden_gradient(variant, pass, &desc, dirs[i], "gy", "gx");
    }
}

void kernel_check_golden_conv(const char *variant) { golden_conv(variant, LAYER_FORWARD); }
void kernel_check_golden_conv_gradient(const char *variant, enum layer_pass_kind pass) { golden_conv(variant, pass); }

static void conv_grid(const char *variant, enum layer_pass_kind pass) {
    static const struct {
        struct alexcl_shape in;
        int outputs, kernel, stride, pad, pad_end, groups;
        /* left out where little is tried; 2: by winograd.cl alone, which fills up the product of every point, of every
         * group */
        int costly;
    } cases[] = {
        {{1, 1, 1}, 2, 1, 1, 0, 0, 1, 0},    /* one of everything */
        {{1, 5, 9}, 3, 3, 1, 1, 0, 1, 2},    /* one channel, more pixels than a tile */
        {{3, 7, 5}, 5, 3, 1, 1, 0, 1, 0},    /* an odd number of outputs, halves of 3 and 2 */
        {{2, 4, 5}, 131, 3, 1, 1, 0, 1, 1},  /* more blocks of outputs than a work-item has */
        {{2, 6, 5}, 3, 5, 1, 2, 0, 1, 2},    /* a window of 5 */
        {{2, 9, 30}, 66, 3, 2, 0, 1, 1, 1},  /* more outputs than a tile, wider than one, one-sided padding */
        {{4, 12, 11}, 34, 5, 1, 2, 0, 2, 1}, /* a group a half */
        {{8, 6, 6}, 20, 3, 1, 1, 0, 4, 2},   /* two groups a half, 5 outputs each */
        {{2, 15, 22}, 5, 9, 4, 1, 2, 1, 0},  /* a stride of 4 */
        {{3, 25, 25}, 9, 11, 4, 0, 3, 1, 1}, /* conv1 of the 2012 code, in small */
        {{3, 26, 31}, 7, 11, 4, 2, 0, 1, 1}, /* windows that leave rows over */
        {{17, 5, 6}, 6, 3, 3, 2, 0, 1, 1},   /* windows that begin in the padding and end in it */
        {{5, 3, 16}, 4, 2, 1, 1, 0, 1, 0},   /* an even window */
        {{2, 8, 8}, 4, 3, 3, 0, 0, 1, 0},    /* two columns and rows that no window reaches */
        {{6, 5, 5}, 12, 5, 1, 0, 0, 1, 1},   /* one output a map (LeNet-1998's c5) */
        /* halves that leave lanes of a block over, more tiles than a work-item takes */
        {{36, 13, 13}, 70, 3, 1, 1, 0, 2, 1},
        {{33, 10, 17}, 33, 5, 1, 4, 0, 1, 1}, /* as much padding as may be */
        {{64, 15, 6}, 65, 3, 1, 0, 2, 1, 1},  /* one-sided padding */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct kernel_check_extent *e = kernel_check_extent(variant, ALEXCL_CONV);
        int costly = cases[i].costly == 1 || (cases[i].costly == 2 && strcmp(variant, "wino_gpu") == 0);
        if (costly ? !e->costly : !e->cheap) continue;
        /* most of it is CLBlast's own kernels */
        if (i % 2 && strcmp(variant, "clblast") == 0 && strcmp(support_implementation(), "oclgrind") == 0) continue;
        struct alexcl_layer desc = {
            .type = ALEXCL_CONV,
            .name = "conv",
            .outputs = cases[i].outputs,
            .kernel = {cases[i].kernel, cases[i].kernel},
            .stride = {cases[i].stride, cases[i].stride},
            .pad = {cases[i].pad, cases[i].pad, cases[i].pad + cases[i].pad_end, cases[i].pad + cases[i].pad_end},
            .groups = cases[i].groups};
        if (!kernel_check_does(variant, pass, &desc)) continue;
        if (pass == LAYER_FORWARD)
            kernel_check_layer(variant, &desc, cases[i].in);
        else
            kernel_check_gradient(variant, pass, &desc, &cases[i].in, 1, cases[i].in);
    }
}

void kernel_check_conv_grid(const char *variant) { conv_grid(variant, LAYER_FORWARD); }
void kernel_check_conv_gradient_grid(const char *variant, enum layer_pass_kind pass) { conv_grid(variant, pass); }

void kernel_check_conv_connections(const char *variant) {
    static const uint32_t connections[5] = {1, 3, 6, 5, 0};
    static const struct alexcl_shape in = {3, 6, 5};
    struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                .name = "connections",
                                .outputs = 5,
                                .kernel = {3, 3},
                                .stride = {1, 1},
                                .groups = 1,
                                .connections = connections};
    kernel_check_gradient(variant, LAYER_WEIGHT_GRADIENT, &desc, &in, 1, in);
}

void kernel_check_golden_fc(const char *variant) {
    static const char *const dirs[] = {"fc_mid", "fc_odd", "fc_one"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_FC, .name = dirs[i], .outputs = (int)oracle_number(dirs[i], "out")};
        kernel_check_golden(variant, &desc, dirs[i], "y");
    }
}

void kernel_check_golden_int8(const char *variant) {
    const struct alexcl_layer desc = {
        .type = ALEXCL_FC, .name = "fc_int8", .outputs = (int)oracle_number("fc_int8", "out")};
    kernel_check_golden_narrow(variant, &desc, "fc_int8", PRECISION_INT8);
}

void kernel_check_fc_grid(const char *variant) {
    static const int inputs[] = {1, 15, 16, 65, 130}, outputs[] = {2, 7, 33};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++) {
            /* each of both at least once */
            if (!kernel_check_extent(variant, ALEXCL_FC)->costly && o != i % (sizeof outputs / sizeof *outputs))
                continue;
            struct alexcl_layer desc = {.type = ALEXCL_FC, .name = "fc", .outputs = outputs[o]};
            kernel_check_layer(variant, &desc, (struct alexcl_shape){inputs[i], 1, 1});
        }
    }
    static const struct alexcl_shape maps[] = {{1, 3, 3}, {7, 2, 5}, {40, 3, 3}};
    /* behind a flatten layer; with more inputs than a chunk of fc_cpu.clh */
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        /* Two blocks of 32 outputs a half; one on bare buffers: weights are written block after block, and see
         * make_storage. */
        struct alexcl_layer desc = {.type = ALEXCL_FC, .name = "fc", .outputs = kernel_check_bare() ? 61 : 70};
        kernel_check_flattened(variant, &desc, (struct alexcl_shape){(int)shape_size(maps[i]), 1, 1}, maps[i]);
    }
    /* So many inputs that an item of fc_cpu.cl and of fc_panel.clh owns several blocks, the last one fewer: too many
     * for a simulator. */
    struct alexcl_layer desc = {.type = ALEXCL_FC, .name = "fc", .outputs = 1030};
    int together = strcmp(variant, "cpu") == 0 || strcmp(variant, "rows") == 0 || strcmp(variant, "int8") == 0;
    if (together && kernel_check_extent(variant, ALEXCL_FC)->costly && support_target()->device &&
        device_limits(support_target()->device)->kind == ALEXCL_DEVICE_CPU)
        kernel_check_layer(variant, &desc, (struct alexcl_shape){16400, 1, 1});
}

static struct alexcl_layer lrn(int n, double k, double alpha, double beta, enum alexcl_lrn_scope span) {
    return (struct alexcl_layer){.type = ALEXCL_LRN,
                                 .name = "lrn",
                                 .window = {-n / 2, n / 2},
                                 .k = k,
                                 .alpha = alpha,
                                 .beta = beta,
                                 .lrn_scope = span};
}

/* Windows wider than a half, halves of different size, one channel, other powers. */
void kernel_check_lrn_grid(const char *variant, enum layer_pass_kind pass) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {2, 3, 3}, {5, 4, 7}, {16, 9, 8}, {33, 1, 5}, {1, 5, 13}};
    static const int windows[] = {1, 3, 5, 9};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            if ((s + w) % 3 && !kernel_check_extent(variant, ALEXCL_LRN)->costly) continue;
            for (int span = 0; span < 2; span++) {
                struct alexcl_layer desc =
                    lrn(windows[w], 2.0, 0.3, 0.75, span ? ALEXCL_LRN_SCOPE_LAYER : ALEXCL_LRN_SCOPE_HALF);
                kernel_check_pass(variant, pass, &desc, shapes[s]);
            }
        }
    }
    struct alexcl_layer desc = lrn(5, 1.0, 0.5, 0.6, ALEXCL_LRN_SCOPE_LAYER);
    kernel_check_pass(variant, pass, &desc, shapes[3]);
    /* ends that differ: an even number of channels, all below, all above, further than a half has channels */
    static const int uneven[][2] = {{-1, 2}, {-2, 1}, {-3, 0}, {0, 2}, {-9, 1}};
    for (size_t i = 0; i < sizeof uneven / sizeof *uneven; i++) {
        for (size_t s = 2; s < 5; s += 2) {
            desc = kernel_check_lrn(uneven[i][0], uneven[i][1], ALEXCL_LRN_SCOPE_LAYER);
            kernel_check_pass(variant, pass, &desc, shapes[s]);
        }
    }
    desc = kernel_check_lrn(-2, 1, ALEXCL_LRN_SCOPE_HALF);
    kernel_check_pass(variant, pass, &desc, shapes[3]);
}

struct alexcl_layer kernel_check_lrn(int first, int last, enum alexcl_lrn_scope span) {
    struct alexcl_layer desc = lrn(1, 2.0, 0.3, 0.75, span);
    desc.window[0] = first;
    desc.window[1] = last;
    return desc;
}

void kernel_check_golden_lrn(const char *variant, enum layer_pass_kind pass) {
    static const char *const dirs[] = {"lrn_paper",    "lrn_relu",   "lrn_towers", "lrn_caffe",    "lrn_narrow",
                                       "lrn_n3strong", "lrn_single", "lrn_even",   "lrn_onnx_even"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc =
            lrn(1, oracle_number(dirs[i], "k"), oracle_number(dirs[i], "alpha"), oracle_number(dirs[i], "beta"),
                oracle_number(dirs[i], "groups") == 2 ? ALEXCL_LRN_SCOPE_HALF : ALEXCL_LRN_SCOPE_LAYER);
        oracle_ends(dirs[i], &desc.window[0], &desc.window[1]);
        kernel_check_golden_pass(variant, pass, &desc, dirs[i]);
    }
}

static struct alexcl_layer rnorm(int n, double k, double alpha, double beta) {
    return (struct alexcl_layer){
        .type = ALEXCL_RNORM, .name = "rnorm", .window = {-n / 2, n / 2}, .k = k, .alpha = alpha, .beta = beta};
}

void kernel_check_rnorm_grid(const char *variant, enum layer_pass_kind pass) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {3, 2, 9}, {8, 13, 13}, {1, 7, 11}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (int n = 1; n <= 5; n += 2) {
            if ((s + (size_t)n / 2) % 2 && !kernel_check_extent(variant, ALEXCL_RNORM)->costly) continue;
            struct alexcl_layer desc = rnorm(n, 1.0, 0.2, n == 3 ? 0.5 : 0.75);
            kernel_check_pass(variant, pass, &desc, shapes[s]);
        }
        struct alexcl_layer uneven = rnorm(1, 1.0, 0.2, 0.75);
        uneven.window[0] = -2;
        uneven.window[1] = 1;
        kernel_check_pass(variant, pass, &uneven, shapes[s]);
    }
}

void kernel_check_golden_rnorm(const char *variant, enum layer_pass_kind pass) {
    static const char *const dirs[] = {"rnorm_a", "rnorm_small"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc = rnorm((int)oracle_number(dirs[i], "size"), oracle_number(dirs[i], "k"),
                                         oracle_number(dirs[i], "alpha"), oracle_number(dirs[i], "beta"));
        kernel_check_golden_pass(variant, pass, &desc, dirs[i]);
    }
}

struct alexcl_layer kernel_check_maxpool(int kernel, int stride, int ceil_mode) {
    return (struct alexcl_layer){.type = ALEXCL_MAXPOOL,
                                 .name = "maxpool",
                                 .kernel = {kernel, kernel},
                                 .stride = {stride, stride},
                                 .ceil_mode = ceil_mode};
}

/* A net that went wrong must show it. */
void kernel_check_maxpool_nan(const char *variant, int block) {
    struct alexcl_error err = {0};
    struct alexcl_layer desc = kernel_check_maxpool(2, 2, 0);
    const float *const none[LAYER_TENSORS] = {0};
    struct layer l;
    struct storage in, out;
    const float values[12] = {NAN, 1, 2, NAN, 5, -7, 3, 4, 9, 6, 6, 7}; /* 2 x 6: three windows */
    float laid[12 * LAYER_BLOCK] = {0}, made[3 * LAYER_BLOCK], got[3];
    if (!kernel_check_possible(variant)) return;
    EXPECT_OK(layer_describe(&l, &desc, 0, (struct alexcl_shape){2, 2, 6}, &err), err);
    l.choice.in_block = l.choice.out_block = block;
    EXPECT_OK(layer_prepare_variant(&l, LAYER_FORWARD, support_target(),
                                    kernel_check_variant(&l, LAYER_FORWARD, variant), none, &err),
              err);
    layer_lay_in(&l, values, laid);
    EXPECT_OK(storage_create(support_target(), layer_in_floats(&l), "a test", &in, &err), err);
    EXPECT_OK(storage_create(support_target(), layer_out_floats(&l), "a test", &out, &err), err);
    EXPECT_OK(storage_write(&in, 0, laid, layer_in_floats(&l), &err), err);
    const struct layer_io io = {.in = &(struct layer_source){&in, NULL}, .out = &out, .count = 1};
    EXPECT_OK(layer_run(&l, LAYER_FORWARD, &io, &err), err);
    EXPECT_OK(storage_read(&out, 0, made, layer_out_floats(&l), &err), err);
    layer_take_out(&l, made, got);
    ck_assert(isnan(got[0]) && isnan(got[1]) && got[2] == 7.0f);
    storage_free(&in), storage_free(&out);
    layer_release(&l);
}

/* The gradient goes where the value came from, which is the last NaN. */
void kernel_check_maxpool_nan_gradient(const char *variant, int block) {
    enum { IN = 12, OUT = 3 }; /* 2 x 6: three windows */
    struct alexcl_error err = {0};
    struct alexcl_layer desc = kernel_check_maxpool(2, 2, 0);
    const float *const none[LAYER_TENSORS] = {0};
    const float values[IN] = {NAN, 1, 2, NAN, 5, -7, 3, 4, NAN, 6, 6, 7}, given[OUT] = {1, 2, 3},
                due[IN] = {[0] = 1, [8] = 2, [11] = 3};
    float laid[IN * LAYER_BLOCK] = {0}, laid_gradient[OUT * LAYER_BLOCK] = {0}, made[IN * LAYER_BLOCK];
    struct layer l;
    struct storage x, gy, gx;
    if (!kernel_check_possible(variant)) return;
    EXPECT_OK(layer_describe(&l, &desc, 0, (struct alexcl_shape){2, 2, 6}, &err), err);
    l.choice.in_block = l.choice.out_block = block;
    EXPECT_OK(layer_prepare_variant(&l, LAYER_INPUT_GRADIENT, support_target(),
                                    kernel_check_variant(&l, LAYER_INPUT_GRADIENT, variant), none, &err),
              err);
    layer_lay_in(&l, values, laid);
    layer_lay_out(&l, given, laid_gradient);
    EXPECT_OK(storage_create(support_target(), layer_in_floats(&l), "a test", &x, &err), err);
    EXPECT_OK(storage_create(support_target(), layer_in_floats(&l), "a test", &gx, &err), err);
    EXPECT_OK(storage_create(support_target(), layer_out_floats(&l), "a test", &gy, &err), err);
    EXPECT_OK(storage_write(&x, 0, laid, layer_in_floats(&l), &err), err);
    EXPECT_OK(storage_write(&gy, 0, laid_gradient, layer_out_floats(&l), &err), err);
    const struct layer_source in = {&x, NULL}, in_gradient = {&gx, NULL};
    const struct layer_io io = {.in = &in, .out_gradient = &gy, .in_gradients = &in_gradient, .count = 1};
    EXPECT_OK(layer_run(&l, LAYER_INPUT_GRADIENT, &io, &err), err);
    EXPECT_OK(storage_read(&gx, 0, made, layer_in_floats(&l), &err), err);
    for (int i = 0; i < IN; i++) ck_assert_float_eq(made[layer_in_position(&l, 0, i)], due[i]);
    storage_free(&x), storage_free(&gy), storage_free(&gx);
    layer_release(&l);
}

void kernel_check_pool_grid(const char *variant, enum layer_pass_kind pass, struct alexcl_layer desc) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {3, 4, 7}, {6, 13, 13}, {9, 5, 2}, {1, 9, 11}};
    static const int windows[][2] = {{1, 1}, {2, 2}, {3, 2}, {2, 3}, {4, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            if ((s + w) % 3 && !kernel_check_extent(variant, desc.type)->costly) continue;
            for (int ceil_mode = 0; ceil_mode < 2; ceil_mode++) {
                int kernel = windows[w][0];
                if (!ceil_mode && (kernel > shapes[s].h || kernel > shapes[s].w)) continue;
                desc.kernel[0] = desc.kernel[1] = kernel;
                desc.stride[0] = desc.stride[1] = windows[w][1];
                desc.ceil_mode = ceil_mode;
                kernel_check_pass(variant, pass, &desc, shapes[s]);
            }
        }
    }
}

void kernel_check_golden_maxpool(const char *variant, enum layer_pass_kind pass) {
    static const char *const dirs[] = {"pool_13",  "pool_2x2",  "pool_55",    "pool_ceil",   "pool_even",
                                       "pool_neg", "pool_ties", "pool_zeros", "pool_padded", "pool_dilated"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc = kernel_check_maxpool(1, 1, (int)oracle_number(dirs[i], "ceil"));
        kernel_check_oracle_window(dirs[i], &desc);
        kernel_check_golden_pass(variant, pass, &desc, dirs[i]);
    }
}
