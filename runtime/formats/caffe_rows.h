/* SPDX-License-Identifier: MIT */
/* A model in the making, out of a Caffe net's layers. */
#ifndef ALEXCL_CAFFE_ROWS_H
#define ALEXCL_CAFFE_ROWS_H
#include "caffe.h"

enum { CAFFE_INPUT = -1, CAFFE_LABEL = -2, CAFFE_SIDE = 65535, CAFFE_WINDOW = 16384, CAFFE_CHANNELS = 1 << 24 };

/* A blob as it was written last. */
struct caffe_value {
    const char *name;
    int row; /* that makes it; CAFFE_INPUT; CAFFE_LABEL: what a net is trained with */
    struct alexcl_shape shape;
    int flat;     /* units, no maps */
    int flat_row; /* the row that flattens it; 0: none yet (row 0 flattens nothing else) */
};

struct caffe_row {
    int *inputs;
    int count, needed, number; /* number: among those that are needed */
};

struct caffe_builder {
    struct caffe_own *own;
    const char *path;
    struct string_buffer *told;
    const struct caffe_layer *layer; /* the one at hand */
    struct alexcl_model *model;
    struct alexcl_layer *rows; /* of the model */
    struct caffe_row *links;
    int row_count, has_input;
    struct caffe_value *values;
    size_t value_count;
};

/* ALEXCL_E_DATA: what is wrong with the layer at hand, with its name and type. */
int caffe_refuse(const struct caffe_builder *b, const char *what, struct alexcl_error *err);
/* The decimal number of which a float of the file is the nearest: 1e-4, not 0.0000999999975. */
double caffe_decimal(float value);
/* A name for a value, from here on; `name` NULL: the layer has no top, and is refused. */
int caffe_write(struct caffe_builder *b, const char *name, struct caffe_value value, struct alexcl_error *err);
/* Rows and values of the layer at hand, which is none of those that pictures come from. */
int caffe_add_layer(struct caffe_builder *b, struct alexcl_error *err);
#endif
