/* SPDX-License-Identifier: MIT */
#include "common.clh"

/* What a device can do at most: fma in registers, and reading memory. Their results are there so that no compiler
 * leaves the work out. Each work-item owns 8 vectors: enough independent chains to hide the latency of two fma units of
 * a CPU core, and 32 registers on a GPU. */
#ifndef WIDTH
#define WIDTH 4 /* floats of a vector; on a CPU those of a register */
#endif
#ifndef GROUP
/* work-items of a work-group; 1 on a CPU, so that a work-item stays one thread of vectors: required there, elsewhere
 * asked for */
#define GROUP 64
#endif
#if GROUP == 1
#define ALONE __attribute__((reqd_work_group_size(1, 1, 1)))
#else
#define ALONE
#endif
#define JOIN(a, b) a##b
#define NAME(a, b) JOIN(a, b)
#define VECTOR NAME(float, WIDTH)
#define LOAD NAME(vload, WIDTH)

float peak_sum(VECTOR v) {
    float values[WIDTH], sum = 0.0f;
    NAME(vstore, WIDTH)(v, 0, values);
    for (int i = 0; i < WIDTH; i++) sum += values[i];
    return sum;
}

/* y[i]: the sum of WIDTH x 8 chains a := a * factor + term of `rounds` steps, which begin at 0, 1, .. 7. 16 * WIDTH *
 * rounds operations an item. Range: items. */
__kernel ALONE __attribute__((vec_type_hint(VECTOR))) void peak_fma(__global float *y, int items, int rounds,
                                                                    float factor, float term) {
    int i = (int)get_global_id(0);
    VECTOR a0 = 0.0f, a1 = 1.0f, a2 = 2.0f, a3 = 3.0f, a4 = 4.0f, a5 = 5.0f, a6 = 6.0f, a7 = 7.0f, f = factor, t = term;
    for (int r = 0; r < rounds; r++) {
        a0 = MULTIPLY_ADD(a0, f, t);
        a1 = MULTIPLY_ADD(a1, f, t);
        a2 = MULTIPLY_ADD(a2, f, t);
        a3 = MULTIPLY_ADD(a3, f, t);
        a4 = MULTIPLY_ADD(a4, f, t);
        a5 = MULTIPLY_ADD(a5, f, t);
        a6 = MULTIPLY_ADD(a6, f, t);
        a7 = MULTIPLY_ADD(a7, f, t);
    }
    if (i < items) y[i] = peak_sum(((a0 + a1) + (a2 + a3)) + ((a4 + a5) + (a6 + a7)));
}

/* y[i]: the sum of `count` times 4 vectors of x. Item i reads vectors i * start + (0, 1, 2, ..) * step: neighbours on a
 * GPU, a stretch of its own on a CPU. Range: items. */
__kernel ALONE __attribute__((vec_type_hint(VECTOR))) void peak_read(__global const float *x, __global float *y,
                                                                     int items, int count, int start, int step) {
    int i = (int)get_global_id(0);
    if (i >= items) return;
    __global const float *from = x + (size_t)i * start * WIDTH;
    VECTOR a0 = 0.0f, a1 = 0.0f, a2 = 0.0f, a3 = 0.0f;
    for (int k = 0; k < count; k++, from += (size_t)4 * step * WIDTH) {
        a0 += LOAD(0, from);
        a1 += LOAD(step, from);
        a2 += LOAD(2 * step, from);
        a3 += LOAD(3 * step, from);
    }
    y[i] = peak_sum((a0 + a1) + (a2 + a3));
}
