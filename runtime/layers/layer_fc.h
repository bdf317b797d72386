/* SPDX-License-Identifier: MIT */
/* What the files of the fully connected layer share. */
#ifndef ALEXCL_LAYER_FC_H
#define ALEXCL_LAYER_FC_H
#include "layer_private.h"

/* The variants of its backward passes (layer_fc_gradient.c). */
extern const struct layer_variant *const fc_input_gradients[], *const fc_weight_gradients[];
#endif
