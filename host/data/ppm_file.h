/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_PPM_FILE_H
#define ALEXCL_PPM_FILE_H
#include "picture.h"

/* PBM, PGM and PPM (netpbm's, P1 to P6) from memory, of up to 16 bits, to 8-bit RGB; `path` is for messages. */
int ppm_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                    struct alexcl_error *err);
#endif
