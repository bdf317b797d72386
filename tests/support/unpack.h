/* SPDX-License-Identifier: MIT */
/* Golden files that are kept in an archive. */
#ifndef ALEXCL_UNPACK_H
#define ALEXCL_UNPACK_H
#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

static inline void unpack_require(int holds, const char *what) {
    if (holds) return;
    (void)fprintf(stderr, "%s cannot be unpacked\n", what);
    abort();
}

/* Every file of a zip archive, into the working folder. */
static inline void unpack_files(const char *archive) {
    zip_t *zip = zip_open(archive, ZIP_RDONLY, NULL);
    unpack_require(zip != NULL, archive);
    for (zip_int64_t i = 0; i < zip_get_num_entries(zip, 0); i++) {
        zip_stat_t stat;
        const char *name = zip_get_name(zip, (zip_uint64_t)i, 0);
        unpack_require(name && zip_stat_index(zip, (zip_uint64_t)i, 0, &stat) == 0, archive);
        unsigned char *bytes = malloc(stat.size + 1);
        zip_file_t *member = zip_fopen_index(zip, (zip_uint64_t)i, 0);
        FILE *file = fopen(name, "wb");
        unpack_require(bytes && member && file, name);
        unpack_require(zip_fread(member, bytes, stat.size) == (zip_int64_t)stat.size, name);
        unpack_require(fwrite(bytes, 1, stat.size, file) == stat.size && fclose(file) == 0, name);
        (void)zip_fclose(member);
        free(bytes);
    }
    zip_discard(zip);
}
#endif
