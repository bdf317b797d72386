/* SPDX-License-Identifier: MIT */
/* The types of layers that there are: the number that a model's table has, and the row that says all else (layer.h).
 *
 * A new type is a number in alexcl.h, a line here, and files that are found by themselves: layer_<type>.c with its row,
 * kernels/<type>.cl with tests/kernels/check_<type>.c, and ref_<type>.c of runtime/ref, which ref.h declares. */
#ifndef ALEXCL_LAYER_TYPES_H
#define ALEXCL_LAYER_TYPES_H
#include "layer.h"

#define LAYER_TYPES(ROW)                                                                                               \
    ROW(ALEXCL_CONV, layer_conv_ops)                                                                                   \
    ROW(ALEXCL_FC, layer_fc_ops)                                                                                       \
    ROW(ALEXCL_RBF, layer_rbf_ops)                                                                                     \
    ROW(ALEXCL_LRN, layer_lrn_ops)                                                                                     \
    ROW(ALEXCL_RNORM, layer_rnorm_ops)                                                                                 \
    ROW(ALEXCL_MAXPOOL, layer_maxpool_ops)                                                                             \
    ROW(ALEXCL_AVGPOOL, layer_avgpool_ops)                                                                             \
    ROW(ALEXCL_SUBSAMPLE, layer_subsample_ops)                                                                         \
    ROW(ALEXCL_RELU, layer_relu_ops)                                                                                   \
    ROW(ALEXCL_TANH, layer_tanh_ops)                                                                                   \
    ROW(ALEXCL_SIGMOID, layer_sigmoid_ops)                                                                             \
    ROW(ALEXCL_LECUN_TANH, layer_lecun_tanh_ops)                                                                       \
    ROW(ALEXCL_DROPOUT, layer_dropout_ops)                                                                             \
    ROW(ALEXCL_FLATTEN, layer_flatten_ops)                                                                             \
    ROW(ALEXCL_SOFTMAX, layer_softmax_ops)                                                                             \
    ROW(ALEXCL_CONCAT, layer_concat_ops)                                                                               \
    ROW(ALEXCL_ADD, layer_add_ops)                                                                                     \
    ROW(ALEXCL_AFFINE, layer_affine_ops)                                                                               \
    ROW(ALEXCL_GLOBAL_MAXPOOL, layer_global_maxpool_ops)                                                               \
    ROW(ALEXCL_GLOBAL_AVGPOOL, layer_global_avgpool_ops)

#define LAYER_TYPES_DECLARE(type, row) extern const struct layer_ops row;
LAYER_TYPES(LAYER_TYPES_DECLARE)
#endif
