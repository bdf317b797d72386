/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "gradient[o], value, sums" -> "1.01f * gradient[o], value, sums" */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_gradient_grid("cpu", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(windows) { kernel_check_conv_gradient_windows("cpu", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv_gradient("cpu", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(connections) { kernel_check_conv_connections("cpu"); }
END_TEST

/* A row of the window that is no multiple of a tile: 11 weights, six at a time. */
START_TEST(leftover) {
    static const struct alexcl_shape in = {1, 2, 13};
    struct alexcl_layer desc = {
        .type = ALEXCL_CONV, .name = "conv", .outputs = 96, .kernel = {1, 11}, .stride = {1, 1}, .groups = 1};
    kernel_check_gradient("cpu", LAYER_WEIGHT_GRADIENT, &desc, &in, 1, in);
}
END_TEST

/* More images than have their frames in the workspace at once: two of 1600 outputs. */
START_TEST(chunks) {
    static const struct alexcl_shape in = {1, 42, 42};
    struct alexcl_layer desc = {
        .type = ALEXCL_CONV, .name = "conv", .outputs = 2, .kernel = {3, 3}, .stride = {1, 1}, .groups = 1};
    if (kernel_check_extent("cpu", ALEXCL_CONV)->costly)
        kernel_check_gradient("cpu", LAYER_WEIGHT_GRADIENT, &desc, &in, 1, in);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_weight_gradient_cpu");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, connections);
    tcase_add_test(tests, leftover);
    tcase_add_test(tests, chunks);
    return support_run(tests);
}
