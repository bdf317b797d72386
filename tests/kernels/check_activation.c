/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "= x[at];" -> "= x[at] + 0.01f;" */
#include "kernel_check.h"

#include <math.h>
#include <stdlib.h>

static struct alexcl_layer activation(enum alexcl_layer_type type) {
    return (struct alexcl_layer){.type = type, .name = alexcl_layer_type_name(type)};
}
static const enum alexcl_layer_type types[] = {ALEXCL_RELU, ALEXCL_TANH, ALEXCL_SIGMOID, ALEXCL_LECUN_TANH};

START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {130, 1, 1}, {1, 9, 15}};
    for (int t = 0; t < 4; t++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            struct alexcl_layer desc = activation(types[t]);
            kernel_check_layer("own", &desc, shapes[s]);
        }
    }
}
END_TEST

START_TEST(golden) {
    static const char *const keys[] = {"y", "y_tanh", "y_sigmoid", "y_lecun"};
    for (int t = 0; t < 4; t++) {
        struct alexcl_layer desc = activation(types[t]);
        kernel_check_golden("own", &desc, t ? "tanh_a" : "relu_a", keys[t]);
    }
}
END_TEST

/* A net that went wrong must show it: a NaN is not made 0. */
START_TEST(nan_stays) {
    struct alexcl_error err = {0};
    struct alexcl_layer desc = activation(ALEXCL_RELU);
    struct layer l;
    struct storage memory;
    float values[2] = {NAN, -INFINITY};
    const float *const none[LAYER_TENSORS] = {0};
    EXPECT_OK(layer_describe(&l, &desc, 0, (struct alexcl_shape){4, 1, 1}, &err), err);
    EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, support_target(), none, &err), err);
    EXPECT_OK(storage_create(support_target(), 2, "a test", &memory, &err), err);
    EXPECT_OK(storage_write(&memory, 0, values, 2, &err), err);
    const struct layer_io io = {.in = &(struct layer_source){&memory, NULL}, .out = &memory, .count = 1};
    EXPECT_OK(layer_run(&l, LAYER_FORWARD, &io, &err), err);
    EXPECT_OK(storage_read(&memory, 0, values, 2, &err), err);
    ck_assert(isnan(values[0]) && values[1] == 0.0f);
    storage_free(&memory);
    layer_release(&l);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("activation");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, golden);
    tcase_add_test(tests, nan_stays);
    return support_run(tests);
}
