/* SPDX-License-Identifier: MIT */
#include "ref.h"

void ref_affine(float *y, const float *x, const float *w, const float *b, int n, int channels, int hw) {
    size_t count = (size_t)n * (size_t)channels * (size_t)hw;
    for (size_t i = 0; i < count; i++) {
        size_t c = i / (size_t)hw % (size_t)channels;
        y[i] = (float)((double)x[i] * (double)w[c] + (double)b[c]);
    }
}
