/* SPDX-License-Identifier: MIT */
/* AlexNets of some thousand parameters: every kind of layer of the big ones, in a moment. One for each golden vector
 * net_tiny*. */
#include "model.h"

/* clang-format off */

#define TINY(span) \
    CONV("conv1", 8, 11, 4, 0, 1), RELU("relu1"), LRN("norm1", 5, 2, 1e-4, 0.75, span), MAXPOOL("pool1", 3, 2), \
    CONV("conv2", 16, 5, 1, 2, 2), RELU("relu2"), LRN("norm2", 5, 2, 1e-4, 0.75, span), MAXPOOL("pool2", 3, 2), \
    CONV3_TO_POOL5(12, 12, 8, 2), \
    FLAT_TO_PROB(16, 12, 10, ALEXCL_DROPOUT_PAPER, 0.1)

static const struct alexcl_layer two_tower_layers[] = {TINY(ALEXCL_LRN_SCOPE_HALF)};
static const struct alexcl_layer across_layers[] = {TINY(ALEXCL_LRN_SCOPE_LAYER)};

static const struct alexcl_layer nolrn_layers[] = {
    CONV("conv1", 6, 11, 4, 0, 1),
    RELU("relu1"),
    MAXPOOL("pool1", 3, 2),
    CONV("conv2", 10, 5, 1, 2, 1),
    RELU("relu2"),
    MAXPOOL("pool2", 3, 2),
    CONV3_TO_POOL5(8, 8, 6, 1),
    FLAT_TO_PROB(14, 10, 5, ALEXCL_DROPOUT_INVERTED, 1),
};

static const struct alexcl_layer orig_layers[] = {
    CONV_END("conv1", 8, 11, 4, 0, 3, 1),
    LRN("norm1", 5, 2, 2e-5, 0.75, ALEXCL_LRN_SCOPE_HALF),
    MAXPOOL("pool1", 3, 2),
    RELU("relu1"),
    CONV("conv2", 16, 5, 1, 2, 2),
    RELU("relu2"),
    LRN("norm2", 5, 2, 2e-5, 0.75, ALEXCL_LRN_SCOPE_HALF),
    RNORM("rnorm2", 5, 1, 4e-5, 0.75),
    MAXPOOL("pool2", 3, 2),
    CONV("conv3", 12, 3, 1, 1, 1),
    RELU("relu3"),
    CONV("conv4", 12, 3, 1, 1, 2),
    RELU("relu4"),
    CONV("conv5", 8, 3, 1, 1, 2),
    MAXPOOL("pool5", 3, 2),
    RELU("relu5"),
    FLAT_TO_PROB(16, 12, 10, ALEXCL_DROPOUT_PAPER, 0.1),
};

#define ADD(layer, ...) { .type = ALEXCL_ADD, .name = layer, OF(__VA_ARGS__) }

/* An inception module: 1x1, 3x3, 5x5, pool. Widths are odd and unequal, so that a half of the concatenation is not made
 * of the halves of the branches; the branch of one channel has no half 1. */
#define INCEPTION(m, from, pooled, o1, r3, o3, r5, o5, op) \
    CONV_OF(m "_1x1", from, o1, 1, 1, 0, 1), RELU(m "_relu1"), \
    CONV_OF(m "_3x3r", from, r3, 1, 1, 0, 1), RELU(m "_relu3r"), CONV(m "_3x3", o3, 3, 1, 1, 1), RELU(m "_relu3"), \
    CONV_OF(m "_5x5r", from, r5, 1, 1, 0, 1), RELU(m "_relu5r"), CONV(m "_5x5", o5, 5, 1, 2, 1), RELU(m "_relu5"), \
    MAXPOOL_OF(m "_pool", pooled, 3, 1, 1), CONV(m "_proj", op, 1, 1, 0, 1), RELU(m "_relup"), \
    CONCAT(m, m "_relu1", m "_relu3", m "_relu5", m "_relup")

/* The first concatenation feeds a normalisation and a pool; that one reaches over the cut, the second stays in it. Of
 * the 41 channels half 1 needs nine of half 0's, which lie in two blocks of 16. */
static const struct alexcl_layer inception_layers[] = {
    CONV("conv1", 13, 5, 2, 2, 1),
    RELU("relu1"),
    MAXPOOL("pool1", 3, 2),
    INCEPTION("a", "pool1", "pool1", 5, 4, 7, 3, 3, 1),
    LRN("norma", 5, 1, 0.02, 0.75, ALEXCL_LRN_SCOPE_LAYER),
    INCEPTION("b", "norma", "a", 21, 5, 41, 2, 1, 3),
    LRN("normb", 3, 1, 0.02, 0.75, ALEXCL_LRN_SCOPE_HALF),
    CONV("conv2", 14, 3, 2, 1, 2),
    RELU("relu2"),
    PLAIN("mean", ALEXCL_GLOBAL_AVGPOOL),
    PLAIN("flat", ALEXCL_FLATTEN),
    FC("fc3", 7, 1),
    PLAIN("prob", ALEXCL_SOFTMAX),
};

/* Residual blocks: sums of what crosses to another reader as well, of a value three layers before, of a shortcut with
 * its own convolution, and of three values. */
static const struct alexcl_layer skip_layers[] = {
    CONV("conv1", 9, 3, 2, 1, 1),
    RELU("relu1"),
    { .type = ALEXCL_MAXPOOL, .name = "pool1", .kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 1} },
    CONV("conv2", 9, 3, 1, 1, 1),
    PLAIN("scale2", ALEXCL_AFFINE),
    RELU("relu2"),
    CONV("conv3", 9, 3, 1, 1, 1),
    PLAIN("scale3", ALEXCL_AFFINE),
    ADD("add3", "scale3", "pool1"),
    RELU("relu3"),
    CONV("conv4", 22, 3, 2, 1, 1),
    CONV_OF("short4", "relu3", 22, 1, 2, 0, 1),
    ADD("add4", "conv4", "short4"),
    RELU("relu4"),
    CONV("conv5", 22, 3, 1, 1, 2),
    RELU("relu5"),
    CONV("conv6", 22, 3, 1, 1, 2),
    ADD("add6", "conv6", "relu4", "relu5"),
    PLAIN("most", ALEXCL_GLOBAL_MAXPOOL),
    PLAIN("flat", ALEXCL_FLATTEN),
    FC("fc7", 10, 1),
    PLAIN("prob", ALEXCL_SOFTMAX),
};

const struct alexcl_model model_tiny2t = {
    .name = "tiny2t", .about = "the paper's net in small, 8,230 parameters: for tests",
    .channels = 3, .height = 99, .width = 99, .colour = ALEXCL_RGB, .resize = 113, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(two_tower_layers),
};

const struct alexcl_model model_tiny_across = {
    .name = "tiny-across", .about = "tiny2t with LRN over both towers",
    .channels = 3, .height = 99, .width = 99, .colour = ALEXCL_RGB, .resize = 113, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(across_layers),
};

const struct alexcl_model model_tiny_nolrn = {
    .name = "tiny-nolrn", .about = "one tower, no LRN, inverted dropout",
    .channels = 3, .height = 67, .width = 67, .colour = ALEXCL_RGB, .resize = 76, .scale = 1.0 / 255,
    LAYERS(nolrn_layers),
};

const struct alexcl_model model_tiny_orig = {
    .name = "tiny-orig", .about = "alexnet-2012 in small",
    .channels = 3, .height = 96, .width = 96, .colour = ALEXCL_RGB, .resize = 110, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(orig_layers),
};

const struct alexcl_model model_tinyinc = {
    .name = "tinyinc", .about = "two inception modules of odd widths",
    .channels = 3, .height = 39, .width = 39, .colour = ALEXCL_RGB, .resize = 44, .scale = 1.0 / 64,
    .mean = IMAGENET_MEAN, LAYERS(inception_layers),
};

const struct alexcl_model model_tinyskip = {
    .name = "tinyskip", .about = "residual blocks",
    .channels = 3, .height = 35, .width = 35, .colour = ALEXCL_RGB, .resize = 40, .scale = 1.0 / 64,
    .mean = IMAGENET_MEAN, LAYERS(skip_layers),
};
