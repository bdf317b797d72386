/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_RESIZE_H
#define ALEXCL_RESIZE_H
#include "picture.h"

/* Antialiased bilinear: a triangle filter whose support is scaled on reduction, as Pillow's resize(..., BILINEAR), to the bit. */
int resize_picture(const struct picture *from, int width, int height, struct picture *out, struct alexcl_error *err);
#endif
