/* SPDX-License-Identifier: MIT */
#include "common.clh"
#include "channel_gradient.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* gw[c] = sum of gy * (sum of the window), gb[c] = sum of gy; windows as in subsample.cl. Of one image: the sum of each
 * row starts from 0, and rows are added one after the other.
 * x: N x channels x h x w, gy: N x channels x out_h x out_w, from image `image` on; partial: channel_gradient.clh.
 * Range: (channels, images), without those that fill up the last block; one work-item computes both sums of a channel
 * of an image.
 * Source: the derivatives of what subsample.cl computes. */
__kernel void subsample_weight_gradient(__global const float *restrict x, __global const float *restrict gy,
                                        __global float *restrict partial, int image, int channels, int h, int w,
                                        int out_h, int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w) {
    int c = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (c < channels) {
        size_t map = (image + n) * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        float weight = 0.0f, bias = 0.0f;
        x += map * h * w * BLOCK + c % BLOCK;
        gy += map * out_h * out_w * BLOCK + c % BLOCK;
        for (int r = 0; r < out_h; r++) {
            float row_weight = 0.0f, row_bias = 0.0f;
            for (int s = 0; s < out_w; s++, gy += BLOCK) {
                int bottom = min(r * stride_h + kernel_h, h), right = min(s * stride_w + kernel_w, w);
                float sum = 0.0f;
                for (int y = r * stride_h; y < bottom; y++)
                    for (int z = s * stride_w; z < right; z++) sum = MULTIPLY_ADD(x[(y * w + z) * BLOCK], 1.0f, sum);
                row_weight = MULTIPLY_ADD(*gy, sum, row_weight);
                row_bias = MULTIPLY_ADD(*gy, 1.0f, row_bias);
            }
            weight = MULTIPLY_ADD(row_weight, 1.0f, weight);
            bias = MULTIPLY_ADD(row_bias, 1.0f, bias);
        }
        partial[n * 2 * channels + c] = weight;
        partial[(n * 2 + 1) * channels + c] = bias;
    }
}
