/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "[r * SIDE + q] + bias" -> "[r * SIDE + q] + 0.9f * bias" */
#include "kernel_check.h"

/* Sums in local memory, and through global memory. */
START_TEST(grid) { kernel_check_conv_grid("winograd"); }
END_TEST

START_TEST(windows) { kernel_check_conv_windows("winograd"); }
END_TEST

START_TEST(grid_nonfused) { kernel_check_conv_grid("wino_mem"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("winograd"); }
END_TEST

START_TEST(golden_nonfused) { kernel_check_golden_conv("wino_mem"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("winograd_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, grid_nonfused);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, golden_nonfused);
    return support_run(tests);
}
