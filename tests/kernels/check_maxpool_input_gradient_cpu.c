/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "(v > best) |" -> "(v < best) |" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_pool_grid("cpu", LAYER_INPUT_GRADIENT, kernel_check_maxpool(1, 1, 0)); }
END_TEST

START_TEST(windows) { kernel_check_pool_windows("cpu", LAYER_INPUT_GRADIENT, kernel_check_maxpool(1, 1, 0)); }
END_TEST

START_TEST(golden) { kernel_check_golden_maxpool("cpu", LAYER_INPUT_GRADIENT); }
END_TEST

START_TEST(nan_gets_it) { kernel_check_maxpool_nan_gradient("cpu", LAYER_BLOCK); }
END_TEST

START_TEST(global) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {33, 1, 9}};
    const struct alexcl_layer desc = {.type = ALEXCL_GLOBAL_MAXPOOL, .name = "global"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        kernel_check_pass("cpu", LAYER_INPUT_GRADIENT, &desc, shapes[i]);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("maxpool_input_gradient_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, nan_gets_it);
    tcase_add_test(tests, global);
    return support_run(tests);
}
