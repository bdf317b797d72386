/* SPDX-License-Identifier: MIT */
#include "normal.h"

#include <math.h>
#include <stdlib.h>

#include "counter_rng.h"
#include "support.h"

/* From Python's statistics.NormalDist, which has the logarithm of libm. */
START_TEST(quantiles) {
    static const double known[][2] = {{0.5, 0},
                                      {0.075, -1.4395314709384557},
                                      {0.0750001, -1.4395307645017297},
                                      {0.925, 1.439531470938456},
                                      {0.975, 1.9599639845400536},
                                      {0.001, -3.090232306167813},
                                      {0x1p-25, -5.419983174916869},
                                      {1 - 0x1p-25, 5.419983174916869},
                                      {0.3, -0.5244005127080407},
                                      {0.0111, -2.2869284451212972},
                                      {1e-9, -5.9978070150076865}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_double_eq_tol(normal_quantile(known[i][0]), known[i][1], 4e-15);
}
END_TEST

START_TEST(the_same_bits_on_every_machine) {
    static const float due[] = {-0x1.b3361ep-10f, -0x1.814b7ep-7f, 0x1.ffe96p-7f,   -0x1.3b3e6ep-10f,
                                0x1.51bb2ap-8f,   -0x1.34dfc6p-9f, -0x1.7edc2ap-8f, 0x1.a5cd8p-10f,
                                -0x1.d707eep-8f,  0x1.648edep-7f,  0x1.077c7cp-7f,  -0x1.46728ap-7f};
    enum { COUNT = sizeof due / sizeof *due };
    uint64_t key = counter_rng_key(1, "init/conv1.w");
    float got[COUNT];
    normal_fill(got, key, 0, COUNT, 0.01);
    support_same("normal", got, due, COUNT);
    normal_fill(got, key, 5, COUNT - 5, 0.01); /* a part by itself */
    support_same("a part", got, due + 5, COUNT - 5);
}
END_TEST

START_TEST(the_distribution_is_normal) {
    enum { COUNT = 100000 };
    float *x = support_floats(COUNT);
    double sum = 0, squares = 0, fourth = 0;
    int inside = 0;
    normal_fill(x, counter_rng_key(7, "x"), 0, COUNT, 2);
    for (int i = 0; i < COUNT; i++) {
        double v = (double)x[i] / 2;
        sum += v;
        squares += v * v;
        fourth += v * v * v * v;
        inside += fabs(v) < 1;
    }
    ck_assert_double_eq_tol(sum / COUNT, 0, 0.012);
    ck_assert_double_eq_tol(squares / COUNT, 1, 0.015);
    ck_assert_double_eq_tol(fourth / COUNT, 3, 0.12);
    ck_assert_double_eq_tol((double)inside / COUNT, 0.6827, 0.006);
    free(x);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("normal");
    tcase_add_test(tests, quantiles);
    tcase_add_test(tests, the_same_bits_on_every_machine);
    tcase_add_test(tests, the_distribution_is_normal);
    return support_run(tests);
}
