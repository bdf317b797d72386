/* SPDX-License-Identifier: MIT */
/* From the pictures of a data set to batches as a net sees them, made by threads while the devices compute the one
 * before. What is in a batch hangs on seed, step and place alone, and not on threads: the order of an epoch
 * (epoch_order.h), crops, mirroring and colours (augment.h), by step, from 1, and the place in its batch. */
#ifndef ALEXCL_TRAIN_DATA_H
#define ALEXCL_TRAIN_DATA_H
#include "augment.h"
#include "data_set.h"

struct train_data_options {
    const struct alexcl_model *model;
    size_t count, batch; /* the first pictures of the set, 0: all; of a batch, but for the last one of an epoch */
    uint64_t seed;
    int test;         /* in the set's order, the middle of each picture: crop, mirror and colour are not read */
    int ten_crop;     /* to test with: PREPARE_CROPS crops of each picture, one behind the other */
    int crop, mirror; /* at random; else the middle */
    double colour;    /* deviation of the noise on colours; 0: none */
    enum augment_colour by;
    const struct colour_pca *pca; /* where there is such noise: in units of 0 to 1, or of the set's floats */
    uint64_t first, end;          /* steps that are left out at the start; the last one there is, 0: none is */
    int threads;                  /* 0: as many as there are CPUs for this process, at most 8 */
    int keep_going;               /* a picture that cannot be read is left out of its batch, and told once: */
    void (*damaged)(void *user, const char *text);
    void *user;
    unsigned char *told; /* of each picture, that it was; lasts over several runs through the set. NULL: its own */
};
struct train_data_batch {
    const float *images; /* count x C x H x W, of each as many as its crops; valid until the next one is asked for */
    const int *labels;
    size_t count;
};

/* Whether the model takes pictures of the set's size and channels: ALEXCL_E_DATA where it has not their channels, or
 * more would be padding than picture. */
int train_data_check(const struct data_set *set, const struct alexcl_model *model, struct alexcl_error *err);

struct train_data;
/* The steps of an epoch: its last one takes what is left over. */
uint64_t train_data_steps(size_t count, size_t batch);
/* The set must live as long as it. A side of the pictures that is longer than the model's is cut, a shorter one is
 * padded alike at both ends, with pixels of 0. ALEXCL_E_DATA as of train_data_check. */
int train_data_open(const struct data_set *set, const struct train_data_options *options, struct train_data **out,
                    struct alexcl_error *err);
/* The next step's batch. ALEXCL_E_DATA names a picture that cannot be read, or, where all of a batch to train with
 * cannot, the first of them; to test with, a batch may be empty. */
int train_data_next(struct train_data *d, struct train_data_batch *out, struct alexcl_error *err);
/* Seconds that calls of train_data_next waited. */
double train_data_waited(const struct train_data *d);
/* Bytes of the host that it takes. */
uint64_t train_data_memory(const struct alexcl_model *model, size_t batch);
void train_data_free(struct train_data *d); /* stops the threads */
#endif
