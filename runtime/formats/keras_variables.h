/* SPDX-License-Identifier: MIT */
/* The variables of a Keras model's layers, among the datasets of its HDF5 file. */
#ifndef ALEXCL_KERAS_VARIABLES_H
#define ALEXCL_KERAS_VARIABLES_H
#include "h5_list.h"
#include "keras_config.h"

enum { KERAS_MOST_NAME = 4096 };

/* A dataset that is a layer's variable. */
struct keras_variable {
    const struct h5_dataset *dataset;
    const char *path; /* of what holds the layer's variables: "layers/conv2d" */
    size_t path_length;
    const char *layer; /* its name */
    size_t layer_length;
    char role[64]; /* "kernel", "gamma" */
    const struct keras_layer *config;
    uint64_t rank;  /* of the layer */
    uint64_t index; /* in the layer */
    size_t of;      /* how many variables the layer has */
};
struct keras_variables {
    const char *path; /* of the file */
    const struct h5_list *list;
    const struct keras_config *config;
    const char *root; /* of the older .h5: the group of its layers; NULL: the file is as Keras 3 writes it */
    struct keras_variable *all;
    size_t count;
    int ordered; /* they stand in the order of the layers */
};

/* Finds the variables of a file of which `list`, `config` and `path` are set; there may be none. */
int keras_find_variables(struct keras_variables *f, struct alexcl_error *err);
/* Whether the layer is of this class; by its path where there is no config. */
int keras_is_class(const struct keras_variable *v, const char *class_name);
#endif
