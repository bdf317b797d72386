/* SPDX-License-Identifier: MIT */
#include "common.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* Trainable sub-sampling: y = weight[c] * sum + bias[c], where sum is that of a kernel_h x kernel_w window every
 * stride_h rows and stride_w columns, clipped at the bottom and the right. The squashing function is a layer of its
 * own.
 * x: N x channels x h x w, weight, bias: channels, y: N x channels x out_h x out_w.
 * Range: (out_h * out_w, channels, images), the image never padded (local size 1, global offset); one work-item
 * computes one output.
 * Source: LeCun et al. 1998, section II.B, layers S2 and S4. */
__kernel void subsample_forward(__global const float *restrict x, __global const float *restrict weight,
                                __global const float *restrict bias, __global float *restrict y, int channels, int h,
                                int w, int out_h, int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < out_h * out_w && c < channels) {
        size_t map = n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        int top = i / out_w * stride_h, left = i % out_w * stride_w;
        int bottom = min(top + kernel_h, h), right = min(left + kernel_w, w);
        x += map * h * w * BLOCK + c % BLOCK;
        float sum = 0.0f;
        for (int r = top; r < bottom; r++)
            for (int s = left; s < right; s++) sum = MULTIPLY_ADD(x[(r * w + s) * BLOCK], 1.0f, sum);
        y[(map * out_h * out_w + i) * BLOCK + c % BLOCK] = MULTIPLY_ADD(weight[c], sum, bias[c]);
    }
}
