/* SPDX-License-Identifier: MIT */
/* Exif's Orientation is an entry of the first directory of a TIFF block, in either order of bytes; every offset is
 * checked against the block's end before it is followed. Values 2 to 8 are a mirroring, a half turn, or either with
 * rows and columns swapped: each target pixel computes where it comes from. */
#include "orientation.h"

#include <string.h>

static unsigned orientation_number(const unsigned char *at, int bytes, int big) {
    unsigned n = 0;
    for (int i = 0; i < bytes; i++) n |= (unsigned)at[i] << 8 * (big ? bytes - 1 - i : i);
    return n;
}

int orientation_read(const unsigned char *tiff, size_t length) {
    if (length < 8) return 0;
    int big = memcmp(tiff, "MM\0*", 4) == 0;
    if (!big && memcmp(tiff, "II*\0", 4) != 0) return 0;
    size_t at = orientation_number(tiff + 4, 4, big);
    if (at > length || length - at < 2) return 1;
    unsigned entries = orientation_number(tiff + at, 2, big);
    at += 2;
    for (unsigned i = 0; i < entries && length - at >= 12; i++, at += 12) {
        if (orientation_number(tiff + at, 2, big) != 0x0112) continue;
        unsigned type = orientation_number(tiff + at + 2, 2, big); /* SHORT, as written by some LONG */
        unsigned value = type == 3 || type == 4 ? orientation_number(tiff + at + 8, type == 3 ? 2 : 4, big) : 1;
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

int orientation_turn(const char *path, struct picture *p, int orientation, struct alexcl_error *err) {
    struct picture to;
    size_t w = (size_t)p->width, h = (size_t)p->height;
    int swap = orientation >= 5;
    if (orientation <= 1) return ALEXCL_OK;
    int status = picture_make(path, swap ? h : w, swap ? w : h, &to, err);
    if (status != ALEXCL_OK) return status;
    for (size_t y = 0; y < (size_t)to.height; y++)
        for (size_t x = 0; x < (size_t)to.width; x++) {
            size_t sx = swap ? y : x, sy = swap ? x : y; /* where it comes from, before mirroring */
            if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) sx = w - 1 - sx;
            if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) sy = h - 1 - sy;
            memcpy(to.pixels + (y * (size_t)to.width + x) * 3, p->pixels + (sy * w + sx) * 3, 3);
        }
    picture_free(p);
    *p = to;
    return ALEXCL_OK;
}
