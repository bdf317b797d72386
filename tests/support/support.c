/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "generator.h"
#include "settings.h"

enum { SKIPPED = 77 };

void (*support_at_end)(void);

int support_run(TCase *tests) {
    Suite *suite = suite_create("alexcl");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    const char *skip = settings_environment("ALEXCL_TEST_SKIP");
    int failed = 0;
    if (skip) {
        puts(skip);
    } else {
        tcase_set_timeout(tests, 0); /* ctest's own timeout holds for the whole program */
        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
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

float *support_floats(size_t count) {
    float *values = malloc((count ? count : 1) * sizeof *values);
    ck_assert_msg(values != NULL, "out of host memory: %zu floats", count);
    for (size_t i = 0; i < count; i++) values[i] = NAN;
    return values;
}

float *support_random(size_t count, const char *name, double scale) {
    float *values = support_floats(count);
    generator_fill_uniform(values, generator_key(1, name), 0, count, scale, 0.0);
    return values;
}

void support_compare(const char *what, const float *got, const float *want, size_t count, double tolerance) {
    double largest = 0.0;
    for (size_t i = 0; i < count; i++)
        if (fabs((double)want[i]) > largest) largest = fabs((double)want[i]);
    double limit = tolerance * (largest > 0.0 ? largest : 1.0);
    size_t wrong = 0, first = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)got[i] - (double)want[i]);
        if (!(difference <= limit) && wrong++ == 0) first = i;
    }
    ck_assert_msg(wrong == 0, "%s: %zu of %zu values are off by more than %.3g; the first is [%zu]: %.9g where %.9g was due (largest value %.9g)", what, wrong,
                  count, limit, first, (double)got[first], (double)want[first], largest);
}

void support_same(const char *what, const float *got, const float *want, size_t count) {
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(got[i] == want[i], "%s: [%zu] of %zu is %.9g where %.9g was due", what, i, count, (double)got[i], (double)want[i]);
}
