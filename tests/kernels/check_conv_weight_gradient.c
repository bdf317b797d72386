/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "sum = MULTIPLY_ADD(g[(r" -> "sum = 1.01f * MULTIPLY_ADD(g[(r" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_gradient_grid("naive", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(windows) { kernel_check_conv_gradient_windows("naive", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv_gradient("naive", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(connections) { kernel_check_conv_connections("naive"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_weight_gradient");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, connections);
    return support_run(tests);
}
