/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "group) * scale1" -> "group) * scale0", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_grid("int8"); }
END_TEST

START_TEST(golden) { kernel_check_golden_int8("int8"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("fc_int8_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
