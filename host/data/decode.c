/* SPDX-License-Identifier: MIT */
/* A picture file is read whole and recognised by its first bytes, since names' endings lie; then its decoder works from
 * memory. What is neither PNG nor JPEG is refused, with what it is instead. Only regular files of a bounded size are
 * read: a list may name a fifo, a device or a disk image. */
#include "decode.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "kinds.h"
#include "status.h"
#include "jpeg_file.h"
#include "png_file.h"

enum { MAX_FILE = 1 << 30 };

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
        if (length >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0)
            status = png_file_decode(path, data, length, out, err);
        else if (length >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)
            status = jpeg_file_decode(path, data, length, out, err);
        else
            status = decode_foreign(path, data, length, err);
    }
    free(data);
    if (status != ALEXCL_OK) picture_free(out);
    return status;
}
