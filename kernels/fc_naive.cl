/* SPDX-License-Identifier: MIT */
/* Fully connected layer where nothing faster builds or runs: a work-item makes one output, and asks nothing of its
 * work-group.
 *
 *   y[n][o] = b[o] + sum over i of x[n][i] * w[o][i]
 *
 * The sum is made of sums over CHUNK inputs, each from 0 with one fma an input, which are added to the bias one after
 * the other: short chains, whose rounding errors stay small. */
#include "common.clh"
#include "fc.clh"
#include "fc_weight.clh"

#define CHUNK 256

/* x: n x in_memory (fc.clh). w: out x in (fc_weight.clh) and b: out, as in the file. y: n x out.
 * Range: out, images; any work-group. */
__kernel void fc_naive_forward(__global const float *restrict x, __global const WEIGHT *restrict w,
                               __global const float *restrict b, __global float *restrict y, int in, int out,
                               int in_memory, int hw, int first, int gap, int relu) {
    int o = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (o < out) {
        float sum = b[o];
        x += n * in_memory;
        for (int start = 0; start < in; start += CHUNK) {
            float part = 0.0f;
            for (int i = start; i < min(start + CHUNK, in); i++)
                part = MULTIPLY_ADD(fc_weight(w, o, i, in), x[fc_place(i, hw, first, gap)], part);
            sum = MULTIPLY_ADD(part, 1.0f, sum);
        }
        y[n * out + o] = relu && sum < 0.0f ? 0.0f : sum;
    }
}
