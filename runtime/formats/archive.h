/* SPDX-License-Identifier: MIT */
/* Zip archives in memory, as frameworks write their models: members by name, in place or unpacked, whole. libzip reads
 * the central directory; what that tells is checked before it is used. */
#ifndef ALEXCL_ARCHIVE_H
#define ALEXCL_ARCHIVE_H
#include <zip.h>

#include "status.h"

enum { ARCHIVE_MOST_NAME = 1024 };

struct archive {
    const char *path;   /* for messages */
    const char *advice; /* what writes one that is read, behind what is not */
    const unsigned char *bytes;
    uint64_t length, at, last_read; /* where the next byte is read, and where those read last began */
    zip_error_t error;
    zip_t *zip;
    uint64_t unpacked; /* bytes so far */
};
struct archive_data {
    const unsigned char *data;
    uint64_t bytes;
    unsigned char *unpacked; /* what `data` is where the member is compressed, to be freed; else NULL */
};

/* Opens what *a describes: `path`, `advice`, `bytes` and `length` are set, all else is 0. It may not move until
 * archive_close, which is safe on one that was not opened. ALEXCL_E_DATA, also where there are too many members. */
int archive_open(struct archive *a, struct alexcl_error *err);
void archive_close(struct archive *a);

size_t archive_count(const struct archive *a);
/* The index of the member of this name. */
int archive_find(const struct archive *a, const char *name, zip_uint64_t *out);
/* What the directory tells of a member that can be read. */
int archive_stat(const struct archive *a, zip_uint64_t index, zip_stat_t *out, struct alexcl_error *err);
/* A member of the `size` that archive_stat told, unpacked, its checksum compared, a 0 behind it; free() it. */
int archive_read(const struct archive *a, zip_uint64_t index, uint64_t size, unsigned char **out,
                 struct alexcl_error *err);
/* A member's data: where they lie, or unpacked, of all members no more than 8 GiB. Nothing where `out` has them. */
int archive_load(struct archive *a, zip_uint64_t index, struct archive_data *out, struct alexcl_error *err);
#endif
