/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

#include <math.h>

START_TEST(grid) { kernel_check_maxpool_grid("own"); }
END_TEST

START_TEST(golden) { kernel_check_golden_maxpool("own"); }
END_TEST

/* Sizes of facts: a window must start inside, so that 2 of 3 with stride 3 are 1, not 2. */
START_TEST(sizes) {
    static const struct {
        int side, kernel, stride, ceil_mode, windows;
    } cases[] = {
        {55, 3, 2, 0, 27}, {55, 3, 2, 1, 27}, {54, 3, 2, 0, 26}, {54, 3, 2, 1, 27}, {3, 2, 3, 1, 1}, {2, 3, 2, 1, 1}, {4, 2, 3, 1, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alexcl_error err = {0};
        struct layer l;
        struct alexcl_layer desc = kernel_check_maxpool(cases[i].kernel, cases[i].stride, cases[i].ceil_mode);
        EXPECT_OK(layer_describe(&l, &desc, 0, (struct alexcl_shape){2, cases[i].side, cases[i].side}, &err), err);
        ck_assert_int_eq(l.whole_out.h, cases[i].windows);
    }
    struct alexcl_layer desc = kernel_check_maxpool(3, 2, 0);
    kernel_check_refused(&desc, (struct alexcl_shape){2, 2, 9}, "ceil_mode");
}
END_TEST

/* A net that went wrong must show it: a NaN wins wherever it stands in its window, and only there. */
START_TEST(nan_stays) {
    struct alexcl_error err = {0};
    struct alexcl_layer desc = kernel_check_maxpool(2, 2, 0);
    const float *const none[LAYER_TENSORS] = {0};
    struct layer l;
    struct storage in, out;
    float values[12] = {NAN, 1, 2, NAN, 5, -7, 3, 4, 9, 6, 6, 7}, got[3]; /* 2 x 6: three windows */
    EXPECT_OK(layer_describe(&l, &desc, 0, (struct alexcl_shape){2, 2, 6}, &err), err);
    EXPECT_OK(layer_prepare(&l, support_place(), none, &err), err);
    EXPECT_OK(storage_create(support_place(), 12, "a test", &in, &err), err);
    EXPECT_OK(storage_create(support_place(), 3, "a test", &out, &err), err);
    EXPECT_OK(storage_write(&in, 0, values, 12, &err), err);
    const struct layer_io io = {&in, &out, NULL, NULL, 0, 1};
    EXPECT_OK(layer_forward(&l, &io, &err), err);
    EXPECT_OK(storage_read(&out, 0, got, 3, &err), err);
    ck_assert(isnan(got[0]) && isnan(got[1]) && got[2] == 7.0f);
    storage_free(&in), storage_free(&out);
    layer_release(&l);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("maxpool");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, nan_stays);
    return support_run(tests);
}
