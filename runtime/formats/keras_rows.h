/* SPDX-License-Identifier: MIT */
/* A model in the making, out of the layers of a Keras model's config. */
#ifndef ALEXCL_KERAS_ROWS_H
#define ALEXCL_KERAS_ROWS_H
#include "keras_model.h"

enum { KERAS_SIDE = 65535, KERAS_WINDOW = 16384, KERAS_CHANNELS = 1 << 24, KERAS_INPUTS = 32 };

/* What a layer gives: by which row, -1: the net's input. */
struct keras_value {
    int row, flat;
    int64_t c, h, w;
    int64_t zeros[4]; /* that stand around it and are no row: top, left, bottom, right */
};
struct keras_builder {
    const struct keras_config *config;
    struct keras_model *out;
    struct string_buffer *told;
    const struct keras_layer *layer; /* the one at hand */
    struct keras_value *values;      /* of each layer of the config */
    struct keras_value input;        /* of the layer at hand, its first */
    int row_count, has_input, maps_first, functional, rescaled;
};

/* ALEXCL_E_DATA: the net is not computed, because of the layer at hand. */
int keras_refuse(const struct keras_builder *b, const char *what, struct alexcl_error *err);
/* Whether the layer at hand is of this class. */
int keras_is(const struct keras_builder *b, const char *class_name);
/* A whole number within bounds; 0 where it is none. */
int keras_whole(const json_t *value, int64_t least, int64_t most, int64_t *out);
/* Rows of the layer at hand, which reads `from` and is neither an input nor a model; `*v` is what it gives. */
int keras_add_rows(struct keras_builder *b, const struct keras_value *from, int count, struct keras_value *v,
                   struct alexcl_error *err);
#endif
