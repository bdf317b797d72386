/* SPDX-License-Identifier: MIT */
/* Whole files for tests. Those of host/data/ have DATA, which is tests/host/data/pictures, and PHOTOS, tools/photos. */
#ifndef ALEXCL_SUPPORT_FILES_H
#define ALEXCL_SUPPORT_FILES_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* Writes a file into the test's folder. */
static inline void write_file(const char *name, const void *data, size_t length) {
    FILE *f = fopen(name, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, length, f), length);
    fclose(f);
}

/* A whole file; free() it. */
static inline unsigned char *read_file(const char *path, size_t *length) {
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s cannot be read", path);
    unsigned char *data = malloc(1 << 20);
    *length = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}
#endif
