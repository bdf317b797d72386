/* SPDX-License-Identifier: MIT */
#include "status.h"
#include "utf8.h"

#include <string.h>

#include "log.h"
#include "support.h"

START_TEST(the_first_error_is_kept) {
    struct alexcl_error err = {0};
    ck_assert_int_eq(error_set(&err, ALEXCL_E_DATA, "line %d", 3), ALEXCL_E_DATA);
    ck_assert_int_eq(error_set(&err, ALEXCL_E_OTHER, "what followed"), ALEXCL_E_OTHER);
    ck_assert_int_eq(err.status, ALEXCL_E_DATA);
    ck_assert_str_eq(err.text, "line 3");
    ck_assert_int_eq(error_set(NULL, ALEXCL_E_USAGE, "nobody listens"), ALEXCL_E_USAGE);
}
END_TEST

START_TEST(prefixes_stack) {
    struct alexcl_error err = {0};
    error_set(&err, ALEXCL_E_DATA, "ends early");
    error_prefix(&err, "cat.png: ");
    error_prefix(&err, "batch.txt line %d: ", 3);
    ck_assert_str_eq(err.text, "batch.txt line 3: cat.png: ends early");
    ck_assert_int_eq(err.status, ALEXCL_E_DATA);
    error_prefix(NULL, "nobody listens");
}
END_TEST

static void expect_ends(const struct alexcl_error *err, const char *head, const char *tail) {
    size_t length = strlen(err->text);
    ck_assert_uint_lt(length, sizeof err->text);
    ck_assert_uint_gt(length, sizeof err->text - 16);
    ck_assert_msg(strncmp(err->text, head, strlen(head)) == 0, "begins with %.20s", err->text);
    ck_assert_str_eq(err->text + length - strlen(tail), tail);
    ck_assert(strstr(err->text, " .. ") != NULL && utf8_is_valid(err->text));
}

/* What failed and what to try stay; the path in between is cut, and no character of it in two. */
START_TEST(long_texts_lose_their_middle) {
    struct alexcl_error err = {0};
    char path[10001];
    for (size_t i = 0; i + 3 < sizeof path; i += 3) memcpy(path + i, "\xe2\x82\xac", 4);
    error_set(&err, ALEXCL_E_BUILD, "what %s try", path);
    expect_ends(&err, "what \xe2\x82\xac", "\xe2\x82\xac try");
    error_prefix(&err, "log: ");
    expect_ends(&err, "log: what ", " try");
    error_prefix(&err, "where %s: ", path);
    expect_ends(&err, "where \xe2\x82\xac", " try");
}
END_TEST

static int leave_early(struct alexcl_error *err, int fail, int *reached) {
    int status = ALEXCL_OK;
    TRY(fail ? error_set(err, ALEXCL_E_MEMORY, "no") : ALEXCL_OK);
    *reached = 1;
done:
    return status;
}

START_TEST(try_leaves_at_the_first_failure) {
    struct alexcl_error err = {0};
    int reached = 0;
    ck_assert_int_eq(leave_early(&err, 1, &reached), ALEXCL_E_MEMORY);
    ck_assert_int_eq(reached, 0);
    ck_assert_int_eq(leave_early(&err, 0, &reached), ALEXCL_OK);
    ck_assert_int_eq(reached, 1);
}
END_TEST

static const struct {
    int status, exit_code;
} classes[] = {
    {ALEXCL_OK, 0},
    {ALEXCL_E_OTHER, 1},
    {ALEXCL_E_USAGE, 2},
    {ALEXCL_E_NO_DEVICE, 3},
    {ALEXCL_E_BUILD, 4},
    {ALEXCL_E_MEMORY, 5},
    {ALEXCL_E_DATA, 6},
    {ALEXCL_E_DEVICE, 7},
    {ALEXCL_E_INTERRUPTED, 130},
    {-1, 3},
    {-1001, 3},
    {-11, 4},
    {-3, 4}, /* CL_DEVICE_NOT_FOUND, no platform, build failure, no compiler */
    {-4, 5},
    {-6, 5},
    {-61, 5}, /* allocation failure, out of host memory, buffer too large */
    {-5, 7},
    {-36, 7},
    {-54, 7},
    {-2041, 7}, /* out of resources, queue, work-group, CLBlast's own */
};

START_TEST(exit_codes_by_class) { ck_assert_int_eq(error_exit_code(classes[_i].status), classes[_i].exit_code); }
END_TEST

static char heard[64];
static enum alexcl_log_level heard_level;

static void listen(void *user, enum alexcl_log_level level, const char *text) {
    ++*(int *)user;
    heard_level = level;
    strcpy(heard, text);
}

START_TEST(log_goes_to_the_callback_or_nowhere) {
    int calls = 0;
    log_write(ALEXCL_LOG_ERROR, "nobody listens");
    alexcl_log_to(listen, &calls);
    log_write(ALEXCL_LOG_WARNING, "chunk of %d", 16);
    alexcl_log_to(NULL, NULL);
    log_write(ALEXCL_LOG_ERROR, "nobody listens");
    ck_assert_int_eq(calls, 1);
    ck_assert_str_eq(heard, "chunk of 16");
    ck_assert_int_eq(heard_level, ALEXCL_LOG_WARNING);
}
END_TEST

/* Logs, goes on with another callback, and logs again: nothing of this waits for itself. */
static void listen_and_hand_over(void *user, enum alexcl_log_level level, const char *text) {
    listen(user, level, text);
    log_write(ALEXCL_LOG_ERROR, "from within");
    alexcl_log_to(listen, user);
    log_write(ALEXCL_LOG_ERROR, "from within");
}

START_TEST(the_callback_may_log_and_be_changed_from_within) {
    int calls = 0;
    alexcl_log_to(listen_and_hand_over, &calls);
    log_write(ALEXCL_LOG_INFO, "one");
    ck_assert_int_eq(calls, 1);
    ck_assert_str_eq(heard, "one");
    log_write(ALEXCL_LOG_INFO, "two");
    ck_assert_int_eq(calls, 2);
    ck_assert_str_eq(heard, "two");
    alexcl_log_to(NULL, NULL);
    log_write(ALEXCL_LOG_INFO, "three");
    ck_assert_int_eq(calls, 2);
}
END_TEST

static unsigned told[2];

static void note(void *user, const char *what, unsigned done, unsigned total) {
    ck_assert_str_eq(what, user);
    told[0] = done;
    told[1] = total;
    log_progress("from within", 5, 9);
    alexcl_progress_to(note, user);
}

START_TEST(progress_goes_to_the_callback_or_nowhere) {
    char what[] = "steps taken";
    log_progress("nobody asks", 0, 9);
    alexcl_progress_to(note, what);
    log_progress(what, 3, 9);
    alexcl_progress_to(NULL, NULL);
    log_progress("nobody asks", 4, 9);
    ck_assert(told[0] == 3 && told[1] == 9);
}
END_TEST

START_TEST(an_error_says_where_as_far_as_it_is_known) {
    struct alexcl_error err = {0}, copy = {0};
    error_note_layer(&err, "conv1"); /* nothing went wrong */
    error_note_target(&err, 1);
    ck_assert(err.target == 0 && !err.layer[0]);
    error_set(&err, ALEXCL_E_DATA, "bad");
    ck_assert(err.cl_code == 0 && err.target == -1 && !err.layer[0]);
    error_note_layer(&err, "conv1");
    error_note_target(&err, 1);
    error_note_code(&err, -11);
    error_note_layer(&err, "conv2"); /* farther from the cause */
    error_note_target(&err, 0);
    error_note_code(&err, -5);
    error_prefix(&err, "w.safetensors: ");
    ck_assert(err.cl_code == -11 && err.target == 1);
    ck_assert_str_eq(err.layer, "conv1");
    ck_assert_int_eq(error_copy(&copy, &err), ALEXCL_E_DATA);
    ck_assert(copy.target == 1 && strcmp(copy.layer, "conv1") == 0);
    ck_assert_str_eq(copy.text, "w.safetensors: bad");
    struct alexcl_error other = {0};
    error_set(&other, -5, "out of resources");
    ck_assert(other.cl_code == -5 && other.target == -1);
    ck_assert_int_eq(error_copy(&copy, &other), -5);
    ck_assert_str_eq(copy.layer, "conv1"); /* the first is the cause */
}
END_TEST

START_TEST(an_error_fits_on_a_stack) { ck_assert_uint_le(sizeof(struct alexcl_error), 4500); }
END_TEST

int main(void) {
    TCase *tests = tcase_create("status");
    tcase_add_test(tests, the_first_error_is_kept);
    tcase_add_test(tests, prefixes_stack);
    tcase_add_test(tests, long_texts_lose_their_middle);
    tcase_add_test(tests, try_leaves_at_the_first_failure);
    tcase_add_loop_test(tests, exit_codes_by_class, 0, (int)(sizeof classes / sizeof classes[0]));
    tcase_add_test(tests, log_goes_to_the_callback_or_nowhere);
    tcase_add_test(tests, the_callback_may_log_and_be_changed_from_within);
    tcase_add_test(tests, progress_goes_to_the_callback_or_nowhere);
    tcase_add_test(tests, an_error_says_where_as_far_as_it_is_known);
    tcase_add_test(tests, an_error_fits_on_a_stack);
    return support_run(tests);
}
