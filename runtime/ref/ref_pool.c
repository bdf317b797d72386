/* SPDX-License-Identifier: MIT */
#include "ref.h"

struct window {
    int top, bottom, left, right;
}; /* bottom and right are one past the last */

/* The window of output (row, column), clipped at the bottom and the right of the map. */
static struct window ref_pool_window(int row, int column, const struct shape_pool *s) {
    struct window v = {row * s->stride, row * s->stride + s->kernel, column * s->stride,
                       column * s->stride + s->kernel};
    if (v.bottom > s->in.h) v.bottom = s->in.h;
    if (v.right > s->in.w) v.right = s->in.w;
    return v;
}

/* x: one map, in.h x in.w. */
static double ref_pool_sum(const float *x, struct window v, const struct shape_pool *s) {
    double sum = 0.0;
    for (int r = v.top; r < v.bottom; r++)
        for (int c = v.left; c < v.right; c++) sum += x[(size_t)r * (size_t)s->in.w + (size_t)c];
    return sum;
}

/* y: n x c x out.h x out.w, x: n x c x in.h x in.w. */
void ref_maxpool(float *y, const float *x, int n, const struct shape_pool *s) {
    for (int map = 0; map < n * s->in.c; map++, x += (size_t)s->in.h * (size_t)s->in.w) {
        for (int row = 0; row < s->out.h; row++) {
            for (int column = 0; column < s->out.w; column++) {
                struct window v = ref_pool_window(row, column, s);
                float best = x[(size_t)v.top * (size_t)s->in.w + (size_t)v.left];
                for (int r = v.top; r < v.bottom; r++) {
                    for (int c = v.left; c < v.right; c++) {
                        float value = x[(size_t)r * (size_t)s->in.w + (size_t)c];
                        /* A NaN stays: a net that went wrong must show it at its end. */
                        if (value > best || value != value) best = value;
                    }
                }
                *y++ = best;
            }
        }
    }
}

/* y: n x c x out.h x out.w, x: n x c x in.h x in.w. */
void ref_avgpool(float *y, const float *x, int n, const struct shape_pool *s) {
    for (int map = 0; map < n * s->in.c; map++, x += (size_t)s->in.h * (size_t)s->in.w) {
        for (int row = 0; row < s->out.h; row++) {
            for (int column = 0; column < s->out.w; column++) {
                struct window v = ref_pool_window(row, column, s);
                *y++ = (float)(ref_pool_sum(x, v, s) / ((v.bottom - v.top) * (v.right - v.left)));
            }
        }
    }
}

/* y: n x c x out.h x out.w, x: n x c x in.h x in.w, w, b: c. */
void ref_subsample(float *y, const float *x, const float *w, const float *b, int n, const struct shape_pool *s) {
    for (int map = 0; map < n * s->in.c; map++, x += (size_t)s->in.h * (size_t)s->in.w) {
        int channel = map % s->in.c;
        for (int row = 0; row < s->out.h; row++) {
            for (int column = 0; column < s->out.w; column++) {
                double sum = ref_pool_sum(x, ref_pool_window(row, column, s), s);
                *y++ = (float)((double)w[channel] * sum + (double)b[channel]);
            }
        }
    }
}
