/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "share / d, x" -> "share, x" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_lrn_grid("own", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_lrn("own", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("lrn_input_gradient");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
