/* SPDX-License-Identifier: MIT */
#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* Largest value of a kernel_size x kernel_size window every `stride` rows and columns; windows may overlap. A window
 * that hangs over the bottom or the right (out_h, out_w rounded up) is clipped; each must hold one value at least. A
 * NaN stays: a net that went wrong must show it at its end.
 * x: N x channels x h x w, y: N x channels x out_h x out_w.
 * Range: (out_h * out_w, channels, images), the image never padded (local size 1, global offset); one work-item
 * computes one output.
 * Source: Krizhevsky et al. 2012, section 3.4. */
__kernel void maxpool_forward(__global const float *restrict x, __global float *restrict y, int channels, int h, int w,
                              int out_h, int out_w, int kernel_size, int stride) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < out_h * out_w && c < channels) {
        size_t map = n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        int top = i / out_w * stride, left = i % out_w * stride;
        int bottom = min(top + kernel_size, h), right = min(left + kernel_size, w);
        x += map * h * w * BLOCK + c % BLOCK;
        float best = x[(top * w + left) * BLOCK];
        for (int r = top; r < bottom; r++) {
            for (int s = left; s < right; s++) {
                float v = x[(r * w + s) * BLOCK];
                if (v > best || isnan(v)) best = v;
            }
        }
        y[(map * out_h * out_w + i) * BLOCK + c % BLOCK] = best;
    }
}
