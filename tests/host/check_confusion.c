/* SPDX-License-Identifier: MIT */
/* A confusion matrix has every picture once, in the row of its label and the column of what it was taken for. */
#include "support_files.h"
#include "confusion.h"

START_TEST(each_pair_stands_in_its_cell) {
    static const struct confusion_pair pairs[] = {{3, 3}, {3, 7}, {7, 7}, {3, 3}, {0, 3}};
    struct alexcl_error err = {0};
    struct confusion c;
    EXPECT_OK(confusion_count(pairs, 5, 10, &c, &err), err);
    ck_assert_uint_eq(c.size, 3);
    ck_assert_uint_eq(c.classes, 3);
    ck_assert(c.class_of[0] == 0 && c.class_of[1] == 3 && c.class_of[2] == 7);
    static const uint64_t wanted[3][3] = {{0, 1, 0}, {0, 2, 1}, {0, 0, 1}};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) ck_assert_uint_eq(c.counts[i][k], wanted[i][k]);
}
END_TEST

START_TEST(rare_classes_share_a_row) {
    struct confusion_pair pairs[200];
    struct alexcl_error err = {0};
    struct confusion c;
    size_t count = 0;
    uint64_t all = 0;
    /* class k is met more often the larger k is; a rare one is taken for the most frequent */
    for (size_t k = 0; k < CONFUSION_MOST + 2; k++)
        for (size_t i = 0; i < 1 + k / 4; i++) pairs[count++] = (struct confusion_pair){k, k};
    pairs[count++] = (struct confusion_pair){0, CONFUSION_MOST + 1};
    pairs[count++] = (struct confusion_pair){1, 2};
    EXPECT_OK(confusion_count(pairs, count, 1000, &c, &err), err);
    ck_assert_uint_eq(c.classes, CONFUSION_MOST);
    ck_assert_uint_eq(c.size, CONFUSION_MOST + 1);
    for (size_t i = 0; i < c.size; i++)
        for (size_t k = 0; k < c.size; k++) all += c.counts[i][k];
    ck_assert_uint_eq(all, count);
    for (size_t i = 1; i < c.classes; i++) ck_assert_uint_lt(c.class_of[i - 1], c.class_of[i]);
    ck_assert_uint_eq(c.class_of[c.classes - 1], CONFUSION_MOST + 1);
    ck_assert_uint_gt(c.counts[c.size - 1][c.size - 1], 0);
}
END_TEST

START_TEST(without_pictures_there_is_none) {
    struct alexcl_error err = {0};
    struct confusion c;
    EXPECT_OK(confusion_count(NULL, 0, 5, &c, &err), err);
    ck_assert_uint_eq(c.size, 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("confusion");
    tcase_add_test(tests, each_pair_stands_in_its_cell);
    tcase_add_test(tests, rare_classes_share_a_row);
    tcase_add_test(tests, without_pictures_there_is_none);
    return support_run(tests);
}
