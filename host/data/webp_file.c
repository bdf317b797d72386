/* SPDX-License-Identifier: MIT */
/* WebP by libwebp, from memory. The demultiplexer gives the first frame and the Exif block of every form of the
 * container; a frame smaller than its canvas stands on black, as Pillow's convert("RGB") has it. */
#include "webp_file.h"

#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "status.h"
#include "orientation.h"

static int webp_file_refuse(const char *path, VP8StatusCode code, struct alexcl_error *err) {
    switch (code) {
    case VP8_STATUS_OK: return ALEXCL_OK;
    case VP8_STATUS_OUT_OF_MEMORY: return error_set(err, ALEXCL_E_MEMORY, "%s: out of host memory", path);
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: return error_set(err, ALEXCL_E_DATA, "%s: not a sound WebP: the file ends early", path);
    default: return error_set(err, ALEXCL_E_DATA, "%s: not a sound WebP: its data is damaged", path);
    }
}

/* The frame's pixels to their place on the canvas. */
static VP8StatusCode webp_file_frame(const WebPIterator *frame, struct picture *out) {
    WebPDecoderConfig config;
    size_t stride = (size_t)out->width * 3, first = (size_t)frame->y_offset * stride + (size_t)frame->x_offset * 3;
    if (!WebPInitDecoderConfig(&config)) return VP8_STATUS_INVALID_PARAM;
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = out->pixels + first;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = stride * (size_t)out->height - first;
    VP8StatusCode code = WebPDecode(frame->fragment.bytes, frame->fragment.size, &config);
    WebPFreeDecBuffer(&config.output);
    return code;
}

static int webp_file_orientation(const WebPDemuxer *file) {
    WebPChunkIterator exif;
    int orientation = 1;
    if (WebPDemuxGetChunk(file, "EXIF", 1, &exif)) {
        /* JPEG's, which some writers leave in front */
        size_t name = exif.chunk.size >= 6 && memcmp(exif.chunk.bytes, "Exif\0\0", 6) == 0 ? 6 : 0;
        orientation = orientation_read(exif.chunk.bytes + name, exif.chunk.size - name);
    }
    WebPDemuxReleaseChunkIterator(&exif);
    return orientation;
}

int webp_file_decode(const char *path, const unsigned char *data, size_t length, struct picture *out,
                     struct alexcl_error *err) {
    WebPDemuxState state;
    WebPDemuxer *file = WebPDemuxPartial(&(WebPData){data, length}, &state);
    WebPIterator frame = {0};
    int status;
    if (!file || state != WEBP_DEMUX_DONE) {
        status = webp_file_refuse(
            path, state == WEBP_DEMUX_PARSE_ERROR ? VP8_STATUS_BITSTREAM_ERROR : VP8_STATUS_NOT_ENOUGH_DATA, err);
        goto done;
    }
    TRY(picture_make(path, WebPDemuxGetI(file, WEBP_FF_CANVAS_WIDTH), WebPDemuxGetI(file, WEBP_FF_CANVAS_HEIGHT), out,
                     err));
    if (!WebPDemuxGetFrame(file, 1, &frame)) {
        status = error_set(err, ALEXCL_E_DATA, "%s: not a sound WebP: no picture is in it", path);
        goto done;
    }
    if (frame.width > out->width - frame.x_offset || frame.height > out->height - frame.y_offset) {
        status = webp_file_refuse(path, VP8_STATUS_BITSTREAM_ERROR, err);
        goto done;
    }
    if (frame.width < out->width || frame.height < out->height)
        memset(out->pixels, 0, (size_t)out->width * (size_t)out->height * 3);
    TRY(webp_file_refuse(path, webp_file_frame(&frame, out), err));
    status = orientation_turn(path, out, webp_file_orientation(file), err);
done:
    WebPDemuxReleaseIterator(&frame);
    WebPDemuxDelete(file);
    return status;
}
