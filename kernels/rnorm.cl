/* SPDX-License-Identifier: MIT */
/* -DBETA_075: beta is 3/4, so that roots take the place of pow. */
#include "common.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* Response normalisation within a map: y = x / (k + alpha * sum of x^2)^beta; the sum runs over rows r + first .. r +
 * last and the same columns, clipped at the border of the map, by row and column. alpha is not divided by the
 * window.
 * x, y: N x channels x h x w.
 * Range: (h * w, channels, images), the image never padded (local size 1, global offset); one work-item computes one
 * value.
 * Source: layers "rnorm" of cuda-convnet, the code behind Krizhevsky et al. 2012. */
__kernel void rnorm_forward(__global const float *restrict x, __global float *restrict y, int channels, int h, int w,
                            int first, int last, float k, float alpha, float beta) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < h * w && c < channels) {
        size_t map = (n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK) * h * w * BLOCK + c % BLOCK;
        int row = i / w, column = i % w;
        int top = max(row + first, 0), bottom = min(row + last, h - 1);
        int left = max(column + first, 0), right = min(column + last, w - 1);
        float squares = 0.0f;
        for (int r = top; r <= bottom; r++) {
            for (int s = left; s <= right; s++) {
                float v = x[map + (r * w + s) * BLOCK];
                squares = MULTIPLY_ADD(v, v, squares);
            }
        }
        float d = MULTIPLY_ADD(alpha, squares, k);
#ifdef BETA_075
        float power = sqrt(d) * sqrt(sqrt(d));
#else
        float power = pow(d, beta);
#endif
        y[map + i * BLOCK] = x[map + i * BLOCK] / power;
    }
}
