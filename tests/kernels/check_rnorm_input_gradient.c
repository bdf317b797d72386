/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "own * x[at] / d" -> "own * x[at]" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_rnorm_grid("own", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_rnorm("own", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("rnorm_input_gradient");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
