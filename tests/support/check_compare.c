/* SPDX-License-Identifier: MIT */
/* The judge of the other checks: what it lets pass and what not. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

START_TEST(ulps) {
    ck_assert_uint_eq(support_ulps(1.0f, 1.0f), 0);
    ck_assert_uint_eq(support_ulps(0.0f, -0.0f), 0);
    ck_assert_uint_eq(support_ulps(1.0f, 1.0f + FLT_EPSILON), 1);
    ck_assert_uint_eq(support_ulps(nextafterf(0.0f, -1.0f), nextafterf(0.0f, 1.0f)), 2);
    ck_assert_uint_eq(support_ulps(1.0f, 2.0f), 1u << 23);
    ck_assert_uint_eq(support_ulps(FLT_MAX, INFINITY), 1);
    ck_assert_uint_eq(support_ulps(NAN, 1.0f), UINT64_MAX);
}
END_TEST

/* Never more than the tolerance of the largest value, an eighth of it for a value of nothing, and something for one
 * that is all there is. */
START_TEST(limits) {
    for (float due = 0.0f; due <= 4.0f; due += 0.001f) {
        ck_assert(support_limit(due, 4.0, 1e-5) <= 4e-5);
        ck_assert(support_limit(-due, 4.0, 1e-5) == support_limit(due, 4.0, 1e-5));
    }
    ck_assert(support_limit(0.0f, 4.0, 1e-5) < 0.51e-5 && support_limit(0.0f, 4.0, 1e-5) > 0.49e-5);
    ck_assert(support_limit(4.0f, 4.0, 1e-5) > 3.5e-5);
    ck_assert(support_limit(0.0f, 0.0, 1e-5) <= 1e-5);
    ck_assert(support_limit(FLT_MAX, FLT_MAX, 1e-5) <= 1e-5 * (double)FLT_MAX);
}
END_TEST

#define SAYS(mismatch, part)                                                                                           \
    do {                                                                                                               \
        const char *said = (mismatch);                                                                                 \
        ck_assert_msg(said != NULL && strstr(said, (part)) != NULL, "\"%s\" does not say \"%s\"",                      \
                      said ? said : "(no mismatch)", (part));                                                          \
    } while (0)

START_TEST(mismatches) {
    float want[24], got[24];
    for (int i = 0; i < 24; i++) want[i] = got[i] = (float)i;
    const struct support_maps maps = {{2, 3, 2}, 5, 0}; /* images 5 and 6 */
    ck_assert(support_mismatch("x", got, want, 24, 1e-5, &maps) == NULL &&
              support_mismatch("x", got, want, 24, 0.0, NULL) == NULL);
    got[0] = -0.0f;
    ck_assert(support_mismatch("x", got, want, 24, 0.0, NULL) == NULL);
    got[21] = nextafterf(21.0f, 22.0f);
    ck_assert(support_mismatch("x", got, want, 24, 1e-5, &maps) == NULL);
    SAYS(support_mismatch("x", got, want, 24, 0.0, &maps), "x: 1 of 24 values are not the same to the bit");
    SAYS(support_mismatch("x", got, want, 24, 0.0, &maps),
         "[n=6, c=1, h=1, w=1]: 21.0000019 where 21 was due, 1 ulp apart");
    setenv("ALEXCL_TEST_SEED", "42", 1);
    SAYS(support_mismatch("x", got, want, 24, 0.0, NULL), "[21]");
    SAYS(support_mismatch("x", got, want, 24, 0.0, NULL), "(ALEXCL_TEST_SEED=42)");
    unsetenv("ALEXCL_TEST_SEED");
    got[1] = 1.0001f; /* less than 1e-5 of 23, which is all that counted if only the largest did */
    SAYS(support_mismatch("x", got, want, 24, 1e-5, NULL), "1 of 24 values are off by more than allowed");
    got[2] = NAN, got[3] = INFINITY;
    SAYS(support_mismatch("x", got, want, 24, 1e-5, NULL), "3 of 24");
    got[1] = 1.0f;
    SAYS(support_mismatch("x", got, want, 24, 1e-5, NULL), "not comparable");
}
END_TEST

START_TEST(seeds) {
    float *first = support_random(100, "x", 1.0), *again = support_random(100, "x", 1.0);
    setenv("ALEXCL_TEST_SEED", "2", 1);
    float *second = support_random(100, "x", 1.0);
    unsetenv("ALEXCL_TEST_SEED");
    ck_assert(memcmp(first, again, 100 * sizeof *first) == 0 && memcmp(first, second, 100 * sizeof *first) != 0);
    free(first), free(again), free(second);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("compare");
    tcase_add_test(tests, ulps);
    tcase_add_test(tests, limits);
    tcase_add_test(tests, mismatches);
    tcase_add_test(tests, seeds);
    return support_run(tests);
}
