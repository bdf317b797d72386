/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <math.h>
#include <string.h>

#include "support.h"

static struct alexcl_error err;

static struct recipe recipe(const char *name) {
    struct recipe r;
    EXPECT_OK(recipe_find(name, &r, &err), err);
    return r;
}

/* Divided by 10 when the validation error stops improving, three times. */
START_TEST(plateau_of_the_paper) {
    static const double errors[] = {0.9, 0.8, 0.8, 0.85, 0.7, 0.7, NAN, 0.71, 0.72, 0.73, 0.74, 0.75, 0.76, 0.77};
    static const double due[] = {0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.0001,
                                 1e-4, 1e-5, 1e-5, 1e-5,  1e-5,  1e-5,  1e-5};
    const struct recipe r = recipe("paper"); /* patience 2 */
    struct schedule s = {0};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        double before = schedule_rate(&s, &r, 1, 1);
        int falls = schedule_end_epoch(&s, &r, errors[i]);
        ck_assert_msg(schedule_rate(&s, &r, 1, 1) == due[i], "epoch %zu: %.17g", i + 1, schedule_rate(&s, &r, 1, 1));
        ck_assert_int_eq(falls, due[i] < before);
    }
    ck_assert_int_eq(s.drops, 3);
    ck_assert_double_eq(s.best, 0.7);
}
END_TEST

START_TEST(a_first_error_that_is_nan_is_not_the_best) {
    const struct recipe r = recipe("paper");
    struct schedule s = {0};
    schedule_end_epoch(&s, &r, NAN);
    ck_assert_int_eq(schedule_end_epoch(&s, &r, 0.5), 0);
    ck_assert_double_eq(s.best, 0.5);
}
END_TEST

START_TEST(steps_at_fixed_places) {
    static const struct {
        const char *name;
        uint64_t step;
        int epoch;
        double due;
    } known[] = {{"2012", 1, 1, 0.01},       {"2012", 1, 22, 0.01},        {"2012", 1, 23, 0.001},
                 {"2012", 1, 50, 0.001},     {"2012", 1, 51, 0.0001},      {"2012", 1, 78, 0.00001},
                 {"caffe", 1, 1, 0.01},      {"caffe", 100000, 1, 0.01},   {"caffe", 100001, 1, 0.001},
                 {"caffe", 450000, 1, 1e-6}, {"keras", 1000000, 99, 0.001}};
    struct schedule s = {0};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct recipe r = recipe(known[i].name);
        double rate = schedule_rate(&s, &r, known[i].step, known[i].epoch);
        ck_assert_msg(rate == known[i].due, "%s, step %llu, epoch %d: %.17g", known[i].name,
                      (unsigned long long)known[i].step, known[i].epoch, rate);
        ck_assert_int_eq(schedule_end_epoch(&s, &r, 1), 0); /* errors do not count here */
    }
    ck_assert_int_eq(s.drops, 0);
}
END_TEST

START_TEST(biases_have_their_own_rate_and_decay) {
    const struct recipe r = recipe("2012");
    struct optimizer_step weight = schedule_step(&r, 7, 0.01, 0), bias = schedule_step(&r, 7, 0.01, 1);
    ck_assert(weight.number == 7 && weight.rate == 0.01 && weight.decay == 0.0005);
    ck_assert(bias.number == 7 && bias.rate == 0.02 && bias.decay == 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("schedule");
    tcase_add_test(tests, plateau_of_the_paper);
    tcase_add_test(tests, a_first_error_that_is_nan_is_not_the_best);
    tcase_add_test(tests, steps_at_fixed_places);
    tcase_add_test(tests, biases_have_their_own_rate_and_decay);
    return support_run(tests);
}
