/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "(g - mean)" -> "g" */
#include "kernel_check.h"

static const struct alexcl_layer softmax = {.type = ALEXCL_SOFTMAX, .name = "prob"};

START_TEST(grid) {
    static const int units[] = {1, 2, 63, 64, 65, 1000};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        kernel_check_pass("own", LAYER_INPUT_GRADIENT, &softmax, (struct alexcl_shape){units[i], 1, 1});
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("softmax_input_gradient");
    tcase_add_test(tests, grid);
    return support_run(tests);
}
