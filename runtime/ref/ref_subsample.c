/* SPDX-License-Identifier: MIT */
/* Trained sub-sampling: windows without padding or dilation, of which the last ones may be clipped at the bottom and
 * the right. */
#include "ref.h"

/* The rows, or columns, of a map that a window reads; or the windows that read a row or column. */
struct span {
    int first, end;
};

static struct span subsample_window(int index, int axis, const struct shape_pool *s) {
    int first = index * s->window.stride[axis], end = first + s->window.kernel[axis], side = axis ? s->in.w : s->in.h;
    return (struct span){first, end < side ? end : side};
}

static struct span subsample_readers(int at, int axis, const struct shape_pool *s) {
    int stride = s->window.stride[axis], before = at - s->window.kernel[axis], windows = axis ? s->out.w : s->out.h,
        end = at / stride + 1;
    return (struct span){before < 0 ? 0 : before / stride + 1, end < windows ? end : windows};
}

/* Of rows and columns of a map that is `width` wide. */
static double subsample_sum(const float *map, struct span rows, struct span columns, int width) {
    double sum = 0.0;
    for (int r = rows.first; r < rows.end; r++)
        for (int c = columns.first; c < columns.end; c++) sum += (double)map[(size_t)r * (size_t)width + (size_t)c];
    return sum;
}

/* y: n x c x out.h x out.w, x: n x c x in.h x in.w, w, b: c. */
void ref_subsample(float *y, const float *x, const float *w, const float *b, int n, const struct shape_pool *s) {
    for (int map = 0; map < n * s->in.c; map++, x += (size_t)s->in.h * (size_t)s->in.w) {
        int channel = map % s->in.c;
        for (int row = 0; row < s->out.h; row++) {
            struct span rows = subsample_window(row, 0, s);
            for (int column = 0; column < s->out.w; column++) {
                double sum = subsample_sum(x, rows, subsample_window(column, 1, s), s->in.w);
                *y++ = (float)((double)w[channel] * sum + (double)b[channel]);
            }
        }
    }
}

/* gx: n x c x in.h x in.w, w: c, gy: n x c x out.h x out.w. */
void ref_subsample_input_gradient(float *gx, const float *w, const float *gy, int n, const struct shape_pool *s) {
    for (int map = 0; map < n * s->in.c; map++, gy += (size_t)s->out.h * (size_t)s->out.w) {
        for (int row = 0; row < s->in.h; row++) {
            struct span rows = subsample_readers(row, 0, s);
            for (int column = 0; column < s->in.w; column++) {
                double sum = subsample_sum(gy, rows, subsample_readers(column, 1, s), s->out.w);
                *gx++ = (float)((double)w[map % s->in.c] * sum);
            }
        }
    }
}

/* gw, gb: c, x: n x c x in.h x in.w, gy: n x c x out.h x out.w. */
void ref_subsample_weight_gradient(float *gw, float *gb, const float *x, const float *gy, int n,
                                   const struct shape_pool *s, int add) {
    size_t in = (size_t)s->in.h * (size_t)s->in.w, out = (size_t)s->out.h * (size_t)s->out.w;
    for (int c = 0; c < s->in.c; c++) {
        double weight = add ? (double)gw[c] : 0.0, bias = add ? (double)gb[c] : 0.0;
        for (int image = 0; image < n; image++) {
            size_t map = (size_t)image * (size_t)s->in.c + (size_t)c;
            const float *g = gy + map * out;
            for (int row = 0; row < s->out.h; row++) {
                struct span rows = subsample_window(row, 0, s);
                for (int column = 0; column < s->out.w; column++, g++) {
                    weight += (double)*g * subsample_sum(x + map * in, rows, subsample_window(column, 1, s), s->in.w);
                    bias += (double)*g;
                }
            }
        }
        gw[c] = (float)weight;
        gb[c] = (float)bias;
    }
}
