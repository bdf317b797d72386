/* SPDX-License-Identifier: MIT */
/* Where points of the curves stand, computed here from the picture's edges. */
#include "train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "support_files.h"

static struct alexcl_error err;

static char *drawn(const struct train_history *h) {
    unsigned char *text;
    size_t length;
    EXPECT_OK(train_curves_write("curves.svg", "net <a> & b", h, &err), err);
    text = read_file("curves.svg", &length);
    text[length] = '\0';
    return (char *)text;
}

static void expect(const char *svg, const char *part) {
    ck_assert_msg(strstr(svg, part) != NULL, "no %s in %.2000s", part, svg + 1700);
}

START_TEST(points_stand_at_their_values) {
    struct train_history h = {0};
    for (int i = 1; i <= 10; i++)
        EXPECT_OK(train_history_step(&h, &(struct train_step_row){.step = (uint64_t)i, .loss = i == 1 ? 2 : 1}, &err),
                  err);
    EXPECT_OK(train_history_epoch(&h, &(struct train_epoch_row){1, 5, 1, 1, 0.5, 0.25, 3}, &err), err);
    EXPECT_OK(train_history_epoch(&h, &(struct train_epoch_row){2, 10, 1, NAN, 1, NAN, 3}, &err), err);
    char *svg = drawn(&h);
    expect(svg, "net &lt;a> &amp; b</text>");
    /* steps 1 to 10 on 380 pixels from 70 on; the largest value times 1.05 at the upper edge, 70; 0 at 340 */
    expect(svg, "points=\"108.0,82.9 146.0,211.4 184.0,211.4 ");
    expect(svg, "450.0,211.4\"/>");
    expect(svg, "points=\"260.0,211.4\"/>"); /* the second epoch has no validation loss */
    expect(svg, "points=\"740.0,211.4 930.0,82.9\"/>");
    expect(svg, "points=\"740.0,275.7\"/>");
    expect(svg, ">top-5</text>");
    ck_assert_uint_eq(train_history_best(&h)->epoch, 1);
    free(svg);
    train_history_free(&h);
}
END_TEST

START_TEST(many_steps_are_means_and_nothing_is_a_sheet) {
    struct train_history h = {0};
    char *svg = drawn(&h);
    expect(svg, "</svg>");
    ck_assert_ptr_null(strstr(svg, "nan"));
    ck_assert_ptr_null(strstr(svg, ">training<"));
    free(svg);
    ck_assert_ptr_null(train_history_best(&h));
    for (int i = 1; i <= 1000; i++) /* four at a time: 1, 3, 1, 3 */
        EXPECT_OK(train_history_step(&h, &(struct train_step_row){.step = (uint64_t)i, .loss = i % 2 ? 1 : 3}, &err),
                  err);
    svg = drawn(&h);
    const char *at = strstr(svg, "<polyline");
    int points = 0;
    for (; at && *at != '>'; at++) points += *at == ',';
    ck_assert_int_eq(points, 250);
    expect(svg, "points=\"71.5,82.9 73.0,82.9"); /* 2 of 2.1 */
    free(svg);
    train_history_free(&h);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("train_curves");
    tcase_add_test(tests, points_stand_at_their_values);
    tcase_add_test(tests, many_steps_are_means_and_nothing_is_a_sheet);
    return support_run(tests);
}
