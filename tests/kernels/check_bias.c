/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "b[i / hw]" -> "b[i / hw] + 1.0f", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_grid("clblast"); }
END_TEST

START_TEST(maps) {
    struct alexcl_layer desc = {
        .type = ALEXCL_CONV, .name = "maps", .outputs = 5, .kernel = {3, 3}, .stride = {1, 1}, .groups = 1};
    kernel_check_layer("clblast", &desc, (struct alexcl_shape){2, 6, 4});
    kernel_check_layer("clblast", &desc, (struct alexcl_shape){1, 3, 3}); /* maps of one value */
}
END_TEST

START_TEST(golden) { kernel_check_golden_fc("clblast"); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("bias");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, maps);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
