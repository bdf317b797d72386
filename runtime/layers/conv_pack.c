/* SPDX-License-Identifier: MIT */
/* A kernel multiplies one value of the input by the weights of many outputs. So the weights of a block of outputs lie
 * side by side, and follow each other in the order in which the inputs are multiplied. Packings differ in the width of
 * a block, in where a channel of the input lies, and in whether the weights are a window's taps or the points of
 * Winograd's transform. Each weight is read once, in the file's order, and written to its place. */
#include "conv_pack.h"

#include <assert.h>
#include <string.h>

/* The inputs of a group, as the file has them. */
static int conv_pack_inputs(const struct layer *l) { return l->shape.tensors[0].shape[1]; }
/* A half that reads all channels is packed as one group. Where it has some outputs of a group only, the weights for
 * inputs of other groups are zeros. */
int conv_pack_groups(const struct layer *l) { return l->shape.reads.all ? 1 : l->shape.in.c / conv_pack_inputs(l); }
/* The first input that output o reads, among the channels of the group that it is packed in. */
static int conv_pack_first(const struct layer *l, int o) {
    const struct layer_tensor *weight = &l->shape.tensors[0];
    if (!l->shape.reads.all) return 0;
    return (weight->first + o) / (weight->shape[0] / l->shape.desc->groups) * weight->shape[1];
}
static int conv_pack_outputs(const struct layer *l) { return l->shape.out.c / conv_pack_groups(l); }
static int conv_pack_taps(const struct layer *l) { return l->shape.tensors[0].shape[2] * l->shape.tensors[0].shape[3]; }
/* The inputs of a group as they lie in memory. Where there are several groups, values are not in blocks. */
static int conv_pack_channels(const struct layer *l) { return layer_in_channels(l) / conv_pack_groups(l); }
static int conv_pack_filled(int depth, int step) { return (depth + step - 1) / step * step; }

int conv_pack_blocks(const struct layer *l, int width) {
    return conv_pack_groups(l) * ((conv_pack_outputs(l) + width - 1) / width);
}

struct conv_packing conv_pack_plain(const struct layer *l, int width, int step) {
    return (struct conv_packing){.width = width,
                                 .blocks = conv_pack_blocks(l, width),
                                 .points = 1,
                                 .depth = conv_pack_filled(conv_pack_channels(l) * conv_pack_taps(l), step)};
}

struct conv_packing conv_pack_winograd(const struct layer *l, struct winograd_form form, int width, int step) {
    int phases = form.stride * form.stride;
    return (struct conv_packing){.width = width,
                                 .blocks = conv_pack_blocks(l, width),
                                 .form = form,
                                 .points = winograd_side(form) * winograd_side(form),
                                 .depth = conv_pack_filled(conv_pack_channels(l) * phases, step)};
}

/* Floats from one block to the next, and from one point to the next. */
static size_t conv_pack_block(const struct conv_packing *p) {
    return (size_t)(p->points_first ? 1 : p->points) * (size_t)p->depth * (size_t)p->width;
}
static size_t conv_pack_point(const struct conv_packing *p) {
    return (size_t)(p->points_first ? p->blocks : 1) * (size_t)p->depth * (size_t)p->width;
}

size_t conv_pack_floats(const struct conv_packing *p, int t) {
    size_t outputs = (size_t)p->blocks * (size_t)p->width;
    return t ? outputs : outputs * (size_t)p->points * (size_t)p->depth;
}

/* Where the weights of output o begin; a block of outputs takes `block` floats. */
static size_t conv_pack_output(const struct layer *l, const struct conv_packing *p, int o, size_t block) {
    int outputs = conv_pack_outputs(l), group = o / outputs, within = o % outputs;
    return (size_t)(group * (p->blocks / conv_pack_groups(l)) + within / p->width) * block +
           (size_t)(within % p->width);
}

/* Writes a window's taps for one input channel. Where channels lie in blocks, the taps of a block's channels lie side
 * by side. */
static void conv_pack_window(const struct layer *l, const struct conv_packing *p, int c, const float *w, float *to) {
    size_t taps = (size_t)conv_pack_taps(l), block = (size_t)l->choice.in_block, channel = layer_in_channel(l, c),
           width = (size_t)p->width;
    for (size_t tap = 0; tap < taps; tap++)
        to[((channel / block * taps + tap) * block + channel % block) * width] = w[tap];
}

/* Writes the transformed window. A window with a stride is split into stride x stride windows without one: each has
 * every stride-th row and column of the taps, and counts as a channel of its own. */
static void conv_pack_transformed(const struct layer *l, const struct conv_packing *p,
                                  const double g[WINOGRAD_SIDE][WINOGRAD_WINDOW], int c, const float *w, float *to) {
    int window = p->form.window, stride = p->form.stride, phases = stride * stride, h = l->shape.tensors[0].shape[2],
        width = l->shape.tensors[0].shape[3];
    size_t first = layer_in_channel(l, c) * (size_t)phases;
    for (int phase = 0; phase < phases; phase++) {
        float thin[WINOGRAD_WINDOW * WINOGRAD_WINDOW] = {0};
        for (int i = 0; i < window * window; i++) {
            int y = i / window * stride + phase / stride, x = i % window * stride + phase % stride;
            thin[i] = y < h && x < width ? w[y * width + x] : 0.0f;
        }
        winograd_transform(g, thin, window, winograd_side(p->form), to + (first + (size_t)phase) * (size_t)p->width,
                           conv_pack_point(p));
    }
}

void conv_pack(const struct layer *l, const struct conv_packing *p, int t, const float *master, float *packed) {
    size_t inputs = (size_t)conv_pack_inputs(l), taps = (size_t)conv_pack_taps(l);
    double g[WINOGRAD_SIDE][WINOGRAD_WINDOW] = {{0}};
    memset(packed, 0, conv_pack_floats(p, t) * sizeof *packed);
    assert(p->form.out == 0 || (p->form.window <= WINOGRAD_WINDOW && winograd_side(p->form) <= WINOGRAD_SIDE));
    if (p->form.out) winograd_matrix(p->form.window, p->form.out, g);
    for (int o = 0; o < l->shape.out.c; o++) {
        float *to = packed + conv_pack_output(l, p, o, t ? (size_t)p->width : conv_pack_block(p));
        int first = conv_pack_first(l, o);
        assert((size_t)(to - packed) < conv_pack_floats(p, t) && first + (int)inputs <= l->shape.in.c);
        if (t) *to = master[o];
        for (size_t c = 0; t == 0 && c < inputs; c++) {
            const float *w = master + ((size_t)o * inputs + c) * taps;
            if (p->form.out)
                conv_pack_transformed(l, p, (const double(*)[WINOGRAD_WINDOW])g, first + (int)c, w, to);
            else
                conv_pack_window(l, p, first + (int)c, w, to);
        }
    }
}
