/* SPDX-License-Identifier: MIT */
/* Matrix times vector for each image, sums in double: with weights in float, with weights in other numbers, and as
 * squared distances to the rows instead of products. The gradients' sums run down the columns of a row-major matrix: a
 * few of them at a time, so that what lies side by side is read together. */
#include "fp16.h"
#include "int8.h"
#include "ref.h"

enum { SUMS = 64 }; /* at a time */

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

/* The same with w in other numbers, of which `at` gives weight i of output o. */
typedef float weight_at(const float *w, size_t inputs, size_t o, size_t i);
static void fc_of(float *y, const float *x, const float *w, const float *b, int n, int in, int out, weight_at *at) {
    for (int image = 0; image < n; image++) {
        const float *row = x + (size_t)image * (size_t)in;
        for (int o = 0; o < out; o++) {
            double sum = b ? (double)b[o] : 0.0;
            for (int i = 0; i < in; i++) sum += (double)row[i] * (double)at(w, (size_t)in, (size_t)o, (size_t)i);
            *y++ = (float)sum;
        }
    }
}

static float half_at(const float *w, size_t inputs, size_t o, size_t i) { return fp16_at(w, o * inputs + i); }

void ref_fc_fp16(float *y, const float *x, const float *w, const float *b, int n, int in, int out) {
    fc_of(y, x, w, b, n, in, out, half_at);
}

void ref_fc_int8(float *y, const float *x, const float *w, const float *b, int n, int in, int out) {
    fc_of(y, x, w, b, n, in, out, int8_at);
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

/* gx: n x in, w: out x in, gy: n x out. */
void ref_fc_input_gradient(float *gx, const float *w, const float *gy, int n, int in, int out) {
    for (int image = 0; image < n; image++, gx += in, gy += out) {
        for (int first = 0; first < in; first += SUMS) {
            int count = in - first < SUMS ? in - first : SUMS;
            double sums[SUMS] = {0};
            for (int o = 0; o < out; o++) {
                const float *weights = w + (size_t)o * (size_t)in + first;
                for (int i = 0; i < count; i++) sums[i] += (double)gy[o] * (double)weights[i];
            }
            for (int i = 0; i < count; i++) gx[first + i] = (float)sums[i];
        }
    }
}

/* gw: out x in, gb: out, x: n x in, gy: n x out. */
void ref_fc_weight_gradient(float *gw, float *gb, const float *x, const float *gy, int n, int in, int out, int add) {
    for (int o = 0; o < out; o++, gw += in) {
        double bias = add ? (double)gb[o] : 0.0;
        for (int image = 0; image < n; image++) bias += (double)gy[(size_t)image * (size_t)out + (size_t)o];
        gb[o] = (float)bias;
        for (int first = 0; first < in; first += SUMS) {
            int count = in - first < SUMS ? in - first : SUMS;
            double sums[SUMS] = {0};
            for (int i = 0; i < count && add; i++) sums[i] = (double)gw[first + i];
            for (int image = 0; image < n; image++) {
                const float *row = x + (size_t)image * (size_t)in + first;
                double g = (double)gy[(size_t)image * (size_t)out + (size_t)o];
                for (int i = 0; i < count; i++) sums[i] += g * (double)row[i];
            }
            for (int i = 0; i < count; i++) gw[first + i] = (float)sums[i];
        }
    }
}

/* gx, x: n x in, code: out x in, gy: n x out. */
void ref_rbf_input_gradient(float *gx, const float *x, const float *code, const float *gy, int n, int in, int out) {
    for (int image = 0; image < n; image++, x += in, gy += out) {
        for (int i = 0; i < in; i++) {
            double sum = 0.0;
            for (int o = 0; o < out; o++)
                sum += 2.0 * (double)gy[o] * ((double)x[i] - (double)code[(size_t)o * (size_t)in + (size_t)i]);
            *gx++ = (float)sum;
        }
    }
}
