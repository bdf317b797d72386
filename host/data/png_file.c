/* SPDX-License-Identifier: MIT */
/* PNG by libpng, from memory. Before it decodes, the chunks are surveyed: what stands behind the pixels says nothing of
 * them and may be damaged or missing, so libpng is given a sound end there. Everything becomes 8-bit RGB as Pillow's
 * convert("RGB") makes it. */
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "files.h"
#include "png_file.h"
#include "status.h"
#include "orientation.h"

/* What libpng's callbacks are given: the bytes, `length` of the file and behind them a tail, and where the reason of a
 * failure goes. */
struct png_work {
    const unsigned char *data;
    size_t length, tail_length, at;
    unsigned char tail[4 + 12]; /* a checksum, and the chunk that ends a PNG */
    int orientation;            /* 0: not said */
    FILE *memory;               /* written to */
    char warning[80], why[200];
};

/* What libpng warned of first may say more than the failure: "Invalid IHDR data" follows "Invalid bit depth in
 * IHDR". */
static void png_file_fail(png_structp png, png_const_charp why) {
    struct png_work *w = png_get_error_ptr(png);
    snprintf(w->why, sizeof w->why, "%s%s%s%s", why, w->warning[0] ? " (" : "", w->warning, w->warning[0] ? ")" : "");
    png_longjmp(png, 1);
}

/* libpng tells a lack of memory by its text alone. */
static int png_file_status(const struct png_work *w, int otherwise) {
    return strstr(w->why, "memory") ? ALEXCL_E_MEMORY : otherwise;
}

static void png_file_warn(png_structp png, png_const_charp why) {
    struct png_work *w = png_get_error_ptr(png);
    if (!w->warning[0]) snprintf(w->warning, sizeof w->warning, "%s", why);
    if (strcmp(why, "IDAT: incorrect data check") == 0) png_error(png, "the pixels' checksum is wrong");
}

static void png_file_read(png_structp png, png_bytep out, size_t count) {
    struct png_work *w = png_get_io_ptr(png);
    if (count > w->length + w->tail_length - w->at) png_error(png, "the file ends early");
    size_t own = w->at < w->length ? w->length - w->at : 0;
    if (own > count) own = count;
    memcpy(out, w->data + w->at, own);
    if (count > own) memcpy(out + own, w->tail + (w->at + own - w->length), count - own);
    w->at += count;
}

static size_t png_file_number(const unsigned char *at) {
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

/* What stands behind the pixels says nothing of them, and may be damaged or cut: libpng is given a sound end there. The
 * pixels end with the first IDAT chunks that follow one another; the last one's checksum may be cut as well, since
 * zlib's own lies before it. Exif's orientation may stand before or behind, and counts where its checksum is right. */
static void png_file_survey(struct png_work *w) {
    static const unsigned char end[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
    const size_t size = w->length;
    int behind = 0; /* another chunk came behind IDAT */
    for (size_t at = 8, length; size >= at + 8; at += 12 + length) {
        const unsigned char *kind = w->data + at + 4;
        size_t left = size - at - 8;
        int pixels = !behind && memcmp(kind, "IDAT", 4) == 0;
        length = png_file_number(w->data + at);
        if (pixels && length > left) { /* a cut picture, whatever came before */
            w->length = size;
            w->tail_length = 0;
        }
        if (length > left || (left - length < 4 && !pixels)) return;
        if (pixels) {
            size_t missing = left - length < 4 ? 4 - (left - length) : 0;
            uLong checksum = missing ? crc32(0, kind, (uInt)(4 + length)) : 0;
            for (size_t i = 0; i < missing; i++) w->tail[i] = (unsigned char)(checksum >> 8 * (missing - 1 - i));
            memcpy(w->tail + missing, end, sizeof end);
            w->tail_length = missing + sizeof end;
            w->length = at + 12 + length - missing;
            if (missing) return;
            continue;
        }
        behind = w->tail_length > 0;
        if (memcmp(kind, "IEND", 4) == 0) return;
        if (memcmp(kind, "eXIf", 4) == 0 && crc32(0, kind, (uInt)(4 + length)) == png_file_number(kind + 4 + length)) {
            /* JPEG's, which some writers leave in front */
            size_t name = length >= 6 && memcmp(kind + 4, "Exif\0\0", 6) == 0 ? 6 : 0;
            w->orientation = orientation_read(kind + 4 + name, length - name);
        }
    }
}

/* Everything to 8-bit RGB: 16 bits by their upper 8 (as Pillow's convert("RGB") has them of colours; of grey it clips
 * at 255, so that nearly all is white), fewer bits, palette, alpha dropped and gamma ignored as there. */
static void png_file_transform(png_structp png, png_infop info) {
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_byte colour = png_get_color_type(png, info);
    if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (colour == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (colour == PNG_COLOR_TYPE_GRAY || colour == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(png);
    png_read_update_info(png, info);
}

int png_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                    struct alexcl_error *err) {
    struct png_work w = {.data = data, .length = length};
    png_infop info = NULL;
    volatile int status = ALEXCL_OK;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &w, png_file_fail, png_file_warn);
    if (!png || (info = png_create_info_struct(png)) == NULL) {
        png_destroy_read_struct(&png, NULL, NULL);
        return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory", path);
    }
    if (setjmp(png_jmpbuf(png))) {
        status = png_file_status(&w, ALEXCL_E_DATA);
        error_set(err, status, "%s: %s: %s", path, status == ALEXCL_E_DATA ? "not a sound PNG" : "out of host memory",
                  w.why);
        goto done;
    }
    png_file_survey(&w);
    png_set_read_fn(png, &w, png_file_read);
    /* the limit is picture_make's, with a message of its own */
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    /* Chunks that say nothing of pixels are passed over unread: libpng takes as much memory as a text claims to have, 2
     * GiB in a file of 100 bytes. */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, info);
    status = picture_make(path, png_get_image_width(png, info), png_get_image_height(png, info), out, err);
    if (status != ALEXCL_OK) goto done;
    int passes = png_set_interlace_handling(png);
    png_file_transform(png, info);
    size_t stride = (size_t)out->width * 3;
    if (png_get_rowbytes(png, info) != stride) png_error(png, "a colour type that is not known");
    /* a row at a time: a table of rows takes more memory than a narrow picture */
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < (size_t)out->height; y++) png_read_row(png, out->pixels + y * stride, NULL);
    png_read_end(png, NULL);
done:
    png_destroy_read_struct(&png, &info, NULL);
    return status == ALEXCL_OK ? orientation_turn(path, out, w.orientation, err) : status;
}

static void png_file_write_bytes(png_structp png, png_bytep bytes, size_t count) {
    struct png_work *w = png_get_io_ptr(png);
    if (fwrite(bytes, 1, count, w->memory) != count) png_error(png, "no memory for its bytes");
}

static void png_file_flush(png_structp png) { (void)png; }

static int png_file_put(FILE *memory, const char *path, const struct picture *p, struct alexcl_error *err) {
    struct png_work w = {.memory = memory};
    png_infop info = NULL;
    volatile int status = ALEXCL_OK;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, png_file_fail, png_file_warn);
    if (!png || (info = png_create_info_struct(png)) == NULL) {
        png_destroy_write_struct(&png, NULL);
        return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory", path);
    }
    if (setjmp(png_jmpbuf(png))) {
        status = png_file_status(&w, ALEXCL_E_OTHER);
        error_set(err, status, "%s: cannot be written: %s%s", path,
                  status == ALEXCL_E_OTHER ? "" : "out of host memory: ", w.why);
    } else {
        png_set_write_fn(png, &w, png_file_write_bytes, png_file_flush);
        png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height, 8,
                     p->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_write_info(png, info);
        for (size_t y = 0; y < (size_t)p->height; y++)
            png_write_row(png, p->pixels + y * (size_t)p->width * (size_t)p->channels);
        png_write_end(png, NULL);
    }
    png_destroy_write_struct(&png, &info);
    return status;
}

int png_file_encode(const char *what, const struct picture *p, unsigned char **data, size_t *length,
                    struct alexcl_error *err) {
    char *text = NULL;
    FILE *memory = open_memstream(&text, length);
    if (!memory) return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory", what);
    int status = png_file_put(memory, what, p, err);
    if (fclose(memory) != 0 && status == ALEXCL_OK)
        status = error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory", what);
    if (status == ALEXCL_OK)
        *data = (unsigned char *)text;
    else
        free(text);
    return status;
}

int png_file_write(const char *path, const struct picture *p, struct alexcl_error *err) {
    struct file *file = NULL;
    unsigned char *data = NULL;
    size_t length;
    int status;
    TRY(file_open(path, &file, err));
    file_skip_sync(file);
    TRY(png_file_encode(path, p, &data, &length, err));
    TRY(file_add(file, data, length, err));
    TRY(file_commit(file, err));
done:
    free(data);
    file_free(file);
    return status;
}
