/* SPDX-License-Identifier: MIT */
/* Weights of 8 bits to the bit: which multiple of which scale each becomes, and where it lies. */
#include "int8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fp16.h"
#include "support.h"

/* Value i of a row, out of so many lanes; and the scale of its group. */
static int narrowed(const float *memory, size_t inputs, int lanes, size_t o, size_t i, float *scale) {
    size_t side = (size_t)lanes, groups = (inputs + 31) / 32;
    const unsigned char *group = (const unsigned char *)memory + (o / side * groups + i / 32) * (34 * side);
    unsigned half = (unsigned)group[32 * side + 2 * (o % side)] | (unsigned)group[32 * side + 2 * (o % side) + 1] << 8;
    *scale = fp16_to_float((uint16_t)half);
    return (signed char)group[i % 32 * side + o % side];
}

/* No scale is larger than needed, no weight further from it than half a step, and what fills up is 0. */
START_TEST(nearest_multiples_of_the_smallest_scale) {
    static const struct { size_t rows, inputs; } sizes[] = {{1, 1}, {1, 32}, {3, 33}, {32, 64}, {33, 130}, {70, 31}};
    static const int lanes[] = {1, 32};
    static const float sizes_of_weights[] = {1.0f, 1e-3f, 1e-7f, 3e-9f, 6e4f};
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
        for (int k = 0; k < 2; k++)
            for (size_t size = 0; size < sizeof sizes_of_weights / sizeof *sizes_of_weights; size++) {
                size_t rows = sizes[n].rows, inputs = sizes[n].inputs, side = (size_t)lanes[k],
                       blocks = (rows + side - 1) / side, groups = (inputs + 31) / 32;
                float *w = support_random(rows * inputs, "w", (double)sizes_of_weights[size]);
                size_t floats = int8_floats(rows, inputs, lanes[k]);
                ck_assert_uint_eq(floats, (blocks * groups * side * 34 + 3) / 4);
                float *memory = support_floats(floats + 1);
                memory[floats] = 7.0f;
                int8_narrow(w, rows, inputs, lanes[k], memory);
                ck_assert(memory[floats] == 7.0f);
                for (size_t o = 0; o < blocks * side; o++)
                    for (size_t g = 0; g < groups; g++) {
                        float largest = 0.0f, scale = 0.0f;
                        for (size_t i = g * 32; i < g * 32 + 32; i++) {
                            int there = o < rows && i < inputs, q = narrowed(memory, inputs, lanes[k], o, i, &scale);
                            double value = there ? (double)w[o * inputs + i] : 0.0;
                            ck_assert_msg(fabs((double)scale * q - value) <= (double)scale * 0.5000001,
                                          "%zu x %zu, %d lanes: weight %zu of output %zu is %d x %g where %g is due",
                                          rows, inputs, lanes[k], i, o, q, (double)scale, value);
                            ck_assert(there || q == 0);
                            ck_assert_int_le(abs(q), 127);
                            if (there) largest = fmaxf(largest, fabsf(w[o * inputs + i]));
                            if (there && lanes[k] == 1) ck_assert(int8_at(memory, inputs, o, i) == (float)q * scale);
                        }
                        ck_assert(127 * scale >= largest);
                        uint16_t bits = fp16_from_float(scale);
                        ck_assert(bits == 0 || 127 * fp16_to_float((uint16_t)(bits - 1)) < largest);
                    }
                free(w), free(memory);
            }
}
END_TEST

START_TEST(the_largest_and_none) {
    float w[32] = {INT8_WEIGHT_MAX, -INT8_WEIGHT_MAX, 65504.0f, -32752.0f, 32752.0f * 3}, memory[9], scale;
    static const int due[] = {127, -127, 1, 0, 2}; /* halves to even */
    int8_narrow(w, 1, 32, 1, memory);
    for (size_t i = 0; i < 5; i++) ck_assert_int_eq(narrowed(memory, 32, 1, 0, i, &scale), due[i]);
    ck_assert_float_eq(scale, 65504.0f);
    memset(w, 0, sizeof w);
    int8_narrow(w, 1, 32, 1, memory);
    for (size_t i = 0; i < 32; i++) ck_assert_int_eq(narrowed(memory, 32, 1, 0, i, &scale), 0);
    ck_assert_float_eq(scale, 0.0f);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("int8");
    tcase_add_test(tests, nearest_multiples_of_the_smallest_scale);
    tcase_add_test(tests, the_largest_and_none);
    return support_run(tests);
}
