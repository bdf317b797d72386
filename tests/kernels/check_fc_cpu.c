/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "weight1, value, part[t][1]" -> "weight0, value, part[t][1]" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_grid("cpu"); }
END_TEST

START_TEST(golden) { kernel_check_golden_fc("cpu"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("fc_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
