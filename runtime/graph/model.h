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
/* The last convolution of a net that ends without a fully connected layer: one map a class. */
#define CONV_TO_CLASSES(layer, classes, gain_)                                                                         \
    {                                                                                                                  \
        .type = ALEXCL_CONV, .name = layer, .outputs = classes, .kernel = SQUARE(1), .stride = SQUARE(1), .groups = 1, \
        .gain = gain_                                                                                                  \
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
/* Caffe rounds the number of windows up, where it matters: the last one is clipped. */
#define MAXPOOL_CEIL(layer, k_, s)                                                                                     \
    { .type = ALEXCL_MAXPOOL, .name = layer, .kernel = SQUARE(k_), .stride = SQUARE(s), .ceil_mode = 1 }
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

/* Rows that name what they read; a concatenation names all of it. */
#define OF(...)                                                                                                        \
    .inputs = (const char *const[]) { __VA_ARGS__, NULL }
#define CONV_OF(layer, from, o, k_, s, p, g)                                                                           \
    {                                                                                                                  \
        .type = ALEXCL_CONV, .name = layer, OF(from), .outputs = o, .kernel = SQUARE(k_), .stride = SQUARE(s),         \
        .pad = {p, p, p, p}, .groups = g                                                                               \
    }
#define MAXPOOL_OF(layer, from, k_, s, p)                                                                              \
    { .type = ALEXCL_MAXPOOL, .name = layer, OF(from), .kernel = SQUARE(k_), .pad = {p, p, p, p}, .stride = SQUARE(s) }
#define CONCAT(layer, ...)                                                                                             \
    { .type = ALEXCL_CONCAT, .name = layer, OF(__VA_ARGS__) }

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
/* The mean of Caffe's imagenet_mean.binaryproto over its pixels, B G R (printed by its
 * examples/00-classification.ipynb); and the whole numbers that its later nets give as mean_value. */
#define CAFFE_MEAN PER_CHANNEL(104.0069879, 116.6687676, 122.6789143)
#define CAFFE_ROUND_MEAN PER_CHANNEL(104, 117, 123)
/* What torchvision's weights for ImageNet are given: its ImageClassification preset. */
#define TORCHVISION_PICTURES                                                                                           \
    .colour = ALEXCL_RGB, .resize = 256, .scale = 1.0 / 255, .mean = PER_CHANNEL(0.485, 0.456, 0.406),                 \
    .std = PER_CHANNEL(0.229, 0.224, 0.225)

/* The built-in models, in the order of `alexcl models`, each a table in some model_<family>.c; its golden vectors
 * (model_oracle_case), or NULL; whether `alexcl models` shows it with -v only. A new one is a line here, and its
 * table. */
#define MODEL_TABLES(ROW)                                                                                              \
    ROW(model_alexnet, "paper224p2", 0)                                                                                \
    ROW(model_alexnet_227, "paper227", 0)                                                                              \
    ROW(model_alexnet_2012, "orig224", 0)                                                                              \
    ROW(model_alexnet_caffe, "caffe227", 0)                                                                            \
    ROW(model_alexnet_keras, "article224", 0)                                                                          \
    ROW(model_alexnet_torchvision, "torchvision224", 0)                                                                \
    ROW(model_alexnet_owt, NULL, 0)                                                                                    \
    ROW(model_caffenet, NULL, 0)                                                                                       \
    ROW(model_zfnet, NULL, 0)                                                                                          \
    ROW(model_nin, NULL, 0)                                                                                            \
    ROW(model_vgg16, NULL, 0)                                                                                          \
    ROW(model_vgg19, NULL, 0)                                                                                          \
    ROW(model_vgg16_torchvision, NULL, 0)                                                                              \
    ROW(model_vgg19_torchvision, NULL, 0)                                                                              \
    ROW(model_googlenet, NULL, 0)                                                                                      \
    ROW(model_squeezenet, NULL, 0)                                                                                     \
    ROW(model_squeezenet1_1, NULL, 0)                                                                                  \
    ROW(model_alexnet_transfer, NULL, 0)                                                                               \
    ROW(model_alexnet_small, NULL, 0)                                                                                  \
    ROW(model_lenet5, "lenet5", 0)                                                                                     \
    ROW(model_lenet5_1998, "lenet5_1998", 0)                                                                           \
    ROW(model_tiny2t, "tiny2t", 0)                                                                                     \
    ROW(model_tiny_across, "tiny_across", 1)                                                                           \
    ROW(model_tiny_nolrn, "tiny_nolrn", 1)                                                                             \
    ROW(model_tiny_orig, "tiny_orig", 1)                                                                               \
    ROW(model_tinyinc, "tinyinc", 1)                                                                                   \
    ROW(model_tinyskip, "tinyskip", 1)

#define MODEL_DECLARE(table, oracle_case, hidden) extern const struct alexcl_model table;
MODEL_TABLES(MODEL_DECLARE)
#endif
