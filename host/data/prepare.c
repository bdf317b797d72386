/* SPDX-License-Identifier: MIT */
/* From a picture to what a net sees: resized as the model says, cut into one or ten crops, in its order of channels,
 * mean and scale taken off. */
#include "prepare.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "resize.h"

struct prepare_crop prepare_crop_at(int width, int height, int crop_width, int crop_height, int index, int count) {
    int right = width - crop_width, bottom = height - crop_height, place = count == 1 ? 4 : index % 5;
    struct prepare_crop c = {.mirrored = index >= 5};
    if (place == 4) {
        c.x = right / 2;
        c.y = bottom / 2;
    } else {
        c.x = place % 2 ? right : 0;
        c.y = place / 2 ? bottom : 0;
    }
    return c;
}

/* ITU-R BT.601 luma in 16-bit fixed point, as Pillow's convert("L"). */
static int prepare_grey(const struct picture *from, struct picture *out, struct alexcl_error *err) {
    size_t count = (size_t)from->width * (size_t)from->height;
    *out = (struct picture){from->width, from->height, 1, malloc(count)};
    if (!out->pixels) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: %zu pixels", count);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *p = from->pixels + 3 * i;
        out->pixels[i] = (unsigned char)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
    }
    return ALEXCL_OK;
}

int prepare_resize(const struct alexcl_model *model, const struct picture *from, struct picture *out,
                   struct alexcl_error *err) {
    struct picture grey = {0};
    int status = ALEXCL_OK;
    if (model->colour == ALEXCL_GREY) {
        status = prepare_grey(from, &grey, err);
        if (status != ALEXCL_OK) return status;
        from = &grey;
    }
    int64_t width = model->resize, height = width;
    if (from->channels != model->channels) {
        status = error_set(err, ALEXCL_E_DATA,
                           "a picture has %d channels, model %s takes %d: it can be given tensors (.npy) alone",
                           from->channels, model->name, model->channels);
        goto done;
    }
    if (from->width > from->height)
        width = width * from->width / from->height;
    else
        height = height * from->height / from->width;
    if (width < model->width || height < model->height)
        status =
            error_set(err, ALEXCL_E_DATA, "the picture becomes %d x %d, smaller than the %d x %d that model %s takes",
                      (int)width, (int)height, model->width, model->height, model->name);
    else if (width * height > PICTURE_MAX_PIXELS)
        status =
            error_set(err, ALEXCL_E_DATA,
                      "a picture of %d x %d is too long: with a shorter side of %d it has more than 180 million pixels",
                      from->width, from->height, model->resize);
    else
        status = resize_picture(from, (int)width, (int)height, out, err);
done:
    picture_free(&grey);
    return status;
}

void prepare_cut(const struct alexcl_model *model, const struct picture *from, struct prepare_crop crop,
                 unsigned char *patch) {
    size_t c = (size_t)from->channels;
    assert(crop.x >= 0 && crop.x + model->width <= from->width);
    assert(crop.y >= 0 && crop.y + model->height <= from->height);
    for (int y = 0; y < model->height; y++)
        for (int x = 0; x < model->width; x++) {
            int sx = crop.x + (crop.mirrored ? model->width - 1 - x : x);
            memcpy(patch + ((size_t)y * (size_t)model->width + (size_t)x) * c,
                   from->pixels + ((size_t)(crop.y + y) * (size_t)from->width + (size_t)sx) * c, c);
        }
}

double prepare_value(const struct alexcl_model *model, double pixel, size_t channel) {
    return (pixel * model->scale - (model->mean ? model->mean[channel] : 0)) / (model->std ? model->std[channel] : 1);
}

void prepare_values(const struct alexcl_model *model, const unsigned char *patch, float *values) {
    size_t channels = (size_t)model->channels, pixels = (size_t)model->height * (size_t)model->width;
    for (size_t c = 0; c < channels; c++) {
        size_t from = model->colour == ALEXCL_BGR ? channels - 1 - c : c;
        float level[256];
        for (int p = 0; p < 256; p++) level[p] = (float)prepare_value(model, p, c);
        for (size_t i = 0; i < pixels; i++) values[c * pixels + i] = level[patch[i * channels + from]];
    }
}
