/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_JPEG_FILE_H
#define ALEXCL_JPEG_FILE_H
#include "picture.h"

/* JPEG (by libjpeg-turbo) from memory, colour or grey, turned as its EXIF orientation says, to RGB; `path` is for
 * messages. */
int jpeg_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                     struct alexcl_error *err);
/* An RGB picture as JPEG into memory, freed by the caller; quality 1 to 100. `what` is for messages.
 * ALEXCL_E_MEMORY. */
int jpeg_file_encode(const char *what, const struct picture *p, int quality, unsigned char **data, size_t *length,
                     struct alexcl_error *err);
#endif
