/* SPDX-License-Identifier: MIT */
/* Szegedy et al.: Going Deeper with Convolutions (2014), table 1, as github BVLC/caffe, models/bvlc_googlenet has it:
 * without the two auxiliary classifiers, which serve training only. */
#include "model.h"

/* clang-format off */

/* Widths in the order of the paper's table: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj. */
#define INCEPTION(m, from, o1, r3, o3, r5, o5, op) \
    CONV_OF(m "/1x1", from, o1, 1, 1, 0, 1), RELU(m "/relu_1x1"), \
    CONV_OF(m "/3x3_reduce", from, r3, 1, 1, 0, 1), RELU(m "/relu_3x3_reduce"), \
    CONV(m "/3x3", o3, 3, 1, 1, 1), RELU(m "/relu_3x3"), \
    CONV_OF(m "/5x5_reduce", from, r5, 1, 1, 0, 1), RELU(m "/relu_5x5_reduce"), \
    CONV(m "/5x5", o5, 5, 1, 2, 1), RELU(m "/relu_5x5"), \
    MAXPOOL_OF(m "/pool", from, 3, 1, 1), CONV(m "/pool_proj", op, 1, 1, 0, 1), RELU(m "/relu_pool_proj"), \
    CONCAT(m "/output", m "/relu_1x1", m "/relu_3x3", m "/relu_5x5", m "/relu_pool_proj")

static const struct alexcl_layer googlenet_layers[] = {
    CONV("conv1/7x7_s2", 64, 7, 2, 3, 1),
    RELU("conv1/relu_7x7"),
    MAXPOOL_CEIL("pool1/3x3_s2", 3, 2),
    LRN("pool1/norm1", 5, 1, 2e-5, 0.75, ALEXCL_LRN_SCOPE_LAYER),
    CONV("conv2/3x3_reduce", 64, 1, 1, 0, 1),
    RELU("conv2/relu_3x3_reduce"),
    CONV("conv2/3x3", 192, 3, 1, 1, 1),
    RELU("conv2/relu_3x3"),
    LRN("conv2/norm2", 5, 1, 2e-5, 0.75, ALEXCL_LRN_SCOPE_LAYER),
    MAXPOOL_CEIL("pool2/3x3_s2", 3, 2),
    INCEPTION("inception_3a", "pool2/3x3_s2", 64, 96, 128, 16, 32, 32),
    INCEPTION("inception_3b", "inception_3a/output", 128, 128, 192, 32, 96, 64),
    MAXPOOL_CEIL("pool3/3x3_s2", 3, 2),
    INCEPTION("inception_4a", "pool3/3x3_s2", 192, 96, 208, 16, 48, 64),
    INCEPTION("inception_4b", "inception_4a/output", 160, 112, 224, 24, 64, 64),
    INCEPTION("inception_4c", "inception_4b/output", 128, 128, 256, 24, 64, 64),
    INCEPTION("inception_4d", "inception_4c/output", 112, 144, 288, 32, 64, 64),
    INCEPTION("inception_4e", "inception_4d/output", 256, 160, 320, 32, 128, 128),
    MAXPOOL_CEIL("pool4/3x3_s2", 3, 2),
    INCEPTION("inception_5a", "pool4/3x3_s2", 256, 160, 320, 32, 128, 128),
    INCEPTION("inception_5b", "inception_5a/output", 384, 192, 384, 48, 128, 128),
    AVGPOOL("pool5/7x7_s1", 7, 1),
    PLAIN("flat", ALEXCL_FLATTEN),
    { .type = ALEXCL_DROPOUT, .name = "pool5/drop_7x7_s1", .rate = 0.4, .dropout = ALEXCL_DROPOUT_INVERTED },
    FC("loss3/classifier", 1000, 0.1),
    PLAIN("prob", ALEXCL_SOFTMAX),
};

const struct alexcl_model model_googlenet = {
    .name = "googlenet", .about = "Szegedy et al. 2014, Caffe's bvlc_googlenet; LRN, BGR",
    .channels = 3, .height = 224, .width = 224, .colour = ALEXCL_BGR, .resize = 256, .scale = 1,
    .mean = CAFFE_ROUND_MEAN, LAYERS(googlenet_layers),
};
