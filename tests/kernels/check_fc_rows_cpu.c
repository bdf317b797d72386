/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "(i + k) * 2 + half_block" -> "(i + k) * 2" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_grid("rows"); }
END_TEST

START_TEST(golden) { kernel_check_golden_fc("rows"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("fc_rows_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
