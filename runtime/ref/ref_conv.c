/* SPDX-License-Identifier: MIT */
/* Direct convolution, up to 64 neighbouring outputs of a row at a time. For each weight it is computed beforehand which
 * of those outputs read a column inside the map; the innermost loop then has no condition, and compilers make vectors
 * of it. Every output still adds its products in one order (channel, ky, kx), in double. */
#include "ref.h"

enum { COLUMNS = 64 }; /* outputs of one row that are summed together */

static int min_int(int a, int b) { return a < b ? a : b; }

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
                /* Output j reads column start + j * stride; j runs over those whose column is inside the map. */
                int start = first * stride + kx * v->dilation[1] - v->pad[1];
                int from = start < 0 ? (-start + stride - 1) / stride : 0;
                int to = start < s->in.w ? min_int(count, (s->in.w - 1 - start) / stride + 1) : 0;
                double weight = weights[kx];
                for (int j = from; j < to; j++) sums[j] += weight * (double)line[start + j * stride];
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
