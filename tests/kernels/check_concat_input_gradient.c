/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "y_first + c - from" -> "y_first" */
#include "kernel_check.h"

/* Widths as in check_concat.c: what a half has of an input, what it gets of the other half, and what of its own the
 * other half outputs, are three different runs. */
START_TEST(grid) {
    static const int widths[][5] = {{1, 1}, {5, 7, 3, 1}, {16, 32, 16}, {1, 40, 2}, {33, 17, 50}, {9, 1, 1, 1, 60}};
    const struct alexcl_layer concat = {.type = ALEXCL_CONCAT, .name = "concat"};
    for (size_t row = 0; row < sizeof widths / sizeof *widths; row++) {
        struct alexcl_shape shapes[5];
        int count = 0;
        for (; count < 5 && widths[row][count]; count++)
            shapes[count] = (struct alexcl_shape){widths[row][count], row % 2 ? 3 : 1, row % 2 ? 5 : 1};
        kernel_check_gradient("own", LAYER_INPUT_GRADIENT, &concat, shapes, count, shapes[0]);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("concat_input_gradient");
    tcase_add_test(tests, grid);
    return support_run(tests);
}
