/* SPDX-License-Identifier: MIT */
/* Pools, a window at a time: first which of its rows and columns are on the map, then a plain loop over those. Values
 * in the padding are never read: they neither win a maximum nor join a sum; an average alone may count them. */
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

static float ref_pool_largest(const float *x, struct reach rows, struct reach columns, const struct shape_pool *s) {
    float best = x[(size_t)rows.first * (size_t)s->in.w + (size_t)columns.first];
    for (int r = rows.first; r < rows.end; r += rows.step) {
        for (int c = columns.first; c < columns.end; c += columns.step) {
            float value = x[(size_t)r * (size_t)s->in.w + (size_t)c];
            /* A NaN stays: a net that went wrong must show it at its end. */
            if (value > best || value != value) best = value;
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
                *y++ = ref_pool_largest(x, rows, ref_pool_reach(column, 1, s->in.w, &s->window), s);
        }
    }
}

/* y: n x c x out.h x out.w, x: n x c x in.h x in.w. */
void ref_avgpool(float *y, const float *x, int n, const struct shape_pool *s) {
    for (int map = 0; map < n * s->in.c; map++, x += (size_t)s->in.h * (size_t)s->in.w) {
        for (int row = 0; row < s->out.h; row++) {
            struct reach rows = ref_pool_reach(row, 0, s->in.h, &s->window);
            for (int column = 0; column < s->out.w; column++) {
                struct reach columns = ref_pool_reach(column, 1, s->in.w, &s->window);
                double divisor = s->count_include_pad ? (double)rows.padded * (double)columns.padded
                                                      : (double)rows.count * (double)columns.count;
                *y++ = (float)(ref_pool_sum(x, rows, columns, s) / divisor);
            }
        }
    }
}
