/* SPDX-License-Identifier: MIT */
/* A run of channels lies in one piece within an image, so each image takes one copy. */
#include <string.h>

#include "ref.h"

void ref_concat(float *y, const float *x, int n, int hw, int y_channels, int y_first, int x_channels, int x_first,
                int count) {
    size_t map = (size_t)hw, floats = (size_t)count * map;
    for (size_t i = 0; i < (size_t)n; i++)
        memcpy(y + (i * (size_t)y_channels + (size_t)y_first) * map,
               x + (i * (size_t)x_channels + (size_t)x_first) * map, floats * sizeof *y);
}
