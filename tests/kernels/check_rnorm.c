/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "MULTIPLY_ADD(v, v," -> "MULTIPLY_ADD(v, 1.0f,", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_rnorm_grid("own", LAYER_FORWARD); }
END_TEST

START_TEST(golden) { kernel_check_golden_rnorm("own", LAYER_FORWARD); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("rnorm");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
