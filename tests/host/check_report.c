/* SPDX-License-Identifier: MIT */
/* A document that is printed in parts is, byte for byte, the one that is printed whole. */
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "support_files.h"

/* What the results are between print_to and printed. Each test is a process of its own. */
static void print_to(const char *path) { ck_assert_ptr_nonnull(freopen(path, "w", stdout)); }
static char *printed(const char *path) {
    size_t length;
    ck_assert_int_eq(fflush(stdout), 0);
    char *text = (char *)read_file(path, &length);
    text[length] = '\0';
    return text;
}

static json_t *row(int i) {
    json_t *top = json_array();
    for (int k = 0; k < i; k++) report_append(top, json_pack("{s:i, s:f}", "index", k, "p", 1.0 / (k + 3)));
    return json_pack("{s:s, s:o, s:n, s:o}", "path", "two\nlines, \"quoted\" {\n}", "label", report_string("ä\xff"),
                     "error", "top", top);
}

START_TEST(parts_are_the_whole) {
    struct alexcl_error err = {0};
    for (int rows = 0; rows < 4; rows++) {
        json_t *list = json_array();
        for (int i = 0; i < rows; i++) report_append(list, row(i));
        print_to("whole.json");
        EXPECT_OK(report_json("infer",
                              json_pack("{s:s, s:{s:b}, s:o, s:[i,i], s:n}", "model", "m", "weights", "random", 1,
                                        "images", list, "devices", 1, 2, "error"),
                              &err),
                  err);
        char *whole = printed("whole.json");
        print_to("parts.json");
        EXPECT_OK(report_json_begin("infer", json_pack("{s:s, s:{s:b}}", "model", "m", "weights", "random", 1),
                                    "images", &err),
                  err);
        for (int i = 0; i < rows; i++) EXPECT_OK(report_json_row(row(i), &err), err);
        EXPECT_OK(report_json_end(json_pack("{s:[i,i], s:n}", "devices", 1, 2, "error"), &err), err);
        char *parts = printed("parts.json");
        ck_assert_str_eq(parts, whole);
        free(parts);
        free(whole);
    }
}
END_TEST

/* A NULL is what jansson makes without memory. */
START_TEST(what_there_is_no_memory_for_is_left_out_and_told) {
    struct alexcl_error err = {0};
    print_to("cut.json");
    EXPECT_OK(report_json_begin("infer", json_object(), "images", &err), err);
    EXPECT_ERROR(report_json_row(NULL, &err), ALEXCL_E_MEMORY, "out of host memory: the JSON document", err);
    json_t *part = json_object();
    report_set(part, "top", NULL);
    EXPECT_ERROR(report_json_row(part, &err), ALEXCL_E_MEMORY, "the JSON document", err);
    EXPECT_OK(report_json_row(json_pack("{s:i}", "row", 1), &err), err);
    EXPECT_ERROR(report_json_end(NULL, &err), ALEXCL_E_MEMORY, "the JSON document", err);
    char *text = printed("cut.json");
    json_t *document = json_loads(text, 0, NULL), *images = json_object_get(document, "images");
    ck_assert_ptr_nonnull(document);
    ck_assert_uint_eq(json_array_size(images), 1);
    ck_assert_str_eq(json_string_value(json_object_get(document, "error")), "out of host memory: the JSON document");
    json_decref(document);
    free(text);
    print_to("none.json");
    EXPECT_ERROR(report_json_begin("infer", NULL, "images", &err), ALEXCL_E_MEMORY, "the JSON document", err);
    text = printed("none.json");
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("report");
    tcase_add_test(tests, parts_are_the_whole);
    tcase_add_test(tests, what_there_is_no_memory_for_is_left_out_and_told);
    return support_run(tests);
}
