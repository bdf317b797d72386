/* SPDX-License-Identifier: MIT */
/* The types of layers that there are, a row each: what a type is stands there (struct layer_ops). */
#include "layer_private.h"

static const struct layer_ops *const types[] = {
    [ALEXCL_CONV] = &layer_conv_ops,
    [ALEXCL_FC] = &layer_fc_ops,
    [ALEXCL_RBF] = &layer_rbf_ops,
    [ALEXCL_LRN] = &layer_lrn_ops,
    [ALEXCL_RNORM] = &layer_rnorm_ops,
    [ALEXCL_MAXPOOL] = &layer_maxpool_ops,
    [ALEXCL_AVGPOOL] = &layer_avgpool_ops,
    [ALEXCL_SUBSAMPLE] = &layer_subsample_ops,
    [ALEXCL_RELU] = &layer_relu_ops,
    [ALEXCL_TANH] = &layer_tanh_ops,
    [ALEXCL_SIGMOID] = &layer_sigmoid_ops,
    [ALEXCL_LECUN_TANH] = &layer_lecun_tanh_ops,
    [ALEXCL_DROPOUT] = &layer_dropout_ops,
    [ALEXCL_FLATTEN] = &layer_flatten_ops,
    [ALEXCL_SOFTMAX] = &layer_softmax_ops,
    [ALEXCL_CONCAT] = &layer_concat_ops,
    [ALEXCL_ADD] = &layer_add_ops,
    [ALEXCL_AFFINE] = &layer_affine_ops,
    [ALEXCL_GLOBAL_MAXPOOL] = &layer_global_maxpool_ops,
    [ALEXCL_GLOBAL_AVGPOOL] = &layer_global_avgpool_ops,
};

const struct layer_ops *layer_type(enum alexcl_layer_type type) {
    return (size_t)type < sizeof types / sizeof *types ? types[type] : NULL;
}

const char *alexcl_layer_type_name(enum alexcl_layer_type type) {
    const struct layer_ops *ops = layer_type(type);
    return ops ? ops->name : "unknown";
}

const char *alexcl_layer_type_keras_name(enum alexcl_layer_type type) {
    const struct layer_ops *ops = layer_type(type);
    return ops && ops->keras ? ops->keras : alexcl_layer_type_name(type);
}
