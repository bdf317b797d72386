/* SPDX-License-Identifier: MIT */
/* SqueezeNet 1.1: github forresti/SqueezeNet, SqueezeNet_v1.1/deploy.prototxt, and train_val.prototxt for the mean. The
 * paper (Iandola et al. 2016) has 1.0, of the same accuracy at 2.4 times the work. */
#include "model.h"

/* clang-format off */

/* A layer of `s` maps, and two behind it of `e` each, which lie one behind the other. */
#define FIRE(m, from, s, e) \
    CONV_OF(m "/squeeze1x1", from, s, 1, 1, 0, 1), RELU(m "/relu_squeeze1x1"), \
    CONV(m "/expand1x1", e, 1, 1, 0, 1), RELU(m "/relu_expand1x1"), \
    CONV_OF(m "/expand3x3", m "/relu_squeeze1x1", e, 3, 1, 1, 1), RELU(m "/relu_expand3x3"), \
    CONCAT(m "/concat", m "/relu_expand1x1", m "/relu_expand3x3")

static const struct alexcl_layer squeezenet_layers[] = {
    CONV("conv1", 64, 3, 2, 0, 1),
    RELU("relu_conv1"),
    MAXPOOL_CEIL("pool1", 3, 2),
    FIRE("fire2", "pool1", 16, 64),
    FIRE("fire3", "fire2/concat", 16, 64),
    MAXPOOL_CEIL("pool3", 3, 2),
    FIRE("fire4", "pool3", 32, 128),
    FIRE("fire5", "fire4/concat", 32, 128),
    MAXPOOL_CEIL("pool5", 3, 2),
    FIRE("fire6", "pool5", 48, 192),
    FIRE("fire7", "fire6/concat", 48, 192),
    FIRE("fire8", "fire7/concat", 64, 256),
    FIRE("fire9", "fire8/concat", 64, 256),
    DROPOUT("drop9", ALEXCL_DROPOUT_INVERTED),
    CONV_TO_CLASSES("conv10", 1000, 0.01),
    RELU("relu_conv10"),
    PLAIN("pool10", ALEXCL_GLOBAL_AVGPOOL),
    PLAIN("flat", ALEXCL_FLATTEN),
    PLAIN("prob", ALEXCL_SOFTMAX),
};

const struct alexcl_model model_squeezenet = {
    .name = "squeezenet", .about = "SqueezeNet 1.1 (Iandola et al. 2016), Caffe's; BGR",
    .channels = 3, .height = 227, .width = 227, .colour = ALEXCL_BGR, .resize = 256, .scale = 1,
    .mean = CAFFE_ROUND_MEAN, LAYERS(squeezenet_layers),
};
