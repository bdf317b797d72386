/* SPDX-License-Identifier: MIT */
/* A picture's memory. Sizes come from a file's header, so they are bounded before anything is allocated by them, and in
 * an order in which no product overflows. */
#include "picture.h"

#include <stdlib.h>

#include "status.h"

void picture_free(struct picture *p) {
    free(p->pixels);
    *p = (struct picture){0};
}

int picture_make(const char *path, uint64_t width, uint64_t height, struct picture *out, struct alexcl_error *err) {
    if (width == 0 || height == 0) return error_set(err, ALEXCL_E_DATA, "%s: a picture of no size", path);
    if (width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE || height > PICTURE_MAX_PIXELS / width)
        return error_set(
            err, ALEXCL_E_DATA,
            "%s: a picture of %llu x %llu pixels, more than the 180 million, one million a side, that are decoded",
            path, (unsigned long long)width, (unsigned long long)height);
    *out = (struct picture){(int)width, (int)height, 3, malloc((size_t)width * (size_t)height * 3)};
    return out->pixels ? ALEXCL_OK
                       : error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory for %llu x %llu pixels", path,
                                   (unsigned long long)width, (unsigned long long)height);
}
