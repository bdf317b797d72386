/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "weight[c], bias[c]" -> "weight[c], 0.0f", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{2, 1, 1}, {5, 3, 7}, {130, 1, 1}, {33, 5, 4}, {16, 1, 15}};
    const struct alexcl_layer desc = {.type = ALEXCL_AFFINE, .name = "affine"};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) kernel_check_layer("own", &desc, shapes[s]);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("affine");
    tcase_add_test(tests, grid);
    return support_run(tests);
}
