/* SPDX-License-Identifier: MIT */
/* Direct convolution, up to 64 neighbouring values of a row at a time. For each weight it is computed beforehand which
 * outputs of a row read a column inside the map; the innermost loop then has no condition, and compilers make vectors
 * of it. Every value still adds its products in one order, in double: an output by (channel, ky, kx), an input's
 * gradient by (output, ky, kx), a weight's by (image, row, column). */
#include "ref.h"

enum { COLUMNS = 64 }; /* outputs of one row that are summed together */

static int min_int(int a, int b) { return a < b ? a : b; }
static int max_int(int a, int b) { return a > b ? a : b; }

/* The windows along an axis whose tap k reads a place from..to-1 of the map: *first .. *end-1 of `outputs` windows. */
static void ref_conv_windows(const struct shape_window *v, int axis, int k, int from, int to, int outputs, int *first,
                             int *end) {
    int start = k * v->dilation[axis] - v->pad[axis], stride = v->stride[axis]; /* window r reads start + r * stride */
    *first = from > start ? (from - start + stride - 1) / stride : 0;
    *end = to > start ? min_int(outputs, (to - 1 - start) / stride + 1) : 0;
}

/* sums[j] = bias + sum over (channel, ky, kx) for the outputs (row, first + j), j < count. x: channels x in.h x in.w,
 * the channels that this output reads; w: channels x kernel. Every output adds up its products in the same order:
 * channel, ky, kx. */
static void ref_conv_row(double *sums, int row, int first, int count, const float *x, const float *w, double bias,
                         const struct shape_conv *s) {
    const struct shape_window *v = &s->window;
    int channels = s->in.c / s->groups, stride = v->stride[1];
    for (int j = 0; j < count; j++) sums[j] = bias;
    for (int channel = 0; channel < channels; channel++) {
        for (int ky = 0; ky < v->kernel[0]; ky++) {
            int y = row * v->stride[0] + ky * v->dilation[0] - v->pad[0];
            if (y < 0 || y >= s->in.h) continue;
            const float *line = x + ((size_t)channel * (size_t)s->in.h + (size_t)y) * (size_t)s->in.w;
            const float *weights = w + ((size_t)channel * (size_t)v->kernel[0] + (size_t)ky) * (size_t)v->kernel[1];
            for (int kx = 0; kx < v->kernel[1]; kx++) {
                int start = kx * v->dilation[1] - v->pad[1], left, right;
                double weight = weights[kx];
                ref_conv_windows(v, 1, kx, 0, s->in.w, s->out.w, &left, &right);
                right = min_int(right, first + count);
                for (int q = max_int(left, first); q < right; q++)
                    sums[q - first] += weight * (double)line[start + q * stride];
            }
        }
    }
}

/* y: n x out.c x out.h x out.w, x: n x in.c x in.h x in.w, w: out.c x in.c/groups x kernel, b: out.c. An output reads
 * the inputs of its group only. */
void ref_conv(float *y, const float *x, const float *w, const float *b, int n, const struct shape_conv *s) {
    double sums[COLUMNS];
    int group_in = s->in.c / s->groups;
    size_t filter = (size_t)group_in * (size_t)s->window.kernel[0] * (size_t)s->window.kernel[1];
    for (int image = 0; image < n; image++) {
        for (int o = 0; o < s->out.c; o++) {
            size_t channel = (size_t)image * (size_t)s->in.c + (size_t)(shape_conv_group(s, o) * group_in);
            const float *read = x + channel * (size_t)s->in.h * (size_t)s->in.w;
            for (int row = 0; row < s->out.h; row++) {
                for (int first = 0; first < s->out.w; first += COLUMNS) {
                    int count = min_int(COLUMNS, s->out.w - first);
                    ref_conv_row(sums, row, first, count, read, w + (size_t)o * filter, b ? (double)b[o] : 0.0, s);
                    for (int j = 0; j < count; j++) *y++ = (float)sums[j];
                }
            }
        }
    }
}

/* sums[j] = the gradients of the inputs (row, from + j), j < count, of one channel. gy: the outputs that read it,
 * `outputs` x out.h x out.w; w: their windows on it, each `filter` values behind the one before. */
static void ref_conv_gradient_row(double *sums, int row, int from, int count, const float *gy, const float *w,
                                  int outputs, size_t filter, const struct shape_conv *s) {
    const struct shape_window *v = &s->window;
    for (int j = 0; j < count; j++) sums[j] = 0.0;
    for (int o = 0; o < outputs; o++) {
        for (int ky = 0; ky < v->kernel[0]; ky++) {
            int first, end, left, right;
            ref_conv_windows(v, 0, ky, row, row + 1, s->out.h, &first, &end);
            if (first >= end) continue; /* at most one window has its row ky there */
            const float *line = gy + ((size_t)o * (size_t)s->out.h + (size_t)first) * (size_t)s->out.w;
            for (int kx = 0; kx < v->kernel[1]; kx++) {
                double weight = (double)w[(size_t)o * filter + (size_t)(ky * v->kernel[1] + kx)];
                int start = kx * v->dilation[1] - v->pad[1] - from;
                ref_conv_windows(v, 1, kx, from, from + count, s->out.w, &left, &right);
                for (int q = left; q < right; q++) sums[start + q * v->stride[1]] += weight * (double)line[q];
            }
        }
    }
}

void ref_conv_input_gradient(float *gx, const float *gy, const float *w, int n, const struct shape_conv *s) {
    double sums[COLUMNS];
    int group_in = s->in.c / s->groups;
    size_t taps = (size_t)s->window.kernel[0] * (size_t)s->window.kernel[1], filter = (size_t)group_in * taps,
           hw = (size_t)s->out.h * (size_t)s->out.w;
    for (int image = 0; image < n; image++) {
        for (int c = 0; c < s->in.c; c++) {
            int group = c / group_in, first = max_int(0, group * s->group_out - s->before),
                outputs = min_int(s->out.c, (group + 1) * s->group_out - s->before) - first;
            const float *read = gy + ((size_t)image * (size_t)s->out.c + (size_t)first) * hw,
                        *weights = w + (size_t)first * filter + (size_t)(c % group_in) * taps;
            for (int row = 0; row < s->in.h; row++) {
                for (int from = 0; from < s->in.w; from += COLUMNS) {
                    int count = min_int(COLUMNS, s->in.w - from);
                    ref_conv_gradient_row(sums, row, from, count, read, weights, outputs, filter, s);
                    for (int j = 0; j < count; j++) *gx++ = (float)sums[j];
                }
            }
        }
    }
}

/* The gradient of the weight of tap (ky, kx) between two maps, x: in.h x in.w and gy: out.h x out.w. */
static double ref_conv_tap_gradient(const float *x, const float *gy, int ky, int kx, const struct shape_conv *s) {
    const struct shape_window *v = &s->window;
    int first, end, left, right, start = kx * v->dilation[1] - v->pad[1];
    double sum = 0.0;
    ref_conv_windows(v, 0, ky, 0, s->in.h, s->out.h, &first, &end);
    ref_conv_windows(v, 1, kx, 0, s->in.w, s->out.w, &left, &right);
    for (int row = first; row < end; row++) {
        const float *line = x + (size_t)(row * v->stride[0] + ky * v->dilation[0] - v->pad[0]) * (size_t)s->in.w,
                    *g = gy + (size_t)row * (size_t)s->out.w;
        for (int q = left; q < right; q++) sum += (double)line[start + q * v->stride[1]] * (double)g[q];
    }
    return sum;
}

void ref_conv_weight_gradient(float *gw, float *gb, const float *x, const float *gy, int n, int add,
                              const struct shape_conv *s) {
    int group_in = s->in.c / s->groups, width = s->window.kernel[1], taps = s->window.kernel[0] * width;
    size_t in_hw = (size_t)s->in.h * (size_t)s->in.w, out_hw = (size_t)s->out.h * (size_t)s->out.w;
    for (int o = 0; o < s->out.c; o++) {
        int first = shape_conv_group(s, o) * group_in;
        double sum = add ? (double)gb[o] : 0.0;
        for (int image = 0; image < n; image++)
            for (size_t i = 0; i < out_hw; i++)
                sum += (double)gy[((size_t)image * (size_t)s->out.c + (size_t)o) * out_hw + i];
        gb[o] = (float)sum;
        for (int i = 0; i < group_in * taps; i++, gw++) {
            sum = add ? (double)*gw : 0.0;
            for (int image = 0; image < n; image++)
                sum += ref_conv_tap_gradient(x + ((size_t)image * (size_t)s->in.c + (size_t)(first + i / taps)) * in_hw,
                                             gy + ((size_t)image * (size_t)s->out.c + (size_t)o) * out_hw,
                                             i % taps / width, i % width, s);
            *gw = (float)sum;
        }
    }
}
