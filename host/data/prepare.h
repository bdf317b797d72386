/* SPDX-License-Identifier: MIT */
/* A picture as a model wants to see it: grey or colour, resized, cropped, mean and scale. */
#ifndef ALEXCL_PREPARE_H
#define ALEXCL_PREPARE_H
#include "picture.h"

enum { PREPARE_CROPS = 10 };

/* Where a crop lies, and whether it is mirrored. Crop `index` of `count`: 1, the centre; or 10, the four corners and
 * the centre, then the same mirrored. */
struct prepare_crop {
    int x, y, mirrored;
};
struct prepare_crop prepare_crop_at(int width, int height, int crop_width, int crop_height, int index, int count);

/* Grey for models of one channel (Pillow's convert("L")), then the shorter side to model->resize and the longer in
 * proportion, rounded down. ALEXCL_E_DATA where the model does not take a picture's channels, or this one's size. */
int prepare_resize(const struct alexcl_model *model, const struct picture *from, struct picture *out,
                   struct alexcl_error *err);
/* The pixels of a crop (RGB or grey) to `patch`, which has room for model->height x model->width x channels. */
void prepare_cut(const struct alexcl_model *model, const struct picture *from, struct prepare_crop crop,
                 unsigned char *patch);
/* What the net sees of a pixel's channel, 0..255, in the model's order. */
double prepare_value(const struct alexcl_model *model, double pixel, size_t channel);
/* What the net sees: C x H x W, (pixel * scale - mean) / std, in the model's order of channels. */
void prepare_values(const struct alexcl_model *model, const unsigned char *patch, float *values);
#endif
