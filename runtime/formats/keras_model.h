/* SPDX-License-Identifier: MIT */
/* The rows of a model, out of a Keras model's config. */
#ifndef ALEXCL_KERAS_MODEL_H
#define ALEXCL_KERAS_MODEL_H
#include "arena.h"
#include "keras_config.h"
#include "memory.h"

/* What a row needs and the file has not as it is: of a norm its factors and sums; else biases, which are zeros. */
struct keras_made {
    const char *name; /* of the row, and the layer */
    int norm, units;
    double epsilon;
};
struct keras_model {
    struct alexcl_model model;
    struct alexcl_layer *rows;
    struct arena memory; /* of all that the model points to and the config has not */
    struct keras_made *made;
    size_t made_count;
    const char *why; /* the net is not computed; NULL: it is */
};

/* Rows have the layers' names; an activation inside a layer is "NAME_relu". What is assumed goes to `told`. A net
 * that is not computed is no error: `why` says which layer. The model is part of *out, which may not move. */
int keras_model_make(const struct keras_config *config, struct keras_model *out, struct string_buffer *told,
                     struct alexcl_error *err);
void keras_model_free(struct keras_model *m); /* safe on {0} */
#endif
