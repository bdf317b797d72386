/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_pool_grid("cpu", kernel_check_maxpool(1, 1, 0)); }
END_TEST

START_TEST(windows) { kernel_check_pool_windows("cpu", kernel_check_maxpool(1, 1, 0)); }
END_TEST

START_TEST(golden) { kernel_check_golden_maxpool("cpu"); }
END_TEST

START_TEST(nan_stays) { kernel_check_maxpool_nan("cpu", LAYER_BLOCK); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("maxpool_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, nan_stays);
    return support_run(tests);
}
