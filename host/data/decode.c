/* SPDX-License-Identifier: MIT */
/* A picture file is read whole and recognised by its first bytes, since names' endings lie; then its decoder works from
 * memory. What no decoder takes is refused, with what it is instead. Only regular files of a bounded size are read: a
 * list may name a fifo, a device or a disk image. */
#include "decode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "files.h"
#include "kinds.h"
#include "status.h"
#include "jpeg_file.h"
#include "png_file.h"

enum { MAX_FILE = 1 << 30 };

static const struct {
    const char *magic;
    size_t length;
    const char *endings; /* of files' names */
    int (*decode)(const char *path, const unsigned char *data, size_t length, struct picture *out,
                  struct alexcl_error *err);
} decoders[] = {
    {"\x89PNG\r\n\x1a\n", 8, " .png ", png_file_decode},
    {"\xff\xd8\xff", 3, " .jpg .jpeg .jpe .jfif ", jpeg_file_decode},
};
enum { DECODERS = sizeof decoders / sizeof *decoders };

static size_t decode_which(const unsigned char *data, size_t length) {
    size_t i = 0;
    while (i < DECODERS && (length < decoders[i].length || memcmp(data, decoders[i].magic, decoders[i].length) != 0))
        i++;
    return i;
}

int decode_takes(const unsigned char *start, size_t length) { return decode_which(start, length) < DECODERS; }

int decode_takes_name(const char *name) {
    const char *end = strrchr(name, '.');
    size_t length = end ? strlen(end) : 0;
    for (size_t i = 0; i < DECODERS && length; i++)
        for (const char *at = decoders[i].endings + 1; *at; at += strcspn(at, " ") + 1)
            if (strcspn(at, " ") == length && strncasecmp(at, end, length) == 0) return 1;
    return 0;
}

static int decode_foreign(const char *path, const unsigned char *data, size_t length, struct alexcl_error *err) {
    const struct kind *kind = kinds_of(data, length);
    if (!kind) return error_set(err, ALEXCL_E_DATA, "%s: neither PNG nor JPEG; convert it", path);
    return error_set(err, ALEXCL_E_DATA, "%s: is %s, neither PNG nor JPEG; %s", path, kind->name,
                     kind->advice ? kind->advice : "name a picture, or convert it");
}

int decode_file(const char *path, struct picture *out, struct alexcl_error *err) {
    unsigned char *data = NULL;
    size_t length = 0;
    int status = files_read_advised(path, "; name a picture", MAX_FILE, &data, &length, err);
    *out = (struct picture){0};
    if (status == ALEXCL_OK && length == 0)
        status = error_set(err, ALEXCL_E_DATA, "%s: the file is empty; fetch or make it again", path);
    if (status == ALEXCL_OK) {
        size_t i = decode_which(data, length);
        status =
            i < DECODERS ? decoders[i].decode(path, data, length, out, err) : decode_foreign(path, data, length, err);
    }
    free(data);
    if (status != ALEXCL_OK) picture_free(out);
    return status;
}
