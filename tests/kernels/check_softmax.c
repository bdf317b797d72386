/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "/ sum;" -> "/ sum * 1.001f;", in tiny2t */
#include "kernel_check.h"

static const struct alexcl_layer softmax = {.type = ALEXCL_SOFTMAX, .name = "prob"};

START_TEST(grid) {
    static const int units[] = {1, 2, 63, 64, 65, 1000};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        kernel_check_layer("own", &softmax, (struct alexcl_shape){units[i], 1, 1});
}
END_TEST

START_TEST(golden) {
    static const char *const dirs[] = {"softmax_small", "softmax_big", "softmax_huge"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) kernel_check_golden("own", &softmax, dirs[i], "prob");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("softmax");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
