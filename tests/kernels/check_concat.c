/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "f = from_first + k" -> "f = from_first", not in tiny2t */
#include "kernel_check.h"

/* One input behind the other, channel by channel. */
static void concatenate(float *out, float *const x[], const struct alexcl_shape *shapes, int count, int images) {
    size_t hw = (size_t)shapes[0].h * (size_t)shapes[0].w;
    for (size_t n = 0; n < (size_t)images; n++)
        for (int i = 0; i < count; i++)
            for (size_t c = 0; c < (size_t)shapes[i].c; c++)
                for (size_t p = 0; p < hw; p++) *out++ = x[i][(n * (size_t)shapes[i].c + c) * hw + p];
}

/* Widths that are odd and unequal: no half of the whole is made of the halves of the inputs. Runs end within blocks of
 * 16, and reach over several. */
START_TEST(grid) {
    static const int widths[][5] = {{1, 1}, {5, 7, 3, 1}, {16, 32, 16}, {1, 40, 2}, {33, 17, 50}, {9, 1, 1, 1, 60}};
    const struct alexcl_layer concat = {.type = ALEXCL_CONCAT, .name = "concat"};
    for (size_t row = 0; row < sizeof widths / sizeof *widths; row++) {
        struct alexcl_shape shapes[5];
        int count = 0;
        for (; count < 5 && widths[row][count]; count++)
            shapes[count] = (struct alexcl_shape){widths[row][count], row % 2 ? 3 : 1, row % 2 ? 5 : 1};
        kernel_check_several(&concat, shapes, count, concatenate);
    }
}
END_TEST

START_TEST(refused) {
    struct alexcl_error err = {0};
    struct layer l;
    const struct alexcl_layer concat = {.type = ALEXCL_CONCAT, .name = "concat"};
    const struct alexcl_shape other[] = {{4, 3, 5}, {4, 5, 3}}, many[] = {{60000, 1, 1}, {6000, 1, 1}};
    kernel_check_refused(&concat, (struct alexcl_shape){4, 2, 2}, "1 inputs: concat layers read from 2 to 32");
    EXPECT_ERROR(layer_describe_inputs(&l, &concat, 0, other, 2, &err), ALEXCL_E_USAGE,
                 "input 2 has maps of 5 x 3 where the first has 3 x 5", err);
    EXPECT_ERROR(layer_describe_inputs(&l, &concat, 0, many, 2, &err), ALEXCL_E_USAGE,
                 "more than 65535 channels together", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("concat");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, refused);
    return support_run(tests);
}
