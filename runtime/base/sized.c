/* SPDX-License-Identifier: MIT */
/* How structures grow while programs that were compiled against an older or a newer header keep working. What a smaller
 * structure lacks is read as zero, which means the default. What a larger one has beyond ours must be zero, since
 * nobody here knows what it asks for. When a structure is filled for a caller, no byte beyond his size is written. */
#include "sized.h"

#include <string.h>

enum { SIZED_MAX = 1 << 16 }; /* a larger one was never set */

static int sized_check(const char *name, size_t theirs, size_t min, struct alexcl_error *err) {
    if (theirs >= min && theirs <= SIZED_MAX) return ALEXCL_OK;
    return error_set(
        err, ALEXCL_E_USAGE,
        "%s: its size is given as %zu bytes: set it to the size of the structure, as in {.size = sizeof x}", name,
        theirs);
}

/* Bytes from `size` on are zero. */
static int sized_rest_is_zero(const unsigned char *from, size_t from_size, size_t size) {
    while (size < from_size && !from[size]) size++;
    return size >= from_size;
}

int sized_read_row(const char *row, const void *from, size_t from_size, void *to, size_t size,
                   struct alexcl_error *err) {
    if (!sized_rest_is_zero(from, from_size, size))
        return error_set(err, ALEXCL_E_USAGE,
                         "%s: of its %zu bytes this library knows %zu, and behind them something is set: it takes "
                         "a newer library",
                         row, from_size, size);
    memset(to, 0, size);
    memcpy(to, from, from_size < size ? from_size : size);
    return ALEXCL_OK;
}

int sized_read(const char *name, const void *from, void *to, size_t size, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    size_t theirs = sizeof theirs;
    memset(to, 0, size);
    if (from) {
        memcpy(&theirs, from, sizeof theirs);
        TRY(sized_check(name, theirs, sizeof theirs, err));
        TRY(sized_read_row(name, from, theirs, to, size, err));
    }
    memcpy(to, &size, sizeof size);
done:
    return status;
}

int sized_write(const char *name, const void *from, void *to, size_t size, struct alexcl_error *err) {
    size_t theirs, head = sizeof theirs;
    memcpy(&theirs, to, head);
    int status = sized_check(name, theirs, head, err);
    if (status != ALEXCL_OK) return status;
    memset((char *)to + head, 0, theirs - head);
    memcpy((char *)to + head, (const char *)from + head, (theirs < size ? theirs : size) - head);
    return ALEXCL_OK;
}
