/* SPDX-License-Identifier: MIT */
/* Structures of another version of the header: smaller ones, larger ones, and ones whose size nobody set. */
#include "sized.h"

#include <string.h>

#include "support.h"

static struct alexcl_error err;

struct today {
    size_t size;
    int a, b;
    const char *text;
};
struct older {
    size_t size;
    int a;
};
struct newer {
    size_t size;
    int a, b;
    const char *text;
    int more[3];
};

START_TEST(a_smaller_one_is_read_as_far_as_it_goes) {
    struct today t = {1, 2, 3, "left"};
    EXPECT_OK(sized_read("x", &(struct older){offsetof(struct today, b), 7}, &t, sizeof t, &err), err);
    ck_assert(t.size == sizeof t && t.a == 7 && t.b == 0 && !t.text);
    EXPECT_OK(sized_read("x", &(size_t){sizeof(size_t)}, &t, sizeof t, &err), err);
    ck_assert(t.size == sizeof t && t.a == 0);
    t.a = 5;
    EXPECT_OK(sized_read("x", NULL, &t, sizeof t, &err), err);
    ck_assert(t.size == sizeof t && t.a == 0 && !t.text);
}
END_TEST

START_TEST(a_larger_one_is_read_where_the_rest_is_zero) {
    struct today t;
    struct newer n = {.size = sizeof n, .a = 1, .b = 2, .text = "x"};
    EXPECT_OK(sized_read("x", &n, &t, sizeof t, &err), err);
    ck_assert(t.size == sizeof t && t.a == 1 && t.b == 2 && t.text == n.text);
    n.more[2] = 1;
    EXPECT_ERROR(sized_read("struct x", &n, &t, sizeof t, &err), ALEXCL_E_USAGE, "struct x: of its", err);
    n.size = offsetof(struct newer, more[2]); /* what is behind it is not its own */
    EXPECT_OK(sized_read("x", &n, &t, sizeof t, &err), err);
}
END_TEST

START_TEST(a_size_that_nobody_set_is_refused) {
    struct today t;
    static const size_t sizes[] = {0, 1, sizeof(size_t) - 1, (1 << 16) + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct newer n = {.size = sizes[i]};
        EXPECT_ERROR(sized_read("struct x", &n, &t, sizeof t, &err), ALEXCL_E_USAGE, "struct x: its size", err);
        EXPECT_ERROR(sized_write("struct x", &t, &n, sizeof t, &err), ALEXCL_E_USAGE, "struct x: its size", err);
    }
}
END_TEST

START_TEST(results_fill_what_there_is) {
    const struct today t = {sizeof t, 1, 2, "x"};
    struct older o = {offsetof(struct older, a) + sizeof o.a, 0};
    struct newer n;
    struct {
        struct older o;
        int behind;
    } guarded = {{offsetof(struct older, a) + sizeof(int), 0}, 77};
    memset(&n, 0xff, sizeof n);
    n.size = sizeof n;
    EXPECT_OK(sized_write("x", &t, &o, sizeof t, &err), err);
    ck_assert(o.a == 1 && o.size == offsetof(struct older, a) + sizeof o.a);
    EXPECT_OK(sized_write("x", &t, &guarded.o, sizeof t, &err), err);
    ck_assert(guarded.o.a == 1 && guarded.behind == 77);
    EXPECT_OK(sized_write("x", &t, &n, sizeof t, &err), err);
    ck_assert(n.size == sizeof n && n.a == 1 && n.b == 2 && n.text == t.text);
    ck_assert(n.more[0] == 0 && n.more[2] == 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("sized");
    tcase_add_test(tests, a_smaller_one_is_read_as_far_as_it_goes);
    tcase_add_test(tests, a_larger_one_is_read_where_the_rest_is_zero);
    tcase_add_test(tests, a_size_that_nobody_set_is_refused);
    tcase_add_test(tests, results_fill_what_there_is);
    return support_run(tests);
}
