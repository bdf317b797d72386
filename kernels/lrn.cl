/* SPDX-License-Identifier: MIT */
#include "common.clh"

#ifndef BLOCK
/* channels side by side in memory: n x ceil(c / BLOCK) x hw x BLOCK, what fills up the last block is 0; halo: n x hw x
 * c where it is more than 1 */
#define BLOCK 1
#endif
/* -DBETA_075: beta is 3/4, so that roots take the place of pow. */

/* Local response normalisation across channels: y[c] = x[c] / (k + alpha * sum over j of x[j]^2)^beta, where j runs
 * upwards from c + first to c + last, clipped to the channels there are: -before <= j < channels + after.
 * x, y: N x channels x hw. halo: N x (before + after) x hw, channels of the other half: the `before` ones just below
 * channel 0 first, then the `after` ones just above the last; it is not read, and may be null, when both are 0. alpha
 * is not divided by the window. The order of the sum does not depend on where the layer is cut: halves with a halo give
 * the bits of the whole layer.
 * Range: (hw, channels that are in memory, images), the image never padded (local size 1, global offset); one work-item
 * computes one value.
 * Source: Krizhevsky et al. 2012, section 3.3. */
__kernel void lrn_forward(__global const float *restrict x, __global const float *restrict halo,
                          __global float *restrict y, int channels, int hw, int before, int after, int first, int last,
                          float k, float alpha, float beta) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    int memory = (channels + BLOCK - 1) / BLOCK * BLOCK, sides = before + after;
    if (i < hw && c < memory) {
        x += n * memory * hw + i * BLOCK;
        y += n * memory * hw + i * BLOCK;
        size_t halo_image = n * sides * hw + (BLOCK > 1 ? i * sides : i);
        int step = BLOCK > 1 ? 1 : hw;
        int from = max(c + first, -before), to = min(c + last, channels - 1 + after);
        float squares = 0.0f;
        for (int j = from; j <= to; j++) {
            float v;
            if (j < 0)
                v = halo[halo_image + (before + j) * step];
            else if (j >= channels)
                v = halo[halo_image + (before + j - channels) * step];
            else
                v = x[j / BLOCK * hw * BLOCK + j % BLOCK];
            squares = MULTIPLY_ADD(v, v, squares);
        }
        float d = MULTIPLY_ADD(alpha, squares, k);
#ifdef BETA_075
        float power = sqrt(d) * sqrt(sqrt(d));
#else
        float power = pow(d, beta);
#endif
        int at = c / BLOCK * hw * BLOCK + c % BLOCK;
        y[at] = c < channels ? x[at] / power : 0.0f;
    }
}
