/* SPDX-License-Identifier: MIT */
/* Local response normalisation, each value's sum of squares anew from its window: slower than a sliding sum, but it
 * does not carry rounding from one window to the next. Channels of the other half come from the halo, which holds those
 * below its own first and then those above. With d = k + alpha * sum of x^2 and y = x / d^beta, the gradient by x[j] is
 * gy[j] / d[j]^beta - 2 alpha beta x[j] * sum of gy[i] x[i] / d[i]^(beta + 1) over those i whose windows j is in. */
#include <math.h>

#include "ref.h"

static double ref_norm_divide(double value, double squares, const struct shape_norm *s) {
    return value / pow((double)s->k + (double)s->alpha * squares, (double)s->beta);
}

/* One image of an LRN: x holds channels 0 .. in.c-1, halo those outside, `before` lower ones first; planes of h x w. */
struct lrn_image {
    const float *x, *halo;
    int lowest, highest; /* the channels that there are */
    const struct shape_norm *s;
};

static struct lrn_image ref_lrn_image(const float *x, const float *halo, int image, const struct shape_norm *s) {
    size_t plane = (size_t)s->in.h * (size_t)s->in.w;
    return (struct lrn_image){.x = x + (size_t)image * shape_size(s->in),
                              .halo = halo ? halo + (size_t)image * (size_t)(s->before + s->after) * plane : NULL,
                              .lowest = halo ? -s->before : 0,
                              .highest = s->in.c - 1 + (halo ? s->after : 0),
                              .s = s};
}

static int ref_norm_clip(int at, int lowest, int highest) { return at < lowest ? lowest : at > highest ? highest : at; }

/* Which channel of the halo channel c is. */
static size_t ref_lrn_halo(int c, const struct shape_norm *s) {
    return (size_t)(c < 0 ? s->before + c : s->before + c - s->in.c);
}

static const float *ref_lrn_plane(const struct lrn_image *m, int c) {
    size_t plane = (size_t)m->s->in.h * (size_t)m->s->in.w;
    return c >= 0 && c < m->s->in.c ? m->x + (size_t)c * plane : m->halo + ref_lrn_halo(c, m->s) * plane;
}

/* The sum of squares at place i of channel c: channels c + first .. c + last, clipped to those there are. */
static double ref_lrn_squares(const struct lrn_image *m, int c, size_t i) {
    int to = ref_norm_clip(c + m->s->last, m->lowest, m->highest);
    double squares = 0.0;
    for (int j = ref_norm_clip(c + m->s->first, m->lowest, m->highest); j <= to; j++) {
        double v = ref_lrn_plane(m, j)[i];
        squares += v * v;
    }
    return squares;
}

/* x, y: n x c x h x w, halo: n x (before + after) x h x w. */
void ref_lrn(float *y, const float *x, const float *halo, int n, const struct shape_norm *s) {
    size_t plane = (size_t)s->in.h * (size_t)s->in.w;
    for (int image = 0; image < n; image++) {
        struct lrn_image m = ref_lrn_image(x, halo, image, s);
        for (int c = 0; c < s->in.c; c++)
            for (size_t i = 0; i < plane; i++)
                *y++ = (float)ref_norm_divide(m.x[(size_t)c * plane + i], ref_lrn_squares(&m, c, i), s);
    }
}

/* The gradient by value x: gy / d^beta is that of its own output (0 where that is not made here), and `sum` runs over
 * the outputs whose windows it is in. */
static float ref_norm_gradient(double x, double own, double sum, const struct shape_norm *s) {
    return (float)(own - 2.0 * (double)s->alpha * (double)s->beta * x * sum);
}

/* What an output adds to that sum: gy * x / d^(beta + 1), with its own x and d = k + alpha * squares. */
static double ref_norm_share(double gy, double x, double squares, const struct shape_norm *s) {
    return ref_norm_divide(gy * x, squares, s) / ((double)s->k + (double)s->alpha * squares);
}

/* gx, x, gy: n x c x h x w, ghalo, halo: n x (before + after) x h x w. */
void ref_lrn_input_gradient(float *gx, float *ghalo, const float *x, const float *halo, const float *gy, int n,
                            const struct shape_norm *s) {
    size_t plane = (size_t)s->in.h * (size_t)s->in.w;
    for (int image = 0; image < n; image++) {
        struct lrn_image m = ref_lrn_image(x, halo, image, s);
        const float *g = gy + (size_t)image * shape_size(s->in);
        float *own = gx + (size_t)image * shape_size(s->in),
              *beside = ghalo ? ghalo + (size_t)image * (size_t)(s->before + s->after) * plane : NULL;
        for (int c = m.lowest; c <= m.highest; c++) {
            int inside = c >= 0 && c < s->in.c, from = c - s->last < 0 ? 0 : c - s->last;
            float *to = inside ? own + (size_t)c * plane : beside + ref_lrn_halo(c, s) * plane;
            for (size_t i = 0; i < plane; i++) {
                double sum = 0.0;
                for (int o = from; o <= c - s->first && o < s->in.c; o++)
                    sum += ref_norm_share(g[(size_t)o * plane + i], m.x[(size_t)o * plane + i],
                                          ref_lrn_squares(&m, o, i), s);
                double direct = inside ? ref_norm_divide(g[(size_t)c * plane + i], ref_lrn_squares(&m, c, i), s) : 0.0;
                to[i] = ref_norm_gradient(ref_lrn_plane(&m, c)[i], direct, sum, s);
            }
        }
    }
}

/* The sum of squares around place (row, column) of a map x, h x w: rows row + first .. row + last and the same columns,
 * clipped at its border. */
static double ref_rnorm_squares(const float *x, int row, int column, const struct shape_norm *s) {
    int h = s->in.h, w = s->in.w, bottom = ref_norm_clip(row + s->last, 0, h - 1),
        right = ref_norm_clip(column + s->last, 0, w - 1);
    double squares = 0.0;
    for (int r = ref_norm_clip(row + s->first, 0, h - 1); r <= bottom; r++) {
        for (int c = ref_norm_clip(column + s->first, 0, w - 1); c <= right; c++) {
            double v = x[(size_t)r * (size_t)w + (size_t)c];
            squares += v * v;
        }
    }
    return squares;
}

/* x, y: n x c x h x w. */
void ref_rnorm(float *y, const float *x, int n, const struct shape_norm *s) {
    size_t w = (size_t)s->in.w, plane = (size_t)s->in.h * w;
    for (int map = 0; map < n * s->in.c; map++, x += plane)
        for (int row = 0; row < s->in.h; row++)
            for (int column = 0; column < s->in.w; column++)
                *y++ = (float)ref_norm_divide(x[(size_t)row * w + (size_t)column], ref_rnorm_squares(x, row, column, s),
                                              s);
}

/* The gradient by value (row, column) of a map x. */
static float ref_rnorm_gradient(const float *x, const float *gy, int row, int column, const struct shape_norm *s) {
    int h = s->in.h, w = s->in.w, bottom = ref_norm_clip(row - s->first, 0, h - 1),
        right = ref_norm_clip(column - s->first, 0, w - 1);
    size_t own = (size_t)row * (size_t)w + (size_t)column;
    double sum = 0.0;
    for (int r = ref_norm_clip(row - s->last, 0, h - 1); r <= bottom; r++) {
        for (int c = ref_norm_clip(column - s->last, 0, w - 1); c <= right; c++) {
            size_t at = (size_t)r * (size_t)w + (size_t)c;
            sum += ref_norm_share(gy[at], x[at], ref_rnorm_squares(x, r, c, s), s);
        }
    }
    return ref_norm_gradient(x[own], ref_norm_divide(gy[own], ref_rnorm_squares(x, row, column, s), s), sum, s);
}

/* gx, x, gy: n x c x h x w. */
void ref_rnorm_input_gradient(float *gx, const float *x, const float *gy, int n, const struct shape_norm *s) {
    size_t plane = (size_t)s->in.h * (size_t)s->in.w;
    for (int map = 0; map < n * s->in.c; map++, x += plane, gy += plane)
        for (int row = 0; row < s->in.h; row++)
            for (int column = 0; column < s->in.w; column++) *gx++ = ref_rnorm_gradient(x, gy, row, column, s);
}
