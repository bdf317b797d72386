/* SPDX-License-Identifier: MIT */
/* Dropout as in training. */
#include "counter_rng.h"
#include "ref.h"

/* x, y: n x values. */
void ref_dropout(float *y, const float *x, int n, size_t values, uint64_t key, uint64_t first, uint64_t each,
                 uint32_t threshold, float factor) {
    for (size_t image = 0; image < (size_t)n; image++)
        for (size_t i = 0; i < values; i++, y++, x++)
            *y = counter_rng_raw(key, first + image * each + i) >= threshold ? (float)((double)*x * (double)factor)
                                                                             : 0.0f;
}
