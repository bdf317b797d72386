/* SPDX-License-Identifier: MIT */
/* JPEG by libjpeg, from memory. Where data is damaged libjpeg makes up the rest; here such a picture is refused, except
 * for warnings under which every pixel is there. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "jpeg_file.h"
#include "status.h"
#include "orientation.h"

/* a progressive photograph has about 10; each costs a pass over the picture, whatever it says */
enum { MAX_SCANS = 500 };

struct jpeg_failure {
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf out;
    int end_is_free; /* the picture is being decoded, and is whole with its last row */
    char why[JMSG_LENGTH_MAX];
};

static void jpeg_file_fail(j_common_ptr jpeg) {
    struct jpeg_failure *f = (struct jpeg_failure *)jpeg->err;
    f->manager.format_message(jpeg, f->why);
    longjmp(f->out, 1);
}

/* Damaged data is a warning to libjpeg, which then makes up the rest; here the picture is refused. Warnings under which
 * every pixel is there are passed over: unknown markers, bytes between the picture and the file's end, of which
 * collections of photographs have many, and an end that is not marked. */
static void jpeg_file_message(j_common_ptr jpeg, int level) {
    const struct jpeg_error_mgr *e = jpeg->err;
    int whole = e->msg_code == JWRN_JFIF_MAJOR || e->msg_code == JWRN_ADOBE_XFORM ||
                (e->msg_code == JWRN_EXTRANEOUS_DATA && e->msg_parm.i[1] == JPEG_EOI) ||
                (e->msg_code == JWRN_JPEG_EOF && ((const struct jpeg_failure *)e)->end_is_free);
    if (level < 0 && !whole) jpeg_file_fail(jpeg);
}

static void jpeg_file_progress(j_common_ptr jpeg) {
    struct jpeg_failure *f = (struct jpeg_failure *)jpeg->err;
    if (((const struct jpeg_decompress_struct *)jpeg)->input_scan_number <= MAX_SCANS) return;
    snprintf(f->why, sizeof f->why, "it has more than %d scans", MAX_SCANS);
    longjmp(f->out, 1);
}

/* Orientation of the first APP1 marker that holds Exif, 1 where there is none. */
static int jpeg_file_orientation(const struct jpeg_decompress_struct *jpeg) {
    int orientation = 0;
    for (jpeg_saved_marker_ptr m = jpeg->marker_list; m && !orientation; m = m->next)
        if (m->marker == JPEG_APP0 + 1 && m->data_length >= 6 && memcmp(m->data, "Exif\0\0", 6) == 0)
            orientation = orientation_read(m->data + 6, m->data_length - 6);
    return orientation ? orientation : 1;
}

int jpeg_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                     struct alexcl_error *err) {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_failure failure;
    volatile int status = ALEXCL_OK, orientation = 1;
    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = jpeg_file_fail;
    failure.manager.emit_message = jpeg_file_message;
    failure.why[0] = '\0';
    failure.end_is_free = 0;
    if (setjmp(failure.out)) {
        jpeg_destroy_decompress(&jpeg);
        if (failure.manager.msg_code == JERR_OUT_OF_MEMORY)
            return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory: %s", path, failure.why);
        return error_set(err, ALEXCL_E_DATA, "%s: not a sound JPEG: %s", path, failure.why);
    }
    jpeg_create_decompress(&jpeg);
    failure.progress.progress_monitor = jpeg_file_progress;
    jpeg.progress = &failure.progress;
    jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_mem_src(&jpeg, (unsigned char *)(uintptr_t)data, length);
    jpeg_read_header(&jpeg, TRUE);
    if (jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: a CMYK JPEG, whose colours depend on a printer's profile; convert it to RGB", path);
    else
        status = picture_make(path, jpeg.image_width, jpeg.image_height, out, err);
    if (status == ALEXCL_OK) {
        jpeg.out_color_space = JCS_RGB; /* grey is given three times */
        jpeg_start_decompress(&jpeg);
        /* Pixels of one scan, coded by Huffman, lack nothing until a bit of theirs does, which is JWRN_HIT_MARKER: what
         * is read ahead may be the file's end or a phone's trailer. Of several scans the next may be cut off, and an
         * arithmetic decoder takes what follows for its data. */
        failure.end_is_free = !jpeg_has_multiple_scans(&jpeg) && !jpeg.arith_code;
        while (jpeg.output_scanline < jpeg.output_height) {
            JSAMPROW row = out->pixels + (size_t)jpeg.output_scanline * (size_t)out->width * 3;
            jpeg_read_scanlines(&jpeg, &row, 1);
        }
        orientation = jpeg_file_orientation(&jpeg);              /* jpeg_finish_decompress lets go of the markers */
        if (!failure.end_is_free) jpeg_finish_decompress(&jpeg); /* looks for the end's mark */
    }
    jpeg_destroy_decompress(&jpeg);
    return status == ALEXCL_OK ? orientation_turn(path, out, orientation, err) : status;
}

int jpeg_file_encode(const char *what, const struct picture *p, int quality, unsigned char **data, size_t *length,
                     struct alexcl_error *err) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_failure failure;
    /* more than it takes at any quality: a buffer that libjpeg makes larger is its own until the end */
    const size_t room = (size_t)p->width * (size_t)p->height * 6 + 65536;
    unsigned char *kept = malloc(room), *bytes = kept;
    unsigned long size = room;
    if (!kept) return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory: its JPEG", what);
    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = jpeg_file_fail;
    failure.why[0] = '\0';
    if (setjmp(failure.out)) {
        jpeg_destroy_compress(&jpeg);
        free(kept);
        return error_set(err, ALEXCL_E_MEMORY, "%s: its JPEG cannot be made: %s", what, failure.why);
    }
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = (JDIMENSION)p->width;
    jpeg.image_height = (JDIMENSION)p->height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg.optimize_coding = TRUE;
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = p->pixels + (size_t)jpeg.next_scanline * (size_t)p->width * 3;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    if (bytes != kept) free(kept);
    *data = bytes;
    *length = size;
    return ALEXCL_OK;
}
