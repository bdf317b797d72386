/* SPDX-License-Identifier: MIT */
/* What people write: lists of images, names of classes, arrays of numbers; good and bad. */
#include <sys/stat.h>

#include "host_check.h"
#include "image_list.h"
#include "labels.h"
#include "npy.h"
#include "topk.h"

static struct alexcl_error err;

START_TEST(lists_are_read_as_people_write_them) {
    static const char text[] = "\xef\xbb\xbf# a comment\r\n\r\n  a.png \t 3 # behind\n\"with a blank.png\"\t\"tabby cat\"\r\n/abs/olute.png\n"
                               "\"a \\\"quote\\\" and \\\\.png\"\nlast.png";
    struct image_list list;
    mkdir("lists", 0700);
    write_file("lists/good.txt", text, sizeof text - 1);
    EXPECT_OK(image_list_read("lists/good.txt", &list, &err), err);
    static const struct {
        int line;
        const char *path, *shown, *label;
    } want[] = {{3, "lists/a.png", "a.png", "3"},
                {4, "lists/with a blank.png", "with a blank.png", "tabby cat"},
                {5, "/abs/olute.png", "/abs/olute.png", NULL},
                {6, "lists/a \"quote\" and \\.png", "a \"quote\" and \\.png", NULL},
                {7, "lists/last.png", "last.png", NULL}};
    ck_assert_uint_eq(list.count, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < list.count; i++) {
        ck_assert_int_eq(list.entries[i].line, want[i].line);
        ck_assert_str_eq(list.entries[i].path, want[i].path);
        ck_assert_str_eq(list.entries[i].shown, want[i].shown);
        ck_assert_pstr_eq(list.entries[i].label, want[i].label);
        ck_assert_ptr_null(list.entries[i].error);
    }
    image_list_free(&list);
    image_list_free(&list);
}
END_TEST

START_TEST(bad_lines_are_entries_with_an_error) {
    static const char text[] = "\"open.png\n\"closed\"right.png\na.png 1 2\nzero\0byte.png\n\"\"\ngood.png\n";
    enum { LONGEST = 65536, BEYOND = 1 << 20 };
    char *longest = malloc(BEYOND);
    struct image_list list;
    write_file("bad.txt", text, sizeof text - 1);
    EXPECT_OK(image_list_read("bad.txt", &list, &err), err);
    ck_assert_uint_eq(list.count, 6);
    for (size_t i = 0; i < 5; i++) ck_assert_msg(list.entries[i].error != NULL, "line %zu is taken", i + 1);
    ck_assert_ptr_null(list.entries[5].error);
    image_list_free(&list);
    /* The longest line there may be, between a byte order mark and CR; then longer ones, named; the line behind is read. */
    memset(longest, 'x', BEYOND);
    memcpy(longest, "\xef\xbb\xbf", 3);
    memcpy(longest + 3 + LONGEST, "\r\nnext.png\n", 11);
    write_file("long.txt", longest, 3 + LONGEST + 11);
    EXPECT_OK(image_list_read("long.txt", &list, &err), err);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_ptr_null(list.entries[0].error);
    ck_assert_uint_eq(strlen(list.entries[0].path), LONGEST);
    image_list_free(&list);
    static const int longer[] = {LONGEST + 1, LONGEST + 2, LONGEST + 3, LONGEST + 4, LONGEST + 5, LONGEST + 6, BEYOND - 20};
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
        for (int mark = 0; mark <= 3; mark += 3) {
            memset(longest, 'x', BEYOND);
            memcpy(longest, "\xef\xbb\xbf", (size_t)mark);
            if (i > 0) longest[mark + LONGEST] = '\r'; /* where the line is cut; not at its end, where any number may stand */
            memcpy(longest + mark + longer[i], "\r\nnext.png\n", 11);
            write_file("long.txt", longest, (size_t)(mark + longer[i] + 11));
            EXPECT_OK(image_list_read("long.txt", &list, &err), err);
            ck_assert_uint_eq(list.count, 2);
            ck_assert_pstr_eq(list.entries[0].error, "the line is longer than 64 KiB");
            ck_assert_int_eq(list.entries[1].line, 2);
            ck_assert_str_eq(list.entries[1].path, "next.png");
            image_list_free(&list);
        }
    free(longest);
    EXPECT_ERROR(image_list_read("missing.txt", &list, &err), ALEXCL_E_DATA, "missing.txt", err);
    EXPECT_ERROR(image_list_read(".", &list, &err), ALEXCL_E_DATA, "folder", err);
    EXPECT_ERROR(image_list_read(DATA "/png_gamma.png", &list, &err), ALEXCL_E_DATA, "is a picture", err);
    EXPECT_ERROR(image_list_read(DATA "/jpeg_grey.jpg", &list, &err), ALEXCL_E_DATA, "is a picture", err);
}
END_TEST

START_TEST(labels_by_index_name_and_synonym) {
    struct labels *l;
    size_t index;
    EXPECT_OK(labels_open(NULL, 1000, &l, &err), err);
    ck_assert_str_eq(labels_name(l, 281), "tabby, tabby cat");
    ck_assert_str_eq(labels_name(l, 0), "tench, Tinca tinca");
    ck_assert_str_eq(labels_name(l, 999), "toilet tissue, toilet paper, bathroom tissue");
    ck_assert_ptr_null(labels_name(l, 1000));
    static const struct {
        const char *text;
        size_t index;
    } good[] = {{"281", 281},  {"tabby", 281}, {"Tabby Cat", 281}, {"tabby, tabby cat", 281}, {"espresso", 967}, {"maillot", 638},
                {"gong", 577}, {"0", 0},       {"999", 999}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        EXPECT_OK(labels_find(l, good[i].text, &index, &err), err);
        ck_assert_uint_eq(index, good[i].index);
    }
    EXPECT_ERROR(labels_find(l, "1000", &index, &err), ALEXCL_E_DATA, "0 to 999", err);
    EXPECT_ERROR(labels_find(l, "mussile", &index, &err), ALEXCL_E_DATA, "missile", err);
    EXPECT_ERROR(labels_find(l, "tinca tinka", &index, &err), ALEXCL_E_DATA, "did you mean \"Tinca tinca\"?", err); /* a synonym */
    EXPECT_ERROR(labels_find(l, "", &index, &err), ALEXCL_E_DATA, "no class", err);
    EXPECT_ERROR(labels_find(l, "crane", &index, &err), ALEXCL_E_DATA, "classes 134 (crane) and 517 (crane)", err);
    EXPECT_ERROR(labels_find(l, "panda", &index, &err), ALEXCL_E_DATA, "classes 387", err); /* a synonym of both */
    EXPECT_ERROR(labels_find(l, "-1", &index, &err), ALEXCL_E_DATA, "-1", err);
    EXPECT_ERROR(labels_find(l, "99999999999999999999999", &index, &err), ALEXCL_E_DATA, "0 to 999", err);
    labels_free(l);
    EXPECT_OK(labels_open(NULL, 10, &l, &err), err);
    ck_assert_ptr_null(labels_name(l, 3));
    EXPECT_OK(labels_find(l, "3", &index, &err), err);
    EXPECT_ERROR(labels_find(l, "three", &index, &err), ALEXCL_E_DATA, "--labels", err);
    labels_free(l);
    labels_free(NULL);
}
END_TEST

START_TEST(label_files_of_three_forms) {
    static const char *const texts[] = {"zero\r\none, uno\n two\n", "\xef\xbb\xbfzero\none, uno\ntwo\n\n \n", "[\"zero\", \"one, uno\", \"two\"]",
                                        "{\"0\": [\"n0\", \"zero\"], \"2\": \"two\", \"1\": [\"n1\", \"one, uno\"]}"};
    static const char *const bad[] = {"zero\none\n",
                                      "zero\none\ntwo\nthree\n",
                                      "[\"zero\", 1, \"two\"]",
                                      "[\"zero\"",
                                      "{\"0\": \"a\", \"1\": \"b\", \"x\": \"c\"}",
                                      "{\"0\": \"a\", \"1\": \"b\", \"7\": \"c\"}",
                                      "{\"0\": \"a\", \"0\": \"b\", \"1\": \"c\"}",
                                      "{\"0\": \"a\", \"00\": \"b\", \"2\": \"c\"}",
                                      ""};
    struct labels *l;
    size_t index;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file("labels", texts[i], strlen(texts[i]));
        EXPECT_OK(labels_open("labels", 3, &l, &err), err);
        ck_assert_str_eq(labels_name(l, 2), "two");
        EXPECT_OK(labels_find(l, "UNO", &index, &err), err);
        ck_assert_uint_eq(index, 1);
        labels_free(l);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_file("labels", bad[i], strlen(bad[i]));
        EXPECT_ERROR(labels_open("labels", 3, &l, &err), ALEXCL_E_DATA, "labels", err);
    }
    write_file("labels", "zero\n\ntwo", 9);
    EXPECT_OK(labels_open("labels", 3, &l, &err), err);
    ck_assert_str_eq(labels_name(l, 1), "");
    EXPECT_ERROR(labels_find(l, "one", &index, &err), ALEXCL_E_DATA, "no class", err);
    labels_free(l);
    EXPECT_ERROR(labels_open("missing", 3, &l, &err), ALEXCL_E_DATA, "missing", err);
    EXPECT_ERROR(labels_open(".", 3, &l, &err), ALEXCL_E_DATA, "regular", err);
}
END_TEST

START_TEST(npy_written_and_read) {
    float values[24];
    struct npy_writer *w;
    struct npy n;
    for (int i = 0; i < 24; i++) values[i] = (float)i / 7;
    size_t shape[3] = {0, 3, 2};
    EXPECT_OK(npy_writer_open("a.npy", 3, shape, &w, &err), err);
    for (int i = 0; i < 4; i++) EXPECT_OK(npy_writer_add(w, values + 6 * i, 6, &err), err);
    EXPECT_OK(npy_writer_commit(w, &err), err);
    npy_writer_free(w);
    EXPECT_OK(npy_read("a.npy", &n, &err), err);
    ck_assert_int_eq(n.dims, 3);
    ck_assert_uint_eq(n.shape[0], 4);
    ck_assert_uint_eq(n.shape[1], 3);
    ck_assert_uint_eq(n.shape[2], 2);
    ck_assert_mem_eq(n.values, values, sizeof values);
    npy_free(&n);
    /* Not committed: nothing is left, and what was there stays. */
    EXPECT_OK(npy_writer_open("a.npy", 3, shape, &w, &err), err);
    EXPECT_OK(npy_writer_add(w, values, 6, &err), err);
    npy_writer_free(w);
    EXPECT_OK(npy_read("a.npy", &n, &err), err);
    ck_assert_uint_eq(n.shape[0], 4);
    npy_free(&n);
    size_t largest[8] = {0, SIZE_MAX, 1, SIZE_MAX, 1, SIZE_MAX, 1, SIZE_MAX};
    EXPECT_ERROR(npy_writer_open("b.npy", 8, largest, &w, &err), ALEXCL_E_OTHER, "header", err);
    EXPECT_ERROR(npy_read("b.npy", &n, &err), ALEXCL_E_DATA, "No such", err);
    EXPECT_ERROR(npy_writer_open("no/such/a.npy", 3, shape, &w, &err), ALEXCL_E_OTHER, "no/such/a.npy", err);
}
END_TEST

START_TEST(npy_as_numpy_writes_it) {
    static const char header[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
    struct tensor want = oracle_load("crop_a", "x");
    struct npy n;
    EXPECT_OK(npy_read(DATA "/../../oracle/crop_a/x.npy", &n, &err), err);
    ck_assert_int_eq(n.dims, want.dims);
    for (int i = 0; i < n.dims; i++) ck_assert_uint_eq(n.shape[i], (size_t)want.shape[i]);
    ck_assert_mem_eq(n.values, want.values, want.count * sizeof(float));
    npy_free(&n);
    for (unsigned char format = 2; format <= 3; format++) { /* four bytes of length */
        unsigned char file[12 + sizeof header - 1 + 8] = "\x93NUMPY";
        file[6] = format;
        file[8] = sizeof header - 1;
        memcpy(file + 12, header, sizeof header - 1);
        memcpy(file + sizeof file - 8, want.values, 8);
        write_file("later.npy", file, sizeof file);
        EXPECT_OK(npy_read("later.npy", &n, &err), err);
        ck_assert_uint_eq(n.count, 2);
        ck_assert_mem_eq(n.values, want.values, 8);
        npy_free(&n);
    }
    oracle_free(&want);
}
END_TEST

static void expect_bad_npy(const char *header, size_t values, const char *part) {
    unsigned char file[1024] = "\x93NUMPY\x01";
    size_t length = strlen(header);
    struct npy n;
    file[8] = (unsigned char)length;
    memcpy(file + 10, header, length);
    write_file("bad.npy", file, 10 + length + 4 * values);
    EXPECT_ERROR(npy_read("bad.npy", &n, &err), ALEXCL_E_DATA, part, err);
}

START_TEST(bad_npy_is_named) {
    struct npy n;
    expect_bad_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", 4, "float32");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }\n", 2, "Fortran");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", 2, "bytes of values");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n", 2, "bytes of values");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 8), }\n", 2, "shape");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n", 2, "shape");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 2), }\n", 2, "shape");
    expect_bad_npy("{'descr': '<f4', 'fortran_order': False}\n", 2, "lacks");
    write_file("bad.npy", "\x93NUMPY\x01\0\xff\xff", 10);
    EXPECT_ERROR(npy_read("bad.npy", &n, &err), ALEXCL_E_DATA, "header", err);
    write_file("bad.npy", "\x93NUMPY\x09\0\x01\0x", 11);
    EXPECT_ERROR(npy_read("bad.npy", &n, &err), ALEXCL_E_DATA, "format 9", err);
    write_file("bad.npy", "x", 1);
    EXPECT_ERROR(npy_read("bad.npy", &n, &err), ALEXCL_E_DATA, "not a .npy", err);
    EXPECT_ERROR(npy_read(".", &n, &err), ALEXCL_E_DATA, "regular", err);
    EXPECT_ERROR(npy_read("missing.npy", &n, &err), ALEXCL_E_DATA, "No such", err);
}
END_TEST

START_TEST(topk_as_the_golden_vectors) {
    struct tensor x = oracle_load("topk_ties", "x"), label = oracle_load("topk_ties", "label"), rank = oracle_load("topk_ties", "rank"),
                  order = oracle_load("topk_ties", "order");
    size_t classes = (size_t)x.shape[1], best[64], wrong1 = 0, wrong5 = 0;
    double scores[64];
    for (size_t n = 0; n < (size_t)x.shape[0]; n++) {
        for (size_t c = 0; c < classes; c++) scores[c] = (double)x.values[n * classes + c];
        size_t r = topk_rank(scores, classes, (size_t)label.values[n]);
        ck_assert_uint_eq(r, (size_t)rank.values[n]);
        wrong1 += r >= 1;
        wrong5 += r >= 5;
        for (size_t k = 1; k <= classes; k += 6) {
            topk_best(scores, classes, best, k);
            for (size_t i = 0; i < k; i++) ck_assert_uint_eq(best[i], (size_t)order.values[n * classes + i]);
        }
    }
    ck_assert_uint_eq(wrong1, (size_t)oracle_number("topk_ties", "top1_errors"));
    ck_assert_uint_eq(wrong5, (size_t)oracle_number("topk_ties", "top5_errors"));
    oracle_free(&x);
    oracle_free(&label);
    oracle_free(&rank);
    oracle_free(&order);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("lists");
    tcase_add_test(tests, lists_are_read_as_people_write_them);
    tcase_add_test(tests, bad_lines_are_entries_with_an_error);
    tcase_add_test(tests, labels_by_index_name_and_synonym);
    tcase_add_test(tests, label_files_of_three_forms);
    tcase_add_test(tests, npy_written_and_read);
    tcase_add_test(tests, npy_as_numpy_writes_it);
    tcase_add_test(tests, bad_npy_is_named);
    tcase_add_test(tests, topk_as_the_golden_vectors);
    return support_run(tests);
}
