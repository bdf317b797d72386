/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "gradient[o], value, sums" -> "1.01f * gradient[o], value, sums" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_gradient_grid("winograd", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(windows) { kernel_check_conv_gradient_windows("winograd", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv_gradient("winograd", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(connections) { kernel_check_conv_connections("winograd"); }
END_TEST

/* More images than a chunk, which is two here, of a window of 3 and of 5. */
START_TEST(chunks) {
    static const struct alexcl_shape in[] = {{16, 131, 130}, {16, 83, 66}};
    for (int i = 0; i < 2; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                    .name = "conv",
                                    .outputs = 2,
                                    .kernel = {3 + 2 * i, 3 + 2 * i},
                                    .stride = {1, 1},
                                    .pad = {1 + i, 1 + i, 1 + i, 1 + i},
                                    .groups = 1};
        if (kernel_check_extent("winograd", ALEXCL_CONV)->costly)
            kernel_check_gradient("winograd", LAYER_WEIGHT_GRADIENT, &desc, &in[i], 1, in[i]);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("winograd_weight_gradient_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, connections);
    tcase_add_test(tests, chunks);
    return support_run(tests);
}
