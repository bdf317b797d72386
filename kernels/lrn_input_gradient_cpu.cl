/* SPDX-License-Identifier: MIT */
/* -DBETA_075: beta is 3/4, so that roots take the place of pow. */
#include "common.clh"

#ifndef PLACES
/* neighbouring ones that a work-item computes: all of a line is stored before the first of it is read again */
#define PLACES 8
#endif

/* LRN's gradient by its input, as in lrn_input_gradient.cl, for CPU devices: 16 channels side by side. With d[i] = k +
 * alpha * sum of x[j]^2 over the window of lrn_cpu.cl:
 *   gx[c] = gy[c] / d[c]^beta - 2 alpha beta x[c] * sum over i of gy[i] x[i] / d[i]^(beta + 1)
 * for i from c - last to c - first, 0 <= i < channels; of channels of the other half the second term alone.
 * x, gx, gy: n x ceil(channels / 16) x hw x 16. halo, ghalo: n x hw x (before + after), channels of the other half: the
 * `before` ones just below channel 0 first, then the `after` ones just above the last; neither is touched, and both may
 * be null, when both numbers are 0. lines: 2 x PLACES x (16 * blocks + last - first) floats.
 * Range: (ceil(hw / PLACES), images), work-groups of one; one work-item computes all channels of PLACES places.
 * Source: the derivative of Krizhevsky et al. 2012, section 3.3. */
__kernel __attribute__((vec_type_hint(float16))) void
lrn_input_gradient_cpu(__global const float *restrict x, __global const float *restrict halo,
                       __global const float *restrict gy, __global float *restrict gx, __global float *restrict ghalo,
                       int channels, int hw, int before, int after, int first, int last, float k, float alpha,
                       float beta, __local float *restrict lines) {
    int start = (int)get_global_id(0) * PLACES, count = min(PLACES, hw - start), blocks = (channels + 15) / 16;
    int below = -first, line = blocks * 16 + last - first, sides = before + after;
    size_t n = get_global_id(1);
    __local float *squares = lines, *shares = lines + PLACES * line;
    x += (n * blocks * hw + start) * 16;
    gx += (n * blocks * hw + start) * 16;
    gy += (n * blocks * hw + start) * 16;
    if (sides) {
        halo += (n * hw + start) * sides;
        ghalo += (n * hw + start) * sides;
    }
    /* Squares of the channels from first to channels - 1 + last, 0 where there is none: adding 0 changes no sum. */
    for (int i = 0; i < count; i++) {
        __local float *to = squares + i * line;
        for (int block = 0; block < blocks; block++) {
            float16 v = vload16(block * hw + i, x);
            vstore16(v * v, 0, to + below + block * 16);
        }
        for (int j = 0; j < below; j++) {
            float v = j >= below - before ? halo[i * sides + j - (below - before)] : 0.0f;
            to[j] = v * v;
        }
        for (int j = below + channels; j < line; j++) {
            int above = j - below - channels;
            float v = above < after ? halo[i * sides + before + above] : 0.0f;
            to[j] = v * v;
        }
    }
    /* What stands in the gradient's sum, of channels -last to channels - 1 - first, 0 where there is none. */
    for (int i = 0; i < count; i++) {
        __local float *from = squares + i * line, *to = shares + i * line;
        for (int block = 0; block < blocks; block++) {
            float16 sum = vload16(0, from + block * 16);
            for (int j = 1; j <= last - first; j++)
                sum = MULTIPLY_ADD(vload16(0, from + block * 16 + j), (float16)(1.0f), sum);
            float16 d = MULTIPLY_ADD((float16)(alpha), sum, (float16)(k));
#ifdef BETA_075
            float16 root = sqrt(d), power = root * sqrt(root);
#else
            float16 power = pow(d, (float16)(beta));
#endif
            float16 own = vload16(block * hw + i, gy) / power;
            vstore16(own, block * hw + i, gx);
            vstore16(own * vload16(block * hw + i, x) / d, 0, to + last + block * 16);
        }
        for (int j = 0; j < last; j++) to[j] = 0.0f;
        for (int j = last + channels; j < line; j++) to[j] = 0.0f;
    }
    float factor = -2.0f * alpha * beta;
    for (int block = 0; block < blocks; block++) {
        for (int i = 0; i < count; i++) {
            __local const float *from = shares + i * line + block * 16;
            float16 sum = vload16(0, from);
            for (int j = 1; j <= last - first; j++) sum = MULTIPLY_ADD(vload16(0, from + j), (float16)(1.0f), sum);
            float16 v = factor * vload16(block * hw + i, x);
            vstore16(MULTIPLY_ADD(v, sum, vload16(block * hw + i, gx)), block * hw + i, gx);
        }
    }
    for (int i = 0; i < count; i++) {
        for (int side = 0; side < sides; side++) {
            int c = side < before ? side - before : side - before + channels;
            float sum = 0.0f;
            for (int o = max(c - last, 0); o <= min(c - first, channels - 1); o++)
                sum = MULTIPLY_ADD(shares[i * line + last + o], 1.0f, sum);
            ghalo[i * sides + side] = factor * halo[i * sides + side] * sum;
        }
    }
}
