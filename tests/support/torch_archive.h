/* SPDX-License-Identifier: MIT */
/* An archive as torch.save writes it, around a pickle made by hand. */
#ifndef ALEXCL_TORCH_ARCHIVE_H
#define ALEXCL_TORCH_ARCHIVE_H
#include <stdlib.h>
#include <zip.h>

enum { TORCH_ARCHIVE_BYTES = 256 }; /* of each storage */

static inline void torch_archive_require(int holds) {
    if (!holds) abort();
}

static inline void torch_archive_add(zip_t *zip, const char *name, const void *bytes, size_t size, int method) {
    zip_int64_t index = zip_file_add(zip, name, zip_source_buffer(zip, bytes, size, 0), 0);
    torch_archive_require(index >= 0 && zip_set_file_compression(zip, (zip_uint64_t)index, method, 0) == 0);
}

/* a/data.pkl is the pickle; a/data/0 has the bytes 0, 1, 2 ..., and a/data/1 the same, compressed. free() it. */
static inline unsigned char *torch_archive_make(const void *pickle, size_t size, size_t *length) {
    unsigned char values[TORCH_ARCHIVE_BYTES], *bytes;
    zip_error_t error;
    for (int i = 0; i < TORCH_ARCHIVE_BYTES; i++) values[i] = (unsigned char)i;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    torch_archive_require(zip != NULL);
    zip_source_keep(source);
    torch_archive_add(zip, "a/data.pkl", pickle, size, ZIP_CM_STORE);
    torch_archive_add(zip, "a/data/0", values, sizeof values, ZIP_CM_STORE);
    torch_archive_add(zip, "a/data/1", values, sizeof values, ZIP_CM_DEFLATE);
    torch_archive_require(zip_close(zip) == 0 && zip_source_open(source) == 0);
    torch_archive_require(zip_source_seek(source, 0, SEEK_END) == 0);
    *length = (size_t)zip_source_tell(source);
    bytes = malloc(*length);
    torch_archive_require(bytes && zip_source_seek(source, 0, SEEK_SET) == 0);
    torch_archive_require(zip_source_read(source, bytes, *length) == (zip_int64_t)*length);
    zip_source_close(source);
    zip_source_free(source);
    return bytes;
}
#endif
