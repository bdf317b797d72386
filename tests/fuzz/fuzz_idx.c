/* SPDX-License-Identifier: MIT */
/* IDX files. What is not gzipped is gzipped, too: both are read, and the same, or neither is. */
#include <zlib.h>

#include "fuzz.h"
#include "idx_file.h"

static unsigned char *pack(const uint8_t *data, size_t size, size_t *length) {
    enum { GZIP = 15 + 16 }; /* deflateInit2's windowBits */
    z_stream z = {.next_in = (unsigned char *)data, .avail_in = (unsigned)size};
    FUZZ_CLAIM(deflateInit2(&z, 1, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    *length = deflateBound(&z, (uLong)size);
    unsigned char *packed = malloc(*length);
    z.next_out = packed;
    z.avail_out = (unsigned)*length;
    FUZZ_CLAIM(packed && deflate(&z, Z_FINISH) == Z_STREAM_END);
    *length = z.total_out;
    deflateEnd(&z);
    return packed;
}

static int read_it(const uint8_t *data, size_t size, struct idx_file *idx) {
    struct alexcl_error err = {0};
    int status = idx_file_read(fuzz_file(0, data, size), idx, &err);
    fuzz_check_answer(status, &err, fuzz_bad_data);
    FUZZ_CLAIM((status == ALEXCL_OK) == (idx->values != NULL));
    if (status != ALEXCL_OK) return status;
    size_t count = 1;
    FUZZ_CLAIM(idx->dims >= 1 && idx->dims <= IDX_FILE_DIMS);
    for (int i = 0; i < idx->dims; i++) count *= idx->shape[i];
    FUZZ_CLAIM(count == idx->count);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct idx_file plain, unpacked;
    int status = read_it(data, size, &plain);
    if (size < 2 || data[0] != 0x1f || data[1] != 0x8b) {
        size_t length;
        unsigned char *packed = pack(data, size, &length);
        FUZZ_CLAIM(read_it(packed, length, &unpacked) == status);
        FUZZ_CLAIM(unpacked.count == plain.count);
        FUZZ_CLAIM(!plain.count || memcmp(unpacked.values, plain.values, plain.count) == 0);
        idx_file_free(&unpacked);
        free(packed);
    }
    idx_file_free(&plain);
    return 0;
}
