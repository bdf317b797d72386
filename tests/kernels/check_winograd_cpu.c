/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "vstore16(d[p], 0," -> "vstore16(1.01f * d[p], 0," */
#include "kernel_check.h"

/* Sums in local memory, and through global memory. */
START_TEST(grid) { kernel_check_conv_grid("winograd"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("winograd"); }
END_TEST

START_TEST(grid_nonfused) { kernel_check_conv_grid("wino_mem"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("winograd"); }
END_TEST

START_TEST(golden_nonfused) { kernel_check_golden_conv("wino_mem"); }
END_TEST

/* As an input gradient. */
START_TEST(gradient_grid) {
    kernel_check_conv_gradient_grid("winograd", LAYER_INPUT_GRADIENT);
    kernel_check_conv_gradient_grid("wino_mem", LAYER_INPUT_GRADIENT);
}
END_TEST

START_TEST(gradient_windows) { kernel_check_conv_gradient_windows("winograd", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_golden) {
    kernel_check_golden_conv_gradient("winograd", LAYER_INPUT_GRADIENT);
    kernel_check_golden_conv_gradient("wino_mem", LAYER_INPUT_GRADIENT);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("winograd_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, grid_nonfused);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, golden_nonfused);
    tcase_add_test(tests, gradient_grid);
    tcase_add_test(tests, gradient_windows);
    tcase_add_test(tests, gradient_golden);
    return support_run(tests);
}
