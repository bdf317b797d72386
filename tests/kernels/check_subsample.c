/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "sum, bias[c]);" -> "sum, 0.0f);", not in tiny2t */
#include "kernel_check.h"

static struct alexcl_layer pool(int kernel, int stride, int ceil_mode) {
    return (struct alexcl_layer){.type = ALEXCL_SUBSAMPLE,
                                 .name = "subsample",
                                 .kernel = {kernel, kernel},
                                 .stride = {stride, stride},
                                 .ceil_mode = ceil_mode};
}

START_TEST(grid) { kernel_check_pool_grid("own", LAYER_FORWARD, pool(1, 1, 0)); }
END_TEST

START_TEST(windows) { kernel_check_pool_windows("own", LAYER_FORWARD, pool(1, 1, 0)); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("subsample");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    return support_run(tests);
}
