/* SPDX-License-Identifier: MIT */
/* What the two files of the convolution share. */
#ifndef ALEXCL_LAYER_CONV_H
#define ALEXCL_LAYER_CONV_H
#include "layer_private.h"

/* Of CPU devices (layer_conv_cpu.c). */
extern const struct layer_variant conv_cpu, conv_winograd, conv_winograd_mem;
#endif
