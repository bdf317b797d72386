/* SPDX-License-Identifier: MIT */
#include "common.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* gw[c] = sum of gy * (sum of the window), gb[c] = sum of gy; windows as in subsample.cl, row by row. The sum of each
 * row starts from 0, that of an image adds them, and images are added one after the other, to what is there or to 0: so
 * a batch cut in pieces has the same sums to the bit.
 * x: N x channels x h x w, gy: N x channels x out_h x out_w, images image .. image+count-1 of both; gw, gb: channels.
 * Range: channels, without those that fill up the last block; one work-item computes one weight and its bias.
 * Source: the derivatives of what subsample.cl computes. */
__kernel void subsample_weight_gradient(__global const float *restrict x, __global const float *restrict gy,
                                        __global float *restrict gw, __global float *restrict gb, int image, int count,
                                        int add, int channels, int h, int w, int out_h, int out_w, int kernel_h,
                                        int kernel_w, int stride_h, int stride_w) {
    int c = (int)get_global_id(0), blocks = (channels + BLOCK - 1) / BLOCK;
    if (c < channels) {
        float weight = add ? gw[c] : 0.0f, bias = add ? gb[c] : 0.0f;
        for (int n = image; n < image + count; n++) {
            size_t map = (size_t)n * blocks + c / BLOCK;
            __global const float *from = x + map * h * w * BLOCK + c % BLOCK;
            __global const float *g = gy + map * out_h * out_w * BLOCK + c % BLOCK;
            float image_weight = 0.0f, image_bias = 0.0f;
            for (int r = 0; r < out_h; r++) {
                float row_weight = 0.0f, row_bias = 0.0f;
                for (int s = 0; s < out_w; s++, g += BLOCK) {
                    int bottom = min(r * stride_h + kernel_h, h), right = min(s * stride_w + kernel_w, w);
                    float sum = 0.0f;
                    for (int y = r * stride_h; y < bottom; y++)
                        for (int z = s * stride_w; z < right; z++)
                            sum = MULTIPLY_ADD(from[(y * w + z) * BLOCK], 1.0f, sum);
                    row_weight = MULTIPLY_ADD(*g, sum, row_weight);
                    row_bias = MULTIPLY_ADD(*g, 1.0f, row_bias);
                }
                image_weight = MULTIPLY_ADD(row_weight, 1.0f, image_weight);
                image_bias = MULTIPLY_ADD(row_bias, 1.0f, image_bias);
            }
            weight = MULTIPLY_ADD(image_weight, 1.0f, weight);
            bias = MULTIPLY_ADD(image_bias, 1.0f, bias);
        }
        gw[c] = weight;
        gb[c] = bias;
    }
}
