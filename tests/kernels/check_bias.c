/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "b[i / hw]" -> "b[i / hw] + 1.0f", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) { kernel_check_fc_grid("clblast"); }
END_TEST

START_TEST(maps) {
    struct alexcl_layer desc = {
        .type = ALEXCL_CONV, .name = "maps", .outputs = 5, .kernel = {3, 3}, .stride = {1, 1}, .groups = 1};
    kernel_check_layer("clblast", &desc, (struct alexcl_shape){2, 6, 4});
    kernel_check_layer("clblast", &desc, (struct alexcl_shape){1, 3, 3}); /* maps of one value */
}
END_TEST

START_TEST(golden) { kernel_check_golden_fc("clblast"); }
END_TEST

START_TEST(fc_gradients) {
    kernel_check_fc_gradient_grid("clblast", LAYER_INPUT_GRADIENT);
    kernel_check_fc_gradient_grid("clblast", LAYER_WEIGHT_GRADIENT);
    kernel_check_golden_fc_gradient("clblast", LAYER_INPUT_GRADIENT);
    kernel_check_golden_fc_gradient("clblast", LAYER_WEIGHT_GRADIENT);
}
END_TEST

START_TEST(conv_gradients) {
    static const struct alexcl_shape in = {6, 7, 5};
    struct alexcl_layer desc = {.type = ALEXCL_CONV,
                                .name = "conv",
                                .outputs = 10,
                                .kernel = {3, 2},
                                .stride = {2, 1},
                                .pad = {1, 0, 1, 1},
                                .groups = 2};
    kernel_check_gradient("clblast", LAYER_WEIGHT_GRADIENT, &desc, &in, 1, in);
    desc.groups = 1;
    kernel_check_gradient("clblast", LAYER_WEIGHT_GRADIENT, &desc, &in, 1, in);
    kernel_check_golden_conv_gradient("clblast", LAYER_WEIGHT_GRADIENT);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("bias");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, maps);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, fc_gradients);
    tcase_add_test(tests, conv_gradients);
    return support_run(tests);
}
