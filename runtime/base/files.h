/* SPDX-License-Identifier: MIT */
/* Whole files: read and replaced. Writing piece by piece, and what a failure suggests: alexcl.h. */
#ifndef ALEXCL_FILES_H
#define ALEXCL_FILES_H
#include "status.h"

/* Reads a regular file of at most `limit` bytes into *data (freed by the caller; one zero byte follows the content). */
int files_read(const char *path, size_t limit, unsigned char **data, size_t *length, struct alexcl_error *err);
/* Writes a file that the program keeps for itself: others see the old one or the whole new one. Unlike what
 * alexcl_file_open begins it does not wait for the disk, since whoever reads it tells a damaged one; and a symbolic
 * link is replaced, not followed. */
int files_replace(const char *path, const void *data, size_t length, struct alexcl_error *err);
/* Makes a folder and its parents, 0700. */
int files_make_folder(const char *path, struct alexcl_error *err);
#endif
