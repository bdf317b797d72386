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

static const struct alexcl_layer two_tower_layers[] = {TINY(ALEXCL_SPAN_HALF)};
static const struct alexcl_layer across_layers[] = {TINY(ALEXCL_SPAN_LAYER)};

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
    LRN("norm1", 5, 2, 2e-5, 0.75, ALEXCL_SPAN_HALF),
    MAXPOOL("pool1", 3, 2),
    RELU("relu1"),
    CONV("conv2", 16, 5, 1, 2, 2),
    RELU("relu2"),
    LRN("norm2", 5, 2, 2e-5, 0.75, ALEXCL_SPAN_HALF),
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

const struct alexcl_model model_tiny2t = {
    .name = "tiny2t", .about = "the paper's net in small, 8,230 parameters: for tests", .oracle_case = "tiny2t",
    .channels = 3, .height = 99, .width = 99, .colour = ALEXCL_RGB, .resize = 113, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(two_tower_layers),
};

const struct alexcl_model model_tiny_across = {
    .name = "tiny-across", .about = "tiny2t with LRN over both towers", .oracle_case = "tiny_across", .hidden = 1,
    .channels = 3, .height = 99, .width = 99, .colour = ALEXCL_RGB, .resize = 113, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(across_layers),
};

const struct alexcl_model model_tiny_nolrn = {
    .name = "tiny-nolrn", .about = "one tower, no LRN, inverted dropout", .oracle_case = "tiny_nolrn", .hidden = 1,
    .channels = 3, .height = 67, .width = 67, .colour = ALEXCL_RGB, .resize = 76, .scale = 1.0 / 255,
    LAYERS(nolrn_layers),
};

const struct alexcl_model model_tiny_orig = {
    .name = "tiny-orig", .about = "alexnet-2012 in small", .oracle_case = "tiny_orig", .hidden = 1,
    .channels = 3, .height = 96, .width = 96, .colour = ALEXCL_RGB, .resize = 110, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(orig_layers),
};
