/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "/ ((float)rows * (float)columns)" -> "/ ((float)rows + (float)columns)" */
#include "kernel_check.h"

static struct alexcl_layer pool(int kernel, int stride) {
    return (struct alexcl_layer){
        .type = ALEXCL_AVGPOOL, .name = "avgpool", .kernel = {kernel, kernel}, .stride = {stride, stride}};
}

START_TEST(grid) { kernel_check_pool_grid("cpu", LAYER_INPUT_GRADIENT, pool(1, 1)); }
END_TEST

START_TEST(windows) { kernel_check_pool_windows("cpu", LAYER_INPUT_GRADIENT, pool(1, 1)); }
END_TEST

START_TEST(golden) {
    struct alexcl_layer desc = pool(2, 2);
    kernel_check_golden_pass("cpu", LAYER_INPUT_GRADIENT, &desc, "avgpool_2x2");
}
END_TEST

START_TEST(global) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {33, 1, 9}, {16, 13, 13}};
    const struct alexcl_layer desc = {.type = ALEXCL_GLOBAL_AVGPOOL, .name = "global"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        kernel_check_pass("cpu", LAYER_INPUT_GRADIENT, &desc, shapes[i]);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("avgpool_input_gradient_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, global);
    return support_run(tests);
}
