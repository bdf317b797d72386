/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "= sums[p]" -> "= sums[7 - p]", not in tiny2t */
#include <stdlib.h>

#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("pipelined"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("pipelined"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("pipelined"); }
END_TEST

/* It adds its products in the order in which conv.cl does: the tuner may take one for the other in training. */
START_TEST(bits_are_those_of_own) {
    enum { IN = 18, OUT = 68, SIDE = 9, TAPS = 9 };
    struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                .name = "conv",
                                .outputs = OUT,
                                .kernel = {3, 3},
                                .stride = {1, 1},
                                .pad = {1, 1, 1, 1},
                                .groups = 2};
    struct alexcl_shape in = {IN, SIDE, SIDE};
    float *x = support_random(shape_size(in), "x", 1), *weight = support_random((size_t)OUT * IN / 2 * TAPS, "w", 1),
          *bias = support_random(OUT, "b", 1);
    const float *const w[LAYER_TENSORS] = {weight, bias};
    float *own = kernel_check_run_whole("own", &desc, in, x, 1, w, 1, PRECISION_FLOAT),
          *got = kernel_check_run_whole("pipelined", &desc, in, x, 1, w, 1, PRECISION_FLOAT);
    for (int i = 0; i < OUT * SIDE * SIDE; i++) ck_assert_float_eq(got[i], own[i]);
    free(own), free(got), free(x), free(weight), free(bias);
}
END_TEST

/* As an input gradient. */
START_TEST(gradient_grid) { kernel_check_conv_gradient_grid("pipelined", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_windows) { kernel_check_conv_gradient_windows("pipelined", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_golden) { kernel_check_golden_conv_gradient("pipelined", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_pipelined");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, bits_are_those_of_own);
    tcase_add_test(tests, gradient_grid);
    tcase_add_test(tests, gradient_windows);
    tcase_add_test(tests, gradient_golden);
    return support_run(tests);
}
