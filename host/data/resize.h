/* SPDX-License-Identifier: MIT */
#ifndef ALEXCL_RESIZE_H
#define ALEXCL_RESIZE_H
#include "picture.h"

/* Antialiased bilinear: a triangle filter whose support is scaled on reduction, as Pillow's resize(..., BILINEAR): to
 * the bit where Pillow takes the horizontal pass first, which it always did up to 10.4; newer releases take the
 * vertical one first for some sizes, and differ by 1. */
int resize_picture(const struct picture *from, int width, int height, struct picture *out, struct alexcl_error *err);
#endif
