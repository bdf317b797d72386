/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "= sums[o * 8 + p]" -> "= sums[p * 4 + o]" */
#include <string.h>

#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("own"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("own"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("own"); }
END_TEST

/* Shapes, products and slices of the paper's conv2 and of LeNet-1998's c3, by hand. */
START_TEST(described) {
    struct alexcl_error err = {0};
    struct layer l;
    struct alexcl_layer conv2 = {.type = ALEXCL_CONV,
                                 .name = "conv2",
                                 .outputs = 256,
                                 .kernel = {5, 5},
                                 .stride = {1, 1},
                                 .pad = {2, 2, 2, 2},
                                 .groups = 2};
    EXPECT_OK(layer_describe(&l, &conv2, 1, (struct alexcl_shape){96, 27, 27}, &err), err);
    ck_assert(!l.shape.reads.all && l.shape.in.c == 48 && l.shape.out.c == 128 && l.shape.out.h == 27 &&
              l.shape.whole_out.c == 256);
    ck_assert_uint_eq(l.shape.macs, 223948800 / 2);
    ck_assert(l.shape.tensors[0].shape[1] == 48 && l.shape.tensors[0].first == 128 && l.shape.tensors[0].count == 128 &&
              l.shape.tensors[1].dims == 1);

    static const uint32_t connections[3] = {1, 3, 2};
    struct alexcl_layer c3 = {.type = ALEXCL_CONV,
                              .name = "c3",
                              .outputs = 3,
                              .kernel = {2, 2},
                              .stride = {1, 1},
                              .groups = 1,
                              .connections = connections};
    EXPECT_OK(layer_describe(&l, &c3, 0, (struct alexcl_shape){2, 3, 3}, &err), err);
    ck_assert(l.shape.reads.all && l.shape.in.c == 2 && l.shape.out.c == 2);
    ck_assert_uint_eq(l.shape.macs, 3 * 4 * 4); /* outputs 0 and 1 read three maps, by 2 x 2 windows at 2 x 2 places */
}
END_TEST

/* A half reads its own channels where the cut lies between the same groups of inputs and of outputs. */
START_TEST(described_groups) {
    static const struct {
        int in, outputs, groups;
        int all, inputs[2];
    } cases[] = {
        {4, 8, 2, 0, {2, 2}}, {8, 8, 4, 0, {4, 4}}, {5, 5, 5, 0, {3, 2}}, {5, 10, 5, 1, {5, 5}},
        {6, 9, 3, 1, {6, 6}}, {6, 3, 3, 1, {6, 6}}, {9, 3, 3, 1, {9, 9}}, {3, 3, 3, 0, {2, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                    .name = "c",
                                    .outputs = cases[i].outputs,
                                    .kernel = {3, 2},
                                    .stride = {1, 1},
                                    .groups = cases[i].groups};
        uint64_t macs = 0;
        for (int half = 0; half < 2; half++) {
            struct alexcl_error err = {0};
            struct layer l;
            EXPECT_OK(layer_describe(&l, &desc, half, (struct alexcl_shape){cases[i].in, 4, 4}, &err), err);
            ck_assert_int_eq(l.shape.reads.all, cases[i].all);
            ck_assert_int_eq(l.shape.in.c, cases[i].inputs[half]);
            ck_assert_int_eq(l.shape.tensors[0].shape[1], cases[i].in / cases[i].groups);
            macs += l.shape.macs;
        }
        /* 2 x 3 places */
        ck_assert_uint_eq(macs, (uint64_t)(cases[i].outputs * (cases[i].in / cases[i].groups) * 3 * 2 * 2 * 3));
    }
}
END_TEST

START_TEST(refused) {
    struct alexcl_layer good = {.type = ALEXCL_CONV,
                                .name = "c",
                                .outputs = 8,
                                .kernel = {3, 3},
                                .stride = {1, 1},
                                .groups = 1},
                        bad;
    struct alexcl_shape in = {4, 8, 8};
    bad = good, bad.outputs = 0;
    kernel_check_refused(&bad, in, "outputs 0: it must be from 1");
    bad = good, bad.stride[0] = 0;
    kernel_check_refused(&bad, in, "stride[0] 0");
    bad = good, bad.pad[0] = 3;
    kernel_check_refused(&bad, in, "less than the kernel");
    bad = good, bad.dilation[1] = 3, bad.pad[3] = 7;
    kernel_check_refused(&bad, in, "pad[3] 7: it must be less than the kernel, 7");
    bad = good, bad.groups = 3;
    kernel_check_refused(&bad, in, "3 groups for 4 input and 8 output channels: it must divide both");
    bad = good, bad.groups = 8;
    kernel_check_refused(&bad, in, "divide both");
    bad = good, bad.dilation[0] = 4;
    kernel_check_refused(&bad, in, "a 9 x 3 kernel does not fit");
    bad = good, bad.kernel[0] = bad.kernel[1] = 9;
    kernel_check_refused(&bad, in, "does not fit");
    bad = good, bad.outputs = 60000;
    kernel_check_refused(&bad, (struct alexcl_shape){4, 256, 256}, "fewer outputs");
    kernel_check_refused(&good, (struct alexcl_shape){0, 8, 8}, "nothing to read");
    bad = good, bad.type = (enum alexcl_layer_type)99;
    kernel_check_refused(&bad, in, "no layer type");
}
END_TEST

/* As an input gradient. */
START_TEST(gradient_grid) { kernel_check_conv_gradient_grid("own", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_windows) { kernel_check_conv_gradient_windows("own", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_golden) { kernel_check_golden_conv_gradient("own", LAYER_INPUT_GRADIENT); }
END_TEST

/* With the depth cut into parts. */
START_TEST(split_grid) {
    kernel_check_conv_grid("split_k");
    kernel_check_conv_gradient_grid("split_k", LAYER_INPUT_GRADIENT);
}
END_TEST

START_TEST(split_windows) {
    kernel_check_conv_windows("split_k");
    kernel_check_conv_gradient_windows("split_k", LAYER_INPUT_GRADIENT);
}
END_TEST

START_TEST(split_golden) {
    kernel_check_golden_conv("split_k");
    kernel_check_golden_conv_gradient("split_k", LAYER_INPUT_GRADIENT);
}
END_TEST

/* More than the workspace holds at once: 4 of 9 images. */
START_TEST(split_chunks) {
    struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                .name = "conv",
                                .outputs = 120,
                                .kernel = {3, 3},
                                .stride = {1, 1},
                                .pad = {1, 1, 1, 1},
                                .groups = 1};
    if (strcmp(support_implementation(), "oclgrind") != 0)
        kernel_check_layer("split_k", &desc, (struct alexcl_shape){4, 43, 44});
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, described);
    tcase_add_test(tests, described_groups);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, gradient_grid);
    tcase_add_test(tests, gradient_windows);
    tcase_add_test(tests, gradient_golden);
    tcase_add_test(tests, split_grid);
    tcase_add_test(tests, split_windows);
    tcase_add_test(tests, split_golden);
    tcase_add_test(tests, split_chunks);
    return support_run(tests);
}
