/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

static struct alexcl_layer lrn(int n, double k, double alpha, double beta, enum alexcl_span span) {
    return (struct alexcl_layer){.type = ALEXCL_LRN, .name = "lrn", .kernel = n, .stride = 1, .k = k, .alpha = alpha, .beta = beta, .span = span};
}

/* Windows wider than a half, halves of different size, one channel, other powers. */
START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {2, 3, 3}, {5, 4, 7}, {16, 9, 8}, {33, 1, 5}, {1, 5, 13}};
    static const int windows[] = {1, 3, 5, 9};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
            for (int span = 0; span < 2; span++) {
                struct alexcl_layer desc = lrn(windows[w], 2.0, 0.3, 0.75, span ? ALEXCL_SPAN_LAYER : ALEXCL_SPAN_HALF);
                kernel_check_layer("own", &desc, shapes[s]);
            }
        }
    }
    struct alexcl_layer desc = lrn(5, 1.0, 0.5, 0.6, ALEXCL_SPAN_LAYER);
    kernel_check_layer("own", &desc, shapes[3]);
}
END_TEST

START_TEST(golden) {
    static const char *const dirs[] = {"lrn_paper", "lrn_relu", "lrn_towers", "lrn_caffe", "lrn_narrow", "lrn_n3strong", "lrn_single"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct alexcl_layer desc = lrn((int)oracle_number(dirs[i], "size"), oracle_number(dirs[i], "k"), oracle_number(dirs[i], "alpha"),
                                       oracle_number(dirs[i], "beta"), oracle_number(dirs[i], "groups") == 2 ? ALEXCL_SPAN_HALF : ALEXCL_SPAN_LAYER);
        kernel_check_golden("own", &desc, dirs[i], "y");
    }
}
END_TEST

START_TEST(refused) {
    struct alexcl_layer desc = lrn(4, 1, 1, 0.75, ALEXCL_SPAN_HALF);
    kernel_check_refused(&desc, (struct alexcl_shape){8, 2, 2}, "odd");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("lrn");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, refused);
    return support_run(tests);
}
