/* SPDX-License-Identifier: MIT */
/* What training does to a picture before each use (the paper, 4.1): a random crop, a mirroring, a shift of its colours
 * along their principal components. All are functions of seed, step and the picture's place in the whole run's batch,
 * so that they hang on no device, chunk or process, and a run that goes on draws what it would have drawn. */
#ifndef ALEXCL_AUGMENT_H
#define ALEXCL_AUGMENT_H
#include <stddef.h>
#include <stdint.h>

#include "colour_pca.h"
#include "prepare.h"

struct augment_use {
    uint64_t seed, step;
    uint32_t place; /* in the batch of the whole run */
};
/* Where the crop lies: each offset that keeps it in the picture is as likely (33 x 33 of them for 224 of 256, as the
 * 2012 code has it), and half are mirrored where `mirror`. A side that is too short is padded alike at both ends. */
struct prepare_crop augment_crop(const struct augment_use *use, int width, int height, int crop_width, int crop_height,
                                 int mirror);
/* Planes of width x height values of `bytes` each, to planes of the crop. What lies beside the picture is 0. */
void augment_cut(const void *from, int channels, int width, int height, struct prepare_crop crop, int crop_width,
                 int crop_height, size_t bytes, void *out);

/* What a component is multiplied by: its eigenvalue, as the paper's text says; its standard deviation, the root of
 * that, as the 2012 code does. */
enum augment_colour { AUGMENT_EIGENVALUES, AUGMENT_DEVIATIONS };
/* Three normal numbers of that deviation (the paper: 0.1). */
void augment_draw(const struct augment_use *use, double deviation, double alpha[3]);
/* shift[c] = sum of vectors[c][k] * alpha[k] * (eigenvalue or deviation k), of red, green and blue, in the units that
 * the components were computed in. */
void augment_shift(const struct colour_pca *pca, enum augment_colour by, const double alpha[3], double shift[3]);
/* (value + shift) / divisor, of three planes. The 2012 code divides by 1 and the deviation, which keeps the variance
 * where it was; the paper does not: 1. */
void augment_add(float *planes, size_t pixels, const double shift[3], double divisor);
#endif
