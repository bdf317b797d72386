/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_PNG_FILE_H
#define ALEXCL_PNG_FILE_H
#include "picture.h"

/* PNG (by libpng) from memory, every colour type, depth and interlacing, to 8-bit RGB; `path` is for messages. */
int png_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                    struct alexcl_error *err);
/* Writes a picture as PNG, by a temporary name. */
int png_file_write(const char *path, const struct picture *p, struct alexcl_error *err);
/* The same into memory, freed by the caller; `what` is for messages. ALEXCL_E_MEMORY. */
int png_file_encode(const char *what, const struct picture *p, unsigned char **data, size_t *length,
                    struct alexcl_error *err);
#endif
