/* SPDX-License-Identifier: MIT */
/* check_selfcheck.c makes the kernel wrong: "* factor" -> "+ factor", in tiny2t */
#include "kernel_check.h"

static struct alexcl_layer dropout(enum alexcl_dropout kind, double rate) {
    return (struct alexcl_layer){.type = ALEXCL_DROPOUT, .name = "drop", .dropout = kind, .rate = rate};
}

START_TEST(grid) {
    static const struct alexcl_shape shapes[] = {{1, 1, 1}, {5, 3, 7}, {130, 1, 1}, {1, 9, 15}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct alexcl_layer desc = dropout(ALEXCL_DROPOUT_PAPER, s == 1 ? 0.25 : 0.5);
        kernel_check_layer("own", &desc, shapes[s]);
    }
}
END_TEST

START_TEST(inverted_is_a_view) {
    struct alexcl_error err = {0};
    struct layer l;
    struct alexcl_layer desc = dropout(ALEXCL_DROPOUT_INVERTED, 0.5);
    EXPECT_OK(layer_describe(&l, &desc, 0, (struct alexcl_shape){4, 2, 2}, &err), err);
    ck_assert(l.shape.view && layer_choose(&l, LAYER_FORWARD, support_target()) == NULL);
    desc = dropout(ALEXCL_DROPOUT_PAPER, 1.0);
    kernel_check_refused(&desc, (struct alexcl_shape){4, 2, 2}, "rate");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("scale");
    tcase_add_test(tests, grid);
    tcase_add_test(tests, inverted_is_a_view);
    return support_run(tests);
}
