/* SPDX-License-Identifier: MIT */

/* y[n][c][i] = b[c]: what a GEMM without a bias of its own is added to.
 * y: N x channels x hw, b: channels; a fully connected layer has hw = 1.
 * Range: (channels * hw, images), the image never padded (local size 1, global offset); one work-item writes one value.
 * Source: the bias of any layer with weights. */
__kernel void bias_fill(__global float *restrict y, __global const float *restrict b, int channels, int hw) {
    int i = (int)get_global_id(0);
    if (i < channels * hw) y[get_global_id(1) * (channels * hw) + i] = b[i / hw];
}
