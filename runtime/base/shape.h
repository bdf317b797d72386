/* SPDX-License-Identifier: MIT */
/* Shapes that the reference, the kernels and the layers share; and how a layer is cut in halves. */
#ifndef ALEXCL_SHAPE_H
#define ALEXCL_SHAPE_H
#include "alexcl.h"

/* Values of one image. */
static inline size_t shape_size(struct alexcl_shape s) { return (size_t)s.c * (size_t)s.h * (size_t)s.w; }
/* Floats in memory where `block` channels lie side by side: n x ceil(c / block) x h x w x block, filled up with
 * channels that mean nothing. */
static inline size_t shape_floats(struct alexcl_shape s, int block) {
    return (size_t)((s.c + block - 1) / block * block) * (size_t)s.h * (size_t)s.w;
}
/* Where value i of a map of `hw`, of channel c, lies among them. */
static inline size_t shape_position(size_t c, size_t i, size_t hw, size_t block) {
    return (c / block * hw + i) * block + c % block;
}
/* Half 0 gets the larger part of an odd number of channels. */
static inline int shape_half_first(int channels, int half) { return half ? (channels + 1) / 2 : 0; }
static inline int shape_half_count(int channels, int half) { return half ? channels / 2 : (channels + 1) / 2; }

/* A window that moves over feature maps; entries 0 and 1 are for rows and columns. */
struct shape_window {
    int kernel[2], stride[2];
    int dilation[2]; /* 1: neighbouring rows and columns */
    int pad[4];      /* top, left, bottom, right: window 0 begins at row -pad[0] and column -pad[1] */
};
/* From the window's first row (axis 0) or column to behind its last. */
static inline int shape_window_extent(const struct shape_window *w, int axis) {
    return (w->kernel[axis] - 1) * w->dilation[axis] + 1;
}

/* A convolution as one half computes it. x: n x in.c x in.h x in.w, w: out.c x in.c/groups x kernel[0] x kernel[1];
 * zeros are read outside the map. */
struct shape_conv {
    struct alexcl_shape in, out; /* in: the channels it is given (all of them, or its own half's) */
    struct shape_window window;
    int groups;    /* among the channels it is given */
    int group_out; /* outputs of one, of which both halves may have some */
    int before;    /* outputs of the first groups that the other half makes */
};
/* The group that output o reads. */
static inline int shape_conv_group(const struct shape_conv *s, int o) { return (s->before + o) / s->group_out; }

struct shape_pool {
    /* Windows are clipped to the map, where each has one value at least; in ceil mode they may hang over the padding at
     * the bottom and the right as well. */
    struct alexcl_shape in, out;
    struct shape_window window;
    int count_include_pad; /* of an average: it is divided by all values of the window that are on the map or padding */
};

struct shape_norm { /* lrn and rnorm: y = x / (k + alpha * sum x^2)^beta */
    struct alexcl_shape in;
    /* first and last value of a sum, relative to its own: channels; rnorm: rows, and columns */
    int first, last;
    /* lrn over the layer: halo channels of the other half below and above these (0 at the layer's ends) */
    int before, after;
    float k, alpha, beta;
};
#endif
