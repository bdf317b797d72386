/* SPDX-License-Identifier: MIT */
/* A kernel multiplies one value of the input by the weights of many outputs. So the weights of a block of outputs lie
 * side by side, and follow each other in the order in which the inputs are multiplied. Packings differ in the width of
 * a block, in where a channel of the input lies, and in whether the weights are a window's taps or the points of
 * Winograd's transform. */
#include "conv_pack.h"

#include <assert.h>
#include <stddef.h>
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
/* The input that lies at a place of memory; -1: none. The other half's begin with a block of their own. */
static int conv_pack_channel(const struct layer *l, int place) {
    int first = layer_first_channels(l), gap = layer_gap(l), c = place < first ? place : place - gap;
    return (place >= first && place < first + gap) || c >= l->shape.in.c ? -1 : c;
}
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

/* The weights of one output for one input channel, the taps of a window: w[0], w[step], w[2 * step] ... */
struct conv_window {
    const float *w;
    ptrdiff_t step;
};

/* Those of input c of output o's group. Of a turned convolution they are the last to the first of the layer's window
 * from its input o, a place in memory, to its output c; `w` NULL: there is none. */
static struct conv_window conv_pack_find(const struct layer *l, int o, int c, const float *master) {
    const struct layer *of = l->turned;
    int inputs = conv_pack_inputs(l), taps = conv_pack_taps(l);
    if (!of) return (struct conv_window){master + ((size_t)o * (size_t)inputs + (size_t)c) * (size_t)taps, 1};
    int input = conv_pack_channel(of, o), group_in = conv_pack_inputs(of),
        output = o / conv_pack_outputs(l) * inputs + c,
        first = of->shape.reads.all ? conv_pack_first(of, output) : output / inputs * group_in;
    if (input < first || input >= first + group_in) return (struct conv_window){NULL, 0};
    size_t window = (size_t)output * (size_t)group_in + (size_t)(input - first);
    return (struct conv_window){master + (window + 1) * (size_t)taps - 1, -1};
}

/* Writes a window's taps for one input channel. Where channels lie in blocks, the taps of a block's channels lie side
 * by side. */
static void conv_pack_window(const struct layer *l, const struct conv_packing *p, int c, struct conv_window from,
                             float *to) {
    size_t taps = (size_t)conv_pack_taps(l), block = (size_t)l->choice.in_block, channel = layer_in_channel(l, c),
           width = (size_t)p->width;
    for (size_t tap = 0; tap < taps; tap++)
        to[((channel / block * taps + tap) * block + channel % block) * width] = from.w[(ptrdiff_t)tap * from.step];
}

/* Writes the transformed windows of `count` outputs, from `first` on, for input c of their group. A window with a
 * stride is split into stride x stride windows without one: each has every stride-th row and column of the taps, and
 * counts as a channel of its own. */
static void conv_pack_transformed(const struct layer *l, const struct conv_packing *p,
                                  const double g[WINOGRAD_SIDE][WINOGRAD_WINDOW], int first, int count, int c,
                                  const float *master, float *to) {
    int window = p->form.window, stride = p->form.stride, phases = stride * stride, h = l->shape.tensors[0].shape[2],
        w = l->shape.tensors[0].shape[3];
    size_t channel = layer_in_channel(l, conv_pack_first(l, first) + c) * (size_t)phases;
    struct conv_window from[WINOGRAD_LANES];
    for (int o = 0; o < count; o++) from[o] = conv_pack_find(l, first + o, c, master);
    for (int phase = 0; phase < phases; phase++) {
        float thin[WINOGRAD_WINDOW * WINOGRAD_WINDOW][WINOGRAD_LANES] = {{0}};
        for (int i = 0; i < window * window; i++) {
            int y = i / window * stride + phase / stride, x = i % window * stride + phase % stride;
            for (int o = 0; o < count && y < h && x < w; o++)
                thin[i][o] = from[o].w ? from[o].w[from[o].step * (y * w + x)] : 0.0f;
        }
        winograd_transform(g, thin, window, winograd_side(p->form), count,
                           to + (channel + (size_t)phase) * (size_t)p->width, conv_pack_point(p));
    }
}

/* The output behind the last one that lies beside output o and reads the same channels. */
static int conv_pack_end(const struct layer *l, const struct conv_packing *p, int o) {
    int outputs = conv_pack_outputs(l), end = o + 1;
    while (end % outputs && end % outputs % p->width && conv_pack_first(l, end) == conv_pack_first(l, o)) end++;
    return end;
}

/* Writes outputs first .. end-1, which are side by side: input by input, so that a line of the cache is written at
 * once. */
static void conv_pack_side_by_side(const struct layer *l, const struct conv_packing *p,
                                   const double g[WINOGRAD_SIDE][WINOGRAD_WINDOW], int first, int end,
                                   const float *master, float *to) {
    for (int c = 0; c < conv_pack_inputs(l); c++) {
        for (int o = first, count; o < end; o += count) {
            count = p->form.out ? layer_min(end - o, WINOGRAD_LANES) : 1;
            if (p->form.out) {
                conv_pack_transformed(l, p, g, o, count, c, master, to + o - first);
                continue;
            }
            struct conv_window from = conv_pack_find(l, o, c, master);
            if (from.w) conv_pack_window(l, p, conv_pack_first(l, o) + c, from, to + o - first);
        }
    }
}

void conv_pack(const struct layer *l, const struct conv_packing *p, int t, const float *master, float *packed) {
    double g[WINOGRAD_SIDE][WINOGRAD_WINDOW] = {{0}};
    memset(packed, 0, conv_pack_floats(p, t) * sizeof *packed);
    assert(p->form.out == 0 || (p->form.window <= WINOGRAD_WINDOW && winograd_side(p->form) <= WINOGRAD_SIDE));
    if (p->form.out) winograd_matrix(p->form.window, p->form.out, g);
    for (int o = 0, end; o < l->shape.out.c; o = end) {
        end = conv_pack_end(l, p, o);
        float *to = packed + conv_pack_output(l, p, o, t ? (size_t)p->width : conv_pack_block(p));
        assert((size_t)(to - packed) + (size_t)(end - o) <= conv_pack_floats(p, t));
        assert(conv_pack_first(l, o) + conv_pack_inputs(l) <= l->shape.in.c);
        if (t)
            memcpy(to, master + o, (size_t)(end - o) * sizeof *to);
        else
            conv_pack_side_by_side(l, p, (const double(*)[WINOGRAD_WINDOW])g, o, end, master, to);
    }
}
