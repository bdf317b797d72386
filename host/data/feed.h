/* SPDX-License-Identifier: MIT */
/* Decodes and prepares the pictures of a list in threads, ahead of the devices, and hands them out in the list's
 * order. */
#ifndef ALEXCL_FEED_H
#define ALEXCL_FEED_H
#include "image_list.h"

struct feed;
struct feed_options {
    const struct alexcl_model *model;
    int ten_crop;            /* 10 crops an image instead of the centre */
    int as_it_is;            /* a picture must have the model's size, and is not resized */
    const char *dump_folder; /* --dump-patches, or NULL */
    int threads;             /* 0: as many as there are CPUs for this process, at most 8 */
    size_t ahead;            /* prepared images to hold at most; at least two batches keep the devices busy */
};
struct feed_item {
    size_t index;              /* in the list */
    const float *values;       /* crops x C x H x W; NULL when `error` is set; valid until feed_release */
    struct alexcl_error error; /* what is wrong with this image; status 0: nothing */
    int width, height;         /* as_it_is: the size of a picture that has not the model's; else 0 */
};
/* Prepared images that keep the devices busy with batches of `batch`, in a bounded memory. */
size_t feed_ahead(const struct alexcl_model *m, int ten_crop, int batch);
/* Host memory beside a net that is fed so: the images ahead, and the batch being filled while the one before it
 * runs. */
struct feed_memory {
    uint64_t fixed, image; /* bytes in any case, and for each image of a batch */
};
struct feed_memory feed_memory(const struct alexcl_model *m, int ten_crop, int batch);
/* Its threads settle the entries of the list, each before its item is given. */
int feed_open(const struct image_list *list, const struct feed_options *options, struct feed **out,
              struct alexcl_error *err);
/* The next image in order, blocking until it is ready. 0 at the end. */
int feed_next(struct feed *feed, struct feed_item *item);
/* Items are released in the order in which they came; any number up to `ahead` may be held. */
void feed_release(struct feed *feed, struct feed_item *item);
/* CPU seconds spent decoding and preparing so far, over all threads. */
double feed_seconds(struct feed *feed);
void feed_free(struct feed *feed); /* stops the threads, also half-way */
#endif
