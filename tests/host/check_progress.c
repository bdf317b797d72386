/* SPDX-License-Identifier: MIT */
/* What a person who waits is told. */
#include "support_files.h"
#include "progress.h"

static const char *tell(size_t done, size_t total, double seconds) {
    static char out[128];
    progress_tell(done, total, seconds, out, sizeof out);
    return out;
}

START_TEST(count_time_and_what_is_left) {
    ck_assert_str_eq(tell(7, 53, 18.4), "7 of 53, 18 s, about 2 min left");
    ck_assert_str_eq(tell(7, 53, 4), "7 of 53, 4 s, about 26 s left");
    ck_assert_str_eq(tell(1, 3, 99.4), "1 of 3, 99 s, about 3 min left");
    ck_assert_str_eq(tell(10, 100, 2000), "10 of 100, 33 min, about 5 h left");
}
END_TEST

START_TEST(what_is_not_known_is_not_told) {
    ck_assert_str_eq(tell(0, 53, 41), "0 of 53, 41 s");
    ck_assert_str_eq(tell(7, 53, 0.3), "7 of 53, 0 s");
    ck_assert_str_eq(tell(53, 53, 41), "53 of 53, 41 s");
    ck_assert_str_eq(tell(3, 0, 41), "41 s");
    ck_assert_str_eq(tell(0, 0, 0), "0 s");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("progress");
    tcase_add_test(tests, count_time_and_what_is_left);
    tcase_add_test(tests, what_is_not_known_is_not_told);
    return support_run(tests);
}
