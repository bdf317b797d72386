/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "EDGE + q] + bias" -> "EDGE + q] * 1.01f + bias", not in tiny2t */
#include <string.h>

#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("wino_gpu"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("wino_gpu"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("wino_gpu"); }
END_TEST

/* More than the workspace holds at once: 9 images of 361 tiles. */
START_TEST(chunks) {
    struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                .name = "conv",
                                .outputs = 2,
                                .kernel = {3, 3},
                                .stride = {1, 1},
                                .pad = {1, 1, 1, 1},
                                .groups = 1};
    if (strcmp(support_implementation(), "oclgrind") != 0)
        kernel_check_layer("wino_gpu", &desc, (struct alexcl_shape){1, 73, 75});
}
END_TEST

/* As an input gradient. */
START_TEST(gradient_grid) { kernel_check_conv_gradient_grid("wino_gpu", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_windows) { kernel_check_conv_gradient_windows("wino_gpu", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_golden) { kernel_check_golden_conv_gradient("wino_gpu", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("winograd");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, chunks);
    tcase_add_test(tests, gradient_grid);
    tcase_add_test(tests, gradient_windows);
    tcase_add_test(tests, gradient_golden);
    return support_run(tests);
}
