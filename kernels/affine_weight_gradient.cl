/* SPDX-License-Identifier: MIT */
#include "common.clh"
#include "channel_gradient.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: N x ceil(channels / BLOCK) x hw x BLOCK */
#endif
#define CHUNK 64

/* gw[c] = sum of gy * x, gb[c] = sum of gy. Of one image: the sums of CHUNK values start from 0, and are added one
 * after the other.
 * x, gy: N x channels x hw in blocks, from image `image` on; partial: channel_gradient.clh.
 * Range: (channels, images), without those that fill up the last block; one work-item computes both sums of a channel
 * of an image.
 * Source: the derivatives of what affine.cl computes. */
__kernel void affine_weight_gradient(__global const float *restrict x, __global const float *restrict gy,
                                     __global float *restrict partial, int image, int channels, int hw) {
    int c = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (c < channels) {
        size_t map = ((image + n) * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK) * hw * BLOCK + c % BLOCK;
        float weight = 0.0f, bias = 0.0f;
        for (int start = 0; start < hw; start += CHUNK) {
            float part_weight = 0.0f, part_bias = 0.0f;
            for (int i = start; i < min(start + CHUNK, hw); i++) {
                float g = gy[map + i * BLOCK];
                part_weight = MULTIPLY_ADD(g, x[map + i * BLOCK], part_weight);
                part_bias = MULTIPLY_ADD(g, 1.0f, part_bias);
            }
            weight = MULTIPLY_ADD(part_weight, 1.0f, weight);
            bias = MULTIPLY_ADD(part_bias, 1.0f, bias);
        }
        partial[n * 2 * channels + c] = weight;
        partial[(n * 2 + 1) * channels + c] = bias;
    }
}
