/* SPDX-License-Identifier: MIT */
/* Own code, since the libraries at hand continue the edge outside the picture, which differs from Pillow by tens of
 * levels there: Pillow takes the part of the window that lies inside, and divides by its weight. Horizontal, then
 * vertical; weights are fixed point of 22 bits, and the values between the passes are 8 bits (Pillow,
 * src/libImaging/Resample.c, described in its documentation). */
#include "resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

enum { BITS = 22 };

struct window {
    int first, count;
}; /* input pixels of an output pixel */
struct filter {
    struct window *windows;
    int *weights;
    int max_taps;
}; /* weights: outputs x most */

static void resize_filter_free(struct filter *f) {
    free(f->windows);
    free(f->weights);
}

static int resize_make_filter(int in, int out, struct filter *f, struct alexcl_error *err) {
    double scale = (double)in / out, stretch = scale < 1 ? 1 : scale, support = stretch;
    f->max_taps = (int)ceil(support) * 2 + 1;
    f->windows = calloc((size_t)out, sizeof *f->windows);
    f->weights = calloc((size_t)out * (size_t)f->max_taps, sizeof *f->weights);
    double *real = calloc((size_t)f->max_taps, sizeof *real);
    if (!f->windows || !f->weights || !real) {
        free(real);
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: resizing a picture");
    }
    for (int o = 0; o < out; o++) {
        double centre = (o + 0.5) * scale, sum = 0;
        int first = (int)(centre - support + 0.5), end = (int)(centre + support + 0.5);
        if (first < 0) first = 0;
        if (end > in) end = in;
        int count = end - first;
        for (int i = 0; i < count; i++) {
            double x = fabs((i + first - centre + 0.5) * (1 / stretch)); /* rounded as Pillow does */
            real[i] = x < 1 ? 1 - x : 0;
            sum += real[i];
        }
        f->windows[o] = (struct window){first, count};
        for (int i = 0; i < count; i++) {
            double w = sum != 0 ? real[i] / sum : real[i];
            f->weights[(size_t)o * (size_t)f->max_taps + (size_t)i] = (int)(w * (1 << BITS) + 0.5);
        }
    }
    free(real);
    return ALEXCL_OK;
}

static unsigned char resize_round(int sum) {
    int v = sum >> BITS;
    return (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Along one axis. `lines` lines of `out` values; values of a line are `step` bytes apart, lines `in_line` and
 * `out_line`. */
static void resize_axis(unsigned char *to, const unsigned char *from, const struct filter *f, int out, size_t lines,
                        size_t in_line, size_t out_line, size_t step, int channels) {
    for (size_t line = 0; line < lines; line++)
        for (int o = 0; o < out; o++) {
            const int *w = f->weights + (size_t)o * (size_t)f->max_taps;
            const unsigned char *x = from + line * in_line + (size_t)f->windows[o].first * step;
            for (int c = 0; c < channels; c++) {
                int sum = 1 << (BITS - 1);
                for (int i = 0; i < f->windows[o].count; i++) sum += x[(size_t)i * step + (size_t)c] * w[i];
                to[line * out_line + (size_t)o * step + (size_t)c] = resize_round(sum);
            }
        }
}

int resize_picture(const struct picture *from, int width, int height, struct picture *out, struct alexcl_error *err) {
    struct filter across = {0}, down = {0};
    size_t c = (size_t)from->channels;
    unsigned char *middle = malloc((size_t)width * (size_t)from->height * c),
                  *end = malloc((size_t)width * (size_t)height * c);
    int status = middle && end ? ALEXCL_OK
                               : error_set(err, ALEXCL_E_MEMORY, "out of host memory: resizing a picture to %d x %d",
                                           width, height);
    if (status == ALEXCL_OK) status = resize_make_filter(from->width, width, &across, err);
    if (status == ALEXCL_OK) status = resize_make_filter(from->height, height, &down, err);
    if (status == ALEXCL_OK) {
        resize_axis(middle, from->pixels, &across, width, (size_t)from->height, (size_t)from->width * c,
                    (size_t)width * c, c, (int)c);
        /* Down: a line is a column; its values are a row apart. The channels of a row lie together, so a column is one
         * byte wide. */
        size_t row = (size_t)width * c;
        resize_axis(end, middle, &down, height, row, 1, 1, row, 1);
        *out = (struct picture){width, height, from->channels, end};
        end = NULL;
    }
    resize_filter_free(&across);
    resize_filter_free(&down);
    free(middle);
    free(end);
    return status;
}
