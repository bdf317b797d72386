/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "float sum = b[o];" -> "float sum = 0.0f;", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_grid("naive"); }
END_TEST

START_TEST(golden) {
    kernel_check_golden_fc("naive");
    kernel_check_golden_int8("naive");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("fc_naive");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
