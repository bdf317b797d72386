/* SPDX-License-Identifier: MIT */
#include "augment.h"

#include <math.h>
#include <string.h>

#include "counter_rng.h"
#include "normal.h"

/* Each use has a number of its own, and each kind of draw a key. */
static uint64_t augment_number(const struct augment_use *use) { return use->step << 32 | use->place; }

static int augment_offset(const struct augment_use *use, const char *what, int room) {
    if (room <= 0) return room / 2;
    return (int)counter_rng_int(counter_rng_key(use->seed, what), augment_number(use), (uint32_t)room + 1);
}

struct prepare_crop augment_crop(const struct augment_use *use, int width, int height, int crop_width, int crop_height,
                                 int mirror) {
    return (struct prepare_crop){.x = augment_offset(use, "augment/x", width - crop_width),
                                 .y = augment_offset(use, "augment/y", height - crop_height),
                                 .mirrored = mirror && augment_offset(use, "augment/mirror", 1)};
}

void augment_cut(const void *from, int channels, int width, int height, struct prepare_crop crop, int crop_width,
                 int crop_height, size_t bytes, void *out) {
    /* the crop's columns that lie in the picture */
    int first = crop.x < 0 ? -crop.x : 0, last = width - crop.x < crop_width ? width - crop.x : crop_width;
    char *to = memset(out, 0, (size_t)channels * (size_t)crop_width * (size_t)crop_height * bytes);
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < crop_height; y++, to += (size_t)crop_width * bytes) {
            int row = crop.y + y;
            if (row < 0 || row >= height || last <= first) continue;
            const char *at =
                (const char *)from +
                (((size_t)c * (size_t)height + (size_t)row) * (size_t)width + (size_t)(crop.x + first)) * bytes;
            if (!crop.mirrored) memcpy(to + (size_t)first * bytes, at, (size_t)(last - first) * bytes);
            for (int x = first; x < last && crop.mirrored; x++, at += bytes)
                memcpy(to + (size_t)(crop_width - 1 - x) * bytes, at, bytes);
        }
}

void augment_draw(const struct augment_use *use, double deviation, double alpha[3]) {
    float drawn[3];
    normal_fill(drawn, counter_rng_key(use->seed, "augment/colour"), 3 * augment_number(use), 3, deviation);
    for (int k = 0; k < 3; k++) alpha[k] = (double)drawn[k];
}

void augment_shift(const struct colour_pca *pca, enum augment_colour by, const double alpha[3], double shift[3]) {
    for (int c = 0; c < 3; c++) {
        shift[c] = 0;
        for (int k = 0; k < 3; k++)
            shift[c] += pca->eigenvectors[c][k] * alpha[k] *
                        (by == AUGMENT_EIGENVALUES ? pca->eigenvalues[k] : sqrt(pca->eigenvalues[k]));
    }
}

void augment_add(float *planes, size_t pixels, const double shift[3], double divisor) {
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < pixels; i++)
            planes[c * pixels + i] = (float)(((double)planes[c * pixels + i] + shift[c]) / divisor);
}
