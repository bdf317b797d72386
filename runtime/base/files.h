/* SPDX-License-Identifier: MIT */
/* Whole files: read, replace, and the cache folder. Writing piece by piece, and what a failure suggests: alexcl.h. */
#ifndef ALEXCL_FILES_H
#define ALEXCL_FILES_H
#include <sys/stat.h>

#include "settings.h"

/* Reads a regular file of at most `limit` bytes into *data (freed by the caller; one zero byte follows the content). */
int files_read(const char *path, size_t limit, unsigned char **data, size_t *length, struct alexcl_error *err);
/* Writes a file that the program keeps for itself: others see the old one or the whole new one. Unlike what
 * alexcl_file_open begins it does not wait for the disk, since whoever reads it tells a damaged one; and a symbolic
 * link is replaced, not followed. */
int files_replace(const char *path, const void *data, size_t length, struct alexcl_error *err);
/* Makes a folder and its parents, 0700. */
int files_make_folder(const char *path, struct alexcl_error *err);
/* The folder for caches: ALEXCL_CACHE_DIR, else XDG_CACHE_HOME/alexcl, else ~/.cache/alexcl. Made 0700 if absent.
 * ALEXCL_E_OTHER, saying why, where it cannot be made, is not ours or others may write to it: go on without. */
int files_cache_folder(const struct settings *settings, char *out, size_t size, struct alexcl_error *err);
/* Its name alone, whether it is there or not. */
int files_cache_name(const struct settings *settings, char *out, size_t size, struct alexcl_error *err);
/* ALEXCL_E_OTHER unless the folder of which `info` tells is ours alone. */
int files_cache_judge(const char *path, const struct stat *info, struct alexcl_error *err);
/* One warning a process: for want of something that could not be kept there, `what` ("kernels are compiled") is done at
 * every start. */
void files_cache_warn(const char *what, const char *why);
#endif
