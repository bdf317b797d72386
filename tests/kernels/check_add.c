/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "a[at] + b[at]" -> "a[at] - b[at]", not in tiny2t */
#include "kernel_check.h"

/* In the order of the inputs: float sums depend on it. */
static void add(float *out, float *const x[], const struct alexcl_shape *shapes, int count, int images) {
    size_t floats = (size_t)images * shape_size(shapes[0]);
    for (size_t i = 0; i < floats; i++) {
        out[i] = x[0][i];
        for (int k = 1; k < count; k++) out[i] += x[k][i];
    }
}

START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {130, 1, 1}, {33, 5, 4}};
    const struct alexcl_layer desc = {.type = ALEXCL_ADD, .name = "add"};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int count = 2; count < 5; count++)
            kernel_check_several(&desc, (const struct alexcl_shape[]){shapes[s], shapes[s], shapes[s], shapes[s]},
                                 count, add);
}
END_TEST

/* It is that of the output, for each input: a copy, which the kernel of scale.cl makes. */
START_TEST(input_gradient) {
    static const struct alexcl_shape shapes[] = {{5, 3, 7}, {33, 5, 4}};
    const struct alexcl_layer desc = {.type = ALEXCL_ADD, .name = "add"};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int count = 2; count < 5; count++)
            kernel_check_gradient("own", LAYER_INPUT_GRADIENT, &desc,
                                  (const struct alexcl_shape[]){shapes[s], shapes[s], shapes[s], shapes[s]}, count,
                                  shapes[s]);
}
END_TEST

START_TEST(refused) {
    struct alexcl_error err = {0};
    struct layer l;
    const struct alexcl_layer desc = {.type = ALEXCL_ADD, .name = "add"};
    const struct alexcl_shape other[] = {{4, 3, 5}, {5, 3, 5}};
    kernel_check_refused(&desc, (struct alexcl_shape){4, 2, 2}, "1 inputs: add layers read from 2 to 32");
    EXPECT_ERROR(layer_describe_inputs(&l, &desc, 0, other, 2, &err), ALEXCL_E_USAGE,
                 "input 2 has 5 channels where the first has 4", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("add");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, input_gradient);
    tcase_add_test(tests, refused);
    return support_run(tests);
}
