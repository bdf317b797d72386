/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "gradient[o], value, sums" -> "1.01f * gradient[o], value, sums" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_gradient_grid("cpu", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(windows) { kernel_check_conv_gradient_windows("cpu", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv_gradient("cpu", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(connections) { kernel_check_conv_connections("cpu"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_weight_gradient_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, connections);
    return support_run(tests);
}
