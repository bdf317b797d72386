/* SPDX-License-Identifier: MIT */
/* Images in proportion to speed: what can be asked for, who gets how many of a batch, what fits, and how measured
 * speeds are followed. No
 * device: batches take what a formula says. */
#include "split.h"
#include "support.h"

static struct alexcl_error err;

static struct split split(const char *text) {
    struct split s;
    EXPECT_OK(split_read(text, 2, &s, &err), err);
    return s;
}

START_TEST(what_can_be_asked_for) {
    struct split s = split(NULL);
    ck_assert(s.kind == SPLIT_HALVES && split_halves(&s, 0) == 1u && split_halves(&s, 1) == 2u);
    s = split("half");
    ck_assert(s.kind == SPLIT_HALVES);
    EXPECT_OK(split_read("half", 1, &s, &err), err);
    ck_assert_uint_eq(split_halves(&s, 0), 3u);
    s = split("auto");
    ck_assert(s.kind == SPLIT_AUTO && split_halves(&s, 0) == 3u && split_halves(&s, 1) == 3u);
    s = split("30:1");
    ck_assert(s.kind == SPLIT_SHARES && split_halves(&s, 1) == 3u && s.speed[0] == 30 && s.speed[1] == 1);
    s = split("0:9999999");
    ck_assert(s.speed[0] == 0 && s.speed[1] == 9999999);
    static const char *const bad[] = {"",      "x",     "1",    ":",          "1:",   ":1",    "-1:2", "1:-2",
                                      "1.5:1", "1:2:3", "1 :2", "12345678:1", "AUTO", "halve", "+1:2"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT_ERROR(split_read(bad[i], 2, &s, &err), ALEXCL_E_USAGE, "A:B", err);
    EXPECT_ERROR(split_read("0:0", 2, &s, &err), ALEXCL_E_USAGE, "must have a share", err);
    EXPECT_ERROR(split_read("auto", 1, &s, &err), ALEXCL_E_USAGE, "there is one device", err);
    EXPECT_ERROR(split_read("1:1", 1, &s, &err), ALEXCL_E_USAGE, "there is one device", err);
}
END_TEST

/* No other share would be done sooner, and what a larger batch gives is never less. */
START_TEST(both_are_done_soonest) {
    static const struct split cases[] = {{SPLIT_SHARES, 2, {1, 1}},
                                         {SPLIT_SHARES, 2, {3, 1}},
                                         {SPLIT_SHARES, 2, {1, 20}},
                                         {SPLIT_AUTO, 2, {123.4, 98.7}},
                                         {SPLIT_AUTO, 2, {0.5, 310}}};
    const int capacity[2] = {100, 100};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        int before[2] = {0, 0};
        for (int n = 0; n <= 40; n++) {
            int share[2];
            split_share(&cases[k], n, capacity, share);
            ck_assert_int_eq(share[0] + share[1], n);
            ck_assert(share[0] >= before[0] && share[1] >= before[1]);
            for (int i = 0; i < 2; i++) before[i] = share[i];
            double a = share[0] / cases[k].speed[0], b = share[1] / cases[k].speed[1], due = a > b ? a : b;
            for (int other = 0; other <= n; other++) {
                double x = other / cases[k].speed[0], y = (n - other) / cases[k].speed[1];
                ck_assert_msg((x > y ? x : y) >= due * (1 - 1e-12),
                              "case %zu: of %d images %d and %d, but %d and %d is done sooner", k, n, share[0],
                              share[1], other, n - other);
            }
        }
    }
}
END_TEST

START_TEST(shares_of_a_batch) {
    static const struct {
        const char *text;
        int images, due[2];
    } cases[] = {{"half", 7, {7, 7}},  {"1:1", 16, {8, 8}},  {"1:1", 1, {1, 0}}, {"1:1", 3, {2, 1}},
                 {"3:1", 16, {12, 4}}, {"3:1", 2, {2, 0}},   {"1:3", 1, {0, 1}}, {"1:0", 5, {5, 0}},
                 {"0:1", 5, {0, 5}},   {"20:1", 16, {16, 0}}};
    const int capacity[2] = {100, 100}, full[2] = {3, 100};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct split s = split(cases[i].text);
        int share[2];
        split_share(&s, cases[i].images, capacity, share);
        ck_assert_msg(share[0] == cases[i].due[0] && share[1] == cases[i].due[1], "%s of %d: %d and %d", cases[i].text,
                      cases[i].images, share[0], share[1]);
    }
    struct split s = {SPLIT_AUTO, 2, {100, 1}};
    int share[2];
    split_share(&s, 10, full, share);
    ck_assert(share[0] == 3 && share[1] == 7); /* who has no room leaves them to the other */
}
END_TEST

START_TEST(what_fits) {
    static const struct {
        const char *text;
        int wanted, fits[2], due, capacity[2];
    } cases[] = {{"half", 16, {16, 16}, 16, {16, 16}}, {"half", 16, {16, 5}, 5, {5, 5}},
                 {"3:1", 16, {16, 16}, 16, {12, 4}},   {"3:1", 16, {6, 16}, 8, {6, 2}},
                 {"1:3", 16, {16, 6}, 8, {2, 6}},      {"1:0", 16, {16, 1}, 16, {16, 1}},
                 {"auto", 16, {16, 16}, 16, {16, 16}}, {"auto", 16, {4, 9}, 13, {4, 9}},
                 {"auto", 16, {4, 16}, 16, {4, 16}},   {"auto", 1, {1, 1}, 1, {1, 1}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct split s = split(cases[i].text);
        int capacity[2], images = split_batch(&s, cases[i].wanted, cases[i].fits, capacity);
        ck_assert_msg(images == cases[i].due && capacity[0] == cases[i].capacity[0] &&
                          capacity[1] == cases[i].capacity[1],
                      "case %zu: %d, room %d and %d", i, images, capacity[0], capacity[1]);
        for (int n = 1; n <= images; n++) { /* every smaller batch has room, too */
            int share[2];
            split_share(&s, n, capacity, share);
            ck_assert(share[0] <= capacity[0] && share[1] <= capacity[1]);
        }
    }
    struct split one;
    EXPECT_OK(split_read(NULL, 1, &one, &err), err);
    int capacity[2];
    ck_assert_int_eq(split_batch(&one, 16, (const int[2]){7, 0}, capacity), 7);
}
END_TEST

/* Seconds of `images` on a target: what a batch costs, and what an image does. */
struct cost {
    double batch, image;
};
static double seconds(struct cost c, int images) { return c.batch + c.image * images; }

/* Runs batches of 16 on two targets; gives the seconds that the last one took. */
static double play(struct split *s, const struct cost cost[2], int batches) {
    const int capacity[2] = {16, 16};
    double last = 0;
    for (int b = 0; b < batches; b++) {
        int share[2];
        double took[2];
        split_share(s, 16, capacity, share);
        for (int i = 0; i < 2; i++) took[i] = share[i] ? seconds(cost[i], share[i]) : 1e-9;
        last = took[0] > took[1] ? took[0] : took[1];
        split_learn(s, 0, share, took);
    }
    return last;
}

static void open_at(struct split *s, const struct cost cost[2], int each) {
    const int share[2] = {each, each};
    const double took[2] = {seconds(cost[0], each), seconds(cost[1], each)};
    split_learn(s, 1, share, took);
}

/* Within one image of where both end together, which is sooner than the faster alone; also where speeds change
 * later. */
START_TEST(measured_speeds_are_followed) {
    static const struct cost cases[][2] = {
        {{0, 1}, {0, 1}}, {{0, 1}, {0, 3}}, {{2, 1}, {1, 3}}, {{3, 0.5}, {3, 1}}, {{0, 4}, {5, 0.5}}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct split s = split("auto");
        open_at(&s, cases[k], 1);
        double took = play(&s, cases[k], 30), a = seconds(cases[k][0], 16), b = seconds(cases[k][1], 16), best = 1e9;
        for (int n = 0; n <= 16; n++) {
            double x = n ? seconds(cases[k][0], n) : 0, y = n < 16 ? seconds(cases[k][1], 16 - n) : 0;
            if ((x > y ? x : y) < best) best = x > y ? x : y;
        }
        double step = cases[k][0].image > cases[k][1].image ? cases[k][0].image : cases[k][1].image;
        ck_assert_msg(took <= best + step + 1e-9 && took < (a < b ? a : b), "case %zu: a batch takes %g, at best %g", k,
                      took, best);
        const struct cost turned[2] = {cases[k][1], cases[k][0]};
        ck_assert_msg(play(&s, turned, 60) <= best + step + 1e-9, "case %zu turned round", k);
    }
}
END_TEST

START_TEST(one_slow_batch_is_no_new_speed) {
    static const struct cost even[2] = {{0, 1}, {0, 1}};
    struct split s = split("auto");
    const int share[2] = {8, 8}, none[2] = {16, 0};
    open_at(&s, even, 8);
    split_learn(&s, 0, share, (const double[2]){8, 80});
    int got[2];
    split_share(&s, 16, (const int[2]){16, 16}, got);
    ck_assert_msg(got[1] >= 5 && got[1] <= 7, "%d images", got[1]);
    struct split before = s;
    split_learn(&s, 0, none, (const double[2]){16, 1}); /* the other one's speed is not known */
    ck_assert(s.speed[0] == before.speed[0] && s.speed[1] == before.speed[1]);
    /* While it is opened, an interruption does not count; and no measurement changes what was asked for. */
    split_learn(&s, 1, share, (const double[2]){800, 800});
    ck_assert(s.speed[0] == before.speed[0] && s.speed[1] == before.speed[1]);
    s = split("3:1");
    split_learn(&s, 0, share, (const double[2]){1, 80});
    ck_assert(s.speed[0] == 3 && s.speed[1] == 1);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("split");
    tcase_add_test(tests, what_can_be_asked_for);
    tcase_add_test(tests, both_are_done_soonest);
    tcase_add_test(tests, shares_of_a_batch);
    tcase_add_test(tests, what_fits);
    tcase_add_test(tests, measured_speeds_are_followed);
    tcase_add_test(tests, one_slow_batch_is_no_new_speed);
    return support_run(tests);
}
