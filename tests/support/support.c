/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counter_rng.h"
#include "loader.h"
#include "settings.h"

enum { SKIPPED = 77 };

void (*support_at_end)(void);

/* Whether the OpenCL loader is the one that the test is meant for (tests/implementations.cmake); one that uses no
 * OpenCL has none. */
static int support_has_loader(void) {
    const char *wanted = settings_environment("ALEXCL_TEST_LOADER");
    char name[4600];
    if (!wanted) return 1;
    loader_describe(name, sizeof name);
    if (strncmp(name, wanted, strlen(wanted)) == 0 || strcmp(name, "unknown") == 0) return 1;
    printf("this test is meant for the loader \"%s\", and runs with %s\n", wanted, name);
    return 0;
}

/* ---- a test that ends the process ---- */

/* Check takes an exit(0) within a test for success, and without a process of its own for each test so does ctest, of
 * all that follow. */
static volatile sig_atomic_t support_in_test;

static void support_enter(void) { support_in_test = 1; }
static void support_leave(void) { support_in_test = 0; }

static void support_refuse_exit(void) {
    if (!support_in_test) return;
    static const char why[] = "FAILED: a test ended its process by exit()\n";
    if (write(STDERR_FILENO, why, sizeof why - 1) < 0) {}
    _exit(EXIT_FAILURE);
}

/* ---- what is measured ---- */

/* All tests have one folder of kernels, with measuring off; a test that measures has a folder of its own. What was
 * measured in that of all would be the choice of those that run beside it. */
static char support_tune[16], support_cache[4096];

static void support_note_tuning(void) {
    snprintf(support_tune, sizeof support_tune, "%s", getenv("ALEXCL_TUNE") ? getenv("ALEXCL_TUNE") : "");
    snprintf(support_cache, sizeof support_cache, "%s", getenv("ALEXCL_CACHE_DIR") ? getenv("ALEXCL_CACHE_DIR") : "");
}

static int support_kept_tuning(void) {
    const char *tune = getenv("ALEXCL_TUNE"), *cache = getenv("ALEXCL_CACHE_DIR");
    if (strcmp(support_cache, cache ? cache : "") != 0 || strcmp(support_tune, tune ? tune : "") == 0) return 1;
    printf("FAILED: ALEXCL_TUNE was \"%s\" and is \"%s\": what the tests behind it measured is kept for others\n",
           support_tune, tune ? tune : "");
    return 0;
}

int support_run(TCase *tests) {
    Suite *suite = suite_create("alexcl");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    const char *skip = settings_environment("ALEXCL_TEST_SKIP");
    int failed = 0;
    if (skip) {
        puts(skip);
    } else if (!support_has_loader()) {
        failed = 1;
    } else {
        tcase_set_timeout(tests, 0); /* ctest's own timeout holds for the whole program */
        tcase_add_checked_fixture(tests, support_enter, support_leave);
        if (atexit(support_refuse_exit) != 0) puts("FAILED: atexit");
        support_note_tuning();
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner) || !support_kept_tuning();
        if (srunner_ntests_run(runner) == 0) {
            puts("FAILED: no test was run");
            failed = 1;
        }
        if (support_at_end) support_at_end();
    }
    srunner_free(runner);
    if (skip) return SKIPPED;
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

const char *support_case(void) { return settings_environment("ALEXCL_TEST_CASE"); }

const char *support_implementation(void) {
    const char *name = settings_environment("ALEXCL_TEST_IMPLEMENTATION");
    return name ? name : "ref";
}

int support_emulated(void) { return settings_environment("ALEXCL_TEST_EMULATED") != NULL; }

float *support_floats(size_t count) {
    float *values = malloc((count ? count : 1) * sizeof *values);
    ck_assert_msg(values != NULL, "out of host memory: %zu floats", count);
    for (size_t i = 0; i < count; i++) values[i] = NAN;
    return values;
}

static unsigned long long support_seed(void) {
    const char *text = settings_environment("ALEXCL_TEST_SEED");
    return text ? strtoull(text, NULL, 0) : 1;
}

float *support_random(size_t count, const char *name, double scale) {
    float *values = support_floats(count);
    counter_rng_fill_uniform(values, counter_rng_key(support_seed(), name), 0, count, scale, 0.0);
    return values;
}

/* Bits of a float as a number that grows with it: +0 and -0 are both 0. */
static int64_t support_order(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    int64_t magnitude = bits & 0x7fffffffu;
    return bits >> 31 ? -magnitude : magnitude;
}

uint64_t support_ulps(float a, float b) {
    if (isnan(a) || isnan(b)) return UINT64_MAX;
    int64_t apart = support_order(a) - support_order(b);
    return (uint64_t)(apart < 0 ? -apart : apart);
}

double support_limit(float due, double largest, double tolerance) {
    double whole = tolerance * (largest > 0.0 ? largest : 1.0), size = fabs((double)due);
    double unit = (double)nextafterf(fabsf(due), INFINITY) - size;
    return fmin(whole, whole / 8 + tolerance * size * 3 / 4 + 8 * unit);
}

const char *support_mismatch(const char *what, const float *got, const float *want, size_t count, double tolerance,
                             const struct support_maps *maps) {
    static char text[1000];
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        if (fabs((double)want[i]) > largest) largest = fabs((double)want[i]);
    size_t wrong = 0, at = 0;
    double whole = tolerance * (largest > 0.0 ? largest : 1.0);
    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)got[i] - (double)want[i]);
        int fits = tolerance == 0.0
                       ? got[i] == want[i]
                       : difference <= (maps && maps->spread ? whole : support_limit(want[i], largest, tolerance));
        if (!fits && wrong++ == 0) at = i; /* a NaN never fits */
    }
    if (wrong == 0) return NULL;
    char rule[120] = "not the same to the bit", place[120], ulps[40] = "not comparable";
    if (tolerance > 0.0)
        snprintf(rule, sizeof rule, "off by more than allowed (the first: %.3g)",
                 maps && maps->spread ? whole : support_limit(want[at], largest, tolerance));
    snprintf(place, sizeof place, "[%zu]", at);
    if (maps) {
        size_t w = (size_t)maps->shape.w, h = (size_t)maps->shape.h, c = (size_t)maps->shape.c;
        snprintf(place, sizeof place, "[n=%zu, c=%zu, h=%zu, w=%zu]", at / (c * h * w) + maps->first, at / (h * w) % c,
                 at / w % h, at % w);
    }
    if (support_ulps(got[at], want[at]) != UINT64_MAX)
        snprintf(ulps, sizeof ulps, "%llu ulp apart", (unsigned long long)support_ulps(got[at], want[at]));
    snprintf(text, sizeof text,
             "%s: %zu of %zu values are %s; the first is %s: %.9g where %.9g was due, %s, largest value %.9g "
             "(ALEXCL_TEST_SEED=%llu)",
             what, wrong, count, rule, place, (double)got[at], (double)want[at], ulps, largest, support_seed());
    return text;
}

void support_compare_maps(const char *what, const float *got, const float *want, size_t count, double tolerance,
                          const struct support_maps *maps) {
    const char *mismatch = support_mismatch(what, got, want, count, tolerance, maps);
    if (mismatch) ck_abort_msg("%s", mismatch);
}

void support_compare(const char *what, const float *got, const float *want, size_t count, double tolerance) {
    support_compare_maps(what, got, want, count, tolerance, NULL);
}

void support_same_maps(const char *what, const float *got, const float *want, size_t count,
                       const struct support_maps *maps) {
    support_compare_maps(what, got, want, count, 0.0, maps);
}

void support_same(const char *what, const float *got, const float *want, size_t count) {
    support_compare_maps(what, got, want, count, 0.0, NULL);
}
