/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_DECODE_H
#define ALEXCL_DECODE_H
#include "picture.h"

/* A picture file to RGB. The kind is told by the content, not by the name's ending. ALEXCL_E_DATA, with the path, for
 * anything that is no sound picture of these formats, of at most PICTURE_MAX_PIXELS pixels. */
#define DECODE_FORMATS "PNG, JPEG, WebP, BMP and PPM"
int decode_file(const char *path, struct picture *out, struct alexcl_error *err);
/* Whether a decoder takes a file that begins so, or that is called so. */
int decode_takes(const unsigned char *start, size_t length);
int decode_takes_name(const char *name);
#endif
