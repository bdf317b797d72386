/* SPDX-License-Identifier: MIT */
/* The nets called AlexNet. [P] Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural
 * Networks, NIPS 2012. [CODE] github computerhistory/AlexNet-Source-Code, layers/layers-145.cfg and layer.py. [CAFFE]
 * github BVLC/caffe, models/bvlc_alexnet and models/bvlc_reference_caffenet. [OWT] "One weird trick" (Krizhevsky 2014)
 * by its code: github akrizhevsky/cuda-convnet2, layers/layers-imagenet-1gpu.cfg and layer-params-imagenet-1gpu.cfg.
 * [TV] torchvision.models.alexnet, the same widths in another order, without LRN. */
#include "model.h"

/* clang-format off */

/* [P] as written: LRN with alpha 1e-4 on the plain sum, k 2, inside a tower; dropout halves at test time. 224 pixels
 * give the 55 x 55 maps of its figure 2 only with padding, which the text does not mention: 2 on all sides here. */
#define PAPER(pad1) \
    CONV("conv1", 96, 11, 4, pad1, 1), RELU("relu1"), \
    LRN("norm1", 5, 2, 1e-4, 0.75, ALEXCL_LRN_SCOPE_HALF), MAXPOOL("pool1", 3, 2), \
    CONV("conv2", 256, 5, 1, 2, 2), RELU("relu2"), \
    LRN("norm2", 5, 2, 1e-4, 0.75, ALEXCL_LRN_SCOPE_HALF), MAXPOOL("pool2", 3, 2), \
    CONV3_TO_POOL5(384, 384, 256, 2), \
    FLAT_TO_PROB(4096, 4096, 1000, ALEXCL_DROPOUT_PAPER, 0.1)

static const struct alexcl_layer paper_layers[] = {PAPER(2)};
static const struct alexcl_layer paper_227_layers[] = {PAPER(0)};

const struct alexcl_model model_alexnet = {
    .name = "alexnet", .about = "the 2012 paper as written; conv1 padded by 2",
    .channels = 3, .height = 224, .width = 224, .colour = ALEXCL_RGB, .resize = 256, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(paper_layers),
};

const struct alexcl_model model_alexnet_227 = {
    .name = "alexnet-227", .about = "the paper's net on 227 pixels, unpadded",
    .channels = 3, .height = 227, .width = 227, .colour = ALEXCL_RGB, .resize = 256, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(paper_227_layers),
};

/* [CODE]: windows hang over the right and bottom edge (size rounded up), alpha is divided by n (1e-4 / 5 and, for
 * rnorm, 0.001 / 25 on the plain sum), norm1 stands before ReLU, an extra same-map norm behind norm2, pooling before
 * ReLU in conv5. */
static const struct alexcl_layer code_layers[] = {
    CONV_END("conv1", 96, 11, 4, 0, 3, 1),
    LRN("norm1", 5, 2, 2e-5, 0.75, ALEXCL_LRN_SCOPE_HALF),
    MAXPOOL("pool1", 3, 2),
    RELU("relu1"),
    CONV("conv2", 256, 5, 1, 2, 2),
    RELU("relu2"),
    LRN("norm2", 5, 2, 2e-5, 0.75, ALEXCL_LRN_SCOPE_HALF),
    RNORM("rnorm2", 5, 1, 4e-5, 0.75),
    MAXPOOL("pool2", 3, 2),
    CONV("conv3", 384, 3, 1, 1, 1),
    RELU("relu3"),
    CONV("conv4", 384, 3, 1, 1, 2),
    RELU("relu4"),
    CONV("conv5", 256, 3, 1, 1, 2),
    MAXPOOL("pool5", 3, 2),
    RELU("relu5"),
    FLAT_TO_PROB(4096, 4096, 1000, ALEXCL_DROPOUT_PAPER, 0.1),
};

const struct alexcl_model model_alexnet_2012 = {
    .name = "alexnet-2012", .about = "the original code's net (layers-145.cfg)",
    .channels = 3, .height = 224, .width = 224, .colour = ALEXCL_RGB, .resize = 256, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(code_layers),
};

/* [CAFFE]: LRN over all feature maps, k 1, alpha 1e-4 divided by n; inverted dropout. */
#define CAFFE_NORM(layer) LRN(layer, 5, 1, 2e-5, 0.75, ALEXCL_LRN_SCOPE_LAYER)

static const struct alexcl_layer caffe_layers[] = {
    CONV("conv1", 96, 11, 4, 0, 1),
    RELU("relu1"),
    CAFFE_NORM("norm1"),
    MAXPOOL("pool1", 3, 2),
    CONV("conv2", 256, 5, 1, 2, 2),
    RELU("relu2"),
    CAFFE_NORM("norm2"),
    MAXPOOL("pool2", 3, 2),
    CONV3_TO_POOL5(384, 384, 256, 2),
    FLAT_TO_PROB(4096, 4096, 1000, ALEXCL_DROPOUT_INVERTED, 0.02),
};

const struct alexcl_model model_alexnet_caffe = {
    .name = "alexnet-caffe", .about = "Caffe's bvlc_alexnet; LRN over both towers, BGR",
    .channels = 3, .height = 227, .width = 227, .colour = ALEXCL_BGR, .resize = 256, .scale = 1,
    .mean = CAFFE_MEAN, LAYERS(caffe_layers),
};

/* bvlc_reference_caffenet: the same with each pool before its LRN. Weights of one fit the other, and then give
 * other scores. */
static const struct alexcl_layer caffenet_layers[] = {
    CONV("conv1", 96, 11, 4, 0, 1),
    RELU("relu1"),
    MAXPOOL("pool1", 3, 2),
    CAFFE_NORM("norm1"),
    CONV("conv2", 256, 5, 1, 2, 2),
    RELU("relu2"),
    MAXPOOL("pool2", 3, 2),
    CAFFE_NORM("norm2"),
    CONV3_TO_POOL5(384, 384, 256, 2),
    FLAT_TO_PROB(4096, 4096, 1000, ALEXCL_DROPOUT_INVERTED, 0.02),
};

const struct alexcl_model model_caffenet = {
    .name = "caffenet", .about = "Caffe's bvlc_reference_caffenet; each pool before its LRN",
    .channels = 3, .height = 227, .width = 227, .colour = ALEXCL_BGR, .resize = 256, .scale = 1,
    .mean = CAFFE_MEAN, LAYERS(caffenet_layers),
};

/* A Keras article's net: one input channel, no towers, no LRN, unpadded conv1 (54 x 54). */
static const struct alexcl_layer keras_layers[] = {
    CONV("conv1", 96, 11, 4, 0, 1),
    RELU("relu1"),
    MAXPOOL("pool1", 3, 2),
    CONV("conv2", 256, 5, 1, 2, 1),
    RELU("relu2"),
    MAXPOOL("pool2", 3, 2),
    CONV3_TO_POOL5(384, 384, 256, 1),
    FLAT_TO_PROB(4096, 4096, 1000, ALEXCL_DROPOUT_INVERTED, 0.5),
};

const struct alexcl_model model_alexnet_keras = {
    .name = "alexnet-keras", .about = "as articles write it in Keras; grey, no towers, no LRN",
    .channels = 1, .height = 224, .width = 224, .colour = ALEXCL_GREY, .resize = 256, .scale = 1.0 / 255,
    LAYERS(keras_layers),
};

/* [OWT]: one tower, size rounded up, alpha divided by n (1e-4 / 5), k 2; norm1 and pool1 before ReLU, conv5 without one
 * of its own; dropout2 halves at test time. It calls norm1 rnorm1, pool5 pool3, and fc6 to fc8 fc4096a, fc4096b,
 * fc1000: here they have the names of the other nets. */
static const struct alexcl_layer owt_layers[] = {
    CONV_END("conv1", 64, 11, 4, 0, 3, 1),
    LRN("norm1", 5, 2, 2e-5, 0.75, ALEXCL_LRN_SCOPE_LAYER),
    MAXPOOL("pool1", 3, 2),
    RELU("relu1"),
    CONV("conv2", 192, 5, 1, 2, 1),
    RELU("relu2"),
    LRN("norm2", 5, 2, 2e-5, 0.75, ALEXCL_LRN_SCOPE_LAYER),
    MAXPOOL("pool2", 3, 2),
    CONV("conv3", 384, 3, 1, 1, 1),
    RELU("relu3"),
    CONV("conv4", 256, 3, 1, 1, 1),
    RELU("relu4"),
    CONV("conv5", 256, 3, 1, 1, 1),
    MAXPOOL("pool5", 3, 2),
    RELU("relu5"),
    FLAT_TO_PROB(4096, 4096, 1000, ALEXCL_DROPOUT_PAPER, 0.1),
};

const struct alexcl_model model_alexnet_owt = {
    .name = "alexnet-owt", .about = "\"One weird trick\" (2014), cuda-convnet2's; one tower, LRN",
    .channels = 3, .height = 224, .width = 224, .colour = ALEXCL_RGB, .resize = 256, .scale = 1, .mean = IMAGENET_MEAN,
    LAYERS(owt_layers),
};

/* [TV]: one tower of 64 192 384 256 256 maps, no LRN, dropout before fc6 and fc7. */
#define TORCHVISION_TO_POOL5                                                                                           \
    CONV("conv1", 64, 11, 4, 2, 1),                                                                                    \
    RELU("relu1"),                                                                                                     \
    MAXPOOL("pool1", 3, 2),                                                                                            \
    CONV("conv2", 192, 5, 1, 2, 1),                                                                                    \
    RELU("relu2"),                                                                                                     \
    MAXPOOL("pool2", 3, 2),                                                                                            \
    CONV3_TO_POOL5(384, 256, 256, 1)

static const struct alexcl_layer torchvision_layers[] = {
    TORCHVISION_TO_POOL5,
    PLAIN("flat", ALEXCL_FLATTEN),
    DROPOUT("drop6", ALEXCL_DROPOUT_INVERTED),
    FC("fc6", 4096, 1),
    RELU("relu6"),
    DROPOUT("drop7", ALEXCL_DROPOUT_INVERTED),
    FC("fc7", 4096, 1),
    RELU("relu7"),
    FC("fc8", 1000, 0.2),
    PLAIN("prob", ALEXCL_SOFTMAX),
};

static const char *const torchvision_aliases[][2] = {
    {"conv1.weight", "features.0.weight"},  {"conv1.bias", "features.0.bias"},
    {"conv2.weight", "features.3.weight"},  {"conv2.bias", "features.3.bias"},
    {"conv3.weight", "features.6.weight"},  {"conv3.bias", "features.6.bias"},
    {"conv4.weight", "features.8.weight"},  {"conv4.bias", "features.8.bias"},
    {"conv5.weight", "features.10.weight"}, {"conv5.bias", "features.10.bias"},
    {"fc6.weight", "classifier.1.weight"},  {"fc6.bias", "classifier.1.bias"},
    {"fc7.weight", "classifier.4.weight"},  {"fc7.bias", "classifier.4.bias"},
    {"fc8.weight", "classifier.6.weight"},  {"fc8.bias", "classifier.6.bias"},
    {NULL, NULL},
};

const struct alexcl_model model_alexnet_torchvision = {
    .name = "alexnet-torchvision", .about = "torchvision.models.alexnet; one tower, no LRN",
    .channels = 3, .height = 224, .width = 224, TORCHVISION_PICTURES, .aliases = torchvision_aliases,
    LAYERS(torchvision_layers),
};

/* [TV] for fine-tuning: its convolutions, which read pictures of any size, at a third of the pixels, before a
 * classifier that 4,000 pictures can train: `alexcl train --freeze conv1-conv5 --fresh fc6-fc8`. */
static const struct alexcl_layer transfer_layers[] = {
    TORCHVISION_TO_POOL5,
    FLAT_TO_PROB(512, 512, 10, ALEXCL_DROPOUT_INVERTED, 1),
};

const struct alexcl_model model_alexnet_transfer = {
    .name = "alexnet-transfer", .about = "torchvision's convolutions, for a classifier of 10 classes",
    .channels = 3, .height = 128, .width = 128, .colour = ALEXCL_RGB, .resize = 146, .scale = 1.0 / 255,
    .mean = PER_CHANNEL(0.485, 0.456, 0.406), .std = PER_CHANNEL(0.229, 0.224, 0.225), .aliases = torchvision_aliases,
    LAYERS(transfer_layers),
};

/* The paper's net in small, for pictures of MNIST's size: every part of it, of half a million parameters, trained on
 * two cores in less than an hour. Values are those of Fashion-MNIST's training pictures with mean 0 and deviation 1. */
#define SMALL_NORM(layer) LRN(layer, 5, 2, 1e-4, 0.75, ALEXCL_LRN_SCOPE_HALF)

static const struct alexcl_layer small_layers[] = {
    CONV("conv1", 32, 5, 1, 2, 1),
    RELU("relu1"),
    SMALL_NORM("norm1"),
    MAXPOOL("pool1", 3, 2),
    CONV("conv2", 96, 5, 1, 2, 2),
    RELU("relu2"),
    SMALL_NORM("norm2"),
    MAXPOOL("pool2", 3, 2),
    CONV3_TO_POOL5(128, 128, 96, 2),
    FLAT_TO_PROB(384, 256, 10, ALEXCL_DROPOUT_PAPER, 1),
};

const struct alexcl_model model_alexnet_small = {
    .name = "alexnet-small", .about = "the paper's net for 28 x 28 grey pixels, to be trained",
    .channels = 1, .height = 28, .width = 28, .colour = ALEXCL_GREY, .resize = 28, .scale = 1.0 / 255,
    .mean = PER_CHANNEL(0.2860), .std = PER_CHANNEL(0.3530), LAYERS(small_layers),
};
