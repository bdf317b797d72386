/* SPDX-License-Identifier: MIT */
/* LeNet-5: as it is usually coded, and as published (LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to
 * Document Recognition, Proc. IEEE 1998). Layer names are the paper's. */
#include "model.h"

/* clang-format off */

static const struct alexcl_layer lenet5_layers[] = {
    CONV("c1", 6, 5, 1, 0, 1),
    PLAIN("t1", ALEXCL_TANH),
    AVGPOOL("s2", 2, 2),
    CONV("c3", 16, 5, 1, 0, 1),
    PLAIN("t3", ALEXCL_TANH),
    AVGPOOL("s4", 2, 2),
    PLAIN("flat", ALEXCL_FLATTEN),
    FC("c5", 120, 1),
    PLAIN("t5", ALEXCL_TANH),
    FC("f6", 84, 1),
    PLAIN("t6", ALEXCL_TANH),
    FC("out", 10, 1),
    PLAIN("prob", ALEXCL_SOFTMAX),
};

const struct alexcl_model model_lenet5 = {
    .name = "lenet5", .about = "LeNet-5 as usually coded: tanh, average pooling, softmax",
    .channels = 1, .height = 32, .width = 32, .colour = ALEXCL_GREY, .resize = 32, .scale = 1.0 / 255,
    LAYERS(lenet5_layers),
};

/* Table I of the paper: bit i of row o is set where map o of c3 reads map i of s2. */
#define BITS3(a, b, c) (1u << (a) | 1u << (b) | 1u << (c))
#define BITS4(a, b, c, d) (BITS3(a, b, c) | 1u << (d))
static const uint32_t c3_connections[16] = {
    BITS3(0, 1, 2), BITS3(1, 2, 3), BITS3(2, 3, 4), BITS3(3, 4, 5), BITS3(4, 5, 0), BITS3(5, 0, 1),
    BITS4(0, 1, 2, 3), BITS4(1, 2, 3, 4), BITS4(2, 3, 4, 5), BITS4(3, 4, 5, 0), BITS4(4, 5, 0, 1), BITS4(5, 0, 1, 2),
    BITS4(0, 1, 3, 4), BITS4(1, 2, 4, 5), BITS4(0, 2, 3, 5),
    0x3f,
};

static const struct alexcl_layer lenet5_1998_layers[] = {
    CONV("c1", 6, 5, 1, 0, 1),
    PLAIN("t1", ALEXCL_LECUN_TANH),
    SUBSAMPLE("s2", 2, 2),
    PLAIN("ts2", ALEXCL_LECUN_TANH),
    {.type = ALEXCL_CONV, .name = "c3", .outputs = 16, .kernel = SQUARE(5), .stride = SQUARE(1), .groups = 1,
     .connections = c3_connections},
    PLAIN("t3", ALEXCL_LECUN_TANH),
    SUBSAMPLE("s4", 2, 2),
    PLAIN("ts4", ALEXCL_LECUN_TANH),
    CONV("c5", 120, 5, 1, 0, 1),
    PLAIN("t5", ALEXCL_LECUN_TANH),
    PLAIN("flat", ALEXCL_FLATTEN),
    FC("f6", 84, 1),
    PLAIN("t6", ALEXCL_LECUN_TANH),
    {.type = ALEXCL_RBF, .name = "out", .outputs = 10},
};

/* Section II.B: the background becomes -0.1 and the ink 1.175, so that the mean is about 0 and the variance about 1. As
 * in MNIST's files the ink is 255: 255 * 0.005 - 0.1 = 1.175. */
const struct alexcl_model model_lenet5_1998 = {
    .name = "lenet5-1998", .about = "LeNet-5 as published: trained sub-sampling, RBF output",
    .channels = 1, .height = 32, .width = 32, .colour = ALEXCL_GREY, .resize = 32,
    .scale = 0.005, .mean = PER_CHANNEL(0.1),
    LAYERS(lenet5_1998_layers),
};
