/* SPDX-License-Identifier: MIT */
/* Packed data sets: pictures that were decoded once, as bytes behind each other, with their classes; mapped, not read.
 * The file is a safetensors file: tensors "labels" (I32) and "pictures" (U8, N x C x H x W), and metadata that begins
 * with "alexcl.pack", the version of how pictures are prepared; the files that it was made of, with sizes and times,
 * are there too, so that it is refused where one of them has changed. */
#ifndef ALEXCL_PACK_FILE_H
#define ALEXCL_PACK_FILE_H
#include <sys/stat.h>

#include "alexcl.h"
#include "json_text.h"

/* Bytes of the header's length; how pictures are prepared: another one where that changes. */
enum { PACK_FILE_LENGTH = 8 };
#define PACK_FILE_VERSION "1"

struct pack_file {
    size_t count, classes;
    int channels, height, width;
    const unsigned char *pictures; /* in the mapping */
    int *labels;                   /* NULL: there are none */
    char **names;                  /* of `classes` classes, or NULL */
    char *note;                    /* of its sources that are not there, to be told; or NULL */
    void *mapping;
    size_t length;
};
/* Whether a file that begins so is one. */
int pack_file_takes(const unsigned char *start, size_t length);
/* ALEXCL_E_DATA for whatever is not exactly one packed data set, or was made of files that have changed since. */
int pack_file_open(const char *path, struct pack_file *out, struct alexcl_error *err);
void pack_file_free(struct pack_file *p);
/* What tells a source's state: its size, seconds and nanoseconds of its last change. */
void pack_file_state(const struct stat *info, json_int_t out[3]);
#endif
