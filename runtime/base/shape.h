/* SPDX-License-Identifier: MIT */
/* Shapes that the reference, the kernels and the layers have in common, and how a layer is cut into halves. */
#ifndef ALEXCL_SHAPE_H
#define ALEXCL_SHAPE_H
#include "alexcl.h"

/* Values of one image. In 64 bits wherever it is counted, since descriptions are checked by it. */
static inline uint64_t shape_size(struct alexcl_shape s) { return (uint64_t)s.c * (uint64_t)s.h * (uint64_t)s.w; }
/* Floats that an image takes where `block` channels lie side by side: ceil(c / block) x h x w x block. The last block
 * is filled up with channels that have no meaning. */
static inline size_t shape_floats(struct alexcl_shape s, int block) {
    return (size_t)((s.c + block - 1) / block * block) * (size_t)s.h * (size_t)s.w;
}
/* Where value i of channel c lies among them; a map has hw values. */
static inline size_t shape_position(size_t c, size_t i, size_t hw, size_t block) {
    return (c / block * hw + i) * block + c % block;
}
/* Of an odd number of channels half 0 gets the larger part. */
static inline int shape_half_first(int channels, int half) { return half ? (channels + 1) / 2 : 0; }
static inline int shape_half_count(int channels, int half) { return half ? channels / 2 : (channels + 1) / 2; }

/* A window that moves over feature maps. Entries 0 are for rows, entries 1 for columns. */
struct shape_window {
    int kernel[2], stride[2];
    int dilation[2]; /* from one row or column of the window to its next; 1: neighbours */
    int pad[4];      /* top, left, bottom, right: window 0 begins at row -pad[0] and column -pad[1] */
};
/* How many rows (axis 0) or columns of a map a window spans. */
static inline int shape_window_extent(const struct shape_window *w, int axis) {
    return (w->kernel[axis] - 1) * w->dilation[axis] + 1;
}

/* A convolution as one half computes it. x: n x in.c x in.h x in.w, w: out.c x in.c/groups x kernel[0] x kernel[1].
 * Outside the map, zeros are read. */
struct shape_conv {
    struct alexcl_shape in, out; /* in: the channels that it is given, of both halves or of its own half */
    struct shape_window window;
    int groups;    /* the number of groups among the channels that it is given */
    int group_out; /* outputs of a group, which both halves may share */
    int before;    /* outputs of the first of these groups that the other half makes */
};
/* The group that output o of this half reads. */
static inline int shape_conv_group(const struct shape_conv *s, int o) { return (s->before + o) / s->group_out; }

struct shape_pool {
    /* A window is clipped to the map, on which it has at least one value. In ceil mode windows may also hang over the
     * padding at the bottom and the right. */
    struct alexcl_shape in, out;
    struct shape_window window;
    /* for an average: 1 divides by the number of the window's values that are on the map or in the padding */
    int count_include_pad;
};

struct shape_norm { /* lrn and rnorm: y = x / (k + alpha * sum x^2)^beta */
    struct alexcl_shape in;
    /* the first and the last value of a sum, relative to its own: channels or, of rnorm, rows and columns */
    int first, last;
    /* lrn over the whole layer: how many channels of the other half are read below and above these; 0 at the layer's
     * ends */
    int before, after;
    float k, alpha, beta;
};
#endif
