/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "vload16(group * VECTORS + o, b)" -> "(float16)(0.0f)" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("cpu"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("cpu"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("cpu"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
