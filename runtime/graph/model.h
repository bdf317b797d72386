/* SPDX-License-Identifier: MIT */
/* Rows that the model tables are written with, and the tables themselves. A row names everything in which the nets of
 * this family differ; nothing is filled in elsewhere. */
#ifndef ALEXCL_MODEL_H
#define ALEXCL_MODEL_H
#include "alexcl.h"

/* As high as wide; and the window of an odd `n` with its own place in the middle. */
#define SQUARE(side)                                                                                                   \
    { side, side }
#define AROUND(n)                                                                                                      \
    { -(n) / 2, (n) / 2 }

/* Output channels, window, stride, zeros on all sides, groups. */
#define CONV(layer, o, k_, s, p, g)                                                                                    \
    {                                                                                                                  \
        .type = ALEXCL_CONV, .name = layer, .outputs = o, .kernel = SQUARE(k_), .stride = SQUARE(s),                   \
        .pad = {p, p, p, p}, .groups = g                                                                               \
    }
/* The same with `end` further zeros at the right and the bottom only. */
#define CONV_END(layer, o, k_, s, p, end, g)                                                                           \
    {                                                                                                                  \
        .type = ALEXCL_CONV, .name = layer, .outputs = o, .kernel = SQUARE(k_), .stride = SQUARE(s),                   \
        .pad = {p, p, p + end, p + end}, .groups = g                                                                   \
    }
#define FC(layer, o, gain_)                                                                                            \
    { .type = ALEXCL_FC, .name = layer, .outputs = o, .gain = gain_ }
#define RELU(layer)                                                                                                    \
    { .type = ALEXCL_RELU, .name = layer }
/* Window, k, alpha on the plain sum (Caffe, PyTorch and ONNX write n times this), beta, span. */
#define LRN(layer, n, k_, a, b, span_)                                                                                 \
    { .type = ALEXCL_LRN, .name = layer, .window = AROUND(n), .k = k_, .alpha = a, .beta = b, .lrn_scope = span_ }
#define MAXPOOL(layer, k_, s)                                                                                          \
    { .type = ALEXCL_MAXPOOL, .name = layer, .kernel = SQUARE(k_), .stride = SQUARE(s) }
#define AVGPOOL(layer, k_, s)                                                                                          \
    { .type = ALEXCL_AVGPOOL, .name = layer, .kernel = SQUARE(k_), .stride = SQUARE(s) }
#define SUBSAMPLE(layer, k_, s)                                                                                        \
    { .type = ALEXCL_SUBSAMPLE, .name = layer, .kernel = SQUARE(k_), .stride = SQUARE(s) }
/* As LRN's, within a map. */
#define RNORM(layer, n, k_, a, b)                                                                                      \
    { .type = ALEXCL_RNORM, .name = layer, .window = AROUND(n), .k = k_, .alpha = a, .beta = b }
#define DROPOUT(layer, style)                                                                                          \
    { .type = ALEXCL_DROPOUT, .name = layer, .rate = 0.5, .dropout = style }
#define PLAIN(layer, type_)                                                                                            \
    { .type = type_, .name = layer }

/* Stretches that several nets share. */
#define CONV3_TO_POOL5(c3, c4, c5, groups)                                                                             \
    CONV("conv3", c3, 3, 1, 1, 1), RELU("relu3"), CONV("conv4", c4, 3, 1, 1, groups), RELU("relu4"),                   \
        CONV("conv5", c5, 3, 1, 1, groups), RELU("relu5"), MAXPOOL("pool5", 3, 2)
#define FLAT_TO_PROB(f6, f7, classes, style, fc8_gain)                                                                 \
    PLAIN("flat", ALEXCL_FLATTEN), FC("fc6", f6, 1), RELU("relu6"), DROPOUT("drop6", style), FC("fc7", f7, 1),         \
        RELU("relu7"), DROPOUT("drop7", style), FC("fc8", classes, fc8_gain), PLAIN("prob", ALEXCL_SOFTMAX)

#define LAYERS(table)                                                                                                  \
    .size = sizeof(struct alexcl_model), .layers = table, .layer_count = sizeof table / sizeof *table,                 \
    .layer_size = sizeof *table

#define PER_CHANNEL(...) ((const double[]){__VA_ARGS__})

/* The mean colour of ImageNet's training pictures, R G B, 0..255, as published with VGG (Simonyan and Zisserman 2014).
 * The paper subtracts a 256 x 256 mean image; that image is nowhere to be had, so its average stands for every pixel of
 * it. */
#define IMAGENET_MEAN PER_CHANNEL(123.68, 116.779, 103.939)

extern const struct alexcl_model model_alexnet, model_alexnet_227, model_alexnet_2012, model_alexnet_caffe,
    model_alexnet_keras,
    /* model_alexnet.c */
    model_alexnet_torchvision;
extern const struct alexcl_model model_lenet5, model_lenet5_1998; /* model_lenet.c */
extern const struct alexcl_model model_tiny2t, model_tiny_across, model_tiny_nolrn, model_tiny_orig, model_tinyinc,
    model_tinyskip; /* model_tiny.c */
#endif
