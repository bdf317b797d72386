/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "EDGE + p % 2] + bias" -> "EDGE + p % 2] * 1.01f + bias", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("wino_fused"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("wino_fused"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("wino_fused"); }
END_TEST

/* As an input gradient. */
START_TEST(gradient_grid) { kernel_check_conv_gradient_grid("wino_fused", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_windows) { kernel_check_conv_gradient_windows("wino_fused", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_golden) { kernel_check_golden_conv_gradient("wino_fused", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("winograd_fused");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, gradient_grid);
    tcase_add_test(tests, gradient_windows);
    tcase_add_test(tests, gradient_golden);
    return support_run(tests);
}
