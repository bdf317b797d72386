/* SPDX-License-Identifier: MIT */
/* Half precision to the bit: every half, and floats around every place where rounding changes. */
#include "fp16.h"

#include <math.h>
#include <string.h>

#include "support.h"

enum { HALVES = 1 << 16, INFINITE = 0x7c00, SIGN = 0x8000 };

/* By the definition: fraction and exponent as numbers, not as bits of a float. */
static double value_of(unsigned half) {
    int exponent = (int)(half >> 10 & 0x1f), fraction = (int)(half & 0x3ff);
    double size = exponent == 31 ? fraction ? NAN : INFINITY
                  : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                 : ldexp(fraction, -24);
    return half & SIGN ? -size : size;
}

static void expect_half(float value, unsigned due) {
    unsigned got = fp16_from_float(value), negative = fp16_from_float(-value);
    ck_assert_msg(got == due, "%a becomes %04x where %04x was due", (double)value, got, due);
    ck_assert_msg(negative == (due | SIGN), "%a becomes %04x where %04x was due", (double)-value, negative, due | SIGN);
}

START_TEST(every_half_is_a_float_and_back) {
    for (unsigned half = 0; half < HALVES; half++) {
        float got = fp16_to_float((uint16_t)half);
        double due = value_of(half);
        unsigned back = fp16_from_float(got);
        if (isnan(due)) {
            ck_assert_msg(isnan(got) && (back & 0x7fff) > INFINITE, "%04x is a NaN", half);
            ck_assert_uint_eq(back & SIGN, half & SIGN);
            continue;
        }
        ck_assert_msg((double)got == due && !signbit(got) == !(half & SIGN), "%04x is %a where %a was due", half,
                      (double)got, due);
        ck_assert_msg(back == half, "%04x comes back as %04x", half, back);
    }
}
END_TEST

/* In the middle of two neighbours: the even one; beside it: the nearer one. The neighbour of the largest would be
 * 65536. */
START_TEST(around_every_tie) {
    for (unsigned half = 0; half < INFINITE; half++) {
        double above = half + 1 == INFINITE ? 65536.0 : value_of(half + 1);
        float middle = (float)((value_of(half) + above) / 2);
        ck_assert((double)middle * 2 == value_of(half) + above);
        expect_half(middle, half + (half & 1));
        expect_half(nextafterf(middle, 0.0f), half);
        expect_half(nextafterf(middle, INFINITY), half + 1);
        expect_half(nextafterf((float)value_of(half), INFINITY), half);
        if (half > 0) expect_half(nextafterf((float)value_of(half), 0.0f), half);
    }
}
END_TEST

START_TEST(the_ends) {
    expect_half(0x1p-149f, 0); /* the smallest float, and the smallest normal one */
    expect_half(0x1p-126f, 0);
    expect_half(FP16_MAX, 0x7bff);
    expect_half(nextafterf(65520.0f, 0.0f), 0x7bff);
    expect_half(65520.0f, INFINITE);
    expect_half(65536.0f, INFINITE);
    expect_half(0x1.fffffep127f, INFINITE);
    expect_half(INFINITY, INFINITE);
}
END_TEST

START_TEST(floats_are_narrowed_where_they_lie) {
    enum { MAX_COUNT = 9 };
    static const float values[MAX_COUNT] = {1.0f, -0.1f, 65504.0f, -65504.0f, 0x1p-24f, 0.0f, 3.14159f, -2.5f, 1e-9f};
    for (size_t count = 0; count <= MAX_COUNT; count++) {
        float memory[MAX_COUNT + 1];
        for (size_t i = 0; i <= MAX_COUNT; i++) memory[i] = NAN;
        memcpy(memory, values, count * sizeof *values);
        ck_assert_uint_eq(fp16_narrow(memory, count), count);
        for (size_t i = 0; i < count; i++)
            ck_assert_float_eq(fp16_at(memory, i), fp16_to_float(fp16_from_float(values[i])));
        if (count % 2) ck_assert_float_eq(fp16_at(memory, count), 0.0f);
        ck_assert_uint_eq(fp16_floats(count), count / 2 + count % 2);
        ck_assert_float_nan(memory[count]);
    }
}
END_TEST

START_TEST(what_is_beyond_is_named) {
    const float beyond[] = {65504.004f, -65505.0f, 1e30f, INFINITY, -INFINITY, NAN};
    for (size_t b = 0; b < sizeof beyond / sizeof *beyond; b++) {
        for (size_t at = 0; at < 5; at++) {
            float memory[5] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f};
            memory[at] = beyond[b];
            ck_assert_uint_eq(fp16_narrow(memory, 5), at);
            ck_assert(memcmp(&memory[at], &beyond[b], sizeof *beyond) == 0);
        }
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("fp16");
    tcase_add_test(tests, every_half_is_a_float_and_back);
    tcase_add_test(tests, around_every_tie);
    tcase_add_test(tests, the_ends);
    tcase_add_test(tests, floats_are_narrowed_where_they_lie);
    tcase_add_test(tests, what_is_beyond_is_named);
    return support_run(tests);
}
