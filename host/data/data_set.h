/* SPDX-License-Identifier: MIT */
/* What `--data` names: pictures of one size with their classes, whatever they are kept in.
 *
 *   a list, with labels; a folder whose folders are the classes      decoded as they are asked for
 *   MNIST's files, gzipped or not: a folder of them, or the one with the pictures
 *   CIFAR's binary files: a folder of them, or one
 *   x.npy, with y.npy for `targets`                                  bytes, or floats as the net sees them
 *   a packed data set (pack_file.h) */
#ifndef ALEXCL_DATA_SET_H
#define ALEXCL_DATA_SET_H
#include "alexcl.h"

enum data_set_layout { DATA_SET_TOLD /* by the channels */, DATA_SET_NCHW, DATA_SET_NHWC };
struct data_set_options {
    const char *targets; /* the labels of x.npy or of an IDX file; NULL: none, or found by its name */
    int channels;        /* what is wanted, 1 or 3 of pictures; it tells x.npy's layout. 0: as it has, 3 of a list's */
    int side; /* of pictures to decode: the shorter side becomes this, and the middle of the longer is kept */
    enum data_set_layout layout; /* of x.npy */
    int test;                    /* of a folder with both: what is to be tested with, not trained */
    int unlabelled;              /* labels may be missing */
    const char *const *names;    /* of the classes, as far as they are known; or NULL */
    size_t classes;              /* as many as there are; 0: not known yet */
};
struct data_set {
    size_t count;
    int channels, height, width, floats; /* floats: not bytes */
    int *labels;                         /* of each picture its class; NULL: there are none */
    size_t classes;                      /* that the set tells of: the largest label and one, at least */
    char **names;                        /* of `classes` classes, or NULL */
    char *note;                          /* what was passed over in a folder, to be told; or NULL */
    struct data_set_source *source;
};
/* ALEXCL_E_DATA where it is nothing of that kind, lacks labels or has one that no class has, or its channels are not
 * those wanted; ALEXCL_E_USAGE where the options do not go together. */
int data_set_open(const char *name, const struct data_set_options *options, struct data_set *out,
                  struct alexcl_error *err);
/* A picture, channels x height x width, as bytes 0..255 or as floats, into the caller's memory. Threads may ask at the
 * same time. ALEXCL_E_DATA, with the picture's place, where it cannot be decoded. */
int data_set_image(const struct data_set *set, size_t index, void *out, struct alexcl_error *err);
/* The i-th of the files that it was read from; NULL behind the last. */
const char *data_set_file(const struct data_set *set, size_t index);
void data_set_free(struct data_set *set);
#endif
