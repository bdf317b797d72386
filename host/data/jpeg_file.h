/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_JPEG_FILE_H
#define ALEXCL_JPEG_FILE_H
#include "picture.h"

/* JPEG (by libjpeg-turbo) from memory, colour or grey, turned as its EXIF orientation says, to RGB; `path` is for
 * messages. */
int jpeg_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                     struct alexcl_error *err);
#endif
