/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "o < outputs ? b[o] : 0.0f" -> "0.0f", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("naive"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("naive"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("naive"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_naive");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
