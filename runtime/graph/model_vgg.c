/* SPDX-License-Identifier: MIT */
/* Configurations D and E of Simonyan and Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition
 * (2014), with the names and the preparation of their VGG_ILSVRC_16_layers and VGG_ILSVRC_19_layers for Caffe. */
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
