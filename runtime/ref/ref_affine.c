/* SPDX-License-Identifier: MIT */
#include "ref.h"

void ref_affine(float *y, const float *x, const float *w, const float *b, int n, int channels, int hw) {
    size_t count = (size_t)n * (size_t)channels * (size_t)hw;
    for (size_t i = 0; i < count; i++) {
        size_t c = i / (size_t)hw % (size_t)channels;
        y[i] = (float)((double)x[i] * (double)w[c] + (double)b[c]);
    }
}

void ref_affine_input_gradient(float *gx, const float *w, const float *gy, int n, int channels, int hw) {
    size_t count = (size_t)n * (size_t)channels * (size_t)hw;
    for (size_t i = 0; i < count; i++) gx[i] = (float)((double)gy[i] * (double)w[i / (size_t)hw % (size_t)channels]);
}

void ref_affine_weight_gradient(float *gw, float *gb, const float *x, const float *gy, int n, int channels, int hw,
                                int add) {
    for (int c = 0; c < channels; c++) {
        double weight = add ? (double)gw[c] : 0.0, bias = add ? (double)gb[c] : 0.0;
        for (int image = 0; image < n; image++) {
            size_t at = ((size_t)image * (size_t)channels + (size_t)c) * (size_t)hw;
            for (size_t end = at + (size_t)hw; at < end; at++) {
                weight += (double)gy[at] * (double)x[at];
                bias += (double)gy[at];
            }
        }
        gw[c] = (float)weight;
        gb[c] = (float)bias;
    }
}
