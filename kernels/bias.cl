/* SPDX-License-Identifier: MIT */
#include "common.clh"

/* y[n][c][i] = b[c]: what a GEMM without a bias of its own is added to.
 * y: N x channels x hw, b: channels; a fully connected layer has hw = 1.
 * Range: (channels * hw, images), the image never padded (local size 1, global offset); one work-item writes one value.
 * Source: the bias of any layer with weights. */
__kernel void bias_fill(__global float *restrict y, __global const float *restrict b, int channels, int hw) {
    int i = (int)get_global_id(0);
    if (i < channels * hw) y[get_global_id(1) * (channels * hw) + i] = b[i / hw];
}

/* gb[c] = sum over n, i of gy[n][c][i], the gradient of the above by b: each image by itself, then the images in order,
 * on top of what is there (`add`) or of 0.
 * gy: N x channels x hw, of which images first .. end-1; gb: channels.
 * Range: (channels); one work-item makes one sum. */
__kernel void bias_gradient(__global const float *restrict gy, __global float *restrict gb, int first, int end, int add,
                            int channels, int hw) {
    int c = (int)get_global_id(0);
    if (c >= channels) return;
    float total = add ? gb[c] : 0.0f;
    for (int n = first; n < end; n++) {
        __global const float *g = gy + ((size_t)n * channels + c) * hw;
        float sum = 0.0f;
        for (int i = 0; i < hw; i++) sum = MULTIPLY_ADD(g[i], 1.0f, sum);
        total = MULTIPLY_ADD(sum, 1.0f, total);
    }
    gb[c] = total;
}
