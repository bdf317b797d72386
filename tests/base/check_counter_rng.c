/* SPDX-License-Identifier: MIT */
#include "counter_rng.h"

#include <math.h>
#include <stdlib.h>

#include "support.h"

static const uint64_t SEED = 0x20120930A1E7C0DEu;

/* The key of the case's tensor whose name stands under `parameter`. */
static uint64_t golden_key(const char *parameter) {
    uint64_t seed = strtoull(oracle_text("gen_a", "seed"), NULL, 10); /* a double would round it */
    ck_assert_uint_eq(seed, SEED);
    return counter_rng_key(seed, oracle_text("gen_a", parameter));
}

START_TEST(three_forms_equal_the_golden_vectors) {
    struct tensor uni = oracle_load("gen_a", "uni"), ints = oracle_load("gen_a", "ints"),
                  u01 = oracle_load("gen_a", "u01");
    float *got = support_floats(uni.count);
    counter_rng_fill_uniform(got, golden_key("uni_name"), 0, uni.count, oracle_number("gen_a", "scale"),
                             oracle_number("gen_a", "offset"));
    support_same("uni", got, uni.values, uni.count);
    counter_rng_fill_unit(got, golden_key("u01_name"), 0, u01.count);
    support_same("u01", got, u01.values, u01.count);
    for (size_t i = 0; i < ints.count; i++)
        got[i] = (float)counter_rng_int(golden_key("ints_name"), i, (uint32_t)oracle_number("gen_a", "m"));
    support_same("ints", got, ints.values, ints.count);
    free(got);
    oracle_free(&uni), oracle_free(&ints), oracle_free(&u01);
}
END_TEST

START_TEST(first_and_last_weight_of_fc6) {
    uint64_t key = counter_rng_key(SEED, "net/paper227/fc6.w");
    float first, last;
    counter_rng_fill_uniform(&first, key, 0, 1, sqrt(6.0 / 9216.0), 0.0);
    counter_rng_fill_uniform(&last, key, 37748735, 1, sqrt(6.0 / 9216.0), 0.0);
    ck_assert_float_eq(first, 0.0155847669f);
    ck_assert_float_eq(last, -0.00701948907f);
}
END_TEST

START_TEST(parts_equal_the_whole) {
    uint64_t key = counter_rng_key(1, "parts");
    float whole[100], part[100];
    counter_rng_fill_uniform(whole, key, 0, 100, 0.25, 0.5);
    counter_rng_fill_uniform(part, key, 0, 33, 0.25, 0.5);
    counter_rng_fill_uniform(part + 33, key, 33, 67, 0.25, 0.5);
    support_same("parts", part, whole, 100);
    for (int i = 0; i < 100; i++) ck_assert(whole[i] >= 0.25f && whole[i] <= 0.75f);
}
END_TEST

START_TEST(seed_and_name_both_count) {
    ck_assert_uint_ne(counter_rng_key(1, "a"), counter_rng_key(2, "a"));
    ck_assert_uint_ne(counter_rng_key(1, "a"), counter_rng_key(1, "b"));
    ck_assert_uint_ne(counter_rng_key(1, ""), counter_rng_key(1, "a"));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("counter_rng");
    tcase_add_test(tests, three_forms_equal_the_golden_vectors);
    tcase_add_test(tests, first_and_last_weight_of_fc6);
    tcase_add_test(tests, parts_equal_the_whole);
    tcase_add_test(tests, seed_and_name_both_count);
    return support_run(tests);
}
