/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_lrn_grid("own"); }
END_TEST

START_TEST(golden) { kernel_check_golden_lrn("own"); }
END_TEST

START_TEST(refused) {
    struct alexcl_layer desc = {.type = ALEXCL_LRN, .name = "lrn", .window = {-1, 2}, .k = 1, .alpha = 1, .beta = 0.75};
    kernel_check_refused(&desc, (struct alexcl_shape){8, 2, 2}, "its middle at 0");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("lrn");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, refused);
    return support_run(tests);
}
