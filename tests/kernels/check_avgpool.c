/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "= sum /" -> "= 0.99f * sum /", not in tiny2t */
#include "kernel_check.h"

static struct alexcl_layer pool(int kernel, int stride, int ceil_mode) {
    return (struct alexcl_layer){.type = ALEXCL_AVGPOOL,
                                 .name = "avgpool",
                                 .kernel = {kernel, kernel},
                                 .stride = {stride, stride},
                                 .ceil_mode = ceil_mode};
}

START_TEST(grid) { kernel_check_pool_grid("own", LAYER_FORWARD, pool(1, 1, 0)); }
END_TEST

START_TEST(windows) { kernel_check_pool_windows("own", LAYER_FORWARD, pool(1, 1, 0)); }
END_TEST

START_TEST(golden) {
    struct alexcl_layer desc = pool(2, 2, 0);
    kernel_check_golden("own", &desc, "avgpool_2x2", "y");
    static const char *const dirs[] = {"avgpool_counted", "avgpool_uncounted", "avgpool_dilated"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        desc.ceil_mode = (int)oracle_number(dirs[i], "ceil");
        desc.count_include_pad = (int)oracle_number(dirs[i], "count_include_pad");
        kernel_check_oracle_window(dirs[i], &desc);
        kernel_check_golden("own", &desc, dirs[i], "y");
    }
}
END_TEST

START_TEST(global) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {33, 1, 9}, {16, 13, 13}};
    const struct alexcl_layer desc = {.type = ALEXCL_GLOBAL_AVGPOOL, .name = "global"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) kernel_check_layer("own", &desc, shapes[i]);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("avgpool");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, global);
    return support_run(tests);
}
