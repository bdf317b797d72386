/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "MULTIPLY_ADD(d, d," -> "MULTIPLY_ADD(d, 1.0f,", not in tiny2t */
#include "kernel_check.h"

/* No golden vector has an RBF layer alone (the nets lenet5_1998 have): the reference is the judge. */
START_TEST(grid) {
    static const int inputs[] = {1, 84, 100}, outputs[] = {2, 10, 67};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct alexcl_layer desc = {.type = ALEXCL_RBF, .name = "rbf", .outputs = outputs[i]};
        kernel_check_layer("own", &desc, (struct alexcl_shape){inputs[i], 1, 1});
    }
}
END_TEST

START_TEST(codes_are_not_trained) {
    struct alexcl_error err = {0};
    struct layer l;
    struct alexcl_layer desc = {.type = ALEXCL_RBF, .name = "out", .outputs = 10};
    EXPECT_OK(layer_describe(&l, &desc, 1, (struct alexcl_shape){84, 1, 1}, &err), err);
    ck_assert(l.shape.tensor_count == 1 && !l.shape.tensors[0].trainable && l.shape.tensors[0].shape[0] == 10 &&
              l.shape.tensors[0].shape[1] == 84 && l.shape.tensors[0].first == 5);
    kernel_check_refused(&desc, (struct alexcl_shape){16, 5, 5}, "flatten");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("rbf");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, codes_are_not_trained);
    return support_run(tests);
}
