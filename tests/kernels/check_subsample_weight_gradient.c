/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "channels + c] = bias" -> "channels + c] = weight", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_subsample_gradient_grid("own", LAYER_WEIGHT_GRADIENT); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("subsample_weight_gradient");
    tcase_add_test(tests, grid);
    return support_run(tests);
}
