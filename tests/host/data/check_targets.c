/* SPDX-License-Identifier: MIT */
/* Labels of their own files: every form that is read, and what is no class. */
#include <math.h>
#include <stdint.h>

#include "npy_make.h"
#include "targets.h"

static struct alexcl_error err;

static void expect(const char *path, const int want[3], size_t want_classes) {
    int *labels = NULL;
    size_t classes = 0;
    EXPECT_OK(targets_read(path, "x.npy", 3, &labels, &classes, &err), err);
    for (int i = 0; i < 3; i++) ck_assert_int_eq(labels[i], want[i]);
    ck_assert_uint_eq(classes, want_classes);
    free(labels);
}

START_TEST(numbers_and_rows_are_read) {
    npy_make("y.npy", "|u1", "(3,)", "\2\0\7", 3);
    expect("y.npy", (int[]){2, 0, 7}, 8);
    npy_make("y.npy", "<i8", "(3, 1)", (int64_t[]){4, 1, 3}, 24);
    expect("y.npy", (int[]){4, 1, 3}, 5);
    npy_make("y.npy", "<f4", "(3,)", (float[]){0, 1, 2}, 12);
    expect("y.npy", (int[]){0, 1, 2}, 3);
    npy_make("y.npy", "<f8", "(3, 4)", (double[]){0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0}, 96);
    expect("y.npy", (int[]){1, 0, 2}, 4);
    npy_make("y.npy", "|b1", "(3, 2)", "\0\1\1\0\0\1", 6);
    expect("y.npy", (int[]){1, 0, 1}, 2);
    write_file("labels", "\0\0\x08\1\0\0\0\3\7\0\2", 11);
    expect("labels", (int[]){7, 0, 2}, 8);
}
END_TEST

static void refuse(const char *path, const char *message) {
    int *labels = NULL;
    size_t classes;
    EXPECT_ERROR(targets_read(path, "x.npy", 3, &labels, &classes, &err), ALEXCL_E_DATA, message, err);
    ck_assert_ptr_null(labels);
}

START_TEST(what_is_no_class_is_refused) {
    npy_make("y.npy", "<i4", "(3,)", (int32_t[]){0, -1, 2}, 12);
    refuse("y.npy", "y.npy: label 1 is -1, which is no class");
    npy_make("y.npy", "<f4", "(3,)", (float[]){0, 1, 2.5f}, 12);
    refuse("y.npy", "label 2 is 2.5, which is no class");
    npy_make("y.npy", "<f4", "(3,)", (float[]){NAN, 1, 2}, 12);
    refuse("y.npy", "label 0 is nan, which is no class");
    npy_make("y.npy", "<i4", "(3,)", (int32_t[]){0, 1 << 20, 2}, 12);
    refuse("y.npy", "label 1 is 1.04858e+06, which is no class");
    npy_make("y.npy", "|u1", "(2,)", "\0\1", 2);
    refuse("y.npy", "y.npy has labels of 2 pictures, and x.npy has 3 pictures");
    npy_make("y.npy", "<f4", "(3, 2)", (float[]){1, 0, 0.5f, 0.5f, 0, 1}, 24);
    refuse("y.npy", "row 1 is not one 1 among zeros");
    npy_make("y.npy", "|u1", "(3, 2)", "\1\0\1\1\0\1", 6);
    refuse("y.npy", "row 1 is not one 1 among zeros");
    npy_make("y.npy", "|u1", "(3, 2)", "\1\0\0\1\0\0", 6);
    refuse("y.npy", "row 2 is not one 1 among zeros");
    npy_make("y.npy", "|u1", "(3, 1, 2)", "\1\0\0\1\0\0", 6);
    refuse("y.npy", "y.npy is 3 x 1 x 2; labels are N whole numbers, or N x classes");
    write_file("pictures", "\0\0\x08\3\0\0\0\3\0\0\0\1\0\0\0\1\1\2\3", 19);
    refuse("pictures", "pictures: holds pictures, no labels");
    write_file("labels", "\0\0\x08\1\0\0\0\2\7\0", 10);
    refuse("labels", "labels has labels of 2 pictures");
    write_file("text", "1\n2\n3\n", 6);
    refuse("text", "text: is a text, not a .npy file");
    refuse("nowhere", "nowhere: No such file");
    refuse(".", "is a folder; name a file of labels");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("targets");
    tcase_add_test(tests, numbers_and_rows_are_read);
    tcase_add_test(tests, what_is_no_class_is_refused);
    return support_run(tests);
}
