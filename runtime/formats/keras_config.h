/* SPDX-License-Identifier: MIT */
/* What a Keras model says of itself, in JSON: its layers, those of models inside it where these stand. */
#ifndef ALEXCL_KERAS_CONFIG_H
#define ALEXCL_KERAS_CONFIG_H
#include <jansson.h>

#include "status.h"

struct keras_layer {
    const char *name, *class_name; /* "conv2d_7", "Conv2D" */
    const json_t *json, *config;   /* all that is said of it; and its `config`, or NULL */
    char *path;                    /* where Keras 3 keeps its variables: "layers/conv2d" */
};
struct keras_config {
    json_t *document;
    struct keras_layer *layers; /* in the order of the model */
    size_t count;
};

/* Reads what `class_name` and `config` of a model say. ALEXCL_E_DATA where it is no model of layers. */
int keras_config_read(const char *text, size_t length, const char *path, struct keras_config *out,
                      struct alexcl_error *err);
void keras_config_free(struct keras_config *c); /* safe on {0} */

const struct keras_layer *keras_config_find(const struct keras_config *c, const char *name); /* or NULL */
/* A text, or a truth value, of a layer's config; `otherwise` where it says nothing. */
const char *keras_config_text(const struct keras_layer *l, const char *key, const char *otherwise);
int keras_config_true(const struct keras_layer *l, const char *key, int otherwise);
/* Whether maps are flattened as H,W,C. Keras turns what is C,H,W where its Flatten is told so. */
int keras_config_flattens_channels_last(const struct keras_config *c);
/* Whether maps are C,H,W in some layer but Flatten. */
int keras_config_maps_first(const struct keras_config *c);
/* "Conv2D" -> "conv2d", "BatchNormalization" -> "batch_normalization". */
void keras_config_snake(const char *class_name, char *out, size_t size);
#endif
