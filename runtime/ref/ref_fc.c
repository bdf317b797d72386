/* SPDX-License-Identifier: MIT */
/* Matrix times vector for each image, sums in double: with weights in float, with weights in half precision, and as
 * squared distances to the rows instead of products. */
#include "fp16.h"
#include "ref.h"

/* y: n x out, x: n x in, w: out x in, b: out. */
void ref_fc(float *y, const float *x, const float *w, const float *b, int n, int in, int out) {
    for (int image = 0; image < n; image++) {
        const float *row = x + (size_t)image * (size_t)in;
        for (int o = 0; o < out; o++) {
            const float *weights = w + (size_t)o * (size_t)in;
            double sum = b ? (double)b[o] : 0.0;
            for (int i = 0; i < in; i++) sum += (double)row[i] * (double)weights[i];
            *y++ = (float)sum;
        }
    }
}

/* The same; w: out x in halves. */
void ref_fc_fp16(float *y, const float *x, const float *w, const float *b, int n, int in, int out) {
    for (int image = 0; image < n; image++) {
        const float *row = x + (size_t)image * (size_t)in;
        for (int o = 0; o < out; o++) {
            double sum = b ? (double)b[o] : 0.0;
            for (int i = 0; i < in; i++) sum += (double)row[i] * (double)fp16_at(w, (size_t)o * (size_t)in + (size_t)i);
            *y++ = (float)sum;
        }
    }
}

/* y: n x out, x: n x in, code: out x in. */
void ref_rbf(float *y, const float *x, const float *code, int n, int in, int out) {
    for (int image = 0; image < n; image++) {
        const float *row = x + (size_t)image * (size_t)in;
        for (int o = 0; o < out; o++) {
            const float *centre = code + (size_t)o * (size_t)in;
            double sum = 0.0;
            for (int i = 0; i < in; i++) {
                double d = (double)row[i] - (double)centre[i];
                sum += d * d;
            }
            *y++ = (float)sum;
        }
    }
}
