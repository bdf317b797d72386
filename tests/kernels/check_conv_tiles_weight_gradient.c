/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "p][line * 4 + o], read" -> "p][line * 4 + o] * 1.01f, read" */
#include <string.h>

#include "kernel_check.h"

START_TEST(grid) { kernel_check_conv_gradient_grid("own", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(windows) { kernel_check_conv_gradient_windows("own", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(golden) { kernel_check_golden_conv_gradient("own", LAYER_WEIGHT_GRADIENT); }
END_TEST

START_TEST(connections) { kernel_check_conv_connections("own"); }
END_TEST

/* More images than have their sums in the workspace at once: eight of them. */
START_TEST(chunks) {
    static const struct alexcl_shape in = {260, 3, 3};
    struct alexcl_layer desc = {
        .type = ALEXCL_CONV, .name = "conv", .outputs = 400, .kernel = {3, 3}, .stride = {1, 1}, .groups = 1};
    if (kernel_check_extent("own", ALEXCL_CONV)->costly && strcmp(support_implementation(), "oclgrind") != 0)
        kernel_check_gradient("own", LAYER_WEIGHT_GRADIENT, &desc, &in, 1, in);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("conv_tiles_weight_gradient");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, windows);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, connections);
    tcase_add_test(tests, chunks);
    return support_run(tests);
}
