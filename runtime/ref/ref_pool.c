/* SPDX-License-Identifier: MIT */
/* Pools, a window at a time: first which of its rows and columns are on the map, then a plain loop over those. Values
 * in the padding are never read: they neither win a maximum nor join a sum; an average alone may count them. Gradients
 * are spread from the windows, one after another, over a map of zeros. */
#include <string.h>

#include "ref.h"

/* The rows, or the columns, of a window that are on the map: first, first + step, .. before end. */
struct reach {
    int first, end, step;
    int count;  /* of them */
    int padded; /* the same where the padding is counted too */
};

/* Of window `index` along one side of the map: axis 0 are rows, 1 columns. */
static struct reach ref_pool_reach(int index, int axis, int side, const struct shape_window *w) {
    int start = index * w->stride[axis] - w->pad[axis], step = w->dilation[axis];
    struct reach r = {side, side, step, 0, 0};
    for (int i = 0; i < w->kernel[axis]; i++) {
        int at = start + i * step;
        r.padded += at < side + w->pad[axis + 2];
        if (at < 0 || at >= side) continue;
        if (r.count++ == 0) r.first = at;
        r.end = at + 1;
    }
    return r;
}

/* x: one map, in.h x in.w. */
static double ref_pool_sum(const float *x, struct reach rows, struct reach columns, const struct shape_pool *s) {
    double sum = 0.0;
    for (int r = rows.first; r < rows.end; r += rows.step)
        for (int c = columns.first; c < columns.end; c += columns.step)
            sum += x[(size_t)r * (size_t)s->in.w + (size_t)c];
    return sum;
}

/* Where the largest value is, the first of several that are equal. A NaN stays: a net that went wrong must show it at
 * its end. */
static size_t ref_pool_largest(const float *x, struct reach rows, struct reach columns, const struct shape_pool *s) {
    size_t best = (size_t)rows.first * (size_t)s->in.w + (size_t)columns.first;
    for (int r = rows.first; r < rows.end; r += rows.step) {
        for (int c = columns.first; c < columns.end; c += columns.step) {
            size_t at = (size_t)r * (size_t)s->in.w + (size_t)c;
            if (x[at] > x[best] || x[at] != x[at]) best = at;
        }
    }
    return best;
}

/* y: n x c x out.h x out.w, x: n x c x in.h x in.w. */
void ref_maxpool(float *y, const float *x, int n, const struct shape_pool *s) {
    for (int map = 0; map < n * s->in.c; map++, x += (size_t)s->in.h * (size_t)s->in.w) {
        for (int row = 0; row < s->out.h; row++) {
            struct reach rows = ref_pool_reach(row, 0, s->in.h, &s->window);
            for (int column = 0; column < s->out.w; column++)
                *y++ = x[ref_pool_largest(x, rows, ref_pool_reach(column, 1, s->in.w, &s->window), s)];
        }
    }
}

/* Adds g to the gradients of a window's values, of all or, where x is given, of those that are equal to `only`. */
static void ref_pool_spread(float *gx, float g, const float *x, float only, struct reach rows, struct reach columns,
                            const struct shape_pool *s) {
    for (int r = rows.first; r < rows.end; r += rows.step) {
        for (int c = columns.first; c < columns.end; c += columns.step) {
            size_t at = (size_t)r * (size_t)s->in.w + (size_t)c;
            if (!x || x[at] == only) gx[at] += g;
        }
    }
}

/* gx, x: n x c x in.h x in.w, gy: n x c x out.h x out.w. */
void ref_maxpool_input_gradient(float *gx, const float *x, const float *gy, int n, const struct shape_pool *s,
                                int all_ties) {
    size_t plane = (size_t)s->in.h * (size_t)s->in.w;
    memset(gx, 0, (size_t)n * shape_size(s->in) * sizeof *gx);
    for (int map = 0; map < n * s->in.c; map++, x += plane, gx += plane) {
        for (int row = 0; row < s->out.h; row++) {
            struct reach rows = ref_pool_reach(row, 0, s->in.h, &s->window);
            for (int column = 0; column < s->out.w; column++, gy++) {
                struct reach columns = ref_pool_reach(column, 1, s->in.w, &s->window);
                size_t best = ref_pool_largest(x, rows, columns, s);
                if (all_ties)
                    ref_pool_spread(gx, *gy, x, x[best], rows, columns, s);
                else
                    gx[best] += *gy;
            }
        }
    }
}

/* What the sum over a window is divided by. */
static double ref_pool_divisor(struct reach rows, struct reach columns, const struct shape_pool *s) {
    return s->count_include_pad ? (double)rows.padded * (double)columns.padded
                                : (double)rows.count * (double)columns.count;
}

/* y: n x c x out.h x out.w, x: n x c x in.h x in.w. */
void ref_avgpool(float *y, const float *x, int n, const struct shape_pool *s) {
    for (int map = 0; map < n * s->in.c; map++, x += (size_t)s->in.h * (size_t)s->in.w) {
        for (int row = 0; row < s->out.h; row++) {
            struct reach rows = ref_pool_reach(row, 0, s->in.h, &s->window);
            for (int column = 0; column < s->out.w; column++) {
                struct reach columns = ref_pool_reach(column, 1, s->in.w, &s->window);
                *y++ = (float)(ref_pool_sum(x, rows, columns, s) / ref_pool_divisor(rows, columns, s));
            }
        }
    }
}

/* gx: n x c x in.h x in.w, gy: n x c x out.h x out.w. */
void ref_avgpool_input_gradient(float *gx, const float *gy, int n, const struct shape_pool *s) {
    size_t plane = (size_t)s->in.h * (size_t)s->in.w;
    memset(gx, 0, (size_t)n * shape_size(s->in) * sizeof *gx);
    for (int map = 0; map < n * s->in.c; map++, gx += plane) {
        for (int row = 0; row < s->out.h; row++) {
            struct reach rows = ref_pool_reach(row, 0, s->in.h, &s->window);
            for (int column = 0; column < s->out.w; column++) {
                struct reach columns = ref_pool_reach(column, 1, s->in.w, &s->window);
                float share = (float)((double)*gy++ / ref_pool_divisor(rows, columns, s));
                ref_pool_spread(gx, share, NULL, 0.0f, rows, columns, s);
            }
        }
    }
}
