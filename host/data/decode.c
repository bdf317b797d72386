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
#include "bmp_file.h"
#include "jpeg_file.h"
#include "png_file.h"
#include "ppm_file.h"
#include "webp_file.h"

enum { MAX_FILE = 1 << 30 };

static const struct {
    const char *kind, *endings; /* as kinds_of calls it; of files' names */
    int (*decode)(const char *path, const unsigned char *data, size_t length, struct picture *out,
                  struct alexcl_error *err);
} decoders[] = {
    {"a PNG picture", " .png ", png_file_decode},
    {"a JPEG picture", " .jpg .jpeg .jpe .jfif ", jpeg_file_decode},
    {"a WebP picture", " .webp ", webp_file_decode},
    {"a BMP picture", " .bmp .dib ", bmp_file_decode},
    {"a PPM, PGM or PBM picture", " .ppm .pgm .pbm .pnm ", ppm_file_decode},
};
enum { DECODERS = sizeof decoders / sizeof *decoders };

static size_t decode_which(const struct kind *kind) {
    size_t i = kind ? 0 : DECODERS;
    while (i < DECODERS && strcmp(decoders[i].kind, kind->name) != 0) i++;
    return i;
}

int decode_takes(const unsigned char *start, size_t length) { return decode_which(kinds_of(start, length)) < DECODERS; }

int decode_takes_name(const char *name) {
    const char *end = strrchr(name, '.');
    size_t length = end ? strlen(end) : 0;
    for (size_t i = 0; i < DECODERS && length; i++)
        for (const char *at = decoders[i].endings + 1; *at; at += strcspn(at, " ") + 1)
            if (strcspn(at, " ") == length && strncasecmp(at, end, length) == 0) return 1;
    return 0;
}

int decode_file(const char *path, struct picture *out, struct alexcl_error *err) {
    unsigned char *data = NULL;
    size_t length = 0;
    int status = files_read_advised(path, "; name a picture", MAX_FILE, &data, &length, err);
    *out = (struct picture){0};
    if (status == ALEXCL_OK && length == 0)
        status = error_set(err, ALEXCL_E_DATA, "%s: the file is empty; fetch or make it again", path);
    if (status == ALEXCL_OK) {
        const struct kind *kind = kinds_of(data, length);
        size_t i = decode_which(kind);
        if (i < DECODERS)
            status = decoders[i].decode(path, data, length, out, err);
        else if (kind)
            status = error_set(err, ALEXCL_E_DATA, "%s: is %s, none of " DECODE_FORMATS "; %s", path, kind->name,
                               kind->advice ? kind->advice : "name a picture, or convert it");
        else
            status = error_set(err, ALEXCL_E_DATA, "%s: none of " DECODE_FORMATS "; convert it", path);
    }
    free(data);
    if (status != ALEXCL_OK) picture_free(out);
    return status;
}
