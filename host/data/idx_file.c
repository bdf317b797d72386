/* SPDX-License-Identifier: MIT */
/* IDX: two zeros, the type of the values, the number of dimensions, the sizes as big-endian numbers of 4 bytes, then
 * the values. zlib reads what is gzipped and what is not by the same calls. The header is believed only as far as the
 * file can hold it: a plain file must have the size that the header tells, and a gzipped one cannot unpack to more than
 * 1032 times its own, the most that deflate reaches. So a header that lies costs no memory. */
#include "idx_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "files.h"
#include "kinds.h"
#include "memory.h"
#include "status.h"

enum { MAGIC = 4, BYTES = 0x08, DEFLATE_MOST = 1032, AT_ONCE = 1 << 30, BUFFER = 1 << 17 };
static const uint64_t MOST_BYTES = (uint64_t)8 << 30;

struct idx_file_reader {
    const char *path;
    gzFile file;
    size_t size; /* of the file, as it is on the disk */
};

void idx_file_free(struct idx_file *idx) {
    free(idx->values);
    *idx = (struct idx_file){0};
}

static const char *idx_file_type(unsigned char type) {
    switch (type) {
    case BYTES: return "bytes";
    case 0x09: return "bytes with a sign";
    case 0x0b: return "integers of 2 bytes";
    case 0x0c: return "integers of 4 bytes";
    case 0x0d: return "floats of 4 bytes";
    case 0x0e: return "floats of 8 bytes";
    default: return NULL;
    }
}

int idx_file_takes(const unsigned char *start, size_t length) {
    return length >= MAGIC && start[0] == 0 && start[1] == 0 && idx_file_type(start[2]);
}

/* The next `count` bytes, or as many as there are. */
static int idx_file_take(const struct idx_file_reader *r, void *out, size_t count, size_t *got,
                         struct alexcl_error *err) {
    int code = Z_OK, more = 1;
    for (*got = 0; *got < count && more > 0; *got += more > 0 ? (size_t)more : 0)
        more = gzread(r->file, (char *)out + *got, (unsigned)(count - *got < AT_ONCE ? count - *got : AT_ONCE));
    (void)gzerror(r->file, &code);
    switch (code) {
    case Z_OK:
    case Z_STREAM_END: return ALEXCL_OK;
    case Z_MEM_ERROR: return error_set(err, ALEXCL_E_MEMORY, "out of host memory: unpacking %s", r->path);
    case Z_ERRNO: return error_set(err, ALEXCL_E_DATA, "%s: %s", r->path, strerror(errno));
    case Z_BUF_ERROR:
        return error_set(err, ALEXCL_E_DATA, "%s: the gzip file ends too early, at %zu bytes; fetch it again", r->path,
                         r->size);
    default:
        return error_set(err, ALEXCL_E_DATA,
                         "%s: the gzip file is damaged: it does not unpack, or its checksum is another; fetch it again",
                         r->path);
    }
}

/* What has no header of IDX, by what it is. */
static int idx_file_foreign(const struct idx_file_reader *r, const unsigned char *start, size_t length,
                            struct alexcl_error *err) {
    const char *inside = gzdirect(r->file) ? "" : "unpacked, ";
    const struct kind *kind = kinds_of(start, length);
    if (length == 0)
        return error_set(err, ALEXCL_E_DATA, "%s: %sthe file is empty; fetch or make it again", r->path, inside);
    if (kind)
        return error_set(err, ALEXCL_E_DATA, "%s: is %s%s, not an IDX file; %s", r->path, inside, kind->name,
                         kind->advice ? kind->advice : "MNIST's files are");
    return error_set(err, ALEXCL_E_DATA, "%s: %sis not an IDX file, which begins with 00 00 08 and 01 or 03", r->path,
                     inside);
}

/* The header, at the beginning of what was read, and memory for what it tells of. Its length is *header. */
static int idx_file_header(const struct idx_file_reader *r, const unsigned char *start, size_t length,
                           struct idx_file *out, size_t *header, struct alexcl_error *err) {
    if (!idx_file_takes(start, length)) return idx_file_foreign(r, start, length, err);
    if (start[2] != BYTES)
        return error_set(err, ALEXCL_E_DATA, "%s: holds %s; bytes are read (type 08)", r->path,
                         idx_file_type(start[2]));
    if (start[3] < 1 || start[3] > IDX_FILE_DIMS)
        return error_set(err, ALEXCL_E_DATA, "%s: has %d dimensions; labels have 1, pictures 3", r->path, start[3]);
    out->dims = start[3];
    *header = MAGIC + 4 * (size_t)out->dims;
    if (length < *header)
        return error_set(err, ALEXCL_E_DATA, "%s: ends in its header, at %zu of %zu bytes; fetch it again", r->path,
                         length, *header);
    uint64_t count = 1;
    for (int i = 0; i < out->dims; i++) {
        const unsigned char *at = start + MAGIC + 4 * (size_t)i;
        uint32_t size = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        out->shape[i] = size;
        if (size && count > MOST_BYTES / size)
            return error_set(err, ALEXCL_E_DATA, "%s: its header tells of more than 8 GiB: it is damaged", r->path);
        count *= size;
    }
    if (gzdirect(r->file) && r->size - *header != count)
        return error_set(err, ALEXCL_E_DATA, "%s: has %zu bytes of values where its header wants %llu; fetch it again",
                         r->path, r->size - *header, (unsigned long long)count);
    if (count > (uint64_t)r->size * DEFLATE_MOST)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: its header wants %llu bytes of values, more than a gzip file of %zu bytes can hold; "
                         "fetch it again",
                         r->path, (unsigned long long)count, r->size);
    out->count = (size_t)count;
    return memory_alloc(&out->values, count, 1, "pixels of a data set", err);
}

int idx_file_read(const char *path, struct idx_file *out, struct alexcl_error *err) {
    struct idx_file_reader r = {.path = path};
    unsigned char start[KINDS_START];
    size_t length, header = 0, got;
    int fd, status = files_open_input(path, "; name an IDX file", &fd, &r.size, err);
    *out = (struct idx_file){0};
    if (status != ALEXCL_OK) return status;
    r.file = gzdopen(fd, "rb");
    if (!r.file) {
        close(fd);
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: reading %s", path);
    }
    (void)gzbuffer(r.file, BUFFER);
    TRY(idx_file_take(&r, start, sizeof start, &length, err));
    TRY(idx_file_header(&r, start, length, out, &header, err));
    size_t had = length - header;
    if (had > out->count) had = out->count;
    memcpy(out->values, start + header, had);
    TRY(idx_file_take(&r, out->values + had, out->count - had, &got, err));
    if (had + got < out->count)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: unpacks to %zu bytes of values where its header wants %zu; fetch it again", path,
                           had + got, out->count);
    else if (length - header > out->count)
        got = 1;
    else
        TRY(idx_file_take(&r, start, 1, &got, err));
    if (status == ALEXCL_OK && got > 0)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: unpacks to more than the %zu bytes of values that its header wants; fetch it again",
                           path, out->count);
done:
    (void)gzclose(r.file);
    if (status != ALEXCL_OK) idx_file_free(out);
    return status;
}
