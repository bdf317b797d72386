/* SPDX-License-Identifier: MIT */
/* Which tensor of a file is which of a model's. */
#ifndef ALEXCL_WEIGHTS_MATCH_H
#define ALEXCL_WEIGHTS_MATCH_H
#include "layer.h"
#include "memory.h"
#include "source.h"

/* A tensor that the model needs. */
struct weights_tensor {
    int layer; /* index in the model */
    struct layer_tensor tensor;
    struct alexcl_shape maps;         /* that the layer reads, before a flatten layer made units of them */
    char *name;                       /* "conv1.weight" */
    const struct source_tensor *from; /* the tensor of the file; NULL: none is known yet */
    int turned;                       /* it is read as `read` says, whose columns stand in another order */
    struct source_tensor read;
};
struct weights_list {
    const struct alexcl_model *model;
    size_t layer_count; /* layers up to the last one that is needed */
    struct weights_tensor *tensors;
    size_t count;
};

/* The tensors of the layers that `last_layer` (NULL: the last) needs. */
int weights_list_make(const struct alexcl_model *model, const char *last_layer, struct weights_list *out,
                      struct alexcl_error *err);
void weights_list_free(struct weights_list *list);

/* How a file fits. */
struct weights_matched {
    /* in: another number of outputs of the last layer with tensors will do; out: that number, 0: it is the model's */
    int any_classes, classes;
    int by_order;               /* the file's tensors were taken in their order, not by their names */
    size_t count;               /* of the list's tensors that were found, from the first on */
    int ends;                   /* the file has none of the tensors behind those */
    struct string_buffer *done; /* gets a line for each tensor that is turned; NULL: nobody asks */
};
/* Finds each tensor in the file: by its name, or by its other name in the model's aliases; where not all are there and
 * the file's tensors stand in the order of layers, by that order. `whole`: the list is the whole net's, so the file has
 * no other weights. What does not fit is ALEXCL_E_DATA with the tensor, the shape that is wanted and the one that is
 * there. */
int weights_match(struct weights_list *list, const struct source *file, const char *path, int whole,
                  struct weights_matched *out, struct alexcl_error *err);
#endif
