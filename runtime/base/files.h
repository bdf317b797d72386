/* SPDX-License-Identifier: MIT */
/* Whole files: read, and replaced. What is written stands under a temporary name beside `path` until its commit gives
 * it its own: `path` is the old file or the whole new one. A process that is killed leaves its temporary file; the next
 * one to write in that folder removes it. Whatever is no regular file (/dev/null) is refused.
 *
 * A program that uses a shared libalexcl has a copy of this file beside the library's: each knows the files that it
 * writes itself. */
#ifndef ALEXCL_FILES_H
#define ALEXCL_FILES_H
#include "status.h"

/* Opens a regular file to be read, and tells its size. What is none is told with an advice behind, "; name a picture".
 * ALEXCL_E_DATA. */
int files_open_input(const char *path, const char *advice, int *fd, size_t *size, struct alexcl_error *err);
/* Reads a regular file of at most `limit` bytes into *data (freed by the caller; one zero byte follows the content). */
int files_read(const char *path, size_t limit, unsigned char **data, size_t *length, struct alexcl_error *err);
/* The same with an advice, as of files_open_input. */
int files_read_advised(const char *path, const char *advice, size_t limit, unsigned char **data, size_t *length,
                       struct alexcl_error *err);
/* Writes a file that the program keeps for itself. Unlike what file_open begins it does not wait for the disk, since
 * whoever reads it tells a damaged one; and a symbolic link is replaced, not followed. */
int files_replace(const char *path, const void *data, size_t length, struct alexcl_error *err);
/* Makes a folder and its parents, 0700. */
int files_make_folder(const char *path, struct alexcl_error *err);

/* Whether a folder has nothing in it but . and .. and what `left_over` (NULL: nothing) passes over. ALEXCL_E_OTHER. */
int files_is_empty(const char *path, int (*left_over)(const char *name), int *empty, struct alexcl_error *err);

/* Takes a folder that is there for this process, until *fd is closed or the process ends. Where the file system locks
 * nothing, it is taken all the same. ALEXCL_E_OTHER where another one has it, or it is none. */
int files_hold_folder(const char *path, int *fd, struct alexcl_error *err);

/* A record of what goes on, that grows line by line: each is the file's when the call returns, and not waited for on
 * the disk. Of what a file of this name has, the first `keep` bytes stay. Errors: ALEXCL_E_OTHER. */
struct record;
int record_open(const char *path, uint64_t keep, struct record **out, struct alexcl_error *err);
int record_add(struct record *record, const char *text, struct alexcl_error *err);
void record_free(struct record *record);

/* A result, written piece by piece. On the disk when it is committed, so that it is whole after a power cut too where
 * the file system can promise that. A symbolic link is followed, and stays; a file that is there keeps its mode and,
 * where the user may give it, its owner. Errors: ALEXCL_E_OTHER. */
struct file;
int file_open(const char *path, struct file **out, struct alexcl_error *err);
/* That it will have so many bytes: an error where its disk has no room for them, as far as the system tells. */
int file_expect(const struct file *file, uint64_t bytes, struct alexcl_error *err);
int file_add(struct file *file, const void *data, size_t length, struct alexcl_error *err);
/* What is added next goes over the file's beginning. */
int file_rewind(struct file *file, struct alexcl_error *err);
/* Its commit does not wait for the disk: for one of many that can be made again. */
void file_skip_sync(struct file *file);
/* Followed by file_free, whatever it gave. */
int file_commit(struct file *file, struct alexcl_error *err);
void file_free(struct file *file); /* without a commit: no trace is left */

/* For a program that a signal ends: removes the temporary files of what is being written, and no file is begun any
 * more. Async-signal-safe. */
void files_abandon(void);
/* The same for those of the library, where it is shared: its only symbol that is not the public header's. */
__attribute__((visibility("default"))) void alexcl_private_files_abandon(void);

/* What to try where opening or writing a file failed with this errno: "; check the name and its folder", or "". */
const char *file_hint(int code);
/* The same where a file was to be read; of an URL it says that nothing is downloaded. */
const char *file_read_hint(const char *path, int code);
#endif
