/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_lrn_grid("cpu"); }
END_TEST

START_TEST(golden) { kernel_check_golden_lrn("cpu"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("lrn_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
