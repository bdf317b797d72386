/* SPDX-License-Identifier: MIT */
/* A picture file is read whole and recognised by its first bytes, since names' endings lie; then its decoder works from
 * memory. What is neither PNG nor JPEG is refused, with what it is instead. Only regular files of a bounded size are
 * read: a list may name a fifo, a device or a disk image. */
#include "decode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "kinds.h"
#include "status.h"
#include "jpeg_file.h"
#include "png_file.h"

enum { MAX_FILE = 1 << 30 };

static int decode_read(const char *path, unsigned char **data, size_t *length, struct alexcl_error *err) {
    /* O_NONBLOCK: opening a fifo that nobody writes to must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status = ALEXCL_OK;
    struct stat info = {0};
    if (fd < 0) return error_set(err, ALEXCL_E_DATA, "%s: %s%s", path, strerror(errno), file_read_hint(path, errno));
    if (fstat(fd, &info) != 0)
        status = error_set(err, ALEXCL_E_DATA, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        status =
            error_set(err, ALEXCL_E_DATA, "%s: %s", path,
                      S_ISDIR(info.st_mode) ? "is a folder; name a picture" : "is not a regular file; name a picture");
    else if (info.st_size == 0)
        status = error_set(err, ALEXCL_E_DATA, "%s: the file is empty; fetch or make it again", path);
    else if (info.st_size > MAX_FILE)
        status = error_set(err, ALEXCL_E_DATA, "%s: more than 1 GiB", path);
    else if ((*data = malloc((size_t)info.st_size)) == NULL)
        status =
            error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory for %lld bytes", path, (long long)info.st_size);
    *length = 0;
    while (status == ALEXCL_OK && *length < (size_t)info.st_size) {
        ssize_t got = read(fd, *data + *length, (size_t)info.st_size - *length);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            status = error_set(err, ALEXCL_E_DATA, "%s: %s", path,
                               got < 0 ? strerror(errno) : "became shorter while it was read");
        else
            *length += (size_t)got;
    }
    close(fd);
    return status;
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
    int status = decode_read(path, &data, &length, err);
    *out = (struct picture){0};
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
