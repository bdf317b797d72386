/* SPDX-License-Identifier: MIT */
/* A half's images are shorter than those of the whole, so both halves are copied image by image. */
#include <string.h>

#include "ref.h"

/* y: n x (channels0 + channels1) x hw, a: n x channels0 x hw, b: n x channels1 x hw. */
void ref_join(float *y, const float *a, const float *b, int n, int channels0, int channels1, int hw) {
    size_t size0 = (size_t)channels0 * (size_t)hw, size1 = (size_t)channels1 * (size_t)hw;
    for (int image = 0; image < n; image++, y += size0 + size1, a += size0, b += size1) {
        memcpy(y, a, size0 * sizeof(float));
        memcpy(y + size0, b, size1 * sizeof(float));
    }
}
