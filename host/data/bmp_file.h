/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_BMP_FILE_H
#define ALEXCL_BMP_FILE_H
#include "picture.h"

/* BMP of Windows and OS/2 from memory, of 1, 4, 8, 16, 24 and 32 bits, from either end, packed by RLE4 and RLE8 or not,
 * to RGB; alpha is dropped. `path` is for messages. */
int bmp_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                    struct alexcl_error *err);
#endif
