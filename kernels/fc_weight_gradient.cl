/* SPDX-License-Identifier: MIT */
/* Weight gradient of a fully connected layer where nothing faster builds or runs: a work-item makes the gradients of
 * OUTPUTS weights of one input, or of as many biases, for which it reads each input once, and asks nothing of its
 * work-group.
 *
 *   gw[o][i] = sum over n of gy[n][o] * x[n][i]       gb[o] = sum over n of gy[n][o]
 *
 * Image by image, from what is there or from 0, so that a batch cut in pieces has the same sums to the bit. */
#include "common.clh"
#include "fc.clh"

#ifndef OUTPUTS
#define OUTPUTS 8
#endif

/* Images image .. image+count-1 of x, n x in_memory (fc.clh), and of gy, n x out. gw: out x in and gb: out, as in the
 * file.
 * Range: ceil(out / OUTPUTS) * (in + 1), the last one of an output for its bias; any work-group. */
__kernel void fc_weight_gradient(__global const float *restrict x, __global const float *restrict gy,
                                 __global float *restrict gw, __global float *restrict gb, int image, int count, int in,
                                 int out, int in_memory, int hw, int first, int gap, int add) {
    size_t id = get_global_id(0);
    int o = (int)(id / (in + 1)) * OUTPUTS, i = (int)(id % (in + 1));
    if (o < out) {
        __global float *to = i < in ? gw + (size_t)o * in + i : gb + o;
        size_t row = i < in ? in : 1; /* from an output's to the next one's */
        float sums[OUTPUTS];          /* behind the last output: that once more, and not stored */
#pragma unroll
        for (int t = 0; t < OUTPUTS; t++) sums[t] = add ? to[min(t, out - 1 - o) * row] : 0.0f;
        gy += (size_t)image * out + o;
        x += (size_t)image * in_memory + fc_place(min(i, in - 1), hw, first, gap);
        for (int n = 0; n < count; n++) {
            float value = i < in ? x[(size_t)n * in_memory] : 1.0f;
#pragma unroll
            for (int t = 0; t < OUTPUTS; t++)
                sums[t] = MULTIPLY_ADD(gy[(size_t)n * out + min(t, out - 1 - o)], value, sums[t]);
        }
#pragma unroll
        for (int t = 0; t < OUTPUTS; t++)
            if (o + t < out) to[t * row] = sums[t];
    }
}
