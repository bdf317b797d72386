/* SPDX-License-Identifier: MIT */
#include "common.clh"

#ifndef BLOCK
/* channels side by side in memory: n x ceil(c / BLOCK) x hw x BLOCK, what fills up the last block becomes 0; halo,
 * ghalo: n x hw x c where it is more than 1 */
#define BLOCK 1
#endif
/* -DBETA_075: beta is 3/4, so that roots take the place of pow. */

/* LRN's gradient by its input, with d[i] = k + alpha * sum of x[j]^2 over the window of lrn.cl:
 *   gx[c] = gy[c] / d[c]^beta - 2 alpha beta x[c] * sum over i of gy[i] x[i] / d[i]^(beta + 1)
 * where i runs upwards over the channels of this half whose windows c is in: c - last .. c - first. For a channel of
 * the other half there is the second term alone; the other half adds it to its own.
 * x, gx, gy: N x channels x hw. halo, ghalo: N x (before + after) x hw, channels of the other half: the `before` ones
 * just below channel 0 first, then the `after` ones just above the last; neither is touched, and both may be null, when
 * both numbers are 0.
 * Range: (hw, channels that are in memory + before + after, images), the image never padded (local size 1, global
 * offset); one work-item computes one value of gx or of ghalo.
 * Source: the derivative of Krizhevsky et al. 2012, section 3.3. */
__kernel void lrn_input_gradient(__global const float *restrict x, __global const float *restrict halo,
                                 __global const float *restrict gy, __global float *restrict gx,
                                 __global float *restrict ghalo, int channels, int hw, int before, int after, int first,
                                 int last, float k, float alpha, float beta) {
    int i = (int)get_global_id(0), place = (int)get_global_id(1);
    size_t n = get_global_id(2);
    int memory = (channels + BLOCK - 1) / BLOCK * BLOCK, sides = before + after;
    if (i < hw && place < memory + sides) {
        size_t image = n * memory * hw + i * BLOCK;
        size_t beside = n * sides * hw + (BLOCK > 1 ? i * sides : i);
        int step = BLOCK > 1 ? 1 : hw;
        /* the channel, and where it lies: in the halo the lower ones come first */
        int side = place - memory;
        int c = place < memory ? place : side < before ? side - before : side - before + channels;
        float own = 0.0f, sum = 0.0f;
        for (int o = max(c - last, 0); o <= min(c - first, channels - 1); o++) {
            float squares = 0.0f;
            for (int j = max(o + first, -before); j <= min(o + last, channels - 1 + after); j++) {
                float v;
                if (j < 0)
                    v = halo[beside + (before + j) * step];
                else if (j >= channels)
                    v = halo[beside + (before + j - channels) * step];
                else
                    v = x[image + j / BLOCK * hw * BLOCK + j % BLOCK];
                squares = MULTIPLY_ADD(v, v, squares);
            }
            float d = MULTIPLY_ADD(alpha, squares, k);
#ifdef BETA_075
            float power = sqrt(d) * sqrt(sqrt(d));
#else
            float power = pow(d, beta);
#endif
            int at = o / BLOCK * hw * BLOCK + o % BLOCK;
            float share = gy[image + at] / power;
            if (o == c) own = share;
            sum = MULTIPLY_ADD(share / d, x[image + at], sum);
        }
        int at = c / BLOCK * hw * BLOCK + c % BLOCK;
        float factor = -2.0f * alpha * beta;
        if (place >= memory)
            ghalo[beside + side * step] = factor * halo[beside + side * step] * sum;
        else
            gx[image + at] = c < channels ? MULTIPLY_ADD(factor * x[image + at], sum, own) : 0.0f;
    }
}
