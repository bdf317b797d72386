/* SPDX-License-Identifier: MIT */
/* Input gradient of a fully connected layer where nothing faster builds or runs: a work-item makes the gradient of one
 * input of IMAGES images, for which it reads each weight once, and asks nothing of its work-group.
 *
 *   gx[n][i] = sum over o of gy[n][o] * w[o][i]
 *
 * The sum is made of sums over CHUNK outputs, each from 0 with one fma an output, which are added one after the other:
 * short chains, whose rounding errors stay small. */
#include "common.clh"
#include "fc.clh"

#ifndef IMAGES
#define IMAGES 8
#endif
#define CHUNK 256

/* gy: n x out and gx: n x in_memory (fc.clh), images image .. image+count-1; what fills up a half's last block is 0 in
 * gx. w: out x in, as in the file.
 * Range: in_memory, ceil(count / IMAGES); any work-group. */
__kernel void fc_input_gradient(__global const float *restrict gy, __global const float *restrict w,
                                __global float *restrict gx, int image, int count, int in, int out, int in_memory,
                                int hw, int first, int gap) {
    int at = (int)get_global_id(0), n = (int)get_global_id(1) * IMAGES;
    if (at < in_memory && n < count) {
        int place = at / (hw * BLOCK) * BLOCK + at % BLOCK, channel = place < first ? place : place - gap;
        int outputs = (place < first || place >= first + gap) && channel < in / hw ? out : 0;
        __global const float *g[IMAGES]; /* behind the last image: that once more, and not stored */
        float sums[IMAGES];
        w += outputs ? channel * hw + at / BLOCK % hw : 0;
#pragma unroll
        for (int t = 0; t < IMAGES; t++) {
            g[t] = gy + (size_t)(image + min(n + t, count - 1)) * out;
            sums[t] = 0.0f;
        }
        for (int start = 0; start < outputs; start += CHUNK) {
            float part[IMAGES];
#pragma unroll
            for (int t = 0; t < IMAGES; t++) part[t] = 0.0f;
            for (int o = start; o < min(start + CHUNK, outputs); o++) {
                float weight = w[(size_t)o * in];
#pragma unroll
                for (int t = 0; t < IMAGES; t++) part[t] = MULTIPLY_ADD(weight, g[t][o], part[t]);
            }
#pragma unroll
            for (int t = 0; t < IMAGES; t++) sums[t] = MULTIPLY_ADD(part[t], 1.0f, sums[t]);
        }
#pragma unroll
        for (int t = 0; t < IMAGES; t++)
            if (n + t < count) gx[(size_t)(image + n + t) * in_memory + at] = sums[t];
    }
}
