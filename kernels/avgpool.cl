/* SPDX-License-Identifier: MIT */
#include "common.clh"
#include "window.clh"

#ifndef BLOCK
#define BLOCK 1 /* channels side by side in memory: n x ceil(c / BLOCK) x h x w x BLOCK */
#endif

/* Mean of a kernel_h x kernel_w window every stride_h rows and stride_w columns, the first from row -pad_top and column
 * -pad_left on. A window that hangs over the map is clipped, and its sum divided by the number of values left in it,
 * of which there must be one; with count_pad by the number of those on the map and its padding, which ends at row
 * end_h and column end_w.
 * x: N x channels x h x w, y: N x channels x out_h x out_w.
 * Range: (out_h * out_w, channels, images), the image never padded (local size 1, global offset); one work-item
 * computes one output.
 * Source: LeCun et al. 1998, section II.A, without its weight and bias (those: subsample.cl); padding and dilation:
 * ONNX, AveragePool. */
__kernel void avgpool_forward(__global const float *restrict x, __global float *restrict y, int channels, int h, int w,
                              int out_h, int out_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_top,
                              int pad_left, int end_h, int end_w, int count_pad) {
    int i = (int)get_global_id(0), c = (int)get_global_id(1);
    size_t n = get_global_id(2);
    if (i < out_h * out_w && c < channels) {
        size_t map = n * ((channels + BLOCK - 1) / BLOCK) + c / BLOCK;
        int top = i / out_w * stride_h - pad_top, left = i % out_w * stride_w - pad_left;
        int bottom = top + (kernel_h - 1) * DILATION_H + 1, right = left + (kernel_w - 1) * DILATION_W + 1;
        int rows = (min(bottom, end_h) - top + DILATION_H - 1) / DILATION_H;
        int columns = (min(right, end_w) - left + DILATION_W - 1) / DILATION_W;
        top += max((DILATION_H - 1 - top) / DILATION_H, 0) * DILATION_H;
        left += max((DILATION_W - 1 - left) / DILATION_W, 0) * DILATION_W;
        bottom = min(bottom, h);
        right = min(right, w);
        if (!count_pad) {
            rows = (bottom - top + DILATION_H - 1) / DILATION_H;
            columns = (right - left + DILATION_W - 1) / DILATION_W;
        }
        x += map * h * w * BLOCK + c % BLOCK;
        float sum = 0.0f;
        for (int r = top; r < bottom; r += DILATION_H)
            for (int s = left; s < right; s += DILATION_W) sum = MULTIPLY_ADD(x[(r * w + s) * BLOCK], 1.0f, sum);
        y[(map * out_h * out_w + i) * BLOCK + c % BLOCK] = sum / ((float)rows * (float)columns);
    }
}
