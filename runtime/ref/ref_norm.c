/* SPDX-License-Identifier: MIT */
/* Local response normalisation, each value's sum of squares anew from its window: slower than a sliding sum, but it
 * does not carry rounding from one window to the next. Channels of the other half come from the halo, which holds those
 * below its own first and then those above. */
#include <math.h>

#include "ref.h"

static double ref_norm_divide(double value, double squares, const struct shape_norm *s) {
    return value / pow((double)s->k + (double)s->alpha * squares, (double)s->beta);
}

/* Plane (h x w) of channel c of one image, where -before <= c < in.c + after: x holds channels 0 .. in.c-1, halo those
 * outside, `before` lower ones first. */
static const float *ref_lrn_plane(const float *x, const float *halo, int c, const struct shape_norm *s) {
    size_t plane = (size_t)s->in.h * (size_t)s->in.w;
    if (c >= 0 && c < s->in.c) return x + (size_t)c * plane;
    return halo + (size_t)(c < 0 ? s->before + c : s->before + c - s->in.c) * plane;
}

/* x, y: n x c x h x w, halo: n x (before + after) x h x w. The window is channels c + first .. c + last, clipped to
 * those there are. */
void ref_lrn(float *y, const float *x, const float *halo, int n, const struct shape_norm *s) {
    size_t plane = (size_t)s->in.h * (size_t)s->in.w;
    for (int image = 0; image < n; image++) {
        const float *image_x = x + (size_t)image * shape_size(s->in);
        const float *image_halo = halo ? halo + (size_t)image * (size_t)(s->before + s->after) * plane : NULL;
        int lowest = halo ? -s->before : 0, highest = s->in.c - 1 + (halo ? s->after : 0);
        for (int c = 0; c < s->in.c; c++) {
            int from = c + s->first < lowest ? lowest : c + s->first;
            int to = c + s->last > highest ? highest : c + s->last;
            const float *own = ref_lrn_plane(image_x, image_halo, c, s);
            for (size_t i = 0; i < plane; i++) {
                double squares = 0.0;
                for (int j = from; j <= to; j++) {
                    double v = ref_lrn_plane(image_x, image_halo, j, s)[i];
                    squares += v * v;
                }
                *y++ = (float)ref_norm_divide(own[i], squares, s);
            }
        }
    }
}

static int ref_norm_clip(int at, int side) { return at < 0 ? 0 : at >= side ? side - 1 : at; }

/* x, y: n x c x h x w. The window is rows r + first .. r + last and the same columns, clipped at the border of the
 * map. */
void ref_rnorm(float *y, const float *x, int n, const struct shape_norm *s) {
    int h = s->in.h, w = s->in.w;
    for (int map = 0; map < n * s->in.c; map++, x += (size_t)h * (size_t)w) {
        for (int row = 0; row < h; row++) {
            for (int column = 0; column < w; column++) {
                int top = ref_norm_clip(row + s->first, h), bottom = ref_norm_clip(row + s->last, h);
                int left = ref_norm_clip(column + s->first, w), right = ref_norm_clip(column + s->last, w);
                double squares = 0.0;
                for (int r = top; r <= bottom; r++) {
                    for (int c = left; c <= right; c++) {
                        double v = x[(size_t)r * (size_t)w + (size_t)c];
                        squares += v * v;
                    }
                }
                *y++ = (float)ref_norm_divide(x[(size_t)row * (size_t)w + (size_t)column], squares, s);
            }
        }
    }
}
