/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "v > best" -> "v < best" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_pool_grid("own", LAYER_FORWARD, kernel_check_maxpool(1, 1, 0)); }
END_TEST

START_TEST(windows) { kernel_check_pool_windows("own", LAYER_FORWARD, kernel_check_maxpool(1, 1, 0)); }
END_TEST

START_TEST(golden) { kernel_check_golden_maxpool("own", LAYER_FORWARD); }
END_TEST

/* Sizes of facts: a window must start inside, so that 2 of 3 with stride 3 are 1, not 2. */
START_TEST(sizes) {
    static const struct {
        int side, kernel, stride, ceil_mode, windows;
    } cases[] = {
        {55, 3, 2, 0, 27}, {55, 3, 2, 1, 27}, {54, 3, 2, 0, 26}, {54, 3, 2, 1, 27},
        {3, 2, 3, 1, 1},   {2, 3, 2, 1, 1},   {4, 2, 3, 1, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alexcl_error err = {0};
        struct layer l;
        struct alexcl_layer desc = kernel_check_maxpool(cases[i].kernel, cases[i].stride, cases[i].ceil_mode);
        EXPECT_OK(layer_describe(&l, &desc, 0, (struct alexcl_shape){2, cases[i].side, cases[i].side}, &err), err);
        ck_assert_int_eq(l.shape.whole_out.h, cases[i].windows);
    }
    struct alexcl_layer desc = kernel_check_maxpool(3, 2, 0);
    kernel_check_refused(&desc, (struct alexcl_shape){2, 2, 9}, "ceil_mode");
    /* The values of a window may all lie in the padding: on both sides of a map, or behind its end. */
    struct alexcl_layer around = desc, behind = desc;
    around.kernel[0] = around.dilation[0] = 2;
    around.pad[0] = around.pad[2] = 1;
    kernel_check_refused(&around, (struct alexcl_shape){2, 1, 9},
                         "the windows of row 0 have nothing but padding: pad[0] 1, pad[2] 1");
    behind.kernel[1] = 1;
    behind.pad[3] = 1;
    kernel_check_refused(&behind, (struct alexcl_shape){2, 9, 8}, "the windows of column 4 have nothing but padding");
}
END_TEST

START_TEST(nan_stays) {
    kernel_check_maxpool_nan("own", 1);
    kernel_check_maxpool_nan("own", LAYER_BLOCK);
}
END_TEST

START_TEST(global) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {33, 1, 9}, {16, 13, 13}};
    const struct alexcl_layer desc = {.type = ALEXCL_GLOBAL_MAXPOOL, .name = "global"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) kernel_check_layer("own", &desc, shapes[i]);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("maxpool");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, nan_stays);
    tcase_add_test(tests, global);
    return support_run(tests);
}
