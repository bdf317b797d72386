/* SPDX-License-Identifier: MIT */
/* BMP: a file header of 14 bytes, an information header that begins with its own size, masks of colours or a palette,
 * then rows, the lowest first unless the height is negative, each padded to 4 bytes. A pixel is an index of the palette
 * or a number of which three masks cut out the colours; a colour of n bits is scaled to 8 as Pillow does it, by 255 /
 * (2^n - 1) rounded down. Pixels that a packed picture leaves out have index 0. */
#include "bmp_file.h"

#include <string.h>

#include "status.h"

enum { FILE_HEADER = 14, CORE_HEADER = 12, INFO_HEADER = 40 };
enum { PLAIN, RLE8, RLE4, MASKS, MASKS_WITH_ALPHA = 6 };

struct bmp {
    const char *path;
    const unsigned char *data;
    size_t length, header, pixels; /* bytes: of the information header, before the pixels */
    uint32_t width, height, bits, packing;
    int top_first;
    uint32_t masks[3];
    unsigned char palette[256][3];
};

static uint32_t bmp_file_number(const unsigned char *at, int bytes) {
    uint32_t n = 0;
    for (int i = 0; i < bytes; i++) n |= (uint32_t)at[i] << 8 * i;
    return n;
}

static int bmp_file_refuse(const struct bmp *b, const char *why, struct alexcl_error *err) {
    return error_set(err, ALEXCL_E_DATA, "%s: not a sound BMP: %s", b->path, why);
}

static int bmp_file_header(struct bmp *b, struct alexcl_error *err) {
    const unsigned char *h = b->data + FILE_HEADER;
    if (b->length < FILE_HEADER + CORE_HEADER) return bmp_file_refuse(b, "the file ends in its header", err);
    b->pixels = bmp_file_number(b->data + 10, 4);
    b->header = bmp_file_number(h, 4);
    if (b->header != CORE_HEADER && (b->header < INFO_HEADER || b->header > 1 << 16))
        return bmp_file_refuse(b, "its header is of no size that there is", err);
    if (b->length - FILE_HEADER < b->header) return bmp_file_refuse(b, "the file ends in its header", err);
    uint32_t colours = 0;
    if (b->header == CORE_HEADER) {
        b->width = bmp_file_number(h + 4, 2);
        b->height = bmp_file_number(h + 6, 2);
        b->bits = bmp_file_number(h + 10, 2);
    } else {
        b->width = bmp_file_number(h + 4, 4);
        b->height = bmp_file_number(h + 8, 4);
        b->bits = bmp_file_number(h + 14, 2);
        b->packing = bmp_file_number(h + 16, 4);
        colours = bmp_file_number(h + 32, 4);
        b->top_first = b->height >> 31 != 0;
        if (b->top_first) b->height = 0 - b->height;
    }
    if (b->packing == MASKS_WITH_ALPHA) b->packing = MASKS;
    int known = b->packing == PLAIN
                    ? b->bits == 1 || b->bits == 4 || b->bits == 8 || b->bits == 16 || b->bits == 24 || b->bits == 32
                : b->packing == MASKS ? b->bits == 16 || b->bits == 24 || b->bits == 32
                                      : (b->packing == RLE8 && b->bits == 8) || (b->packing == RLE4 && b->bits == 4);
    if (!known)
        return error_set(err, ALEXCL_E_DATA, "%s: a BMP of %u bits and compression %u, which is not read; convert it",
                         b->path, b->bits, b->packing);
    size_t behind = FILE_HEADER + b->header;
    if (b->bits == 16) memcpy(b->masks, (uint32_t[]){0x7c00, 0x3e0, 0x1f}, sizeof b->masks);
    if (b->bits > 16) memcpy(b->masks, (uint32_t[]){0xff0000, 0xff00, 0xff}, sizeof b->masks);
    if (b->packing == MASKS) {
        if (b->length < FILE_HEADER + INFO_HEADER + 12) return bmp_file_refuse(b, "the file ends in its header", err);
        uint32_t all = 0;
        for (size_t c = 0; c < 3; c++) all |= b->masks[c] = bmp_file_number(h + INFO_HEADER + 4 * c, 4);
        if (!all) memcpy(b->masks, (uint32_t[]){0xff0000, 0xff00, 0xff}, sizeof b->masks);
    }
    if (b->bits <= 8) {
        size_t entry = b->header == CORE_HEADER ? 3 : 4, most = (size_t)1 << b->bits;
        size_t count = colours && colours < most ? colours : most, room = (b->length - behind) / entry;
        if (b->pixels > behind && (b->pixels - behind) / entry < room) room = (b->pixels - behind) / entry;
        for (size_t i = 0; i < count && i < room; i++)
            for (size_t c = 0; c < 3; c++) b->palette[i][c] = b->data[behind + entry * i + 2 - c];
    }
    return b->pixels >= behind && b->pixels <= b->length ? ALEXCL_OK
                                                         : bmp_file_refuse(b, "its pixels begin outside of it", err);
}

static void bmp_file_put(const struct bmp *b, struct picture *out, uint32_t x, uint32_t y, const unsigned char rgb[3]) {
    if (!b->top_first) y = b->height - 1 - y;
    memcpy(out->pixels + ((size_t)y * b->width + x) * 3, rgb, 3);
}

static unsigned char bmp_file_colour(uint32_t pixel, uint32_t mask) {
    if (!mask) return 0;
    while (!(mask & 1)) {
        mask >>= 1;
        pixel >>= 1;
    }
    return (unsigned char)((uint64_t)(pixel & mask) * 255 / mask);
}

static void bmp_file_rows(const struct bmp *b, size_t stride, struct picture *out) {
    for (uint32_t y = 0; y < b->height; y++) {
        const unsigned char *row = b->data + b->pixels + y * stride;
        for (uint32_t x = 0; x < b->width; x++) {
            unsigned char rgb[3];
            if (b->bits <= 8) {
                size_t bit = (size_t)x * b->bits;
                unsigned index = row[bit / 8] >> (8 - b->bits - bit % 8) & ((1u << b->bits) - 1);
                bmp_file_put(b, out, x, y, b->palette[index]);
                continue;
            }
            uint32_t pixel = bmp_file_number(row + (size_t)x * (b->bits / 8), (int)b->bits / 8);
            for (int c = 0; c < 3; c++) rgb[c] = bmp_file_colour(pixel, b->masks[c]);
            bmp_file_put(b, out, x, y, rgb);
        }
    }
}

/* Runs of one index (RLE4: of two in turn), and behind a 0 the end of a row or of the picture, a leap, or so many
 * indices as they are. */
static int bmp_file_unpack(const struct bmp *b, struct picture *out, struct alexcl_error *err) {
    const unsigned char *at = b->data + b->pixels, *end = b->data + b->length;
    uint32_t x = 0, y = 0, wide = b->bits == 4;
    while (y < b->height) {
        if (end - at < 2) return bmp_file_refuse(b, "the file ends early", err);
        unsigned count = at[0], value = at[1];
        at += 2;
        if (count == 0 && value == 0) {
            x = 0;
            y++;
        } else if (count == 0 && value == 1) {
            return ALEXCL_OK;
        } else if (count == 0 && value == 2) {
            if (end - at < 2) return bmp_file_refuse(b, "the file ends early", err);
            x += at[0];
            y += at[1];
            at += 2;
        } else {
            unsigned literal = count == 0 ? value : 0, bytes = wide ? (literal + 1) / 2 : literal;
            bytes += bytes & 1; /* padded */
            if ((size_t)(end - at) < bytes) return bmp_file_refuse(b, "the file ends early", err);
            for (unsigned i = 0; i < (literal ? literal : count); i++, x++) {
                unsigned byte = literal ? at[wide ? i / 2 : i] : value;
                if (x < b->width) bmp_file_put(b, out, x, y, b->palette[wide ? byte >> (i % 2 ? 0 : 4) & 15 : byte]);
            }
            at += bytes;
        }
        if (x > b->width) x = b->width;
    }
    return ALEXCL_OK;
}

int bmp_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                    struct alexcl_error *err) {
    struct bmp b = {.path = path, .data = data, .length = length};
    int status = bmp_file_header(&b, err);
    if (status != ALEXCL_OK) return status;
    int packed = b.packing == RLE8 || b.packing == RLE4;
    uint64_t stride = ((uint64_t)b.width * b.bits + 31) / 32 * 4;
    if (!packed && b.height && stride > (length - b.pixels) / b.height)
        return bmp_file_refuse(&b, "the file ends early", err);
    status = picture_make(path, b.width, b.height, out, err);
    if (status != ALEXCL_OK) return status;
    if (!packed) {
        bmp_file_rows(&b, (size_t)stride, out);
        return ALEXCL_OK;
    }
    for (uint32_t y = 0; y < b.height; y++)
        for (uint32_t x = 0; x < b.width; x++) bmp_file_put(&b, out, x, y, b.palette[0]);
    return bmp_file_unpack(&b, out, err);
}
