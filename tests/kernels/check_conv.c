/* SPDX-License-Identifier: MIT */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_grid("own"); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv("own"); }
END_TEST

/* Shapes, products and slices of the paper's conv2 and of LeNet-1998's c3, by hand. */
START_TEST(described) {
    struct alexcl_error err = {0};
    struct layer l;
    struct alexcl_layer conv2 = {.type = ALEXCL_CONV,
                                 .name = "conv2",
                                 .outputs = 256,
                                 .kernel = {5, 5},
                                 .stride = {1, 1},
                                 .pad = {2, 2, 2, 2},
                                 .groups = 2};
    EXPECT_OK(layer_describe(&l, &conv2, 1, (struct alexcl_shape){96, 27, 27}, &err), err);
    ck_assert(!l.shape.reads.all && l.shape.in.c == 48 && l.shape.out.c == 128 && l.shape.out.h == 27 &&
              l.shape.whole_out.c == 256);
    ck_assert_uint_eq(l.shape.macs, 223948800 / 2);
    ck_assert(l.shape.tensors[0].shape[1] == 48 && l.shape.tensors[0].first == 128 && l.shape.tensors[0].count == 128 &&
              l.shape.tensors[1].dims == 1);

    static const uint32_t connections[3] = {1, 3, 2};
    struct alexcl_layer c3 = {.type = ALEXCL_CONV,
                              .name = "c3",
                              .outputs = 3,
                              .kernel = {2, 2},
                              .stride = {1, 1},
                              .groups = 1,
                              .connections = connections};
    EXPECT_OK(layer_describe(&l, &c3, 0, (struct alexcl_shape){2, 3, 3}, &err), err);
    ck_assert(l.shape.reads.all && l.shape.in.c == 2 && l.shape.out.c == 2);
    ck_assert_uint_eq(l.shape.macs, 3 * 4 * 4); /* outputs 0 and 1 read three maps, by 2 x 2 windows at 2 x 2 places */
}
END_TEST

START_TEST(refused) {
    struct alexcl_layer good = {.type = ALEXCL_CONV,
                                .name = "c",
                                .outputs = 8,
                                .kernel = {3, 3},
                                .stride = {1, 1},
                                .groups = 1},
                        bad;
    struct alexcl_shape in = {4, 8, 8};
    bad = good, bad.outputs = 1;
    kernel_check_refused(&bad, in, "one for each half");
    bad = good, bad.stride[0] = 0;
    kernel_check_refused(&bad, in, "stride[0] 0");
    bad = good, bad.pad[0] = 3;
    kernel_check_refused(&bad, in, "less than the kernel");
    bad = good, bad.groups = 3;
    kernel_check_refused(&bad, in, "even number");
    bad = good, bad.groups = 8;
    kernel_check_refused(&bad, in, "divides both");
    bad = good, bad.kernel[0] = bad.kernel[1] = 9;
    kernel_check_refused(&bad, in, "does not fit");
    bad = good, bad.outputs = 60000;
    kernel_check_refused(&bad, (struct alexcl_shape){4, 256, 256}, "fewer outputs");
    kernel_check_refused(&good, (struct alexcl_shape){0, 8, 8}, "nothing to read");
    bad = good, bad.type = (enum alexcl_layer_type)99;
    kernel_check_refused(&bad, in, "no layer type");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, described);
    tcase_add_test(tests, refused);
    return support_run(tests);
}
