/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("winograd"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("winograd"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("winograd_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
