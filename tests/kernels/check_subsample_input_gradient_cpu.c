/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "factor * sum" -> "sum", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_subsample_gradient_grid("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("subsample_input_gradient_cpu");
    tcase_add_test(tests, grid);
    return support_run(tests);
}
