/* SPDX-License-Identifier: MIT */
/* The files of the cache folder, by kind. Nothing else in that folder is looked at, counted or removed. */
#ifndef ALEXCL_CACHE_H
#define ALEXCL_CACHE_H
#include "settings.h"

/* A file's name is <key><ending of its kind>. Keys are SHA-256 in hexadecimal; a log's is build-<kernel>-<8 hexadecimal
 * digits>. */
enum cache_kind { CACHE_BINARIES, CACHE_TUNING, CACHE_CHECKS, CACHE_LOGS };

/* The folder: ALEXCL_CACHE_DIR, else XDG_CACHE_HOME/alexcl, else ~/.cache/alexcl. Made 0700 if absent. ALEXCL_E_OTHER,
 * saying why, where it cannot be made, is not ours or others may write to it: go on without. */
int cache_folder(const struct settings *settings, char *out, size_t size, struct alexcl_error *err);
/* One warning a process: for want of something that could not be kept there, `what` ("kernels are compiled") is done at
 * every start. */
void cache_warn(const char *what, const char *why);
/* A file's path; the folder is made where there is none. Errors: those of cache_folder. */
int cache_path(const struct settings *settings, enum cache_kind kind, const char *key, char *out, size_t size,
               struct alexcl_error *err);
/* files_read of a file there, which counts as used now. */
int cache_load(const char *path, size_t limit, unsigned char **data, size_t *length, struct alexcl_error *err);
/* files_replace of a file there. Then the folder has settings->cache_limit at most: what has not been used for longest
 * goes, but nothing that some process used in the last minute. */
int cache_store(const struct settings *settings, const char *path, const void *data, size_t length,
                struct alexcl_error *err);
#endif
