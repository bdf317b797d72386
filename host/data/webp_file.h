/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_WEBP_FILE_H
#define ALEXCL_WEBP_FILE_H
#include "picture.h"

/* WebP (by libwebp) from memory, lossy or lossless, alpha dropped, turned as its EXIF orientation says, to RGB; of an
 * animated one the first frame. `path` is for messages. */
int webp_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                     struct alexcl_error *err);
#endif
