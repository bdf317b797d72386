/* SPDX-License-Identifier: MIT */
/* Configurations D and E of Simonyan and Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition
 * (2014), with the names and the preparation of their VGG_ILSVRC_16_layers and VGG_ILSVRC_19_layers for Caffe; and the
 * same with those of torchvision.models.vgg16 and vgg19. */
#include "model.h"

/* clang-format off */

#define VGG_CONV(place, o) CONV("conv" place, o, 3, 1, 1, 1), RELU("relu" place)
#define VGG_2(block, o) VGG_CONV(block "_1", o), VGG_CONV(block "_2", o)
#define VGG_3(block, o) VGG_2(block, o), VGG_CONV(block "_3", o)
#define VGG_4(block, o) VGG_3(block, o), VGG_CONV(block "_4", o)
#define VGG_POOL(block) MAXPOOL("pool" block, 2, 2)

/* `deep`: VGG_3 or VGG_4, the last three blocks. */
#define VGG(deep) \
    VGG_2("1", 64), VGG_POOL("1"), \
    VGG_2("2", 128), VGG_POOL("2"), \
    deep("3", 256), VGG_POOL("3"), \
    deep("4", 512), VGG_POOL("4"), \
    deep("5", 512), VGG_POOL("5"), \
    FLAT_TO_PROB(4096, 4096, 1000, ALEXCL_DROPOUT_INVERTED, 0.02)

static const struct alexcl_layer d_layers[] = {VGG(VGG_3)};
static const struct alexcl_layer e_layers[] = {VGG(VGG_4)};

#define VGG_MEAN PER_CHANNEL(103.939, 116.779, 123.68)

const struct alexcl_model model_vgg16 = {
    .name = "vgg16", .about = "Simonyan and Zisserman 2014, configuration D; Caffe's, BGR",
    .channels = 3, .height = 224, .width = 224, .colour = ALEXCL_BGR, .resize = 256, .scale = 1, .mean = VGG_MEAN,
    LAYERS(d_layers),
};

const struct alexcl_model model_vgg19 = {
    .name = "vgg19", .about = "Simonyan and Zisserman 2014, configuration E; Caffe's, BGR",
    .channels = 3, .height = 224, .width = 224, .colour = ALEXCL_BGR, .resize = 256, .scale = 1, .mean = VGG_MEAN,
    LAYERS(e_layers),
};

#define TORCHVISION_CONV(at, relu, o) CONV("features." at, o, 3, 1, 1, 1), RELU("features." relu)
#define TORCHVISION_POOL(at) MAXPOOL("features." at, 2, 2)
#define TORCHVISION_TO_BLOCK_3 \
    TORCHVISION_CONV("0", "1", 64), TORCHVISION_CONV("2", "3", 64), TORCHVISION_POOL("4"), \
    TORCHVISION_CONV("5", "6", 128), TORCHVISION_CONV("7", "8", 128), TORCHVISION_POOL("9"), \
    TORCHVISION_CONV("10", "11", 256), TORCHVISION_CONV("12", "13", 256), TORCHVISION_CONV("14", "15", 256)
#define TORCHVISION_CLASSIFIER \
    PLAIN("flat", ALEXCL_FLATTEN), \
    FC("classifier.0", 4096, 1), RELU("classifier.1"), DROPOUT("classifier.2", ALEXCL_DROPOUT_INVERTED), \
    FC("classifier.3", 4096, 1), RELU("classifier.4"), DROPOUT("classifier.5", ALEXCL_DROPOUT_INVERTED), \
    FC("classifier.6", 1000, 0.02), PLAIN("prob", ALEXCL_SOFTMAX)

static const struct alexcl_layer torchvision_16_layers[] = {
    TORCHVISION_TO_BLOCK_3, TORCHVISION_POOL("16"),
    TORCHVISION_CONV("17", "18", 512), TORCHVISION_CONV("19", "20", 512), TORCHVISION_CONV("21", "22", 512),
    TORCHVISION_POOL("23"),
    TORCHVISION_CONV("24", "25", 512), TORCHVISION_CONV("26", "27", 512), TORCHVISION_CONV("28", "29", 512),
    TORCHVISION_POOL("30"),
    TORCHVISION_CLASSIFIER,
};

static const struct alexcl_layer torchvision_19_layers[] = {
    TORCHVISION_TO_BLOCK_3, TORCHVISION_CONV("16", "17", 256), TORCHVISION_POOL("18"),
    TORCHVISION_CONV("19", "20", 512), TORCHVISION_CONV("21", "22", 512), TORCHVISION_CONV("23", "24", 512),
    TORCHVISION_CONV("25", "26", 512), TORCHVISION_POOL("27"),
    TORCHVISION_CONV("28", "29", 512), TORCHVISION_CONV("30", "31", 512), TORCHVISION_CONV("32", "33", 512),
    TORCHVISION_CONV("34", "35", 512), TORCHVISION_POOL("36"),
    TORCHVISION_CLASSIFIER,
};

const struct alexcl_model model_vgg16_torchvision = {
    .name = "vgg16-torchvision", .about = "torchvision.models.vgg16: vgg16 by other names, RGB",
    .channels = 3, .height = 224, .width = 224, TORCHVISION_PICTURES, LAYERS(torchvision_16_layers),
};

const struct alexcl_model model_vgg19_torchvision = {
    .name = "vgg19-torchvision", .about = "torchvision.models.vgg19: vgg19 by other names, RGB",
    .channels = 3, .height = 224, .width = 224, TORCHVISION_PICTURES, LAYERS(torchvision_19_layers),
};
