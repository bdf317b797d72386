/* SPDX-License-Identifier: MIT */
/* The rows of all types of layers, by their numbers. */
#include "layer_types.h"

#define TYPES_ROW(type, row) [type] = &(row),
static const struct layer_ops *const types[] = {LAYER_TYPES(TYPES_ROW)};

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

enum alexcl_output alexcl_layer_type_output(enum alexcl_layer_type type) {
    const struct layer_ops *ops = layer_type(type);
    return ops ? ops->output : ALEXCL_OUTPUT_VALUES;
}
