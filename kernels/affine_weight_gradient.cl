/* SPDX-License-Identifier: MIT */
#include "common.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: N x ceil(channels / BLOCK) x hw x BLOCK */
#endif
#define CHUNK 64

/* gw[c] = sum of gy * x, gb[c] = sum of gy. The sum of CHUNK values starts from 0, that of an image adds them, and
 * images are added one after the other, to what is there or to 0: so a batch cut in pieces has the same sums to the
 * bit.
 * x, gy: N x channels x hw in blocks, images image .. image+count-1 of both; gw, gb: channels.
 * Range: channels, without those that fill up the last block; one work-item computes one weight and its bias.
 * Source: the derivatives of what affine.cl computes. */
__kernel void affine_weight_gradient(__global const float *restrict x, __global const float *restrict gy,
                                     __global float *restrict gw, __global float *restrict gb, int image, int count,
                                     int add, int channels, int hw) {
    int c = (int)get_global_id(0), blocks = (channels + BLOCK - 1) / BLOCK;
    if (c < channels) {
        float weight = add ? gw[c] : 0.0f, bias = add ? gb[c] : 0.0f;
        for (int n = image; n < image + count; n++) {
            size_t map = ((size_t)n * blocks + c / BLOCK) * hw * BLOCK + c % BLOCK;
            float image_weight = 0.0f, image_bias = 0.0f;
            for (int start = 0; start < hw; start += CHUNK) {
                float part_weight = 0.0f, part_bias = 0.0f;
                for (int i = start; i < min(start + CHUNK, hw); i++) {
                    float g = gy[map + i * BLOCK];
                    part_weight = MULTIPLY_ADD(g, x[map + i * BLOCK], part_weight);
                    part_bias = MULTIPLY_ADD(g, 1.0f, part_bias);
                }
                image_weight = MULTIPLY_ADD(part_weight, 1.0f, image_weight);
                image_bias = MULTIPLY_ADD(part_bias, 1.0f, image_bias);
            }
            weight = MULTIPLY_ADD(image_weight, 1.0f, weight);
            bias = MULTIPLY_ADD(image_bias, 1.0f, bias);
        }
        gw[c] = weight;
        gb[c] = bias;
    }
}
