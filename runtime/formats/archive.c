/* SPDX-License-Identifier: MIT */
/* libzip reads an archive out of memory, by a source that notes where it reads: so the data of a member that is not
 * compressed are found in place, which libzip does not tell. What is compressed is unpacked, within what deflate can
 * give of so many bytes. */
#include "archive.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "memory.h"
#include "source.h"

enum {
    ARCHIVE_MOST_MEMBERS = 1 << 20,
    ARCHIVE_MOST_DIRECTORY = 4 << 20,
    ARCHIVE_MOST_DEFLATED = 1032, /* bytes out of one: 258 out of two bits */
};
static const uint64_t ARCHIVE_MOST_UNPACKED = (uint64_t)8 << 30;

/* The file as libzip's source. It tells where a member's data begin, which libzip does not: where it reads them. */
static zip_int64_t archive_serve(void *user, void *data, zip_uint64_t length, zip_source_cmd_t command) {
    struct archive *a = user;
    zip_int64_t to;
    switch (command) {
    case ZIP_SOURCE_OPEN: a->at = 0; return 0;
    case ZIP_SOURCE_READ:
        if (length > a->length - a->at) length = a->length - a->at;
        memcpy(data, a->bytes + a->at, (size_t)length);
        a->last_read = a->at;
        a->at += length;
        return (zip_int64_t)length;
    case ZIP_SOURCE_STAT:
        zip_stat_init(data);
        ((zip_stat_t *)data)->size = a->length;
        ((zip_stat_t *)data)->valid |= ZIP_STAT_SIZE;
        return sizeof(zip_stat_t);
    case ZIP_SOURCE_SEEK:
        to = zip_source_seek_compute_offset(a->at, a->length, data, length, &a->error);
        if (to < 0) return -1;
        a->at = (uint64_t)to;
        return 0;
    case ZIP_SOURCE_TELL: return (zip_int64_t)a->at;
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE: return 0;
    case ZIP_SOURCE_ERROR: return zip_error_to_data(&a->error, data, length);
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_STAT, ZIP_SOURCE_SEEK,
                                              ZIP_SOURCE_TELL, ZIP_SOURCE_CLOSE, ZIP_SOURCE_FREE, ZIP_SOURCE_ERROR,
                                              ZIP_SOURCE_SUPPORTS, -1);
    default: zip_error_set(&a->error, ZIP_ER_OPNOTSUPP, 0); return -1;
    }
}

static int archive_fail(const struct archive *a, zip_error_t *problem, const char *member, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    int code = zip_error_code_zip(problem);
    if (code == ZIP_ER_MEMORY || (code == ZIP_ER_ZLIB && zip_error_code_system(problem) == Z_MEM_ERROR))
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the archive %s", a->path);
    return error_set(err, ALEXCL_E_DATA, "%s: as a zip archive it is damaged%s%s (libzip: %s); make or fetch it again",
                     a->path, member ? ", member " : "", member ? source_show(member, shown) : "",
                     zip_error_strerror(problem));
}

static int archive_damaged(const struct archive *a, zip_uint64_t index, const char *what, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    const char *name = zip_get_name(a->zip, index, ZIP_FL_ENC_RAW);
    return error_set(err, ALEXCL_E_DATA, "%s: member %s: %s; the file is damaged, make or fetch it again", a->path,
                     source_show(name ? name : "?", shown), what);
}

int archive_stat(const struct archive *a, zip_uint64_t index, zip_stat_t *out, struct alexcl_error *err) {
    static const zip_uint64_t needed =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(a->zip, index, 0, out) < 0) return archive_fail(a, zip_get_error(a->zip), NULL, err);
    if ((out->valid & needed) != needed) return archive_damaged(a, index, "its size or method is not told", err);
    if (out->encryption_method != ZIP_EM_NONE)
        return error_set(err, ALEXCL_E_DATA, "%s: is encrypted; %s", a->path, a->advice);
    if (out->comp_method != ZIP_CM_STORE && out->comp_method != ZIP_CM_DEFLATE)
        return error_set(err, ALEXCL_E_DATA, "%s: is compressed by method %d of zip archives, which is not read; %s",
                         a->path, out->comp_method, a->advice);
    if (out->comp_method == ZIP_CM_STORE ? out->size != out->comp_size
                                         : out->size / ARCHIVE_MOST_DEFLATED > out->comp_size)
        return archive_damaged(a, index, "its size is not one of so many bytes in the archive", err);
    return ALEXCL_OK;
}

int archive_read(const struct archive *a, zip_uint64_t index, uint64_t size, unsigned char **out,
                 struct alexcl_error *err) {
    int status = ALEXCL_OK;
    unsigned char *bytes = NULL, beyond;
    zip_file_t *file = NULL;
    uint64_t have = 0;
    TRY(memory_alloc(&bytes, size + 1, 1, "a member of an archive", err)); /* a text ends with 0 */
    file = zip_fopen_index(a->zip, index, 0);
    if (!file) {
        status = archive_fail(a, zip_get_error(a->zip), zip_get_name(a->zip, index, ZIP_FL_ENC_RAW), err);
        goto done;
    }
    for (;;) { /* libzip compares the checksum where it meets the end, so one read goes beyond */
        zip_int64_t got = have < size ? zip_fread(file, bytes + have, size - have) : zip_fread(file, &beyond, 1);
        if (got < 0) {
            status = archive_fail(a, zip_file_get_error(file), zip_get_name(a->zip, index, ZIP_FL_ENC_RAW), err);
            goto done;
        }
        if (got == 0) break;
        have += (uint64_t)got;
        if (have > size) break;
    }
    if (have != size) {
        status = archive_damaged(a, index, "it has not the size that the archive tells", err);
        goto done;
    }
    *out = bytes;
    bytes = NULL;
done:
    if (file) zip_fclose(file);
    free(bytes);
    return status;
}

/* The data of a stored member, in the file. */
static int archive_find_stored(struct archive *a, zip_uint64_t index, uint64_t size, const unsigned char **out,
                               struct alexcl_error *err) {
    unsigned char first;
    *out = a->bytes; /* of no bytes */
    if (size == 0) return ALEXCL_OK;
    zip_file_t *file = zip_fopen_index(a->zip, index, ZIP_FL_COMPRESSED);
    if (!file) return archive_fail(a, zip_get_error(a->zip), zip_get_name(a->zip, index, ZIP_FL_ENC_RAW), err);
    zip_int64_t got = zip_fread(file, &first, 1);
    zip_fclose(file);
    uint64_t begin = a->last_read;
    if (got != 1 || begin >= a->length || size > a->length - begin || a->bytes[begin] != first)
        return archive_damaged(a, index, "its data are not in the file", err);
    *out = a->bytes + begin;
    return ALEXCL_OK;
}

int archive_load(struct archive *a, zip_uint64_t index, struct archive_data *s, struct alexcl_error *err) {
    zip_stat_t stat;
    if (s->data) return ALEXCL_OK;
    int status = archive_stat(a, index, &stat, err);
    if (status != ALEXCL_OK) return status;
    s->bytes = stat.size;
    if (stat.comp_method == ZIP_CM_STORE) return archive_find_stored(a, index, stat.size, &s->data, err);
    if (stat.size > ARCHIVE_MOST_UNPACKED - a->unpacked)
        return error_set(err, ALEXCL_E_DATA, "%s: is compressed, and unpacked of more than 8 GiB; %s", a->path,
                         a->advice);
    a->unpacked += stat.size;
    status = archive_read(a, index, stat.size, &s->unpacked, err);
    s->data = s->unpacked;
    return status;
}

int archive_find(const struct archive *a, const char *name, zip_uint64_t *out) {
    zip_int64_t index = zip_name_locate(a->zip, name, ZIP_FL_ENC_RAW);
    if (index >= 0) *out = (zip_uint64_t)index;
    return index >= 0;
}

size_t archive_count(const struct archive *a) { return (size_t)zip_get_num_entries(a->zip, 0); }

int archive_open(struct archive *a, struct alexcl_error *err) {
    zip_error_init(&a->error);
    for (int attempt = 0; attempt < 2 && !a->zip; attempt++) {
        /* libzip tells a lack of memory as a fault of the archive: so there must be some, and the archive be at fault
         * twice. */
        char *needed;
        size_t directory = a->length < ARCHIVE_MOST_DIRECTORY ? (size_t)a->length : ARCHIVE_MOST_DIRECTORY;
        int status = memory_alloc(&needed, directory, 8, "an archive's directory", err);
        if (status != ALEXCL_OK) return status;
        free(needed);
        zip_source_t *source = zip_source_function_create(archive_serve, a, &a->error);
        if (source) a->zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &a->error);
        if (!a->zip) zip_source_free(source);
    }
    if (!a->zip) return archive_fail(a, &a->error, NULL, err);
    if (archive_count(a) > ARCHIVE_MOST_MEMBERS)
        return error_set(err, ALEXCL_E_DATA, "%s: an archive of %zu members, more than a model has; %s", a->path,
                         archive_count(a), a->advice);
    return ALEXCL_OK;
}

void archive_close(struct archive *a) {
    if (a->zip) zip_discard(a->zip);
    zip_error_fini(&a->error);
    a->zip = NULL;
}
