/* SPDX-License-Identifier: MIT */
/* Lin, Chen, Yan: Network In Network (2013), the ImageNet net of its authors for Caffe (nin_imagenet of Caffe's model
 * zoo): each convolution with two of 1 x 1 behind it, and the mean of a map as the score of a class. */
#include "model.h"

/* clang-format off */

/* Its numbers of pools and ReLUs are not those of the convolutions before them; some are left out. */
static const struct alexcl_layer nin_layers[] = {
    CONV("conv1", 96, 11, 4, 0, 1),
    RELU("relu0"),
    CONV("cccp1", 96, 1, 1, 0, 1),
    RELU("relu1"),
    CONV("cccp2", 96, 1, 1, 0, 1),
    RELU("relu2"),
    MAXPOOL_CEIL("pool0", 3, 2),
    CONV("conv2", 256, 5, 1, 2, 1),
    RELU("relu3"),
    CONV("cccp3", 256, 1, 1, 0, 1),
    RELU("relu5"),
    CONV("cccp4", 256, 1, 1, 0, 1),
    RELU("relu6"),
    MAXPOOL_CEIL("pool2", 3, 2),
    CONV("conv3", 384, 3, 1, 1, 1),
    RELU("relu7"),
    CONV("cccp5", 384, 1, 1, 0, 1),
    RELU("relu8"),
    CONV("cccp6", 384, 1, 1, 0, 1),
    RELU("relu9"),
    MAXPOOL_CEIL("pool3", 3, 2),
    DROPOUT("drop", ALEXCL_DROPOUT_INVERTED),
    CONV("conv4-1024", 1024, 3, 1, 1, 1),
    RELU("relu10"),
    CONV("cccp7-1024", 1024, 1, 1, 0, 1),
    RELU("relu11"),
    CONV_TO_CLASSES("cccp8-1024", 1000, 0.02),
    RELU("relu12"),
    AVGPOOL("pool4", 6, 1),
    PLAIN("flat", ALEXCL_FLATTEN),
    PLAIN("prob", ALEXCL_SOFTMAX),
};

const struct alexcl_model model_nin = {
    .name = "nin", .about = "Network In Network (2013), Caffe's for ImageNet; BGR",
    .channels = 3, .height = 224, .width = 224, .colour = ALEXCL_BGR, .resize = 256, .scale = 1,
    .mean = CAFFE_MEAN, LAYERS(nin_layers),
};
