/* SPDX-License-Identifier: MIT */
/* SqueezeNet 1.1: github forresti/SqueezeNet, SqueezeNet_v1.1/deploy.prototxt, and train_val.prototxt for the mean. The
 * paper (Iandola et al. 2016) has 1.0, of the same accuracy at 2.4 times the work. torchvision.models.squeezenet1_1 has
 * the same layers by other names, on 224 pixels. */
#include "model.h"

/* clang-format off */

/* A layer of `s` maps, and two behind it of `e` each, which lie one behind the other. */
#define FIRE_NAMED(from, squeeze, squeeze_relu, expand1, relu1, expand3, relu3, both, s, e) \
    CONV_OF(squeeze, from, s, 1, 1, 0, 1), RELU(squeeze_relu), \
    CONV(expand1, e, 1, 1, 0, 1), RELU(relu1), \
    CONV_OF(expand3, squeeze_relu, e, 3, 1, 1, 1), RELU(relu3), \
    CONCAT(both, relu1, relu3)
#define FIRE(m, from, s, e) \
    FIRE_NAMED(from, m "/squeeze1x1", m "/relu_squeeze1x1", m "/expand1x1", m "/relu_expand1x1", m "/expand3x3", \
               m "/relu_expand3x3", m "/concat", s, e)

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

#define TORCHVISION_FIRE(m, from, s, e) \
    FIRE_NAMED(from, m ".squeeze", m ".squeeze_activation", m ".expand1x1", m ".expand1x1_activation", m ".expand3x3", \
               m ".expand3x3_activation", m, s, e)

static const struct alexcl_layer torchvision_layers[] = {
    CONV("features.0", 64, 3, 2, 0, 1),
    RELU("features.1"),
    MAXPOOL_CEIL("features.2", 3, 2),
    TORCHVISION_FIRE("features.3", "features.2", 16, 64),
    TORCHVISION_FIRE("features.4", "features.3", 16, 64),
    MAXPOOL_CEIL("features.5", 3, 2),
    TORCHVISION_FIRE("features.6", "features.5", 32, 128),
    TORCHVISION_FIRE("features.7", "features.6", 32, 128),
    MAXPOOL_CEIL("features.8", 3, 2),
    TORCHVISION_FIRE("features.9", "features.8", 48, 192),
    TORCHVISION_FIRE("features.10", "features.9", 48, 192),
    TORCHVISION_FIRE("features.11", "features.10", 64, 256),
    TORCHVISION_FIRE("features.12", "features.11", 64, 256),
    DROPOUT("classifier.0", ALEXCL_DROPOUT_INVERTED),
    CONV_TO_CLASSES("classifier.1", 1000, 0.01),
    RELU("classifier.2"),
    PLAIN("classifier.3", ALEXCL_GLOBAL_AVGPOOL),
    PLAIN("flat", ALEXCL_FLATTEN),
    PLAIN("prob", ALEXCL_SOFTMAX),
};

const struct alexcl_model model_squeezenet1_1 = {
    .name = "squeezenet1_1", .about = "torchvision.models.squeezenet1_1: SqueezeNet 1.1, RGB",
    .channels = 3, .height = 224, .width = 224, TORCHVISION_PICTURES, LAYERS(torchvision_layers),
};
