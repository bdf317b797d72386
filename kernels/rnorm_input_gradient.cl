/* SPDX-License-Identifier: MIT */
/* The gradient of the norm within a map by its input, with d[i] = k + alpha * sum of x[j]^2 over the window of
 * rnorm.cl:
 *   gx[j] = gy[j] / d[j]^beta - 2 alpha beta x[j] * sum over i of gy[i] x[i] / d[i]^(beta + 1)
 * where i runs over the values whose windows j is in: rows r - last .. r - first and the same columns, clipped at the
 * border of the map, by row and column. Two launches: the first makes what stands in the sum, once for each value.
 * Source: the derivative of what rnorm.cl computes. */
/* -DBETA_075: beta is 3/4, so that roots take the place of pow. */
#include "common.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* gx = gy / d^beta, shares = gx * x / d.
 * x, gy, gx: N x channels x h x w; shares: the same of a chunk, whose first image is `start`.
 * Range: (h * w, channels, images), the image never padded (local size 1, global offset); one work-item computes one
 * value. */
__kernel void rnorm_input_gradient_shares(__global const float *restrict x, __global const float *restrict gy,
                                          __global float *restrict gx, __global float *restrict shares, int start,
                                          int channels, int h, int w, int first, int last, float k, float alpha,
                                          float beta) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < h * w && c < channels) {
        size_t maps = (channels + BLOCK - 1) / BLOCK, floats = h * w * BLOCK;
        size_t map = (n * maps + c / BLOCK) * floats + c % BLOCK;
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
        size_t at = map + i * BLOCK;
        float own = gy[at] / power;
        gx[at] = own;
        shares[at - start * maps * floats] = own * x[at] / d;
    }
}

/* Adds -2 alpha beta x * sum of shares to gx; `factor` is -2 alpha beta. Range and shapes as above. */
__kernel void rnorm_input_gradient_add(__global const float *restrict x, __global float *restrict gx,
                                       __global const float *restrict shares, int start, int channels, int h, int w,
                                       int first, int last, float factor) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < h * w && c < channels) {
        size_t maps = (channels + BLOCK - 1) / BLOCK, floats = h * w * BLOCK;
        size_t at = (n * maps + c / BLOCK) * floats + i * BLOCK + c % BLOCK;
        shares += ((n - start) * maps + c / BLOCK) * floats + c % BLOCK;
        int row = i / w, column = i % w;
        int top = max(row - last, 0), bottom = min(row - first, h - 1);
        int left = max(column - last, 0), right = min(column - first, w - 1);
        float sum = 0.0f;
        for (int r = top; r <= bottom; r++)
            for (int s = left; s <= right; s++) sum = MULTIPLY_ADD(shares[(r * w + s) * BLOCK], 1.0f, sum);
        gx[at] = MULTIPLY_ADD(factor * x[at], sum, gx[at]);
    }
}
