/* SPDX-License-Identifier: MIT */
/* --dump-patches: what the net sees, as numbers and as a picture. */
#ifndef ALEXCL_PATCHES_H
#define ALEXCL_PATCHES_H
#include "picture.h"

/* Makes the folder, with its parents. */
int patches_make_folder(const char *folder, struct alexcl_error *err);
/* Writes <folder>/<number>-<file name>[-<crop>].npy and .png; number: of the list's line, or of the picture from 1;
 * crop < 0: without it. `patch`: pixels, `values`: C x H x
 * W. */
int patches_write(const char *folder, int number, const char *path, int crop, const struct alexcl_model *model,
                  const unsigned char *patch, const float *values, struct alexcl_error *err);
#endif
