/* SPDX-License-Identifier: MIT */
/* Sums of gradients, in float and in the order of the kernels, which adds what is rounded already. */
#include "ref.h"

void ref_accumulate(float *out, const float *a, const float *b, size_t floats, int add) {
    for (size_t i = 0; i < floats; i++) {
        float sum = b ? a[i] + b[i] : a[i];
        out[i] = add ? out[i] + sum : sum;
    }
}

void ref_accumulate_halo(float *out, const float *from, int first, int count, int hw) {
    for (size_t i = 0; i < (size_t)count * (size_t)hw; i++) out[(size_t)first * (size_t)hw + i] += from[i];
}
