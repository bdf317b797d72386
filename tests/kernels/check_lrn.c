/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "MULTIPLY_ADD(v, v," -> "MULTIPLY_ADD(v, 1.0f," */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_lrn_grid("own", LAYER_FORWARD); }
END_TEST

START_TEST(golden) { kernel_check_golden_lrn("own", LAYER_FORWARD); }
END_TEST

/* What a half reads of the other: as many channels as its own windows reach, which is not the same for both. */
START_TEST(described) {
    static const int windows[][2] = {{-2, 2}, {-1, 2}, {0, 3}, {-5, 0}};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        for (int half = 0; half < 2; half++) {
            struct alexcl_error err = {0};
            struct layer l;
            struct alexcl_layer desc = kernel_check_lrn(windows[i][0], windows[i][1], ALEXCL_LRN_SCOPE_LAYER);
            EXPECT_OK(layer_describe(&l, &desc, half, (struct alexcl_shape){9, 2, 2}, &err), err);
            ck_assert_int_eq(l.shape.reads.halo, half ? -windows[i][0] : windows[i][1]);
        }
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("lrn");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, described);
    return support_run(tests);
}
