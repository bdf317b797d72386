/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "+ b[o]" -> "+ 0.0f" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_grid("own"); }
END_TEST

START_TEST(golden) {
    kernel_check_golden_fc("own");
    kernel_check_golden_int8("own");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("fc");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
