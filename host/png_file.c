/* SPDX-License-Identifier: MIT */
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "png_file.h"
#include "fail.h"

/* What libpng's callbacks are given: the bytes, and where the reason of a failure goes. */
struct png_work {
    const unsigned char *data;
    size_t length, at;
    struct alexcl_file *file; /* written to; a failure goes to err */
    struct alexcl_error *err;
    char warning[80], why[200];
};

/* What libpng warned of first may say more than the failure: "Invalid IHDR data" follows "Invalid bit depth in IHDR". */
static void png_file_fail(png_structp png, png_const_charp why) {
    struct png_work *w = png_get_error_ptr(png);
    snprintf(w->why, sizeof w->why, "%s%s%s%s", why, w->warning[0] ? " (" : "", w->warning, w->warning[0] ? ")" : "");
    png_longjmp(png, 1);
}

/* libpng tells a lack of memory by its text alone. */
static int png_file_status(const struct png_work *w, int otherwise) { return strstr(w->why, "memory") ? ALEXCL_E_MEMORY : otherwise; }

static void png_file_warn(png_structp png, png_const_charp why) {
    struct png_work *w = png_get_error_ptr(png);
    if (!w->warning[0]) snprintf(w->warning, sizeof w->warning, "%s", why);
    if (strcmp(why, "IDAT: incorrect data check") == 0) png_error(png, "the pixels' checksum is wrong");
}

static void png_file_read(png_structp png, png_bytep out, size_t count) {
    struct png_work *w = png_get_io_ptr(png);
    if (count > w->length - w->at) png_error(png, "the file ends early");
    memcpy(out, w->data + w->at, count);
    w->at += count;
}

/* Everything to 8-bit RGB as Pillow's convert("RGB"): 16 bit by its upper 8, palette looked up, alpha dropped, gamma ignored. */
static void png_file_transform(png_structp png, png_infop info) {
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_byte colour = png_get_color_type(png, info);
    if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (colour == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (colour == PNG_COLOR_TYPE_GRAY || colour == PNG_COLOR_TYPE_GRAY_ALPHA) png_set_gray_to_rgb(png);
    png_read_update_info(png, info);
}

int png_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out, struct alexcl_error *err) {
    struct png_work w = {.data = data, .length = length};
    png_infop info = NULL;
    volatile int status = ALEXCL_OK;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &w, png_file_fail, png_file_warn);
    if (!png || (info = png_create_info_struct(png)) == NULL) {
        png_destroy_read_struct(&png, NULL, NULL);
        return fail(err, ALEXCL_E_MEMORY, "%s: out of host memory", path);
    }
    if (setjmp(png_jmpbuf(png))) {
        status = png_file_status(&w, ALEXCL_E_DATA);
        fail(err, status, "%s: %s: %s", path, status == ALEXCL_E_DATA ? "not a sound PNG" : "out of host memory", w.why);
        goto done;
    }
    png_set_read_fn(png, &w, png_file_read);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* the limit is picture_make's, with a message of its own */
    /* Chunks that say nothing of pixels are passed over unread: libpng takes as much memory as a text claims to have, 2 GiB in a file of 100 bytes. */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, info);
    status = picture_make(path, png_get_image_width(png, info), png_get_image_height(png, info), out, err);
    if (status != ALEXCL_OK) goto done;
    int passes = png_set_interlace_handling(png);
    png_file_transform(png, info);
    size_t stride = (size_t)out->width * 3;
    if (png_get_rowbytes(png, info) != stride) png_error(png, "a colour type that is not known");
    for (int pass = 0; pass < passes; pass++) /* a row at a time: a table of rows takes more memory than a narrow picture */
        for (size_t y = 0; y < (size_t)out->height; y++) png_read_row(png, out->pixels + y * stride, NULL);
    png_read_end(png, NULL);
done:
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}

static void png_file_write_bytes(png_structp png, png_bytep bytes, size_t count) {
    struct png_work *w = png_get_io_ptr(png);
    if (alexcl_file_add(w->file, bytes, count, w->err) != ALEXCL_OK) png_error(png, "");
}

static void png_file_flush(png_structp png) { (void)png; }

static int png_file_encode(struct alexcl_file *file, const char *path, const struct picture *p, struct alexcl_error *err) {
    struct png_work w = {.file = file, .err = err};
    png_infop info = NULL;
    volatile int status = ALEXCL_OK;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, png_file_fail, png_file_warn);
    if (!png || (info = png_create_info_struct(png)) == NULL) {
        png_destroy_write_struct(&png, NULL);
        return fail(err, ALEXCL_E_MEMORY, "%s: out of host memory", path);
    }
    if (setjmp(png_jmpbuf(png))) {
        status = png_file_status(&w, ALEXCL_E_OTHER);
        fail(err, status, "%s: cannot be written: %s%s", path, status == ALEXCL_E_OTHER ? "" : "out of host memory: ", w.why);
    } else {
        png_set_write_fn(png, &w, png_file_write_bytes, png_file_flush);
        png_set_IHDR(png, info, (png_uint_32)p->width, (png_uint_32)p->height, 8, p->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_write_info(png, info);
        for (size_t y = 0; y < (size_t)p->height; y++) png_write_row(png, p->pixels + y * (size_t)p->width * (size_t)p->channels);
        png_write_end(png, NULL);
    }
    png_destroy_write_struct(&png, &info);
    return status;
}

int png_file_write(const char *path, const struct picture *p, struct alexcl_error *err) {
    struct alexcl_file *file;
    int status = alexcl_file_open(path, &file, err);
    if (status != ALEXCL_OK) return status;
    status = png_file_encode(file, path, p, err);
    if (status == ALEXCL_OK) status = alexcl_file_commit(file, err);
    alexcl_file_free(file);
    return status;
}
