/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "= gy[at];" -> "= gy[at] + 0.01f;" */
#include "kernel_check.h"

static struct alexcl_layer activation(enum alexcl_layer_type type) {
    return (struct alexcl_layer){.type = type, .name = alexcl_layer_type_name(type)};
}
static const enum alexcl_layer_type types[] = {ALEXCL_RELU, ALEXCL_TANH, ALEXCL_SIGMOID, ALEXCL_LECUN_TANH};

START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {130, 1, 1}, {1, 9, 15}};
    for (int t = 0; t < 4; t++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            struct alexcl_layer desc = activation(types[t]);
            kernel_check_gradient("own", LAYER_INPUT_GRADIENT, &desc, &shapes[s], 1, shapes[s]);
        }
    }
}
END_TEST

START_TEST(golden) {
    static const char *const keys[] = {"gx", "gx_tanh", "gx_sigmoid", "gx_lecun"};
    for (int t = 0; t < 4; t++) {
        struct alexcl_layer desc = activation(types[t]);
        kernel_check_golden_gradient("own", LAYER_INPUT_GRADIENT, &desc, t ? "tanh_a" : "relu_a", "gy", keys[t]);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("activation_input_gradient");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    return support_run(tests);
}
