/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "jpeg_file.h"
#include "fail.h"

enum { SCANS_MOST = 500 }; /* a progressive photograph has about 10; each costs a pass over the picture, whatever it says */

struct jpeg_failure {
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf out;
    char why[JMSG_LENGTH_MAX];
};

static void jpeg_file_fail(j_common_ptr jpeg) {
    struct jpeg_failure *f = (struct jpeg_failure *)jpeg->err;
    f->manager.format_message(jpeg, f->why);
    longjmp(f->out, 1);
}

/* Damaged data is a warning to libjpeg, which then makes up the rest; here the picture is refused. Warnings under which every pixel is
 * there are passed over: unknown markers, and bytes between the picture and the file's end, of which collections of photographs have many. */
static void jpeg_file_message(j_common_ptr jpeg, int level) {
    const struct jpeg_error_mgr *e = jpeg->err;
    int whole = e->msg_code == JWRN_JFIF_MAJOR || e->msg_code == JWRN_ADOBE_XFORM || (e->msg_code == JWRN_EXTRANEOUS_DATA && e->msg_parm.i[1] == JPEG_EOI);
    if (level < 0 && !whole) jpeg_file_fail(jpeg);
}

static void jpeg_file_progress(j_common_ptr jpeg) {
    struct jpeg_failure *f = (struct jpeg_failure *)jpeg->err;
    if (((const struct jpeg_decompress_struct *)jpeg)->input_scan_number <= SCANS_MOST) return;
    snprintf(f->why, sizeof f->why, "it has more than %d scans", SCANS_MOST);
    longjmp(f->out, 1);
}

static unsigned jpeg_file_number(const unsigned char *at, int bytes, int big) {
    unsigned n = 0;
    for (int i = 0; i < bytes; i++) n |= (unsigned)at[i] << 8 * (big ? bytes - 1 - i : i);
    return n;
}

/* Orientation (tag 0x0112) of an APP1 Exif marker, 1 where there is none (Exif 2.3, 4.6). */
static int jpeg_file_orientation(const struct jpeg_decompress_struct *jpeg) {
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m; m = m->next) {
        size_t length = m->data_length;
        if (m->marker != JPEG_APP0 + 1 || length < 14 || memcmp(m->data, "Exif\0\0", 6) != 0) continue;
        const unsigned char *tiff = m->data + 6;
        length -= 6;
        int big = memcmp(tiff, "MM\0*", 4) == 0;
        if (!big && memcmp(tiff, "II*\0", 4) != 0) continue;
        size_t at = jpeg_file_number(tiff + 4, 4, big);
        if (at > length || length - at < 2) return 1;
        unsigned entries = jpeg_file_number(tiff + at, 2, big);
        at += 2;
        for (unsigned i = 0; i < entries && length - at >= 12; i++, at += 12) {
            if (jpeg_file_number(tiff + at, 2, big) != 0x0112) continue;
            unsigned type = jpeg_file_number(tiff + at + 2, 2, big); /* SHORT, as written by some LONG */
            unsigned value = type == 3 || type == 4 ? jpeg_file_number(tiff + at + 8, type == 3 ? 2 : 4, big) : 1;
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
        return 1;
    }
    return 1;
}

/* Turns and mirrors as orientation 2..8 wants. */
static int jpeg_file_turn(const char *path, struct picture *p, int orientation, struct alexcl_error *err) {
    struct picture to;
    size_t w = (size_t)p->width, h = (size_t)p->height;
    int swap = orientation >= 5;
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

int jpeg_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out, struct alexcl_error *err) {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_failure failure;
    volatile int status = ALEXCL_OK, orientation = 1;
    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = jpeg_file_fail;
    failure.manager.emit_message = jpeg_file_message;
    failure.why[0] = '\0';
    if (setjmp(failure.out)) {
        jpeg_destroy_decompress(&jpeg);
        if (failure.manager.msg_code == JERR_OUT_OF_MEMORY) return fail(err, ALEXCL_E_MEMORY, "%s: out of host memory: %s", path, failure.why);
        return fail(err, ALEXCL_E_DATA, "%s: not a sound JPEG: %s", path, failure.why);
    }
    jpeg_create_decompress(&jpeg);
    failure.progress.progress_monitor = jpeg_file_progress;
    jpeg.progress = &failure.progress;
    jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_mem_src(&jpeg, (unsigned char *)(uintptr_t)data, length);
    jpeg_read_header(&jpeg, TRUE);
    if (jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK)
        status = fail(err, ALEXCL_E_DATA, "%s: a CMYK JPEG, whose colours depend on a printer's profile; convert it to RGB", path);
    else
        status = picture_make(path, jpeg.image_width, jpeg.image_height, out, err);
    if (status == ALEXCL_OK) {
        jpeg.out_color_space = JCS_RGB; /* grey is given three times */
        jpeg_start_decompress(&jpeg);
        while (jpeg.output_scanline < jpeg.output_height) {
            JSAMPROW row = out->pixels + (size_t)jpeg.output_scanline * (size_t)out->width * 3;
            jpeg_read_scanlines(&jpeg, &row, 1);
        }
        orientation = jpeg_file_orientation(&jpeg); /* jpeg_finish_decompress lets go of the markers */
        jpeg_finish_decompress(&jpeg);
    }
    jpeg_destroy_decompress(&jpeg);
    if (status == ALEXCL_OK && orientation != 1) status = jpeg_file_turn(path, out, orientation, err);
    return status;
}
