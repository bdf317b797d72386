/* SPDX-License-Identifier: MIT */
#include "window.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* Largest value of a kernel_h x kernel_w window every stride_h rows and stride_w columns; windows may overlap. The
 * first begins at row -pad_top and column -pad_left; windows that hang over the map are clipped to it, so that padding
 * never wins; each must have one value at least. A NaN stays: a net that went wrong must show it at its end.
 * x: N x channels x h x w, y: N x channels x out_h x out_w.
 * Range: (out_h * out_w, channels, images), the image never padded (local size 1, global offset); one work-item
 * computes one output.
 * Source: Krizhevsky et al. 2012, section 3.4; padding and dilation: ONNX, MaxPool. */
__kernel void maxpool_forward(__global const float *restrict x, __global float *restrict y, int channels, int h, int w,
                              int out_h, int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_top,
                              int pad_left) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < out_h * out_w && c < channels) {
        size_t map = n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        int top = i / out_w * stride_h - pad_top, left = i % out_w * stride_w - pad_left;
        int bottom = min(top + (kernel_h - 1) * DILATION_H + 1, h);
        int right = min(left + (kernel_w - 1) * DILATION_W + 1, w);
        top += max((DILATION_H - 1 - top) / DILATION_H, 0) * DILATION_H;
        left += max((DILATION_W - 1 - left) / DILATION_W, 0) * DILATION_W;
        x += map * h * w * BLOCK + c % BLOCK;
        float best = x[(top * w + left) * BLOCK];
        for (int r = top; r < bottom; r += DILATION_H) {
            for (int s = left; s < right; s += DILATION_W) {
                float v = x[(r * w + s) * BLOCK];
                if (v > best || isnan(v)) best = v;
            }
        }
        y[(map * out_h * out_w + i) * BLOCK + c % BLOCK] = best;
    }
}
