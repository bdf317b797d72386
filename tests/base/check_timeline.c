/* SPDX-License-Identifier: MIT */
/* A recording: spans of commands, of the host, of waiting beside them; and a recording that is off. */
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "timeline.h"

START_TEST(commands_belong_to_the_span_that_is_open) {
    struct timeline t = {0};
    timeline_begin(&t, 1, 0);
    ck_assert_int_eq(timeline_span(&t), -1);
    int first = timeline_open(&t, ALEXCL_WORK_LAYER, "conv1", 0, 4, 2);
    ck_assert_int_eq(timeline_span(&t), first);
    int wait = timeline_open(&t, ALEXCL_WORK_WAIT, "conv1", 0, 4, 2);
    ck_assert_int_eq(timeline_span(&t), first); /* commands are not the host's waiting */
    timeline_close(&t, wait);
    ck_assert_int_eq(timeline_span(&t), first);
    timeline_close(&t, first);
    ck_assert_int_eq(timeline_span(&t), -1);
    t.run = 7;
    timeline_open(&t, ALEXCL_WORK_LAYER, "relu1", 1, 0, 3);

    int64_t zero = (int64_t)t.origin; /* times become known later, in any order */
    timeline_add(&t, first, zero + 4000000000, zero + 4500000000);
    timeline_add(&t, first, zero + 2000000000, zero + 3500000000);
    timeline_add(&t, first, zero + 5000000000, zero + 6000000000);
    timeline_add(&t, -1, zero, zero + 9000000000);
    ck_assert_uint_eq(t.count, 3);
    const struct alexcl_work_span *s = &t.spans[first];
    ck_assert(s->work == ALEXCL_WORK_LAYER && strcmp(s->layer, "conv1") == 0 && s->target == 1 && s->half == 0 &&
              s->run == 0);
    ck_assert(s->first == 4 && s->count == 2 && s->commands == 3);
    ck_assert_double_eq_tol(s->start, 2, 1e-6);
    ck_assert_double_eq_tol(s->end, 6, 1e-6);
    ck_assert_double_eq_tol(s->busy, 3, 1e-6);
    ck_assert(t.spans[wait].work == ALEXCL_WORK_WAIT && t.spans[wait].commands == 1 &&
              t.spans[wait].end >= t.spans[wait].start);
    ck_assert(t.spans[2].run == 7 && t.spans[2].commands == 0);

    timeline_begin(&t, 0, 0);
    ck_assert(t.count == 0 && t.run == 0 && t.open == -1 && t.target == 0);
    free(t.spans);
}
END_TEST

/* A clock of 1.25 seconds a second, which was right after one second: what it showed at 6.0 was at 5. */
START_TEST(a_clock_that_ran_at_another_rate_is_put_right) {
    struct timeline t = {0};
    timeline_begin(&t, 0, 0);
    int64_t zero = (int64_t)t.origin, second = 1000000000;
    int span = timeline_open(&t, ALEXCL_WORK_LAYER, "conv1", 0, 0, 1);
    timeline_add(&t, span, zero + second, zero + 6 * second);
    timeline_close(&t, span);
    int wait = timeline_open(&t, ALEXCL_WORK_WAIT, "output", 0, 0, 1),
        none = timeline_open(&t, ALEXCL_WORK_LAYER, "fc8", 0, 0, 1);
    timeline_close(&t, wait);
    timeline_close(&t, none);
    double waited = t.spans[wait].end;
    timeline_stretch(&t, zero + second, zero + 9 * second, -2 * second);
    ck_assert_double_eq_tol(t.spans[span].start, 1, 1e-6);
    ck_assert_double_eq_tol(t.spans[span].end, 5, 1e-6);
    ck_assert_double_eq_tol(t.spans[span].busy, 4, 1e-6);
    ck_assert(t.spans[wait].end == waited && t.spans[none].end == 0);

    timeline_begin(&t, 0, 0); /* a clock that nobody knows: how long, not when */
    t.clockless = 1;
    span = timeline_open(&t, ALEXCL_WORK_LAYER, "conv1", 0, 0, 1);
    timeline_add(&t, span, 7 * second, 9 * second);
    ck_assert(t.spans[span].start == 0 && t.spans[span].end == 0 && t.spans[span].commands == 1);
    ck_assert_double_eq_tol(t.spans[span].busy, 2, 1e-6);
    free(t.spans);
}
END_TEST

START_TEST(the_reference_is_timed_by_the_host) {
    struct timeline t = {0};
    timeline_begin(&t, 0, 1);
    for (int i = 0; i < 1000; i++) { /* more than fit at first */
        int span = timeline_open(&t, ALEXCL_WORK_LAYER, "conv1", 0, i, 1);
        uint64_t until = timeline_now() + 1000;
        while (timeline_now() < until) continue;
        timeline_close(&t, span);
    }
    ck_assert_uint_eq(t.count, 1000);
    for (int i = 0; i < 1000; i++) {
        ck_assert(t.spans[i].first == i && t.spans[i].commands == 1 && t.spans[i].busy >= 0.99e-6);
        ck_assert_double_eq_tol(t.spans[i].busy, t.spans[i].end - t.spans[i].start, 1e-12);
        ck_assert(i == 0 || t.spans[i].start >= t.spans[i - 1].end);
    }
    free(t.spans);
}
END_TEST

START_TEST(off_is_nothing) {
    ck_assert_int_eq(timeline_open(NULL, ALEXCL_WORK_LAYER, "conv1", 0, 0, 1), -1);
    timeline_close(NULL, -1);
    ck_assert_int_eq(timeline_span(NULL), -1);
    timeline_add(NULL, 0, 0, 1);
    timeline_free(NULL);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("timeline");
    tcase_add_test(tests, commands_belong_to_the_span_that_is_open);
    tcase_add_test(tests, a_clock_that_ran_at_another_rate_is_put_right);
    tcase_add_test(tests, the_reference_is_timed_by_the_host);
    tcase_add_test(tests, off_is_nothing);
    return support_run(tests);
}
