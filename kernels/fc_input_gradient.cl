/* SPDX-License-Identifier: MIT */
/* Input gradient of a fully connected layer where nothing faster builds or runs: a work-item makes the gradient of one
 * input, and asks nothing of its work-group.
 *
 *   gx[n][i] = sum over o of gy[n][o] * w[o][i]
 *
 * The sum is made of sums over CHUNK outputs, each from 0 with one fma an output, which are added one after the other:
 * short chains, whose rounding errors stay small. */
#include "common.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in gx, where the inputs are maps: n x ceil(c / BLOCK) x hw x BLOCK */
#endif
#define CHUNK 256

/* gy: n x out. w: out x in, as in the file. gx: n x in_memory, with `hw` values of each channel, and channels from
 * `first` on `gap` places further on: the other half's blocks begin there. What fills up a half's last block is 0.
 * Range: in_memory, images; any work-group. */
__kernel void fc_input_gradient(__global const float *restrict gy, __global const float *restrict w,
                                __global float *restrict gx, int in, int out, int in_memory, int hw, int first,
                                int gap) {
    int at = (int)get_global_id(0);
    size_t n = get_global_id(1);
    if (at < in_memory) {
        int place = at / (hw * BLOCK) * BLOCK + at % BLOCK, channel = place < first ? place : place - gap;
        float sum = 0.0f;
        if ((place < first || place >= first + gap) && channel < in / hw) {
            w += channel * hw + at / BLOCK % hw;
            gy += n * out;
            for (int start = 0; start < out; start += CHUNK) {
                float part = 0.0f;
                for (int o = start; o < min(start + CHUNK, out); o++)
                    part = MULTIPLY_ADD(w[(size_t)o * in], gy[o], part);
                sum = MULTIPLY_ADD(part, 1.0f, sum);
            }
        }
        gx[n * in_memory + at] = sum;
    }
}
