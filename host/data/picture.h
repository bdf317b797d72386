/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_PICTURE_H
#define ALEXCL_PICTURE_H
#include "alexcl.h"

enum {
    PICTURE_MAX_PIXELS = 180000000,
    PICTURE_MAX_SIDE = 1000000 /* libpng's own: it holds rows as the file has them, of 8 bytes a pixel */
};

struct picture {
    int width, height;
    int channels;          /* 3: RGB, 1: grey */
    unsigned char *pixels; /* height x width x channels; freed by picture_free */
};
/* Room for an RGB picture; ALEXCL_E_DATA for sizes of 0 and above the limits. `path` is for messages. */
int picture_make(const char *path, uint64_t width, uint64_t height, struct picture *out, struct alexcl_error *err);
void picture_free(struct picture *p);
#endif
