/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "2.0f * gy[o]" -> "gy[o]", not in tiny2t */
#include "kernel_check.h"

START_TEST(grid) {
    static const int inputs[] = {1, 84, 100}, outputs[] = {2, 10, 67};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_RBF, .name = "rbf", .outputs = outputs[i]};
        const struct alexcl_shape in = {inputs[i], 1, 1};
        kernel_check_gradient("own", LAYER_INPUT_GRADIENT, &desc, &in, 1, in);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("rbf_input_gradient");
    tcase_add_test(tests, grid);
    return support_run(tests);
}
