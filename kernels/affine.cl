/* SPDX-License-Identifier: MIT */
#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: N x ceil(channels / BLOCK) x hw x BLOCK */
#endif
#ifndef MULTIPLY_ADD
#define MULTIPLY_ADD fma /* mad where fma is slow (quirks.c) */
#endif

/* y = x * weight[c] + bias[c]; y may be x.
 * x, y: N x channels x hw in blocks; channels: with those that fill up the last block. weight, bias: channels.
 * Range: (hw, channels, images), the image never padded (local size 1, global offset); one work-item computes one
 * value.
 * Source: Ioffe and Szegedy 2015, algorithm 2, line 11. */
__kernel void affine_forward(__global const float *x, __global const float *restrict weight,
                             __global const float *restrict bias, __global float *y, int channels, int hw) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    if (i < hw && c < channels) {
        size_t map = get_global_id(2) * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK,
               at = (map * hw + i) * BLOCK + c % BLOCK;
        y[at] = MULTIPLY_ADD(x[at], weight[c], bias[c]);
    }
}
