/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "sums[n * 32 + k];" -> "1.01f * sums[n * 32 + k];", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_gradient_grid("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_fc_gradient("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("fc_input_gradient_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
