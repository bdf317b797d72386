/* SPDX-License-Identifier: MIT */
/* Zeiler and Fergus: Visualizing and Understanding Convolutional Networks (2013), figure 3: one tower; ReLU, pool, then
 * "contrast normalized across feature maps". The text gives no paddings and no constants. The map sizes of the figure,
 * 110, 55, 26, 13 and 6, leave one way: conv1 padded by 1, conv2 not at all, pools rounded up. The constants of the
 * norm are AlexNet's, whose net it changes; Caffe2's zfnet512 has the same. */
#include "model.h"

/* clang-format off */

static const struct alexcl_layer zfnet_layers[] = {
    CONV("conv1", 96, 7, 2, 1, 1),
    RELU("relu1"),
    MAXPOOL_CEIL("pool1", 3, 2),
    LRN("norm1", 5, 2, 1e-4, 0.75, ALEXCL_LRN_SCOPE_LAYER),
    CONV("conv2", 256, 5, 2, 0, 1),
    RELU("relu2"),
    MAXPOOL_CEIL("pool2", 3, 2),
    LRN("norm2", 5, 2, 1e-4, 0.75, ALEXCL_LRN_SCOPE_LAYER),
    CONV3_TO_POOL5(384, 384, 256, 1),
    FLAT_TO_PROB(4096, 4096, 1000, ALEXCL_DROPOUT_PAPER, 0.1),
};

const struct alexcl_model model_zfnet = {
    .name = "zfnet", .about = "Zeiler and Fergus 2013, figure 3; one tower, LRN",
    .channels = 3, .height = 224, .width = 224, .colour = ALEXCL_RGB, .resize = 256, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(zfnet_layers),
};
