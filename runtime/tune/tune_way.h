/* SPDX-License-Identifier: MIT */
/* What the tuner measures: a way of computing a pass of a half of a layer. */
#ifndef ALEXCL_TUNE_WAY_H
#define ALEXCL_TUNE_WAY_H
#include "layer.h"
#include "tuning.h"

enum {
    TUNE_IMAGES = 8, /* images at once; one image is measured as well, and a choice is made for both */
    TUNE_WAYS = 32,  /* the largest number of ways of a layer */
};

/* A way: a variant with a tile. */
struct tune_way {
    const struct layer_variant *variant;
    struct layer_tile tile;
    int own;              /* 1: the tile is the one that the variant chooses by itself */
    int measured, status; /* status: an error, for which the way is dropped */
    int other_bits;       /* of training: it gives other bits than the default, and is not chosen */
    double batch1, batch8;
    char message[1024];
};

/* A pass of the shape of a half of a layer, and its ways. The first way is the default. */
struct tune_layer {
    struct layer layer; /* as the graph has it, before it is prepared */
    enum layer_pass_kind pass;
    int training; /* a net that is trained computes it: to the bits of the default */
    char key[TUNING_KEY];
    struct tune_way ways[TUNE_WAYS];
    int count, chosen;
};

/* What every way of a layer computes with: TUNE_IMAGES images, weights; and what they make of it. */
struct tune_data {
    struct storage in, in_halo, out, out_gradient, in_gradient, in_gradient_halo, tensors[LAYER_TENSORS];
    float *w[LAYER_TENSORS];
    float *due; /* what the default way made, where its bits are asked for; NULL: it has not run */
};
int tune_make_data(const struct tune_layer *t, struct target *target, struct tune_data *out, struct alexcl_error *err);
void tune_free_data(struct tune_data *data);

/* Checks a way: runs the same programs on a small shape and compares the result with the reference. */
int tune_check_way(const struct tune_layer *t, struct target *target, const struct tune_way *way,
                   struct alexcl_error *err);
/* Measures a way; of this and earlier measurements the shortest times count. Of training, compares its bits with those
 * that the default, which is to be measured first, has made of the same data. */
int tune_run_way(const struct tune_layer *t, struct target *target, struct tune_way *way, struct tune_data *data,
                 struct alexcl_error *err);
#endif
