/* SPDX-License-Identifier: MIT */
/* Whole files: read, replace, and the cache folder. */
#ifndef ALEXCL_FILES_H
#define ALEXCL_FILES_H
#include "status.h"

/* Reads a regular file of at most `limit` bytes into *data (freed by the caller; one zero byte follows the content). */
int files_read(const char *path, size_t limit, unsigned char **data, size_t *length, struct alexcl_error *err);
/* Writes `path` by a temporary name beside it and rename: the old file or the whole new one, never a part. */
int files_replace(const char *path, const void *data, size_t length, struct alexcl_error *err);
/* The same piece by piece: nothing is seen under `path` before files_writer_commit; without it files_writer_free leaves no trace. */
struct files_writer;
int files_writer_open(const char *path, struct files_writer **out, struct alexcl_error *err);
int files_writer_add(struct files_writer *w, const void *data, size_t length, struct alexcl_error *err);
int files_writer_commit(struct files_writer *w, struct alexcl_error *err);
void files_writer_free(struct files_writer *w);
/* Makes a folder and its parents, 0700. */
int files_make_folder(const char *path, struct alexcl_error *err);
/* The folder for caches: ALEXCL_CACHE_DIR, else XDG_CACHE_HOME/alexcl, else ~/.cache/alexcl. Made 0700 if absent.
 * ALEXCL_E_OTHER, saying why, where it cannot be made, is not ours or others may write to it: go on without. */
int files_cache_folder(char *out, size_t size, struct alexcl_error *err);
#endif
