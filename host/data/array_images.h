/* SPDX-License-Identifier: MIT */
/* Images of a NumPy array: what a net sees, as numbers; or pixels, as bytes. */
#ifndef ALEXCL_ARRAY_IMAGES_H
#define ALEXCL_ARRAY_IMAGES_H
#include "npy.h"

struct array_images {
    struct npy file;
    const struct alexcl_model *model;
    size_t count;
    enum { ARRAY_VALUES, ARRAY_PLANES, ARRAY_INTERLEAVED } layout; /* bytes: N x C x H x W, or N x H x W x C */
    unsigned char *bytes, *patch;                                  /* of one image */
};
/* A .npy file of images that the model takes, one at least, N x channels x height x width. Floats are values as the net
 * sees them. Bytes are pixels, RGB or grey, N x height x width x channels too: the model's scale, mean, deviations and
 * order of channels are applied. Where both fit, the channels stand before the height. ALEXCL_E_DATA. */
int array_images_open(const char *path, const struct alexcl_model *model, struct array_images *out,
                      struct alexcl_error *err);
/* What the net sees of an image. */
void array_images_get(const struct array_images *a, size_t image, float *values);
void array_images_free(struct array_images *a);
#endif
