/* SPDX-License-Identifier: MIT */
#include "common.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* gx = weight[c] * sum, where sum is that of gy over all windows that have the value: windows as in subsample.cl, row
 * by row.
 * weight: channels, 0 for those that fill up the last block, gy: N x channels x out_h x out_w, gx: N x channels x h x
 * w.
 * Range: (h * w, channels, images), the image never padded (local size 1, global offset); one work-item computes one
 * value.
 * Source: the derivative of what subsample.cl computes. */
__kernel void subsample_input_gradient(__global const float *restrict weight, __global const float *restrict gy,
                                       __global float *restrict gx, int channels, int h, int w, int out_h, int out_w,
                                       int kernel_h, int kernel_w, int stride_h, int stride_w) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < h * w && c < channels) {
        size_t map = n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        int above = i / w - kernel_h, before = i % w - kernel_w; /* rows and columns whose windows end too early */
        int top = above < 0 ? 0 : above / stride_h + 1, left = before < 0 ? 0 : before / stride_w + 1;
        int bottom = min(i / w / stride_h + 1, out_h), right = min(i % w / stride_w + 1, out_w);
        gy += map * out_h * out_w * BLOCK + c % BLOCK;
        float sum = 0.0f;
        for (int r = top; r < bottom; r++)
            for (int s = left; s < right; s++) sum = MULTIPLY_ADD(gy[(r * out_w + s) * BLOCK], 1.0f, sum);
        gx[(map * h * w + i) * BLOCK + c % BLOCK] = weight[c] * sum;
    }
}
