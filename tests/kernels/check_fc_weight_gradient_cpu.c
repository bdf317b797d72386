/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "(float16)(g[n * OUTPUTS + t])" -> "(float16)(g[t])", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_gradient_grid("cpu", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_fc_gradient("cpu", LAYER_WEIGHT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("fc_weight_gradient_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
