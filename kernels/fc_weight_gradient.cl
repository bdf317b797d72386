/* SPDX-License-Identifier: MIT */
/* Weight gradient of a fully connected layer where nothing faster builds or runs: a work-item makes the gradient of one
 * weight or bias, and asks nothing of its work-group.
 *
 *   gw[o][i] = sum over n of gy[n][o] * x[n][i]       gb[o] = sum over n of gy[n][o]
 *
 * Image by image, from what is there or from 0, so that a batch cut in pieces has the same sums to the bit. */
#include "common.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in x, where the inputs are maps: n x ceil(c / BLOCK) x hw x BLOCK */
#endif

/* Images image .. image+count-1 of x, n x in_memory, with `hw` values of each channel, and channels from `first` on
 * `gap` places further on: the other half's blocks begin there; and of gy, n x out. gw: out x in and gb: out, as in the
 * file.
 * Range: out * (in + 1), the last one of an output for its bias; any work-group. */
__kernel void fc_weight_gradient(__global const float *restrict x, __global const float *restrict gy,
                                 __global float *restrict gw, __global float *restrict gb, int image, int count, int in,
                                 int out, int in_memory, int hw, int first, int gap, int add) {
    size_t id = get_global_id(0);
    int o = (int)(id / (in + 1)), i = (int)(id % (in + 1));
    if (o < out) {
        int channel = i / hw;
        channel += channel < first ? 0 : gap;
        __global float *to = i < in ? gw + (size_t)o * in + i : gb + o;
        float sum = add ? *to : 0.0f;
        gy += (size_t)image * out + o;
        x += (size_t)image * in_memory + (channel / BLOCK * hw + i % hw) * BLOCK + channel % BLOCK;
        for (int n = 0; n < count; n++)
            sum = MULTIPLY_ADD(gy[(size_t)n * out], i < in ? x[(size_t)n * in_memory] : 1.0f, sum);
        *to = sum;
    }
}
