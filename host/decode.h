/* SPDX-License-Identifier: MIT */
/* Pictures to pixels. The kind is told by the content, not by the name's ending. */
#ifndef ALEXCL_DECODE_H
#define ALEXCL_DECODE_H
#include "alexcl.h"

enum { DECODE_PIXELS_MOST = 180000000 };

struct picture {
    int width, height;
    int channels;          /* 3: RGB, 1: grey */
    unsigned char *pixels; /* height x width x channels; freed by picture_free */
};
void picture_free(struct picture *p);
/* ALEXCL_E_DATA, with the path, for anything that is no sound PNG or JPEG of at most DECODE_PIXELS_MOST pixels. RGB always. */
int decode_file(const char *path, struct picture *out, struct alexcl_error *err);

/* By kind, from memory; `path` is for messages. */
int png_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out, struct alexcl_error *err);
int jpeg_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out, struct alexcl_error *err);
/* Refuses sizes of 0 and above the limit, and makes room for the pixels. */
int decode_make(const char *path, uint64_t width, uint64_t height, struct picture *out, struct alexcl_error *err);
/* Writes a picture as PNG, by a temporary name. */
int png_file_write(const char *path, const struct picture *p, struct alexcl_error *err);
#endif
