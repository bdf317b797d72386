/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "x) / d, 0" -> "x), 0" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_lrn_grid("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_lrn("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("lrn_input_gradient_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
