/* SPDX-License-Identifier: MIT */
/* How a camera was held: the tag Orientation of Exif 2.3, 4.6, which JPEG and PNG carry in a block of TIFF. */
#ifndef ALEXCL_ORIENTATION_H
#define ALEXCL_ORIENTATION_H
#include "picture.h"

/* 1..8; 1 where it says nothing of it, 0 where the block is none of TIFF. */
int orientation_read(const unsigned char *tiff, size_t length);
/* Turns and mirrors an RGB picture as orientation 2..8 wants; 0 and 1 leave it. `path` is for messages. */
int orientation_turn(const char *path, struct picture *p, int orientation, struct alexcl_error *err);
#endif
