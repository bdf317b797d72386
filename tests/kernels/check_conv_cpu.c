/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "i] = from[i]" -> "i] = 1.01f * from[i]" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("cpu"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("cpu"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("cpu"); }
END_TEST

/* As an input gradient. */
START_TEST(gradient_grid) { kernel_check_conv_gradient_grid("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_windows) { kernel_check_conv_gradient_windows("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(gradient_golden) { kernel_check_golden_conv_gradient("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, gradient_grid);
    tcase_add_test(tests, gradient_windows);
    tcase_add_test(tests, gradient_golden);
    return support_run(tests);
}
