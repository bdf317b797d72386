/* SPDX-License-Identifier: MIT */
/* Small safetensors files made by hand, right and wrong ones. */
#ifndef ALEXCL_WEIGHT_FILES_H
#define ALEXCL_WEIGHT_FILES_H
#include <stddef.h>

/* 8 bytes of length, the header's text as it is, then `data_length` bytes of data (NULL: 0, 1, 2 ...). free() it. */
unsigned char *weight_file_bytes(const char *header, const void *data, size_t data_length, size_t *length);
/* Writes bytes to a new file in the working folder; returns its name, in static memory of this call. */
const char *weight_file_write(const void *bytes, size_t length);
/* A copy of a file with pair `key` of its metadata set to `value` (NULL: removed; key NULL: all of it), as a new
 * file. */
const char *weight_file_with(const char *path, const char *key, const char *value);
/* Removes the files of this process. */
void weight_files_remove(void);
#endif
