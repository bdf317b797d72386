/* SPDX-License-Identifier: MIT */
/* -DFORM=: how weights decay. 0 as in Keras, by themselves; 1 as in PyTorch, in the gradient (update.h). */
#include "common.clh"
#ifndef FORM
#define FORM 0
#endif

/* One step of Adam, value by value: m = m + rise1 (g - m), v = v + rise2 (g^2 - v),
 * w = w - rate m / (sqrt(v) + epsilon).
 * w, g, m, v: a tensor's weights, gradient, mean of the gradient and mean of its square, flat. The corrections of the
 * first steps' bias are in rate and epsilon.
 * Range: (end - first), global offset: first; one work-item changes one value.
 * Source: Kingma and Ba 2014, section 2, with the corrections moved to rate and epsilon. */
__kernel void adam_update(__global float *restrict w, __global const float *restrict g, __global float *restrict m,
                          __global float *restrict v, int end, float rate, float decay, float rise1, float rise2,
                          float epsilon) {
    size_t i = get_global_id(0); /* as in sgd.cl */
    if (i < (size_t)end) {
#if FORM == 0
        float weight = MULTIPLY_ADD(-decay, w[i], w[i]), gradient = g[i];
#elif FORM == 1
        float weight = w[i], gradient = MULTIPLY_ADD(decay, weight, g[i]);
#else
#error "FORM must be 0 or 1"
#endif
        float mean = MULTIPLY_ADD(rise1, gradient - m[i], m[i]);
        float square = MULTIPLY_ADD(rise2, MULTIPLY_ADD(gradient, gradient, -v[i]), v[i]);
        w[i] = weight - rate * mean / (sqrt(square) + epsilon);
        m[i] = mean;
        v[i] = square;
    }
}
