/* SPDX-License-Identifier: MIT */
/* -DBETA_075: beta is 3/4, so that roots take the place of pow. */
#include "common.clh"

#ifndef PLACES
/* neighbouring ones that a work-item computes: all squares are stored before the first is read again */
#define PLACES 8
#endif

/* Local response normalisation across channels, as in lrn.cl, for CPU devices: 16 channels side by side.
 *   y[c] = x[c] / (k + alpha * sum over j of x[j]^2)^beta
 * for j from c + first to c + last, -before <= j < channels + after.
 * x, y: n x ceil(channels / 16) x hw x 16. halo: n x hw x (before + after), channels of the other half: the `before`
 * ones just below channel 0 first, then the `after` ones just above the last; not read, and may be null, when both are
 * 0.
 * The order of the sum does not depend on where the layer is cut. squares: PLACES x (16 * blocks + last - first)
 * floats.
 * Range: (ceil(hw / PLACES), images), work-groups of one; one work-item computes all channels of PLACES places.
 * Source: Krizhevsky et al. 2012, section 3.3. */
__kernel __attribute__((vec_type_hint(float16))) void
lrn_cpu_forward(__global const float *restrict x, __global const float *restrict halo, __global float *restrict y,
                int channels, int hw, int before, int after, int first, int last, float k, float alpha, float beta,
                __local float *restrict squares) {
    int start = (int)get_global_id(0) * PLACES, count = min(PLACES, hw - start), blocks = (channels + 15) / 16;
    int below = -first, line = blocks * 16 + last - first;
    size_t n = get_global_id(1);
    x += (n * blocks * hw + start) * 16;
    y += (n * blocks * hw + start) * 16;
    if (before + after) halo += (n * hw + start) * (before + after);
    /* Squares of the channels from first to channels - 1 + last, 0 where there is none: adding 0 changes no sum. */
    for (int i = 0; i < count; i++) {
        __local float *to = squares + i * line;
        for (int block = 0; block < blocks; block++) {
            float16 v = vload16(block * hw + i, x);
            vstore16(v * v, 0, to + below + block * 16);
        }
        for (int j = 0; j < below; j++) {
            float v = j >= below - before ? halo[i * (before + after) + j - (below - before)] : 0.0f;
            to[j] = v * v;
        }
        for (int j = below + channels; j < line; j++) {
            int above = j - below - channels;
            float v = above < after ? halo[i * (before + after) + before + above] : 0.0f;
            to[j] = v * v;
        }
    }
    for (int block = 0; block < blocks; block++) {
        for (int i = 0; i < count; i++) {
            __local const float *from = squares + i * line + block * 16;
            float16 sum = vload16(0, from);
            for (int j = 1; j <= last - first; j++) sum = MULTIPLY_ADD(vload16(0, from + j), (float16)(1.0f), sum);
            float16 d = MULTIPLY_ADD((float16)(alpha), sum, (float16)(k));
#ifdef BETA_075
            float16 root = sqrt(d), power = root * sqrt(root);
#else
            float16 power = pow(d, (float16)(beta));
#endif
            vstore16(vload16(block * hw + i, x) / power, block * hw + i, y);
        }
    }
}
