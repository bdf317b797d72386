/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "weight[c] * sum" -> "sum", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_subsample_gradient_grid("own", LAYER_INPUT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("subsample_input_gradient");
    tcase_add_test(tests, grid);
    return support_run(tests);
}
