/* SPDX-License-Identifier: MIT */
#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: N x ceil(channels / BLOCK) x hw x BLOCK */
#endif

/* gx = gy * weight[c]; gx may be gy.
 * gy, gx: N x channels x hw in blocks; channels: with those that fill up the last block. weight: channels.
 * Range: (hw, channels, images), the image never padded (local size 1, global offset); one work-item computes one
 * value.
 * Source: the derivative of what affine.cl computes. */
__kernel void affine_input_gradient(__global const float *restrict weight, __global const float *gy,
                                    __global float *gx, int channels, int hw) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    if (i < hw && c < channels) {
        size_t map = get_global_id(2) * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK,
               at = (map * hw + i) * BLOCK + c % BLOCK;
        gx[at] = gy[at] * weight[c];
    }
}
